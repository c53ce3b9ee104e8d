/*---
title: Whom would a policy in report-only mode stop or prompt if it were enforced?
description: >-
  For each report-only policy, the users and applications whose successful sign-ins it would have blocked (reportOnlyFailure) or that it would have asked for
  something (reportOnlyInterrupted: a second factor, terms of use). Sign-ins that failed anyway do not count.
  Enforce it when what is left here is meant to be stopped; service accounts and break-glass accounts in here want an exclusion first.
  AllSignIns is how often the policy was evaluated at all.
parameters:
  - {name: policy, type: string, default: null, meaning: 'Only this policy, by id or display name'}
since: 14d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, conditional-access]
techniques: [T1556.009]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, UserType, AppDisplayName, coalesce(_LegacyProtocol, ClientAppUsed) AS Client, Location,
         ConditionalAccessPolicies
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0'
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), UserType, AppDisplayName, coalesce(_LegacyProtocol, ClientAppUsed), Location,
         ConditionalAccessPolicies
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0'
),
decisions AS (
  SELECT TimeGenerated, Who, UserType, AppDisplayName, Client, Location, policy->>'id' AS PolicyId, policy->>'displayName' AS Policy,
         policy->>'result' AS Result
  FROM (
    SELECT TimeGenerated, Who, UserType, AppDisplayName, Client, Location, UNNEST(ConditionalAccessPolicies) AS policy
    FROM signins WHERE ConditionalAccessPolicies LIKE '%reportOnly%'
  )
),
evaluated AS (SELECT PolicyId, count(*) AS SignIns FROM decisions WHERE Result LIKE 'reportOnly%' GROUP BY PolicyId)
SELECT max(d.Policy) AS Policy, d.Result, d.Who AS UserPrincipalName, d.AppDisplayName, count(*) AS SignIns,
       array_to_string(array_agg(DISTINCT d.Client ORDER BY d.Client), ', ') AS Clients,
       array_to_string(array_agg(DISTINCT d.Location ORDER BY d.Location), ', ') AS Countries, max(d.UserType) AS UserType,
       min(d.TimeGenerated) AS FirstSeen, max(d.TimeGenerated) AS LastSeen, max(e.SignIns) AS AllSignIns, d.PolicyId
FROM decisions d LEFT JOIN evaluated e ON e.PolicyId = d.PolicyId
WHERE d.Result IN ('reportOnlyFailure', 'reportOnlyInterrupted')
  AND ($policy IS NULL OR lower(d.Policy) = lower($policy) OR d.PolicyId = $policy)
GROUP BY d.PolicyId, d.Result, d.Who, d.AppDisplayName
ORDER BY Policy, d.Result, SignIns DESC, UserPrincipalName, d.AppDisplayName
