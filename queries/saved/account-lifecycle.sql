/*---
title: Which accounts were created, deleted, enabled, disabled or restored?
description: >-
  Changes to the life of user accounts, the newest first, with who made them. ShortLived is true for an account that was created and deleted within a day, which is how somebody
  leaves few traces (or a failed onboarding). An account that is created by a person where HR or a sync does it otherwise, or that is enabled long after it was disabled, is worth
  a look.
since: 7d
tables: [AuditLogs]
tags: [audit, user]
techniques: [T1136.003, T1531, T1070]
---*/
WITH events AS (
  SELECT TimeGenerated, OperationName, Result, lower(coalesce(_InitiatedBy_user_userPrincipalName, _InitiatedBy_app_displayName)) AS Actor,
         _InitiatedBy_user_id IS NULL AS ByApplication, _IPAddress, lower(json_find(TargetResources, 'type', 'User', 'userPrincipalName')) AS TargetUser,
         json_find(TargetResources, 'type', 'User', 'id') AS UserId, CorrelationId, Id
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND (lower(OperationName) IN ('add user', 'delete user', 'hard delete user', 'restore user', 'disable account', 'enable account', 'invite external user')
         OR OperationName ILIKE 'disable user%' OR OperationName ILIKE 'enable user%')
),
lives AS (
  SELECT UserId, max(CASE WHEN lower(OperationName) = 'add user' THEN TimeGenerated END) AS Added, max(CASE WHEN lower(OperationName) LIKE '%delete user' THEN TimeGenerated END) AS Deleted
  FROM events WHERE coalesce(Result, 'success') = 'success' GROUP BY UserId
)
SELECT e.TimeGenerated, e.OperationName, e.TargetUser, e.Actor, e.ByApplication, e.Result, e._IPAddress AS IPAddress,
       coalesce(l.Deleted >= l.Added AND l.Deleted <= l.Added + INTERVAL '1 day', false) AS ShortLived,
       count(*) OVER (PARTITION BY e.Actor, e.OperationName) AS TimesByActor, e.UserId, e.CorrelationId
FROM events e LEFT JOIN lives l ON l.UserId = e.UserId
ORDER BY e.TimeGenerated DESC, e.Id
