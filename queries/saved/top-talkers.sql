/*---
title: Which users, addresses, applications and clients sign in most?
description: >-
  The busiest users, networks, applications, autonomous systems, countries and user agents, each kind ranked by its sign-in records,
  interactive or not. Ranks beyond `top` are not shown: raise it for more. Know the usual ones, so that a new one stands out.
parameters:
  - {name: top, type: int, default: 10, meaning: How many of each kind}
since: 24h
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, overview]
---*/
WITH signins AS (
  SELECT lower(UserPrincipalName) AS Who, _IPPrefix, AppDisplayName, _ASN, Location, UserAgent, ResultType, TimeGenerated
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT lower(UserPrincipalName), _IPPrefix, AppDisplayName, _ASN, Location, UserAgent, ResultType, TimeGenerated
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
named AS (
  SELECT 'user' AS Kind, Who AS Name, Who AS UserName, _IPPrefix AS Network, ResultType, TimeGenerated FROM signins
  UNION ALL SELECT 'network', _IPPrefix AS Name, Who, _IPPrefix AS Network, ResultType, TimeGenerated FROM signins
  UNION ALL SELECT 'app', AppDisplayName, Who, _IPPrefix, ResultType, TimeGenerated FROM signins
  UNION ALL SELECT 'autonomous system', CAST(_ASN AS VARCHAR), Who, _IPPrefix, ResultType, TimeGenerated FROM signins
  UNION ALL SELECT 'country', Location, Who, _IPPrefix, ResultType, TimeGenerated FROM signins
  UNION ALL SELECT 'user agent', UserAgent, Who, _IPPrefix, ResultType, TimeGenerated FROM signins
),
counted AS (
  SELECT Kind, Name, count(*) AS SignIns, count(*) FILTER (WHERE ResultType = '0') AS Succeeded, count(DISTINCT UserName) AS Users,
         count(DISTINCT Network) AS Networks, min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen
  FROM named WHERE Name IS NOT NULL AND Name <> '' GROUP BY Kind, Name
),
ranked AS (SELECT *, row_number() OVER (PARTITION BY Kind ORDER BY SignIns DESC, Name) AS Rank FROM counted)
SELECT Kind, Rank, Name, SignIns, Succeeded, Users, Networks, FirstSeen, LastSeen
FROM ranked WHERE Rank <= $top
ORDER BY Kind, Rank
