/*---
title: Who activated which role, when, from where and why?
description: >-
  Activations of eligible roles in Privileged Identity Management, with the reason that was given, the newest first. IPAddress is that of the request,
  which PIM keeps apart from the initiator. TimesByUser counts the same role of the same user in the time: often means that the role should be
  smaller or permanent, once in months that it may not be needed. Requests that were not completed (denied, failed, waiting for approval) are listed with their
  operation. An activation from an address from which the user never signed in is worth a call.
parameters:
  - {name: role, type: string, default: null, meaning: 'Only this role, by display name'}
since: 30d
tables: [AuditLogs]
tags: [audit, roles]
techniques: [T1078.004, T1548]
---*/
WITH events AS (
  SELECT TimeGenerated, OperationName, Result, ResultReason,
         lower(coalesce(json_find(TargetResources, 'type', 'User', 'userPrincipalName'), _InitiatedBy_user_userPrincipalName)) AS Who,
         coalesce(json_find(TargetResources, 'type', 'User', 'id'), _InitiatedBy_user_id) AS UserId,
         json_find(TargetResources, 'type', 'Role', 'displayName') AS RoleDisplayName,
         coalesce(_IPAddress, ip_address(json_find(AdditionalDetails, 'key', 'ipaddr', 'value'))) AS IPAddress,
         json_find(AdditionalDetails, 'key', 'StartTime', 'value') AS StartTime, json_find(AdditionalDetails, 'key', 'ExpirationTime', 'value') AS ExpirationTime,
         json_find(AdditionalDetails, 'key', 'Justification', 'value') AS Justification, json_find(TargetResources, 'type', 'Request', 'id') AS RequestId,
         CorrelationId, Id
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND OperationName LIKE 'Add member to role%'
    AND (OperationName LIKE '%(PIM activation)%' OR OperationName LIKE '%request denied%' OR OperationName LIKE '%request approved%')
),
completed AS (SELECT DISTINCT RequestId FROM events WHERE OperationName LIKE '%completed%' AND RequestId IS NOT NULL)
SELECT e.TimeGenerated, e.Who AS UserPrincipalName, e.RoleDisplayName, e.OperationName, e.Result, coalesce(nullif(e.Justification, ''), nullif(e.ResultReason, '')) AS Reason,
       e.IPAddress, e.StartTime, e.ExpirationTime, count(*) FILTER (WHERE e.OperationName LIKE '%completed%') OVER (PARTITION BY e.UserId, e.RoleDisplayName) AS TimesByUser,
       e.UserId, e.CorrelationId
FROM events e LEFT JOIN completed c ON c.RequestId = e.RequestId
WHERE ($role IS NULL OR lower(e.RoleDisplayName) = lower($role))
  -- A request that was completed is one row: that of its completion.
  AND NOT (e.OperationName LIKE '%requested%' AND coalesce(e.Result, 'success') = 'success' AND c.RequestId IS NOT NULL)
ORDER BY e.TimeGenerated DESC, e.Id
