/*---
title: Who added a secret, certificate or owner to an application?
description: >-
  New or changed credentials, federated credentials and owners of applications and service principals, the newest first. A credential lets whoever has it act as the application, past second factors
  and Conditional Access for users. Look at applications with powerful permissions, at a credential that is added to the service principal instead of the application
  (which hardly anybody needs), and at actors who do not build software. SignInsAfter counts sign-ins of the application from then on.
since: 30d
tables: [AuditLogs, AADServicePrincipalSignInLogs]
tags: [audit, apps, service-principals]
techniques: [T1098.001, T1550.001]
---*/
WITH changes AS (
  SELECT TimeGenerated, OperationName, Result, lower(coalesce(_InitiatedBy_user_userPrincipalName, _InitiatedBy_app_displayName)) AS Actor, _IPAddress,
         coalesce(json_find(TargetResources, 'type', 'ServicePrincipal', 'displayName'), json_find(TargetResources, 'type', 'Application', 'displayName')) AS App,
         coalesce(json_find(TargetResources, 'type', 'ServicePrincipal', 'id'), json_find(TargetResources, 'type', 'Application', 'id')) AS AppObjectId,
         json_find(TargetResources, 'type', 'ServicePrincipal', 'id') AS ServicePrincipalId,
         lower(json_find(TargetResources, 'type', 'User', 'userPrincipalName')) AS NewOwner,
         json_find(_TargetResources_0_modifiedProperties, 'displayName', 'KeyDescription', 'oldValue') AS KeysBefore,
         json_find(_TargetResources_0_modifiedProperties, 'displayName', 'KeyDescription', 'newValue') AS KeysAfter, CorrelationId, Id
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND (OperationName ILIKE '%credential%' OR OperationName ILIKE '%certificates and secrets management%' OR OperationName ILIKE 'add owner to %')
),
signins AS (SELECT TimeGenerated, ServicePrincipalId, ServicePrincipalName FROM AADServicePrincipalSignInLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0'),
-- The application object has another id than its service principal: then the name has to do.
used AS (
  SELECT c.Id, count(*) AS SignIns FROM changes c JOIN signins s ON s.ServicePrincipalName = c.App
  WHERE s.TimeGenerated >= c.TimeGenerated AND (c.ServicePrincipalId IS NULL OR c.ServicePrincipalId = s.ServicePrincipalId) GROUP BY c.Id
)
SELECT c.TimeGenerated, c.Actor, c.OperationName, c.App, c.NewOwner, c.ServicePrincipalId IS NOT NULL AS OnServicePrincipal, coalesce(u.SignIns, 0) AS SignInsAfter,
       c.Result, c._IPAddress AS IPAddress, c.KeysBefore, c.KeysAfter, c.AppObjectId, c.CorrelationId
FROM changes c LEFT JOIN used u ON u.Id = c.Id
ORDER BY c.TimeGenerated DESC, c.Id
