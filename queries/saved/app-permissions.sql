/*---
title: Which permissions were given to or taken from applications?
description: >-
  App role assignments (permissions that an application has by itself, without a user) and delegated grants, given and removed, the newest first. Risky marks those by which an application
  can make itself more powerful, read all mail or files, or act as anybody: RoleManagement.ReadWrite.Directory and AppRoleAssignment.ReadWrite.All are as good as global
  administrator. Consent of a user writes a grant as well, with the same CorrelationId as in `app-consents`.
since: 30d
tables: [AuditLogs]
tags: [audit, apps, consent]
techniques: [T1098.003, T1528]
---*/
WITH changes AS (
  SELECT TimeGenerated, OperationName, Result, lower(coalesce(_InitiatedBy_user_userPrincipalName, _InitiatedBy_app_displayName)) AS Actor, _IPAddress,
         coalesce(
           nullif(trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'ServicePrincipal.DisplayName', 'newValue')), ''),
           nullif(trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'ServicePrincipal.Name', 'newValue')), ''),
           nullif(trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'ServicePrincipal.ObjectID', 'newValue')), '')) AS Client,
         _TargetResources_0_displayName AS Resource,
         coalesce(
           nullif(trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'AppRole.Value', 'newValue')), ''),
           nullif(trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'DelegatedPermissionGrant.Scope', 'newValue')), ''),
           nullif(trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'AppRole.Value', 'oldValue')), ''),
           nullif(trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'DelegatedPermissionGrant.Scope', 'oldValue')), '')) AS Permission,
         trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'DelegatedPermissionGrant.ConsentType', 'newValue')) AS ConsentType,
         CorrelationId, Id
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND (OperationName LIKE '%app role assignment%' OR OperationName LIKE '%delegated permission grant%')
)
SELECT TimeGenerated, Actor, OperationName, Client, Resource, Permission, ConsentType,
       coalesce(regexp_like(lower(Permission), 'rolemanagement\.|approleassignment\.|application\.readwrite|directory\.readwrite|mail\.|files\.|sites\.|full_access_as_app|ews\.|user\.readwrite\.all|group\.readwrite|privileged|policy\.readwrite|domain\.readwrite|exchange\.manageasapp|authenticationmethod'), false) AS Risky,
       Result, _IPAddress AS IPAddress, CorrelationId
FROM changes
ORDER BY TimeGenerated DESC, Id
