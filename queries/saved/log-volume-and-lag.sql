/*---
title: How much does each log write, and how late does it come?
description: >-
  Rows of each log in the time, a row a log and day, with the time from a record's own time to its being in the lake: median, 95th percentile and maximum in seconds. Minutes are usual; a lag that grows is a consumer that
  cannot keep up or a hub that is throttled (`entralog lake status`), one that is large on one day only is an outage or a backfill from files. A log that is missing here wrote nothing: look
  at the diagnostic settings. Records of risks are late by nature.
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs, AADServicePrincipalSignInLogs, AADManagedIdentitySignInLogs, MicrosoftServicePrincipalSignInLogs, ADFSSignInLogs, AuditLogs, AADCustomSecurityAttributeAuditLogs, AADProvisioningLogs, AADRiskyUsers, AADUserRiskEvents, AADRiskyServicePrincipals, AADServicePrincipalRiskEvents, AADRiskyAgents, AADAgentRiskEvents, MicrosoftGraphActivityLogs, AADGraphActivityLogs, NetworkAccessTraffic, RemoteNetworkHealthLogs, EnrichedMicrosoft365AuditLogs, AADB2CRequestLogs]
tags: [operations, overview]
techniques: [T1562.008]
---*/
WITH received AS (
  SELECT 'SigninLogs' AS LogTable, TimeGenerated, _IngestedAt FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADNonInteractiveUserSignInLogs' AS LogTable, TimeGenerated, _IngestedAt FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADServicePrincipalSignInLogs' AS LogTable, TimeGenerated, _IngestedAt FROM AADServicePrincipalSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADManagedIdentitySignInLogs' AS LogTable, TimeGenerated, _IngestedAt FROM AADManagedIdentitySignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'MicrosoftServicePrincipalSignInLogs' AS LogTable, TimeGenerated, _IngestedAt FROM MicrosoftServicePrincipalSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'ADFSSignInLogs' AS LogTable, TimeGenerated, _IngestedAt FROM ADFSSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AuditLogs' AS LogTable, TimeGenerated, _IngestedAt FROM AuditLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADCustomSecurityAttributeAuditLogs' AS LogTable, TimeGenerated, _IngestedAt FROM AADCustomSecurityAttributeAuditLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADProvisioningLogs' AS LogTable, TimeGenerated, _IngestedAt FROM AADProvisioningLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADRiskyUsers' AS LogTable, TimeGenerated, _IngestedAt FROM AADRiskyUsers WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADUserRiskEvents' AS LogTable, TimeGenerated, _IngestedAt FROM AADUserRiskEvents WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADRiskyServicePrincipals' AS LogTable, TimeGenerated, _IngestedAt FROM AADRiskyServicePrincipals WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADServicePrincipalRiskEvents' AS LogTable, TimeGenerated, _IngestedAt FROM AADServicePrincipalRiskEvents WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADRiskyAgents' AS LogTable, TimeGenerated, _IngestedAt FROM AADRiskyAgents WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADAgentRiskEvents' AS LogTable, TimeGenerated, _IngestedAt FROM AADAgentRiskEvents WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'MicrosoftGraphActivityLogs' AS LogTable, TimeGenerated, _IngestedAt FROM MicrosoftGraphActivityLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADGraphActivityLogs' AS LogTable, TimeGenerated, _IngestedAt FROM AADGraphActivityLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'NetworkAccessTraffic' AS LogTable, TimeGenerated, _IngestedAt FROM NetworkAccessTraffic WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'RemoteNetworkHealthLogs' AS LogTable, TimeGenerated, _IngestedAt FROM RemoteNetworkHealthLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'EnrichedMicrosoft365AuditLogs' AS LogTable, TimeGenerated, _IngestedAt FROM EnrichedMicrosoft365AuditLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL SELECT 'AADB2CRequestLogs' AS LogTable, TimeGenerated, _IngestedAt FROM AADB2CRequestLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
late AS (
  SELECT LogTable, date_trunc('day', TimeGenerated) AS Day, TimeGenerated, _IngestedAt,
         CAST(extract(epoch FROM _IngestedAt) - extract(epoch FROM TimeGenerated) AS DOUBLE) AS Lag
  FROM received
)
SELECT LogTable, Day, count(*) AS Records, round(median(Lag), 1) AS MedianLagSeconds, round(percentile_cont(0.95) WITHIN GROUP (ORDER BY Lag), 1) AS P95LagSeconds,
       round(max(Lag), 1) AS MaxLagSeconds, min(TimeGenerated) AS FirstRecord, max(TimeGenerated) AS LastRecord, max(_IngestedAt) AS LastIngested
FROM late
GROUP BY LogTable, Day
ORDER BY LogTable, Day
