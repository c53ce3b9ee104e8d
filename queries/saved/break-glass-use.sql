/*---
title: Were accounts for emergencies used, or changed?
description: >-
  Every sign-in and failed attempt of accounts for emergencies, and every change that they made or that was made to them, the newest first. They are known by their names (`pattern`): give the
  names of yours. There should be a row only for an exercise or an emergency, and somebody should know of it. A failed attempt alone says that the name has got around.
parameters:
  - {name: pattern, type: string, default: 'break-?glass|emergency', meaning: Regular expression that is looked for in sign-in names in small letters}
since: 30d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs, AuditLogs]
tags: [signins, audit, roles]
techniques: [T1078.004]
---*/
WITH events AS (
  SELECT TimeGenerated, 'sign-in' AS Kind, lower(UserPrincipalName) AS Account, AppDisplayName AS What, ResultType = '0' AS Succeeded, _ResultClass AS Result,
         _IPAddress AS IPAddress, Location, AuthenticationRequirement, NULL AS Actor, CorrelationId, Id
  FROM SigninLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND regexp_like(lower(UserPrincipalName), $pattern)
  UNION ALL
  SELECT TimeGenerated, 'non-interactive sign-in', lower(UserPrincipalName), AppDisplayName, ResultType = '0', _ResultClass, _IPAddress, Location,
         AuthenticationRequirement, NULL, CorrelationId, Id
  FROM AADNonInteractiveUserSignInLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND regexp_like(lower(UserPrincipalName), $pattern)
  UNION ALL
  SELECT TimeGenerated, 'change by it', lower(_InitiatedBy_user_userPrincipalName), OperationName, Result = 'success', Result, _IPAddress, NULL, NULL,
         lower(_InitiatedBy_user_userPrincipalName), CorrelationId, Id
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND regexp_like(lower(_InitiatedBy_user_userPrincipalName), $pattern)
  UNION ALL
  SELECT TimeGenerated, 'change to it', lower(json_find(TargetResources, 'type', 'User', 'userPrincipalName')), OperationName, Result = 'success', Result,
         _IPAddress, NULL, NULL, lower(coalesce(_InitiatedBy_user_userPrincipalName, _InitiatedBy_app_displayName)), CorrelationId, Id
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND regexp_like(lower(json_find(TargetResources, 'type', 'User', 'userPrincipalName')), $pattern)
)
SELECT TimeGenerated, Account, Kind, What, Succeeded, Result, IPAddress, Location, AuthenticationRequirement, Actor, CorrelationId
FROM events
ORDER BY TimeGenerated DESC, Kind, Id
