/*---
title: Who consented to which application, with which permissions?
description: >-
  Consents to applications, the newest first: the permissions that were asked for, whether for the whole tenant (AdminConsent, OnBehalfOfAll), and whether they let
  the application read or send mail, read files, change the directory, or go on without the user (Risky, with offline_access). An application that was never
  consented to before in the time and asks for mail and offline_access is the pattern of consent phishing: look at how many consented to it (ConsentsOfApp). Refused and failed
  consents are listed as well, see Result.
since: 30d
tables: [AuditLogs]
tags: [audit, apps, consent]
techniques: [T1528, T1098.003, T1566.002]
---*/
WITH consents AS (
  SELECT TimeGenerated, OperationName, Result, lower(coalesce(_InitiatedBy_user_userPrincipalName, _InitiatedBy_app_displayName)) AS Actor,
         _IPAddress, _TargetResources_0_displayName AS App, _TargetResources_0_id AS ServicePrincipalId,
         trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'ConsentContext.IsAdminConsent', 'newValue')) AS AdminConsent,
         trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'ConsentContext.OnBehalfOfAll', 'newValue')) AS OnBehalfOfAll,
         trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'ConsentAction.Permissions', 'newValue')) AS Grants,
         nullif(ResultReason, '') AS Reason, CorrelationId, Id
  FROM AuditLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND OperationName = 'Consent to application'
),
read AS (
  -- What was granted stands behind the arrow; what had been before, in front of it.
  SELECT *, array_to_string(regexp_match(split_part(Grants, '=>', 2), 'Scope: *([^],]*)'), ' ') AS Scopes FROM consents
)
SELECT TimeGenerated, Actor, App, Scopes, coalesce(lower(AdminConsent) = 'true', false) AS AdminConsent, coalesce(lower(OnBehalfOfAll) = 'true', false) AS OnBehalfOfAll,
       coalesce(regexp_like(lower(Grants), 'mail\.|mailboxsettings|files\.|sites\.|notes\.|chat|contacts|full_access|ews\.|imap|directory\.|rolemanagement|approleassignment|user\.readwrite|group\.readwrite|application\.readwrite|user_impersonation'), false) AS Risky,
       coalesce(lower(Grants) LIKE '%offline_access%', false) AS OfflineAccess, count(*) OVER (PARTITION BY ServicePrincipalId) AS ConsentsOfApp,
       Result, Reason, _IPAddress AS IPAddress, Grants, ServicePrincipalId, CorrelationId
FROM read
ORDER BY TimeGenerated DESC, Id
