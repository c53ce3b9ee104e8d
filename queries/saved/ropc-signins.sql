/*---
title: Which applications send a user's password by themselves (ROPC)?
description: >-
  Sign-ins in which the application took the password and sent it on (resource owner password credentials), by user and application. It cannot ask for a
  second factor, so it is how service accounts and old scripts work, and how tools try passwords. SignedIn with one factor wants another
  flow; WrongPasswords of many users with one application is a spray; an application that is not in the tenant (UnknownApp) is somebody probing.
  Exchange Online's basic authentication is written as ROPC too and has a legacy protocol.
since: 30d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, ropc, legacy, hunting]
techniques: [T1078.004, T1110.003]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, UserId, AppDisplayName, AppId, _LegacyProtocol, _IPAddress, Location, UserAgent, ResultType, _ResultClass,
         _PasswordWasCorrect, AuthenticationRequirement, AuthenticationProtocol
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), UserId, AppDisplayName, AppId, _LegacyProtocol, _IPAddress, Location, UserAgent, ResultType, _ResultClass,
         _PasswordWasCorrect, AuthenticationRequirement, AuthenticationProtocol
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
)
SELECT Who AS UserPrincipalName, AppDisplayName, AppId, _LegacyProtocol AS LegacyProtocol, max(TimeGenerated) AS LastSeen,
       count(*) FILTER (WHERE ResultType = '0') AS SignedIn,
       count(*) FILTER (WHERE ResultType = '0' AND AuthenticationRequirement = 'singleFactorAuthentication') AS SingleFactor,
       count(*) FILTER (WHERE ResultType <> '0' AND _PasswordWasCorrect) AS StoppedWithRightPassword,
       count(*) FILTER (WHERE _PasswordWasCorrect = false) AS WrongPasswords, bool_or(coalesce(_ResultClass = 'app_not_found', false)) AS UnknownApp,
       array_to_string(array_agg(DISTINCT _IPAddress ORDER BY _IPAddress), ', ') AS IPAddresses,
       array_to_string(array_agg(DISTINCT Location ORDER BY Location), ', ') AS Countries,
       array_to_string(array_agg(DISTINCT UserAgent ORDER BY UserAgent), ', ') AS UserAgents, min(TimeGenerated) AS FirstSeen, max(UserId) AS UserId
FROM signins
-- Some records misspell it.
WHERE lower(AuthenticationProtocol) IN ('ropc', 'rpoc')
GROUP BY Who, AppDisplayName, AppId, _LegacyProtocol
ORDER BY SignedIn DESC, StoppedWithRightPassword DESC, WrongPasswords DESC, UserPrincipalName, AppDisplayName, LegacyProtocol
