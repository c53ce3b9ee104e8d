/*---
title: Who tries accounts that are disabled, and did they get in elsewhere?
description: >-
  Addresses with sign-ins to disabled accounts (50057). Entra says so before it looks at the password, so it shows that somebody has old names, not
  that they know a password. An address at which other users get in (UsersSignedIn) may be an office with a forgotten device of
  somebody who left; one with several disabled accounts and a success is what to look at first.
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, ip, failures, hunting]
techniques: [T1078.004, T1110]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, _IPAddress, _ASN, Location, AppDisplayName, ResultType, _ResultClass
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), _IPAddress, _ASN, Location, AppDisplayName, ResultType, _ResultClass
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
)
SELECT _IPAddress AS IPAddress, max(_ASN) AS ASN, max(Location) AS Country,
       count(DISTINCT CASE WHEN _ResultClass = 'account_disabled' THEN Who END) AS DisabledUsers,
       count(*) FILTER (WHERE _ResultClass = 'account_disabled') AS Attempts,
       array_to_string(array_sort(array_agg(DISTINCT CASE WHEN _ResultClass = 'account_disabled' THEN Who END)), ', ') AS DisabledUserNames,
       count(DISTINCT CASE WHEN ResultType = '0' THEN Who END) AS UsersSignedIn,
       count(DISTINCT CASE WHEN ResultType <> '0' AND _ResultClass <> 'account_disabled' THEN Who END) AS OtherUsersFailing,
       array_to_string(array_sort(array_agg(DISTINCT CASE WHEN _ResultClass = 'account_disabled' THEN AppDisplayName END)), ', ') AS Apps,
       min(CASE WHEN _ResultClass = 'account_disabled' THEN TimeGenerated END) AS FirstSeen,
       max(CASE WHEN _ResultClass = 'account_disabled' THEN TimeGenerated END) AS LastSeen
FROM signins
GROUP BY _IPAddress
HAVING count(*) FILTER (WHERE _ResultClass = 'account_disabled') > 0
ORDER BY DisabledUsers DESC, Attempts DESC, IPAddress
