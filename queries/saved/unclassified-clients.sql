/*---
title: Which sign-ins come from clients that are neither modern nor known as legacy?
description: >-
  Values of ClientAppUsed that are empty, Unknown or new. They are not counted as legacy anywhere, since token flows and AD FS
  write them too, and a block of legacy authentication may or may not meet them: find out what the application is. A value that is not
  empty or Unknown is one that Microsoft has added.
since: 30d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, legacy, client]
techniques: [T1078.004]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, ClientAppUsed, _LegacyProtocol, AppDisplayName, AuthenticationProtocol, UserAgent, ResultType
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), ClientAppUsed, _LegacyProtocol, AppDisplayName, AuthenticationProtocol, UserAgent, ResultType
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
)
SELECT coalesce(nullif(ClientAppUsed, ''), '(empty)') AS Client, AppDisplayName, AuthenticationProtocol, count(*) AS SignIns,
       count(*) FILTER (WHERE ResultType = '0') AS Succeeded, count(DISTINCT Who) AS Users,
       array_to_string(array_agg(DISTINCT UserAgent ORDER BY UserAgent), ', ') AS UserAgents, min(TimeGenerated) AS FirstSeen,
       max(TimeGenerated) AS LastSeen
FROM signins
WHERE _LegacyProtocol IS NULL
  AND lower(coalesce(ClientAppUsed, '')) NOT IN ('browser', 'mobile apps and desktop clients')
GROUP BY coalesce(nullif(ClientAppUsed, ''), '(empty)'), AppDisplayName, AuthenticationProtocol
ORDER BY SignIns DESC, Client, AppDisplayName, AuthenticationProtocol
