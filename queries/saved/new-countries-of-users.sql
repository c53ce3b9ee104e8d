/*---
title: Who signed in from a country that is new for them?
description: >-
  The first successful sign-ins of a user by a country from which there was none in the baseline before `since`. Users without any
  sign-in in the baseline come last, as everything is new for them: they are new, or the lake does not reach back that far. The
  others are ordered by how many users came from there before, the fewest first.
  Travel and VPNs are the usual reason: ask whether the device is the usual one, and whether the user is elsewhere at the same time (`impossible-travel`).
parameters:
  - {name: baseline, type: timespan, default: 30d, meaning: 'How long before since a user is known by'}
since: 24h
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, location, new, hunting]
techniques: [T1078.004]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, nullif(Location, '') AS Place, _IPAddress, Location, AppDisplayName,
         UserAgent, AuthenticationRequirement, _DeviceDetail_deviceId
  FROM SigninLogs WHERE ResultType = '0'
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), nullif(Location, ''), _IPAddress, Location, AppDisplayName,
         UserAgent, AuthenticationRequirement, _DeviceDetail_deviceId
  FROM AADNonInteractiveUserSignInLogs WHERE ResultType = '0'
),
before AS (
  SELECT * FROM signins WHERE TimeGenerated >= $since - CAST($baseline AS INTERVAL) AND TimeGenerated < $since
),
usual AS (SELECT Who, count(*) AS SignIns, count(DISTINCT Place) AS Places FROM before GROUP BY Who),
known AS (SELECT DISTINCT Who, Place FROM before WHERE Place IS NOT NULL),
popular AS (SELECT Place, count(DISTINCT Who) AS Users FROM before GROUP BY Place),
fresh AS (
  SELECT Who, Place, min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen, count(*) AS SignIns,
         array_to_string(array_agg(DISTINCT _IPAddress ORDER BY _IPAddress), ', ') AS IPAddresses,
         array_to_string(array_agg(DISTINCT AppDisplayName ORDER BY AppDisplayName), ', ') AS Apps,
         count(*) FILTER (WHERE AuthenticationRequirement = 'multiFactorAuthentication') AS WithMfa,
         count(*) FILTER (WHERE coalesce(_DeviceDetail_deviceId, '') <> '') AS FromRegisteredDevice
  FROM signins WHERE TimeGenerated >= $since AND TimeGenerated < $until AND Place IS NOT NULL
  GROUP BY Who, Place
)
SELECT f.Who AS UserPrincipalName, f.Place AS Country, f.FirstSeen, f.LastSeen, f.SignIns, f.WithMfa, f.FromRegisteredDevice,
       f.IPAddresses, f.Apps, coalesce(p.Users, 0) AS UsersFromThereBefore, coalesce(u.SignIns, 0) AS SignInsInBaseline,
       coalesce(u.Places, 0) AS KnownInBaseline
FROM fresh f
LEFT ANTI JOIN known k ON k.Who = f.Who AND k.Place = f.Place
LEFT JOIN usual u ON u.Who = f.Who
LEFT JOIN popular p ON p.Place = f.Place
ORDER BY coalesce(u.SignIns, 0) = 0, UsersFromThereBefore, f.FirstSeen, UserPrincipalName
