/*---
title: Whom could Entra not provision, to which system, and why?
description: >-
  Accounts and groups whose last provisioning step failed or was skipped in error, by system and reason, those that still fail first. Recovered says that a later attempt for the
  same identity and system succeeded. A leaver who cannot be disabled in another system keeps access there: look at Action disable and delete before create. Skipped by scope is as configured and left out.
since: 7d
tables: [AADProvisioningLogs]
tags: [provisioning, failures]
techniques: [T1078]
---*/
WITH steps AS (
  SELECT TimeGenerated, coalesce(nullif(ResultType, ''), ProvisioningStatusInfo->>'Status', ProvisioningStatusInfo->>'status') AS Status,
         lower(ProvisioningAction) AS Action, coalesce(TargetSystem->>'Name', TargetSystem->>'displayName') AS TargetSystemName,
         coalesce(ServicePrincipal->>'Name', ServicePrincipal->>'displayName') AS App,
         coalesce(SourceIdentity->>'Name', SourceIdentity->>'displayName') AS Name, coalesce(SourceIdentity->>'Id', SourceIdentity->>'id') AS IdentityId,
         coalesce(SourceIdentity->>'identityType', SourceIdentity->>'IdentityType') AS IdentityType,
         coalesce(json_get_str(ProvisioningStatusInfo, 'errorInformation', 'errorCode'), json_get_str(ProvisioningStatusInfo, 'ErrorInformation', 'ErrorCode')) AS ErrorCode,
         coalesce(json_get_str(ProvisioningStatusInfo, 'errorInformation', 'reason'), json_get_str(ProvisioningStatusInfo, 'ErrorInformation', 'Reason'),
           nullif(ResultDescription, '')) AS Reason, JobId, Id
  FROM AADProvisioningLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
successes AS (
  SELECT IdentityId, TargetSystemName, max(TimeGenerated) AS LastSuccess FROM steps WHERE lower(Status) = 'success' GROUP BY IdentityId, TargetSystemName
)
SELECT s.TargetSystemName, max(s.App) AS App, s.Action, s.Name, s.IdentityType, count(*) AS Failures, max(s.ErrorCode) AS ErrorCode, max(s.Reason) AS Reason,
       min(s.TimeGenerated) AS FirstFailure, max(s.TimeGenerated) AS LastFailure, max(u.LastSuccess) AS LastSuccess,
       coalesce(max(u.LastSuccess) > max(s.TimeGenerated), false) AS Recovered, s.IdentityId
FROM steps s LEFT JOIN successes u ON u.IdentityId = s.IdentityId AND u.TargetSystemName = s.TargetSystemName
WHERE lower(s.Status) IN ('failure', 'failed', 'warning')
GROUP BY s.TargetSystemName, s.Action, s.Name, s.IdentityType, s.IdentityId
ORDER BY Recovered, s.Action IN ('disable', 'delete', 'softdelete') DESC, LastFailure DESC, s.TargetSystemName, s.Name, s.Action
