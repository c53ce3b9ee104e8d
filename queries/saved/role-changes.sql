/*---
title: Who was given or lost a role, by whom, and past PIM?
description: >-
  Assignments and removals of directory roles, active and eligible, and changes to role settings and alerts of Privileged Identity Management, the newest first. Activations are in `role-activations`.
  OutsidePim is true for an assignment that was made without PIM: in a tenant that uses PIM this is how an attacker makes a role stay. Self is true when
  somebody gave a role to themselves.
since: 30d
tables: [AuditLogs]
tags: [audit, roles]
techniques: [T1098.003]
---*/
WITH events AS (
  SELECT TimeGenerated, OperationName, LoggedByService, Result, ResultReason,
         lower(coalesce(_InitiatedBy_user_userPrincipalName, _InitiatedBy_app_displayName)) AS Actor, _InitiatedBy_user_id AS ActorId, _IPAddress,
         lower(json_find(TargetResources, 'type', 'User', 'userPrincipalName')) AS TargetUser, json_find(TargetResources, 'type', 'User', 'id') AS TargetUserId,
         json_find(TargetResources, 'type', 'ServicePrincipal', 'displayName') AS TargetApp, json_find(TargetResources, 'type', 'Group', 'displayName') AS TargetGroup,
         coalesce(json_find(TargetResources, 'type', 'Role', 'displayName'),
           trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'Role.DisplayName', 'newValue')),
           trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'Role.DisplayName', 'oldValue'))) AS RoleDisplayName,
         CorrelationId, Id
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND (Category = 'RoleManagement' OR OperationName ILIKE '%role setting%' OR OperationName ILIKE '%PIM alert%')
    AND OperationName NOT LIKE '%(PIM activation%'
)
SELECT TimeGenerated, Actor, OperationName, RoleDisplayName, coalesce(TargetUser, TargetApp, TargetGroup) AS Target,
       coalesce(OperationName LIKE '%outside of PIM%' OR (OperationName = 'Add member to role' AND LoggedByService = 'Core Directory'
         AND coalesce(Actor, '') NOT LIKE 'ms-pim%'), false) AS OutsidePim,
       coalesce(ActorId = TargetUserId, false) AS Self, Result, nullif(ResultReason, '') AS Reason, _IPAddress AS IPAddress, LoggedByService, CorrelationId
FROM events
ORDER BY TimeGenerated DESC, Id
