/*---
title: Who is locked out, and by whose attempts?
description: >-
  Users with the result 50053, which has two meanings: locked after too many wrong passwords (Lockouts), and refused because the address
  is known as malicious (MaliciousAddress), where the account itself is not locked. OwnNetworks counts the networks of these refusals
  from which the user also got in: a forgotten device or job with an old password. Without any, somebody else locks the user out.
since: 24h
tables: [SigninLogs, AADNonInteractiveUserSignInLogs, ADFSSignInLogs]
tags: [signins, failures, passwords]
techniques: [T1110, T1531]
---*/
WITH attempts AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, _IPPrefix, _IPAddress, Location, AppDisplayName, ResultType, _ResultClass,
         coalesce(ResultDescription, _Status_failureReason, '') AS Reason, _PasswordWasCorrect
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), _IPPrefix, _IPAddress, Location, AppDisplayName, ResultType, _ResultClass,
         coalesce(ResultDescription, _Status_failureReason, ''), _PasswordWasCorrect
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), _IPPrefix, _IPAddress, Location, AppDisplayName, ResultType, _ResultClass,
         coalesce(ResultDescription, _Status_failureReason, ''), _PasswordWasCorrect
  FROM ADFSSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
own AS (SELECT DISTINCT Who, _IPPrefix FROM attempts WHERE ResultType = '0'),
refused AS (
  SELECT a.*, o.Who IS NOT NULL AS Own, a._ResultClass IN ('locked_or_ip_blocked', 'extranet_lockout_adfs') AS Refused,
         a.Reason LIKE '%malicious%' AS Malicious
  FROM attempts a LEFT JOIN own o ON o.Who = a.Who AND o._IPPrefix = a._IPPrefix
)
SELECT Who AS UserPrincipalName, count(*) FILTER (WHERE Refused AND NOT Malicious) AS Lockouts,
       count(*) FILTER (WHERE Refused AND Malicious) AS MaliciousAddress,
       count(*) FILTER (WHERE _PasswordWasCorrect = false) AS WrongPasswords,
       min(CASE WHEN Refused THEN TimeGenerated END) AS FirstRefused, max(CASE WHEN Refused THEN TimeGenerated END) AS LastRefused,
       count(DISTINCT CASE WHEN Refused THEN _IPPrefix END) AS Networks, count(DISTINCT CASE WHEN Refused AND Own THEN _IPPrefix END) AS OwnNetworks,
       array_to_string(array_sort(array_agg(DISTINCT CASE WHEN Refused THEN _IPAddress END)), ', ') AS IPAddresses,
       array_to_string(array_sort(array_agg(DISTINCT CASE WHEN Refused THEN Location END)), ', ') AS Countries,
       array_to_string(array_sort(array_agg(DISTINCT CASE WHEN Refused THEN AppDisplayName END)), ', ') AS Apps,
       max(CASE WHEN ResultType = '0' THEN TimeGenerated END) AS LastSuccess
FROM refused
GROUP BY Who
HAVING count(*) FILTER (WHERE Refused) > 0
ORDER BY Lockouts DESC, MaliciousAddress DESC, UserPrincipalName
