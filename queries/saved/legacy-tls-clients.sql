/*---
title: Which clients still come with TLS 1.0, 1.1 or 3DES?
description: >-
  Sign-ins that Entra marks as legacy TLS, by application and user agent: clients that fail when the old versions are switched off.
  Old Windows, .NET and proxies that inspect traffic are the usual reasons; a proxy shows as many clients from few addresses.
since: 30d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, legacy, client]
techniques: [T1040]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, AppDisplayName, UserAgent, ClientAppUsed, _IPAddress, ResultType,
         _DeviceDetail_operatingSystem AS OperatingSystem, AuthenticationProcessingDetails
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), AppDisplayName, UserAgent, ClientAppUsed, _IPAddress, ResultType,
         _DeviceDetail_operatingSystem, AuthenticationProcessingDetails
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
)
SELECT AppDisplayName, UserAgent, ClientAppUsed, OperatingSystem, count(DISTINCT Who) AS Users, count(*) AS SignIns,
       count(*) FILTER (WHERE ResultType = '0') AS Succeeded, count(DISTINCT _IPAddress) AS IPAddresses,
       array_to_string(array_agg(DISTINCT Who ORDER BY Who), ', ') AS UserNames, min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen
FROM signins
WHERE AuthenticationProcessingDetails LIKE '%Legacy TLS%'
  AND lower(json_find(AuthenticationProcessingDetails, 'key', 'Legacy TLS (TLS 1.0, 1.1, 3DES)', 'value')) = 'true'
GROUP BY AppDisplayName, UserAgent, ClientAppUsed, OperatingSystem
ORDER BY Users DESC, SignIns DESC, AppDisplayName, UserAgent
