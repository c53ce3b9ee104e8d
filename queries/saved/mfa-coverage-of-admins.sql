/*---
title: Which administrators get in without a second factor?
description: >-
  Everybody who holds a directory role, active or eligible, with their successful sign-ins with and without a second factor, interactive
  or not, the worst first. Holders come from the newest role snapshot and from assignments in the audit log since; without
  a snapshot only roles that were given while the log was kept are known. Members of a group that holds a role have no row of their own.
  An administrator without any sign-in has a row with zeros: nothing is proven of these. Non-interactive sign-ins repeat the
  requirement of the sign-in before, so LastWithoutMfa is that of an interactive one.
since: 30d
tables: [RoleAssignments, RoleEligibility, AuditLogs, SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, mfa, roles]
techniques: [T1078.004, T1556.006]
---*/
WITH admins AS (
  SELECT PrincipalId, max(UserPrincipalName) AS Who, max(PrincipalDisplayName) AS DisplayName,
         array_to_string(array_agg(DISTINCT RoleDisplayName ORDER BY RoleDisplayName), ', ') AS Roles, bool_or(Assignment = 'active') AS HasActiveRole
  FROM role_holders WHERE coalesce(PrincipalType, 'user') = 'user' AND coalesce(HeldSince < $until, true) GROUP BY PrincipalId
),
signins AS (
  SELECT TimeGenerated, UserId, AppDisplayName, AuthenticationRequirement, true AS Interactive,
         json_find(AuthenticationDetails, 'authenticationStepRequirement', 'Primary authentication', 'authenticationMethod') AS FirstMethod
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0'
  UNION ALL
  SELECT TimeGenerated, UserId, AppDisplayName, AuthenticationRequirement, false, NULL
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0'
),
judged AS (
  SELECT *, coalesce(regexp_like(lower(FirstMethod), 'hello|fido|passkey|certificate|x\.509|passwordless'), false) AS Strong FROM signins
),
counted AS (
  SELECT UserId, count(*) FILTER (WHERE Interactive) AS SignIns,
         count(*) FILTER (WHERE Interactive AND (AuthenticationRequirement = 'multiFactorAuthentication' OR Strong)) AS WithMfa,
         count(*) FILTER (WHERE Interactive AND AuthenticationRequirement = 'singleFactorAuthentication' AND NOT Strong) AS WithoutMfa,
         count(*) FILTER (WHERE NOT Interactive AND AuthenticationRequirement = 'singleFactorAuthentication') AS NonInteractiveWithoutMfa,
         max(CASE WHEN Interactive AND AuthenticationRequirement = 'singleFactorAuthentication' AND NOT Strong THEN TimeGenerated END) AS LastWithoutMfa,
         array_to_string(array_sort(array_agg(DISTINCT CASE WHEN Interactive AND AuthenticationRequirement = 'singleFactorAuthentication'
           AND NOT Strong THEN AppDisplayName END)), ', ') AS AppsWithoutMfa,
         max(TimeGenerated) AS LastSignIn
  FROM judged GROUP BY UserId
)
SELECT a.Who AS UserPrincipalName, a.DisplayName, a.Roles, a.HasActiveRole, coalesce(c.SignIns, 0) AS SignIns, coalesce(c.WithMfa, 0) AS WithMfa,
       coalesce(c.WithoutMfa, 0) AS WithoutMfa, coalesce(c.NonInteractiveWithoutMfa, 0) AS NonInteractiveWithoutMfa, c.LastWithoutMfa,
       coalesce(c.AppsWithoutMfa, '') AS AppsWithoutMfa, c.LastSignIn, a.PrincipalId AS UserId
FROM admins a LEFT JOIN counted c ON c.UserId = a.PrincipalId
ORDER BY WithoutMfa DESC, HasActiveRole DESC, NonInteractiveWithoutMfa DESC, UserPrincipalName
