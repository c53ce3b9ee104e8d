/*---
title: Which users are at risk now, since when, and why?
description: >-
  The newest state of every user of whom the lake has a record of risk since `since`: open risks first, by level and by how long they are open. Detections counts
  what was detected for the user in the time, by kind, also when that was hours after the sign-in. LastSignIn is the last success: a user at risk who goes on working has not been
  asked for anything. Users whose risk was dismissed or remediated come last. A user who was set to risk before `since` and has no change after it is not listed: look far back.
since: 90d
tables: [AADRiskyUsers, AADUserRiskEvents, SigninLogs]
tags: [risk, user]
techniques: [T1078.004, T1589.001]
---*/
WITH states AS (
  SELECT *, row_number() OVER (PARTITION BY Id ORDER BY coalesce(RiskLastUpdatedDateTime, TimeGenerated) DESC, TimeGenerated DESC, _Source DESC) AS Place,
         min(CASE WHEN RiskState IN ('atRisk', 'confirmedCompromised') THEN coalesce(RiskLastUpdatedDateTime, TimeGenerated) END) OVER (PARTITION BY Id) AS FirstAtRisk
  FROM AADRiskyUsers WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
detections AS (
  SELECT UserId, count(DISTINCT Id) AS Detections, array_to_string(array_agg(DISTINCT RiskEventType ORDER BY RiskEventType), ', ') AS Kinds,
         max(coalesce(DetectedDateTime, TimeGenerated)) AS LastDetected, array_to_string(array_agg(DISTINCT _IPAddress ORDER BY _IPAddress), ', ') AS IPAddresses
  FROM AADUserRiskEvents WHERE TimeGenerated >= $since AND TimeGenerated < $until GROUP BY UserId
),
signins AS (
  SELECT UserId, max(TimeGenerated) AS LastSignIn FROM SigninLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0' GROUP BY UserId
)
SELECT lower(s.UserPrincipalName) AS UserPrincipalName, s.RiskState, s.RiskLevel, s.RiskDetail, s.RiskState IN ('atRisk', 'confirmedCompromised') AS Open,
       s.FirstAtRisk, coalesce(s.RiskLastUpdatedDateTime, s.TimeGenerated) AS LastChanged, coalesce(d.Detections, 0) AS Detections, d.Kinds AS RiskEventTypes,
       d.LastDetected, d.IPAddresses, i.LastSignIn, s.IsDeleted, s.Id AS UserId
FROM states s LEFT JOIN detections d ON d.UserId = s.Id LEFT JOIN signins i ON i.UserId = s.Id
WHERE s.Place = 1
ORDER BY Open DESC, CASE lower(s.RiskLevel) WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END DESC, s.FirstAtRisk, UserPrincipalName
