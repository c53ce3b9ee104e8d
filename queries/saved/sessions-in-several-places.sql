/*---
title: Which sessions were used from several networks or countries?
description: >-
  Sessions whose tokens were used from more than one autonomous system, those in several countries first. A laptop that goes from the office to a
  mobile network does the same within one country, so look at the number of countries, at user agents and devices that change within one
  session, and at a network that none of the user's other sessions know (ForeignNetworks). A phishing proxy begins the session at its
  own address; a stolen token goes on with it elsewhere.
parameters:
  - {name: countries, type: int, default: 1, meaning: Fewest countries for a session to be listed}
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, location, compromise, hunting]
techniques: [T1550.001, T1557, T1539]
---*/
WITH signins AS (
  SELECT TimeGenerated, SessionId, lower(UserPrincipalName) AS Who, UserId, _ASN, Location, _IPAddress, UserAgent, AppDisplayName,
         _DeviceDetail_deviceId AS Device, _DeviceDetail_operatingSystem AS OperatingSystem, true AS Interactive
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0' AND coalesce(SessionId, '') <> ''
  UNION ALL
  SELECT TimeGenerated, SessionId, lower(UserPrincipalName), UserId, _ASN, Location, _IPAddress, UserAgent, AppDisplayName,
         _DeviceDetail_deviceId, _DeviceDetail_operatingSystem, false
  FROM AADNonInteractiveUserSignInLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0' AND coalesce(SessionId, '') <> ''
),
networks AS (SELECT Who, _ASN, count(DISTINCT SessionId) AS Sessions FROM signins WHERE _ASN IS NOT NULL GROUP BY Who, _ASN)
SELECT s.Who AS UserPrincipalName, s.SessionId, count(DISTINCT s.Location) AS Countries, count(DISTINCT s._ASN) AS AutonomousSystems,
       count(DISTINCT CASE WHEN n.Sessions = 1 THEN s._ASN END) AS ForeignNetworks, count(DISTINCT s.UserAgent) AS UserAgents,
       count(DISTINCT nullif(s.Device, '')) AS Devices, count(DISTINCT s.OperatingSystem) AS OperatingSystems,
       min(s.TimeGenerated) AS FirstSeen, max(s.TimeGenerated) AS LastSeen, count(*) AS SignIns,
       count(*) FILTER (WHERE s.Interactive) AS InteractiveSignIns,
       array_to_string(array_agg(DISTINCT s.Location ORDER BY s.Location), ', ') AS CountryNames,
       array_to_string(array_agg(DISTINCT s._IPAddress ORDER BY s._IPAddress), ', ') AS IPAddresses,
       array_to_string(array_agg(DISTINCT s.AppDisplayName ORDER BY s.AppDisplayName), ', ') AS Apps, max(s.UserId) AS UserId
FROM signins s LEFT JOIN networks n ON n.Who = s.Who AND n._ASN = s._ASN
GROUP BY s.Who, s.SessionId
HAVING count(DISTINCT s._ASN) > 1 AND count(DISTINCT s.Location) >= $countries
ORDER BY Countries DESC, ForeignNetworks DESC, UserAgents DESC, AutonomousSystems DESC, LastSeen DESC, SessionId
