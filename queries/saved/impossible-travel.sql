/*---
title: Who was at two places that are too far apart for the time between?
description: >-
  Two successful sign-ins of a user in a row, at places so far apart that one would have to travel faster than `speed` (km/h). The
  distance is over the great circle between the coordinates of the two addresses. VPNs, mobile carriers and cloud proxies place a user far away:
  look whether network, device and client changed as well. A change of place between the same two networks that happens day after
  day is an exit of a VPN; Times counts how often this user went this way in the time that was asked for. The same session at both
  places (SameSession) is the strongest sign that a token was stolen.
parameters:
  - {name: speed, type: real, default: 900, meaning: Kilometres an hour that are possible}
  - {name: distance, type: real, default: 500, meaning: Kilometres below which nothing is said}
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, location, compromise, hunting]
techniques: [T1078.004, T1550.001]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, UserId, _IPAddress, _ASN, Location, _LocationDetails_city AS City, AppDisplayName,
         _DeviceDetail_deviceId AS Device, UserAgent, SessionId, Id,
         json_get_float(_LocationDetails_geoCoordinates, 'latitude') AS Latitude,
         json_get_float(_LocationDetails_geoCoordinates, 'longitude') AS Longitude
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0'
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), UserId, _IPAddress, _ASN, Location, _LocationDetails_city, AppDisplayName,
         _DeviceDetail_deviceId, UserAgent, SessionId, Id, json_get_float(_LocationDetails_geoCoordinates, 'latitude'),
         json_get_float(_LocationDetails_geoCoordinates, 'longitude')
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0'
),
steps AS (
  SELECT *,
         lag(TimeGenerated) OVER way AS FromTime, lag(_IPAddress) OVER way AS FromIP, lag(_ASN) OVER way AS FromASN,
         lag(Location) OVER way AS FromCountry, lag(City) OVER way AS FromCity, lag(AppDisplayName) OVER way AS FromApp,
         lag(Device) OVER way AS FromDevice, lag(UserAgent) OVER way AS FromAgent, lag(SessionId) OVER way AS FromSession,
         lag(Latitude) OVER way AS FromLatitude, lag(Longitude) OVER way AS FromLongitude
  FROM signins WHERE Latitude IS NOT NULL AND Longitude IS NOT NULL
  WINDOW way AS (PARTITION BY Who ORDER BY TimeGenerated, Id)
),
far AS (
  SELECT *,
         haversine_km(FromLatitude, FromLongitude, Latitude, Longitude) AS Kilometres,
         CAST(extract(epoch FROM TimeGenerated) - extract(epoch FROM FromTime) AS DOUBLE) / 3600 AS Hours
  FROM steps WHERE FromTime IS NOT NULL
),
impossible AS (SELECT * FROM far WHERE Kilometres >= $distance AND Kilometres > $speed * Hours)
SELECT Who AS UserPrincipalName, FromTime, TimeGenerated AS ToTime, round(Kilometres) AS Kilometres, round(Hours * 60, 1) AS Minutes,
       CASE WHEN Hours > 0 THEN round(Kilometres / Hours) END AS KilometresPerHour,
       FromCountry, FromCity, Location AS ToCountry, City AS ToCity, FromIP, _IPAddress AS ToIP, FromASN, _ASN AS ToASN,
       FromApp, AppDisplayName AS ToApp, coalesce(FromDevice, '') <> '' AND FromDevice = Device AS SameDevice,
       coalesce(FromAgent = UserAgent, false) AS SameUserAgent, coalesce(FromSession <> '' AND FromSession = SessionId, false) AS SameSession,
       count(*) OVER (PARTITION BY Who, FromIP, _IPAddress) AS Times, UserId
FROM impossible
ORDER BY SameSession DESC, SameDevice, Times, Kilometres DESC, ToTime
