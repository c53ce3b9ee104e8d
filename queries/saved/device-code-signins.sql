/*---
title: Who signs in by device code, with which client, from where?
description: >-
  Users and applications with sign-ins by the device code flow, and those whose session began with it (OriginalTransferMethod), the last seen first. Command lines,
  televisions and meeting room devices use it; a person who gets a code by mail or chat and enters it gives their session away. Look at people who do not use command
  lines, at the Microsoft Authentication Broker as application (it gets a primary refresh token), and at countries other than the user's own (UsualCountries, of
  the other sign-ins).
since: 30d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, device-code, hunting]
techniques: [T1528, T1566.002, T1550.001]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, UserId, AppDisplayName, ResourceDisplayName, _IPAddress, Location, UserAgent, ResultType,
         AuthenticationProtocol, OriginalTransferMethod, ConditionalAccessStatus, _DeviceDetail_deviceId AS Device
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), UserId, AppDisplayName, ResourceDisplayName, _IPAddress, Location, UserAgent, ResultType,
         AuthenticationProtocol, OriginalTransferMethod, ConditionalAccessStatus, _DeviceDetail_deviceId
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
judged AS (
  SELECT *, coalesce(lower(AuthenticationProtocol) = 'devicecode', false) AS ByCode, coalesce(lower(OriginalTransferMethod) LIKE 'devicecode%', false) AS FromCode
  FROM signins
),
usual AS (
  SELECT Who, array_to_string(array_agg(DISTINCT Location ORDER BY Location), ', ') AS Countries FROM judged
  WHERE ResultType = '0' AND NOT ByCode AND NOT FromCode GROUP BY Who
)
SELECT j.Who AS UserPrincipalName, j.AppDisplayName, max(j.TimeGenerated) AS LastSeen, count(*) FILTER (WHERE j.ByCode AND j.ResultType = '0') AS SignedIn,
       count(*) FILTER (WHERE j.ByCode AND j.ResultType <> '0') AS NotSignedIn, count(*) FILTER (WHERE j.FromCode AND NOT j.ByCode AND j.ResultType = '0') AS LaterUses,
       count(*) FILTER (WHERE j.ResultType = '0' AND j.ConditionalAccessStatus = 'notApplied') AS WithoutConditionalAccess,
       array_to_string(array_agg(DISTINCT j.ResourceDisplayName ORDER BY j.ResourceDisplayName), ', ') AS Resources,
       array_to_string(array_agg(DISTINCT j._IPAddress ORDER BY j._IPAddress), ', ') AS IPAddresses,
       array_to_string(array_agg(DISTINCT j.Location ORDER BY j.Location), ', ') AS Countries, max(u.Countries) AS UsualCountries,
       array_to_string(array_agg(DISTINCT j.UserAgent ORDER BY j.UserAgent), ', ') AS UserAgents, bool_or(coalesce(j.Device, '') <> '') AS RegisteredDevice,
       min(j.TimeGenerated) AS FirstSeen, max(j.UserId) AS UserId
FROM judged j LEFT JOIN usual u ON u.Who = j.Who
WHERE j.ByCode OR j.FromCode
GROUP BY j.Who, j.AppDisplayName
ORDER BY LastSeen DESC, UserPrincipalName, j.AppDisplayName
