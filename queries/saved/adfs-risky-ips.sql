/*---
title: Which addresses does AD FS see with too many wrong passwords?
description: >-
  The Risky IP report of Microsoft Entra Connect Health over the sign-ins at AD FS: addresses that in an hour or a day exceed its thresholds of wrong passwords (50126) and extranet
  lockouts (300030). Private addresses are left out, as the intranet has no extranet lockout. One address with many users is a spray or a proxy behind which all of
  a site sits; one user is a device with an old password.
parameters:
  - {name: hourly, type: int, default: 50, meaning: Wrong passwords and lockouts in an hour above which an address is listed}
  - {name: daily, type: int, default: 100, meaning: The same in a day}
  - {name: hourly_lockouts, type: int, default: 25, meaning: Lockouts in an hour above which an address is listed}
  - {name: daily_lockouts, type: int, default: 50, meaning: The same in a day}
since: 7d
tables: [ADFSSignInLogs]
tags: [signins, ip, adfs, password-spray]
techniques: [T1110.003, T1110.001]
---*/
WITH failures AS (
  SELECT TimeGenerated, _IPAddress, lower(UserPrincipalName) AS Who, ResultType = '300030' AS Lockout, UserAgent FROM ADFSSignInLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType IN ('50126', '300030') AND coalesce(_IPIsPrivate, false) = false
    AND coalesce(NetworkLocationDetails, '') NOT ILIKE '%intranet%'
),
windows AS (
  SELECT 'hour' AS Period, date_trunc('hour', TimeGenerated) AS WindowStart, * FROM failures
  UNION ALL SELECT 'day', date_trunc('day', TimeGenerated), * FROM failures
)
SELECT Period, WindowStart, _IPAddress AS IPAddress, count(*) FILTER (WHERE NOT Lockout) AS WrongPasswords, count(*) FILTER (WHERE Lockout) AS Lockouts,
       count(DISTINCT Who) AS Users, array_to_string(array_agg(DISTINCT Who ORDER BY Who), ', ') AS UserNames, count(DISTINCT UserAgent) AS UserAgents,
       min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen
FROM windows
GROUP BY Period, WindowStart, _IPAddress
HAVING (Period = 'hour' AND (count(*) > $hourly OR count(*) FILTER (WHERE Lockout) > $hourly_lockouts))
    OR (Period = 'day' AND (count(*) > $daily OR count(*) FILTER (WHERE Lockout) > $daily_lockouts))
ORDER BY Period, count(*) DESC, WindowStart, IPAddress
