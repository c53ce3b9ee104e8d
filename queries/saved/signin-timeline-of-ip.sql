/*---
title: Who signed in from an address, to what, and did it work?
description: >-
  Every sign-in record from an address or a network: of users (interactive or not, in the cloud or at AD FS) and of
  applications. Ports, brackets and other ways to write the address do not matter. Many users with wrong passwords and
  few or none who succeed is a spray; many users who succeed is an office, a VPN or a mobile carrier. Of an IPv6 client ask for
  the /64, since it changes its address within that.
parameters:
  - {name: ip, type: string, meaning: 'An address, or a network such as 198.51.100.0/24 or 2001:db8:1:2::/64'}
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs, AADServicePrincipalSignInLogs, ADFSSignInLogs]
tags: [signins, ip, compromise]
techniques: [T1110.003, T1078.004]
---*/
WITH signins AS (
  SELECT TimeGenerated, 'interactive' AS Kind, lower(UserPrincipalName) AS Who, AppDisplayName, IPAddress, _IPAddress,
         Location, _ASN, coalesce(_LegacyProtocol, ClientAppUsed) AS Client, UserAgent, ResultType, ResultDescription, _ResultClass,
         _PasswordWasCorrect, ConditionalAccessStatus, RiskLevelDuringSignIn, CorrelationId, Id
  FROM SigninLogs
  UNION ALL
  SELECT TimeGenerated, 'non-interactive', lower(UserPrincipalName), AppDisplayName, IPAddress, _IPAddress, Location, _ASN,
         coalesce(_LegacyProtocol, ClientAppUsed), UserAgent, ResultType, ResultDescription, _ResultClass, _PasswordWasCorrect,
         ConditionalAccessStatus, RiskLevelDuringSignIn, CorrelationId, Id
  FROM AADNonInteractiveUserSignInLogs
  UNION ALL
  SELECT TimeGenerated, 'service principal', ServicePrincipalName, ResourceDisplayName, IPAddress, _IPAddress, Location, _ASN,
         ClientCredentialType, UserAgent, ResultType, ResultDescription, _ResultClass, NULL, ConditionalAccessStatus, NULL, CorrelationId, Id
  FROM AADServicePrincipalSignInLogs
  UNION ALL
  SELECT TimeGenerated, 'AD FS', lower(UserPrincipalName), AppDisplayName, IPAddress, _IPAddress, Location, NULL, NULL,
         UserAgent, ResultType, ResultDescription, _ResultClass, _PasswordWasCorrect, ConditionalAccessStatus, NULL, CorrelationId, Id
  FROM ADFSSignInLogs
)
SELECT TimeGenerated, Kind, Who, AppDisplayName, ResultType, _ResultClass AS ResultClass, ResultDescription AS Reason,
       _PasswordWasCorrect AS PasswordWasCorrect, IPAddress, Location, _ASN AS ASN, Client, UserAgent, ConditionalAccessStatus,
       RiskLevelDuringSignIn, CorrelationId
FROM signins
WHERE TimeGenerated >= $since AND TimeGenerated < $until
  AND ip_in_cidr(_IPAddress, CASE WHEN $ip LIKE '%/%' THEN $ip ELSE coalesce(ip_address($ip), $ip) END)
  -- Of a single address, files and row groups are left out by its bounds and Bloom filters.
  AND ($ip LIKE '%/%' OR _IPAddress = ip_address($ip))
ORDER BY TimeGenerated, CorrelationId, Id
