/*---
title: Which client tried passwords of many users, over however many networks?
description: >-
  Wrong passwords by user agent, application and kind of client within windows of `window`, where at least `users` users were tried from at least
  three networks. This is how a spray shows that takes another address for each attempt. Only attempts count from a network where
  the user had no success in the whole time: people at home who mistype are left out. Much used browsers and applications have some of
  these at any time: compare the windows, and look at those with far more users than the others, and at Countries.
parameters:
  - {name: users, type: int, default: 20, meaning: Fewest users for a window to be listed}
  - {name: window, type: timespan, default: 3h, meaning: Length of a window}
since: 24h
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, client, password-spray, hunting]
techniques: [T1110.003]
---*/
WITH attempts AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, _IPPrefix, _ASN, Location, UserAgent, AppDisplayName, ClientAppUsed, ResultType,
         _PasswordWasCorrect
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), _IPPrefix, _ASN, Location, UserAgent, AppDisplayName, ClientAppUsed, ResultType,
         _PasswordWasCorrect
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
familiar AS (SELECT DISTINCT Who, _IPPrefix FROM attempts WHERE ResultType = '0' AND _IPPrefix IS NOT NULL),
unfamiliar AS (
  SELECT a.* FROM attempts a LEFT ANTI JOIN familiar f ON f.Who = a.Who AND f._IPPrefix = a._IPPrefix
  WHERE a.ResultType <> '0'
)
SELECT date_bin(CAST($window AS INTERVAL), TimeGenerated) AS WindowStart, UserAgent, AppDisplayName, ClientAppUsed,
       count(DISTINCT CASE WHEN _PasswordWasCorrect = false THEN Who END) AS UsersTried,
       count(*) FILTER (WHERE _PasswordWasCorrect = false) AS WrongPasswords,
       count(DISTINCT CASE WHEN _PasswordWasCorrect THEN Who END) AS UsersWithRightPassword,
       array_to_string(array_sort(array_agg(DISTINCT CASE WHEN _PasswordWasCorrect THEN Who END)), ', ') AS RightPasswords,
       count(DISTINCT _IPPrefix) AS Networks, count(DISTINCT _ASN) AS AutonomousSystems, count(DISTINCT Location) AS Countries,
       min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen
FROM unfamiliar
GROUP BY 1, UserAgent, AppDisplayName, ClientAppUsed
HAVING count(DISTINCT CASE WHEN _PasswordWasCorrect = false THEN Who END) >= $users AND count(DISTINCT _IPPrefix) >= 3
ORDER BY UsersTried DESC, WindowStart, UserAgent, AppDisplayName
