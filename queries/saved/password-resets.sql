/*---
title: Whose password was reset or changed, by whom, and who signed in next?
description: >-
  Resets by administrators and by people themselves, changes, and unlocks, the newest first, failed attempts included. Kind tells them apart: an administrator who resets the password of
  another administrator, or many in a row, is worth a call, and so is a self-service reset after days of failed ones. NextSignIn is the first success
  of the user after it, with its network: KnownNetwork is false if the user was not seen there before the reset in the time. Applications (HR, sync) reset too, see Actor.
since: 7d
tables: [AuditLogs, SigninLogs]
tags: [audit, passwords]
techniques: [T1098, T1531]
---*/
WITH resets AS (
  SELECT TimeGenerated, OperationName, Result, nullif(ResultReason, '') AS Reason, lower(coalesce(_InitiatedBy_user_userPrincipalName, _InitiatedBy_app_displayName)) AS Actor,
         _InitiatedBy_user_id AS ActorId, _IPAddress, lower(json_find(TargetResources, 'type', 'User', 'userPrincipalName')) AS TargetUser,
         json_find(TargetResources, 'type', 'User', 'id') AS UserId, CorrelationId, Id
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND (OperationName ILIKE '%password%' OR OperationName ILIKE 'unlock user account%') AND OperationName NOT ILIKE '%password protection%'
    AND OperationName NOT ILIKE '%credential%'
),
signins AS (
  SELECT UserId, TimeGenerated, _IPPrefix, Location FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0'
),
next AS (
  SELECT r.Id, s.TimeGenerated AS NextSignIn, s._IPPrefix, s.Location, r.TimeGenerated AS Reset, r.UserId,
         row_number() OVER (PARTITION BY r.Id ORDER BY s.TimeGenerated) AS Place
  FROM resets r JOIN signins s ON s.UserId = r.UserId AND s.TimeGenerated > r.TimeGenerated
),
known AS (
  SELECT n.Id, count(s.UserId) AS Times FROM next n LEFT JOIN signins s ON s.UserId = n.UserId AND s._IPPrefix = n._IPPrefix AND s.TimeGenerated < n.Reset
  WHERE n.Place = 1 GROUP BY n.Id
)
SELECT r.TimeGenerated, CASE WHEN r.OperationName ILIKE '%self-service%' THEN 'self-service' WHEN r.ActorId = r.UserId THEN 'own change'
         WHEN r.ActorId IS NULL THEN 'application' ELSE 'administrator' END AS Kind,
       r.OperationName, r.Actor, r.TargetUser, r.Result, r.Reason, r._IPAddress AS IPAddress, n.NextSignIn, n._IPPrefix AS NextNetwork, n.Location AS NextCountry,
       CASE WHEN n.Id IS NOT NULL THEN k.Times > 0 END AS KnownNetwork, r.UserId, r.CorrelationId
FROM resets r LEFT JOIN next n ON n.Id = r.Id AND n.Place = 1 LEFT JOIN known k ON k.Id = r.Id
ORDER BY r.TimeGenerated DESC, r.Id
