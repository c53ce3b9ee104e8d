/*---
title: What would stop working if legacy authentication were blocked today?
description: >-
  Users, protocols and clients that got in over legacy authentication, which a block would cut off: no row, no reason to wait. Attacks and
  wrong passwords are left out. Days counts the days of use, ModernSignIns those of the same user with a modern client: a user who has them
  needs another client or its new settings, one without is mostly a device or a job (few IPAddresses, the same all day and night: HoursOfDay)
  and needs another protocol or an app password's successor. Nothing for the last weeks (DaysSince) means that it has moved already. Attackers
  with a right password are in here too: look at Countries before you plan for them.
since: 30d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, legacy, conditional-access]
techniques: [T1078.004]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, UserId, _LegacyProtocol, AppDisplayName, _IPAddress, Location, UserAgent
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0'
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), UserId, _LegacyProtocol, AppDisplayName, _IPAddress, Location, UserAgent
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0'
),
modern AS (
  SELECT Who, count(*) AS SignIns, max(TimeGenerated) AS LastSeen FROM signins WHERE _LegacyProtocol IS NULL GROUP BY Who
)
SELECT s.Who AS UserPrincipalName, s._LegacyProtocol AS Protocol, s.AppDisplayName, s.UserAgent, count(*) AS SignIns,
       count(DISTINCT date_trunc('day', s.TimeGenerated)) AS Days, max(s.TimeGenerated) AS LastSignedIn,
       CAST(floor((extract(epoch FROM CAST($until AS TIMESTAMP)) - extract(epoch FROM max(s.TimeGenerated))) / 86400) AS BIGINT) AS DaysSince,
       count(DISTINCT extract(hour FROM s.TimeGenerated)) AS HoursOfDay, count(DISTINCT s._IPAddress) AS IPAddresses,
       array_to_string(array_agg(DISTINCT s.Location ORDER BY s.Location), ', ') AS Countries,
       coalesce(max(m.SignIns), 0) AS ModernSignIns, max(m.LastSeen) AS LastModern, max(s.UserId) AS UserId
FROM signins s LEFT JOIN modern m ON m.Who = s.Who
WHERE s._LegacyProtocol IS NOT NULL
GROUP BY s.Who, s._LegacyProtocol, s.AppDisplayName, s.UserAgent
ORDER BY LastSignedIn DESC, SignIns DESC, UserPrincipalName
