/*---
title: What did an account or application ask Microsoft Graph for?
description: >-
  Calls of Microsoft Graph by a user, an application or a service principal, by method and kind of request (ids in the address are replaced by {id}), the most frequent first. Reads of all users, groups and roles in a short
  time are reconnaissance; methods other than GET change something; 403 is somebody who tries what is not allowed. Applications that mirror the directory do this
  all day: compare with the week before.
parameters:
  - {name: account, type: string, meaning: 'Object id of a user or service principal, or id of an application'}
since: 24h
tables: [MicrosoftGraphActivityLogs]
tags: [graph, compromise, service-principals]
techniques: [T1087.004, T1069.003, T1526]
---*/
WITH calls AS (
  SELECT TimeGenerated, RequestMethod, ResponseStatusCode, _IPAddress, UserAgent, AppId, ResponseSizeBytes,
         regexp_replace(regexp_replace(split_part(RequestUri, '?', 1), '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}', '{id}', 'g'),
           '[^/]+@[^/]+', '{id}', 'g') AS Request
  FROM MicrosoftGraphActivityLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND (UserId = lower($account) OR ServicePrincipalId = lower($account) OR AppId = lower($account))
)
SELECT RequestMethod, Request, count(*) AS Calls, count(*) FILTER (WHERE ResponseStatusCode >= 200 AND ResponseStatusCode < 300) AS Succeeded,
       count(*) FILTER (WHERE ResponseStatusCode IN (401, 403)) AS Refused, sum(ResponseSizeBytes) AS Bytes, count(DISTINCT _IPAddress) AS IPAddresses,
       array_to_string(array_agg(DISTINCT AppId ORDER BY AppId), ', ') AS AppIds, array_to_string(array_agg(DISTINCT UserAgent ORDER BY UserAgent), ', ') AS UserAgents,
       min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen
FROM calls
GROUP BY RequestMethod, Request
ORDER BY RequestMethod <> 'GET' DESC, Calls DESC, Request
