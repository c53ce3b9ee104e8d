/*---
title: What did a person or an application change in the directory?
description: >-
  Every entry of the audit log that a user or an application made, in order: what, to whom, from where, with the properties before and after. Changes that others made to them are in
  `audit-changes-to-object`. What PIM and other services do on behalf of somebody may name the service as actor.
parameters:
  - {name: actor, type: string, meaning: 'Sign-in name in any case or object id of a user, or display name, id or application id of an application'}
since: 7d
tables: [AuditLogs]
tags: [audit, user, compromise]
techniques: [T1098]
---*/
SELECT TimeGenerated, lower(coalesce(_InitiatedBy_user_userPrincipalName, _InitiatedBy_app_displayName)) AS Actor, OperationName, Category, Result,
       nullif(ResultReason, '') AS Reason, coalesce(_TargetResources_0_userPrincipalName, _TargetResources_0_displayName, _TargetResources_0_id) AS Target,
       _TargetResources_0_type AS TargetType, json_find(TargetResources, 'type', 'Role', 'displayName') AS RoleDisplayName, _IPAddress AS IPAddress, LoggedByService,
       _TargetResources_0_modifiedProperties AS ModifiedProperties, TargetResources, CorrelationId
FROM AuditLogs
WHERE TimeGenerated >= $since AND TimeGenerated < $until
  AND (($actor LIKE '%@%' AND lower(_InitiatedBy_user_userPrincipalName) = lower($actor))
       OR ($actor NOT LIKE '%@%' AND (_InitiatedBy_user_id = lower($actor) OR _InitiatedBy_app_servicePrincipalId = lower($actor)
           OR _InitiatedBy_app_appId = lower($actor) OR lower(_InitiatedBy_app_displayName) = lower($actor))))
ORDER BY TimeGenerated, CorrelationId, Id
