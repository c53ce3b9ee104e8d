/*---
title: What did Identity Protection detect, of whom, and how late?
description: >-
  A row for each kind of detection and state: how many, of how many users or applications, and how long after the activity the median one was detected.
  Detections of applications are in here too (Subject). A kind that is mostly dismissed is noise in this tenant; leakedCredentials, anomalousToken,
  attackerinTheMiddle and passwordSpray are rarely that. Each detection counts once, with its newest state.
since: 30d
tables: [AADUserRiskEvents, AADServicePrincipalRiskEvents]
tags: [risk, overview]
techniques: [T1078.004, T1110.003, T1589.001]
---*/
WITH events AS (
  SELECT 'user' AS Subject, Id, lower(UserPrincipalName) AS Who, RiskEventType, RiskLevel, RiskState, ActivityDateTime, DetectedDateTime, TimeGenerated,
         LastUpdatedDateTime, _IPAddress, _Location_countryOrRegion AS Country
  FROM AADUserRiskEvents WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT 'service principal', Id, ServicePrincipalDisplayName, RiskEventType, RiskLevel, RiskState, ActivityDateTime, DetectedDateTime, TimeGenerated,
         LastUpdatedDateTime, _IPAddress, _Location_countryOrRegion
  FROM AADServicePrincipalRiskEvents WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
newest AS (
  SELECT *, row_number() OVER (PARTITION BY Subject, Id ORDER BY coalesce(LastUpdatedDateTime, TimeGenerated) DESC, TimeGenerated DESC) AS Place FROM events
)
SELECT Subject, RiskEventType, RiskLevel, RiskState, count(*) AS Detections, count(DISTINCT Who) AS Subjects,
       array_to_string(array_agg(DISTINCT Who ORDER BY Who), ', ') AS Names,
       round(median(CAST(extract(epoch FROM DetectedDateTime) - extract(epoch FROM ActivityDateTime) AS DOUBLE)) / 60, 1) AS MedianMinutesUntilDetected,
       array_to_string(array_agg(DISTINCT Country ORDER BY Country), ', ') AS Countries, min(ActivityDateTime) AS FirstActivity,
       max(coalesce(DetectedDateTime, TimeGenerated)) AS LastDetected
FROM newest WHERE Place = 1
GROUP BY Subject, RiskEventType, RiskLevel, RiskState
ORDER BY RiskState IN ('atRisk', 'confirmedCompromised') DESC,
         CASE lower(RiskLevel) WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END DESC, Detections DESC, Subject, RiskEventType, RiskState
