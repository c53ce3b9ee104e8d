/*---
title: From which countries do people sign in, and from which do they only fail?
description: >-
  Countries by users who got in. A country with attempts and no success is an attack or a block that works; one with a single user
  is travel, a VPN or a stolen account. The country comes from the address, so VPNs and mobile carriers show where their
  exit is. Interruptions count as neither success nor failure.
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, location, overview]
techniques: [T1078.004]
---*/
WITH signins AS (
  SELECT Location, lower(UserPrincipalName) AS Who, _IPPrefix, ResultType, _ResultClass, _PasswordWasCorrect, TimeGenerated
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT Location, lower(UserPrincipalName), _IPPrefix, ResultType, _ResultClass, _PasswordWasCorrect, TimeGenerated
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
)
SELECT coalesce(nullif(Location, ''), 'unknown') AS Country,
       count(DISTINCT CASE WHEN ResultType = '0' THEN Who END) AS UsersSignedIn,
       count(*) FILTER (WHERE ResultType = '0') AS Succeeded,
       count(DISTINCT CASE WHEN _PasswordWasCorrect = false THEN Who END) AS UsersWithWrongPassword,
       count(*) FILTER (WHERE _PasswordWasCorrect = false) AS WrongPasswords,
       count(*) FILTER (WHERE _ResultClass LIKE 'ca%' AND _ResultClass <> 'ca_device_auth_required') AS StoppedByPolicy,
       count(DISTINCT _IPPrefix) AS Networks, min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen
FROM signins
GROUP BY coalesce(nullif(Location, ''), 'unknown')
ORDER BY UsersSignedIn DESC, Succeeded DESC, Country
