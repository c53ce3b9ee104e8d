/*---
title: What did a compromised account do next?
description: >-
  Everything that the lake has of an account from `since` on, in one timeline: sign-ins of all kinds, changes that it made, changes that were made to it, calls of Microsoft Graph, and what Identity Protection detected. Give the time
  of the compromise as --since. Successful changes in the audit log (a consent, a new method, a role, a credential, a forwarding application) are what outlives a new password; sign-ins with
  one CorrelationId or SessionId belong together. Calls of Graph need MicrosoftGraphActivityLogs in the lake. Mail that was read is in the logs of Exchange, not in those of Entra.
parameters:
  - {name: user, type: string, meaning: 'Sign-in name in any case, or object id; calls of Graph are found by both as long as the account signed in'}
since: 24h
tables: [SigninLogs, AADNonInteractiveUserSignInLogs, AuditLogs, MicrosoftGraphActivityLogs, AADUserRiskEvents]
tags: [signins, audit, compromise, user]
techniques: [T1078.004, T1098, T1528, T1556.006]
---*/
WITH account AS (
  SELECT lower(UserPrincipalName) AS Who, UserId FROM SigninLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND (($user LIKE '%@%' AND lower(UserPrincipalName) = lower($user)) OR ($user NOT LIKE '%@%' AND UserId = lower($user)))
  UNION
  SELECT lower(UserPrincipalName), UserId FROM AADNonInteractiveUserSignInLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND (($user LIKE '%@%' AND lower(UserPrincipalName) = lower($user)) OR ($user NOT LIKE '%@%' AND UserId = lower($user)))
),
ids AS (
  SELECT UserId AS Name FROM account WHERE coalesce(UserId, '') NOT IN ('', '00000000-0000-0000-0000-000000000000')
  UNION SELECT lower($user)
),
events AS (
  SELECT TimeGenerated, 'sign-in' AS Kind, AppDisplayName AS What, ResourceDisplayName AS Target, _ResultClass AS Result, _IPAddress AS IPAddress, Location,
         UserAgent AS Detail, SessionId, CorrelationId, Id
  FROM SigninLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND (($user LIKE '%@%' AND lower(UserPrincipalName) = lower($user)) OR ($user NOT LIKE '%@%' AND UserId = lower($user)))
  UNION ALL
  SELECT TimeGenerated, 'non-interactive sign-in', AppDisplayName, ResourceDisplayName, _ResultClass, _IPAddress, Location, UserAgent, SessionId, CorrelationId, Id
  FROM AADNonInteractiveUserSignInLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND (($user LIKE '%@%' AND lower(UserPrincipalName) = lower($user)) OR ($user NOT LIKE '%@%' AND UserId = lower($user)))
  UNION ALL
  SELECT TimeGenerated, 'change by it', OperationName, coalesce(_TargetResources_0_userPrincipalName, _TargetResources_0_displayName, _TargetResources_0_id), Result,
         _IPAddress, NULL, _TargetResources_0_modifiedProperties, NULL, CorrelationId, Id
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND (lower(_InitiatedBy_user_userPrincipalName) IN (SELECT Name FROM ids) OR _InitiatedBy_user_id IN (SELECT Name FROM ids))
  UNION ALL
  SELECT TimeGenerated, 'change to it', OperationName, lower(coalesce(_InitiatedBy_user_userPrincipalName, _InitiatedBy_app_displayName)), Result, _IPAddress, NULL,
         TargetResources, NULL, CorrelationId, Id
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND (lower(json_find(TargetResources, 'type', 'User', 'userPrincipalName')) IN (SELECT Name FROM ids)
         OR json_find(TargetResources, 'type', 'User', 'id') IN (SELECT Name FROM ids))
    -- What it did to itself is above.
    AND coalesce(_InitiatedBy_user_id NOT IN (SELECT Name FROM ids), true) AND coalesce(lower(_InitiatedBy_user_userPrincipalName) <> lower($user), true)
  UNION ALL
  SELECT TimeGenerated, 'Graph call', concat(RequestMethod, ' ', RequestUri), AppId, CAST(ResponseStatusCode AS VARCHAR), _IPAddress, Location, UserAgent, SessionId,
         ClientRequestId, RequestId
  FROM MicrosoftGraphActivityLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND UserId IN (SELECT Name FROM ids)
  UNION ALL
  SELECT coalesce(ActivityDateTime, TimeGenerated), 'risk', RiskEventType, RiskLevel, RiskState, _IPAddress, _Location_countryOrRegion, CAST(AdditionalInfo AS VARCHAR), NULL,
         CorrelationId, Id
  FROM AADUserRiskEvents
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND (UserId IN (SELECT Name FROM ids) OR lower(UserPrincipalName) IN (SELECT Name FROM ids))
)
SELECT TimeGenerated, Kind, What, Target, Result, IPAddress, Location, Detail, SessionId, CorrelationId
FROM events
ORDER BY TimeGenerated, Kind, CorrelationId, Id, Result
