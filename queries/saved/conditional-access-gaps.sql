/*---
title: Which successful sign-ins did no Conditional Access policy touch?
description: >-
  Successful sign-ins of users to which no enforced policy applied, by application, kind of client and type of user, those with one factor
  first. Some are by design: the sign-in to Windows, registration of a device, Microsoft's own apps that policies cannot name. A legacy protocol, a guest,
  an administrators' portal or a platform without policy is a gap to close. OutsideTrustedNetworks counts sign-ins from addresses of no
  trusted named location.
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, conditional-access]
techniques: [T1556.009, T1078.004]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, lower(UserType) AS UserType, AppDisplayName, ResourceDisplayName,
         coalesce(_LegacyProtocol, ClientAppUsed) AS Client, _LegacyProtocol, _DeviceDetail_operatingSystem AS OperatingSystem, AuthenticationRequirement,
         coalesce(NetworkLocationDetails, '') LIKE '%trustedNamedLocation%' AS Trusted, true AS Interactive
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0' AND ConditionalAccessStatus = 'notApplied'
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), lower(UserType), AppDisplayName, ResourceDisplayName, coalesce(_LegacyProtocol, ClientAppUsed),
         _LegacyProtocol, _DeviceDetail_operatingSystem, AuthenticationRequirement, coalesce(NetworkLocationDetails, '') LIKE '%trustedNamedLocation%', false
  FROM AADNonInteractiveUserSignInLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0' AND ConditionalAccessStatus = 'notApplied'
)
SELECT AppDisplayName, Client, bool_or(_LegacyProtocol IS NOT NULL) AS Legacy, UserType, count(DISTINCT Who) AS Users, count(*) AS SignIns,
       count(*) FILTER (WHERE Interactive) AS InteractiveSignIns,
       count(*) FILTER (WHERE AuthenticationRequirement = 'singleFactorAuthentication') AS SingleFactor,
       count(*) FILTER (WHERE NOT Trusted) AS OutsideTrustedNetworks,
       array_to_string(array_agg(DISTINCT OperatingSystem ORDER BY OperatingSystem), ', ') AS OperatingSystems,
       array_to_string(array_agg(DISTINCT ResourceDisplayName ORDER BY ResourceDisplayName), ', ') AS Resources,
       min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen
FROM signins
GROUP BY AppDisplayName, Client, UserType
ORDER BY Legacy DESC, SingleFactor DESC, Users DESC, AppDisplayName, Client, UserType
