/*---
title: Which applications are at risk, and did they sign in since?
description: >-
  The newest state of every service principal with a record of risk since `since`, open ones first, with what was detected, and with its sign-ins after the first
  detection: from how many addresses, to what. An application cannot be asked for a second factor: for one that is open and signs in, take the credentials
  away (KeyIds names them where Entra knows) and look at what it did.
since: 90d
tables: [AADRiskyServicePrincipals, AADServicePrincipalRiskEvents, AADServicePrincipalSignInLogs]
tags: [risk, service-principals]
techniques: [T1078.004, T1552]
---*/
WITH states AS (
  SELECT *, row_number() OVER (PARTITION BY Id ORDER BY coalesce(RiskLastUpdatedDateTime, TimeGenerated) DESC, TimeGenerated DESC, _Source DESC) AS Place
  FROM AADRiskyServicePrincipals WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
detections AS (
  SELECT ServicePrincipalId, count(DISTINCT Id) AS Detections, array_to_string(array_agg(DISTINCT RiskEventType ORDER BY RiskEventType), ', ') AS Kinds,
         min(coalesce(ActivityDateTime, TimeGenerated)) AS FirstActivity, max(CAST(KeyIds AS VARCHAR)) AS KeyIds
  FROM AADServicePrincipalRiskEvents WHERE TimeGenerated >= $since AND TimeGenerated < $until GROUP BY ServicePrincipalId
),
signins AS (
  SELECT s.ServicePrincipalId, count(*) AS SignIns, count(DISTINCT s._IPAddress) AS IPAddresses, max(s.TimeGenerated) AS LastSignIn,
         array_to_string(array_agg(DISTINCT s.ResourceDisplayName ORDER BY s.ResourceDisplayName), ', ') AS Resources
  FROM AADServicePrincipalSignInLogs s JOIN detections d ON d.ServicePrincipalId = s.ServicePrincipalId
  WHERE s.TimeGenerated >= $since AND s.TimeGenerated < $until AND s.ResultType = '0' AND s.TimeGenerated >= d.FirstActivity
  GROUP BY s.ServicePrincipalId
)
SELECT s.DisplayName, s.AppId, s.RiskState, s.RiskLevel, s.RiskDetail, s.RiskState IN ('atRisk', 'confirmedCompromised') AS Open, s.AccountEnabled,
       coalesce(s.RiskLastUpdatedDateTime, s.TimeGenerated) AS LastChanged, coalesce(d.Detections, 0) AS Detections, d.Kinds AS RiskEventTypes, d.FirstActivity, d.KeyIds,
       coalesce(i.SignIns, 0) AS SignInsSince, coalesce(i.IPAddresses, 0) AS IPAddressesSince, i.Resources AS ResourcesSince, i.LastSignIn, s.Id AS ServicePrincipalId
FROM states s LEFT JOIN detections d ON d.ServicePrincipalId = s.Id LEFT JOIN signins i ON i.ServicePrincipalId = s.Id
WHERE s.Place = 1
ORDER BY Open DESC, CASE lower(s.RiskLevel) WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END DESC, SignInsSince DESC, s.DisplayName
