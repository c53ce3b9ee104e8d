/*---
title: Which applications are signed in to for the first time?
description: >-
  Applications with a successful sign-in of a user since `since` and none in the baseline before, the ones with the fewest users first. An application of another owner (ThirdParty) that one user consented to is the usual first sign of consent
  phishing; Microsoft's own applications appear whenever somebody opens a new part of the cloud. Without a baseline (BaselineSignIns 0) everything is new.
parameters:
  - {name: baseline, type: timespan, default: 30d, meaning: How long before since applications are known by}
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, app, new, hunting]
techniques: [T1528]
---*/
WITH signins AS (
  SELECT TimeGenerated, AppId, AppDisplayName, AppOwnerTenantId, AADTenantId, lower(UserPrincipalName) AS Who, Location, ResourceDisplayName FROM SigninLogs WHERE ResultType = '0'
  UNION ALL
  SELECT TimeGenerated, AppId, AppDisplayName, AppOwnerTenantId, AADTenantId, lower(UserPrincipalName), Location, ResourceDisplayName
  FROM AADNonInteractiveUserSignInLogs WHERE ResultType = '0'
),
before AS (
  SELECT AppId, count(*) AS SignIns FROM signins WHERE TimeGenerated >= $since - CAST($baseline AS INTERVAL) AND TimeGenerated < $since GROUP BY AppId
),
total AS (SELECT coalesce(sum(SignIns), 0) AS SignIns FROM before)
SELECT s.AppId, max(s.AppDisplayName) AS AppDisplayName, count(DISTINCT s.Who) AS Users, count(*) AS SignIns, min(s.TimeGenerated) AS FirstSeen, max(s.TimeGenerated) AS LastSeen,
       coalesce(bool_or(s.AppOwnerTenantId NOT IN (s.AADTenantId, 'f8cdef31-a31e-4b4a-93e4-5f571e91255a', '72f988bf-86f1-41af-91ab-2d7cd011db47', '')), false) AS ThirdParty,
       array_to_string(array_agg(DISTINCT s.Who ORDER BY s.Who), ', ') AS UserNames,
       array_to_string(array_agg(DISTINCT s.ResourceDisplayName ORDER BY s.ResourceDisplayName), ', ') AS Resources,
       array_to_string(array_agg(DISTINCT s.Location ORDER BY s.Location), ', ') AS Countries, max(t.SignIns) AS BaselineSignIns
FROM signins s LEFT ANTI JOIN before b ON b.AppId = s.AppId CROSS JOIN total t
WHERE s.TimeGenerated >= $since AND s.TimeGenerated < $until
GROUP BY s.AppId
ORDER BY ThirdParty DESC, Users, FirstSeen, s.AppId
