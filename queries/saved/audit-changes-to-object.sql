/*---
title: Who changed a user, group, application, role or policy?
description: >-
  Every entry of the audit log that has the object among its targets, in whichever place, in order, with who did it and the properties before and after. Display names are not
  unique; ids are. A change that names the object only inside of a property (a group that was put into a policy) is not found by name.
parameters:
  - {name: object, type: string, meaning: 'Object id, sign-in name or display name, in any case'}
since: 30d
tables: [AuditLogs]
tags: [audit, user, app]
techniques: [T1098]
---*/
WITH targets AS (
  SELECT Id, target->>'id' AS TargetId, target->>'displayName' AS DisplayName, target->>'userPrincipalName' AS UserPrincipalName, target->>'type' AS TargetType,
         target->>'modifiedProperties' AS ModifiedProperties, TimeGenerated
  FROM (
    SELECT Id, TimeGenerated, UNNEST(TargetResources) AS target FROM AuditLogs
    WHERE TimeGenerated >= $since AND TimeGenerated < $until AND lower(TargetResources) LIKE concat('%', lower($object), '%')
  )
),
hits AS (
  SELECT Id, max(TargetType) AS TargetType, max(coalesce(UserPrincipalName, DisplayName, TargetId)) AS Target, max(ModifiedProperties) AS ModifiedProperties
  FROM targets
  WHERE lower(TargetId) = lower($object) OR lower(DisplayName) = lower($object) OR lower(UserPrincipalName) = lower($object)
  GROUP BY Id
)
SELECT a.TimeGenerated, lower(coalesce(a._InitiatedBy_user_userPrincipalName, a._InitiatedBy_app_displayName)) AS Actor, a.OperationName, a.Category, a.Result,
       nullif(a.ResultReason, '') AS Reason, h.Target, h.TargetType, a._IPAddress AS IPAddress, a.LoggedByService, h.ModifiedProperties, a.TargetResources, a.CorrelationId
FROM AuditLogs a JOIN hits h ON h.Id = a.Id
WHERE a.TimeGenerated >= $since AND a.TimeGenerated < $until
ORDER BY a.TimeGenerated, a.CorrelationId, a.Id
