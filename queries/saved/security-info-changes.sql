/*---
title: Who registered, changed or removed a second factor?
description: >-
  Changes of security info (authenticator, telephone, passkey) and of temporary access passes, the newest first. ByOther is true when somebody else did it for the user: a help desk, or an
  attacker with a role. A new method from an address from which the user had no sign-in before in the time (NewAddress) is how an attacker makes an account last; new employees and
  new telephones look the same, so look at what was removed at the same time.
since: 7d
tables: [AuditLogs, SigninLogs]
tags: [audit, mfa, compromise]
techniques: [T1556.006, T1098.005]
---*/
WITH changes AS (
  SELECT TimeGenerated, OperationName, Result, nullif(ResultReason, '') AS Detail, lower(coalesce(_InitiatedBy_user_userPrincipalName, _InitiatedBy_app_displayName)) AS Actor,
         _InitiatedBy_user_id AS ActorId, _IPAddress, _IPPrefix, lower(json_find(TargetResources, 'type', 'User', 'userPrincipalName')) AS TargetUser,
         json_find(TargetResources, 'type', 'User', 'id') AS UserId, CorrelationId, Id
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND (OperationName ILIKE '%security info%' OR OperationName ILIKE '%temporary access pass%' OR OperationName ILIKE '%authentication method%user%'
         OR OperationName ILIKE '%passkey%' OR OperationName ILIKE '%strong authentication%')
),
seen AS (
  SELECT c.Id, count(*) AS Times FROM changes c JOIN SigninLogs s ON s.UserId = c.UserId AND s._IPPrefix = c._IPPrefix
  WHERE s.TimeGenerated >= $since AND s.TimeGenerated < c.TimeGenerated - INTERVAL '1 hour' AND s.ResultType = '0' GROUP BY c.Id
)
SELECT c.TimeGenerated, c.OperationName, c.TargetUser, c.Actor, coalesce(c.ActorId <> c.UserId, c.Actor IS NOT NULL) AS ByOther, c.Detail, c._IPAddress AS IPAddress,
       CASE WHEN c._IPPrefix IS NOT NULL AND c.ActorId = c.UserId THEN coalesce(s.Times, 0) = 0 END AS NewAddress, c.Result, c.UserId, c.CorrelationId
FROM changes c LEFT JOIN seen s ON s.Id = c.Id
ORDER BY c.TimeGenerated DESC, c.Id
