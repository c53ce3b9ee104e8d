/*---
title: When did a log fall silent?
description: >-
  Times of at least `gap` without any record of a log, the longest first, also the time between its last record and `until` (Ended empty). Busy logs such as those of users' sign-ins are never silent for an hour in a tenant
  of some size: then the diagnostic setting was changed, the hub was not read, or somebody does not want to be seen. Logs that write little (risks, provisioning, audit at
  night) have gaps by nature: RecordsBefore in the same log says how busy it is. A log without any record has no row.
parameters:
  - {name: gap, type: timespan, default: 3h, meaning: Shortest silence to be listed}
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs, AADServicePrincipalSignInLogs, AADManagedIdentitySignInLogs, MicrosoftServicePrincipalSignInLogs, ADFSSignInLogs, AuditLogs, AADCustomSecurityAttributeAuditLogs, AADProvisioningLogs, AADRiskyUsers, AADUserRiskEvents, AADRiskyServicePrincipals, AADServicePrincipalRiskEvents, AADRiskyAgents, AADAgentRiskEvents, MicrosoftGraphActivityLogs, AADGraphActivityLogs, NetworkAccessTraffic, RemoteNetworkHealthLogs, EnrichedMicrosoft365AuditLogs, AADB2CRequestLogs]
tags: [operations]
techniques: [T1562.008]
---*/
WITH received AS (
  SELECT 'SigninLogs' AS LogTable, TimeGenerated FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADNonInteractiveUserSignInLogs' AS LogTable, TimeGenerated FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADServicePrincipalSignInLogs' AS LogTable, TimeGenerated FROM AADServicePrincipalSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADManagedIdentitySignInLogs' AS LogTable, TimeGenerated FROM AADManagedIdentitySignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'MicrosoftServicePrincipalSignInLogs' AS LogTable, TimeGenerated FROM MicrosoftServicePrincipalSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'ADFSSignInLogs' AS LogTable, TimeGenerated FROM ADFSSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AuditLogs' AS LogTable, TimeGenerated FROM AuditLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADCustomSecurityAttributeAuditLogs' AS LogTable, TimeGenerated FROM AADCustomSecurityAttributeAuditLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADProvisioningLogs' AS LogTable, TimeGenerated FROM AADProvisioningLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADRiskyUsers' AS LogTable, TimeGenerated FROM AADRiskyUsers WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADUserRiskEvents' AS LogTable, TimeGenerated FROM AADUserRiskEvents WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADRiskyServicePrincipals' AS LogTable, TimeGenerated FROM AADRiskyServicePrincipals WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADServicePrincipalRiskEvents' AS LogTable, TimeGenerated FROM AADServicePrincipalRiskEvents WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADRiskyAgents' AS LogTable, TimeGenerated FROM AADRiskyAgents WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADAgentRiskEvents' AS LogTable, TimeGenerated FROM AADAgentRiskEvents WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'MicrosoftGraphActivityLogs' AS LogTable, TimeGenerated FROM MicrosoftGraphActivityLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADGraphActivityLogs' AS LogTable, TimeGenerated FROM AADGraphActivityLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'NetworkAccessTraffic' AS LogTable, TimeGenerated FROM NetworkAccessTraffic WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'RemoteNetworkHealthLogs' AS LogTable, TimeGenerated FROM RemoteNetworkHealthLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'EnrichedMicrosoft365AuditLogs' AS LogTable, TimeGenerated FROM EnrichedMicrosoft365AuditLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADB2CRequestLogs' AS LogTable, TimeGenerated FROM AADB2CRequestLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
minutes AS (SELECT LogTable, date_trunc('minute', TimeGenerated) AS Minute, count(*) AS Records FROM received GROUP BY 1, 2),
steps AS (
  SELECT LogTable, Minute AS Began, lead(Minute) OVER (PARTITION BY LogTable ORDER BY Minute) AS Ended, sum(Records) OVER (PARTITION BY LogTable ORDER BY Minute) AS RecordsBefore
  FROM minutes
)
SELECT LogTable, Began, Ended, round(CAST(extract(epoch FROM coalesce(Ended, $until)) - extract(epoch FROM Began) AS DOUBLE) / 3600, 2) AS Hours, RecordsBefore
FROM steps
WHERE coalesce(Ended, $until) >= Began + CAST($gap AS INTERVAL)
ORDER BY Hours DESC, LogTable, Began
