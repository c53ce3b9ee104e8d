/*---
title: Which applications do people fail to sign in to?
description: >-
  Applications by the number of failed sign-ins, with the share of all attempts that failed and the most frequent reason.
  Interruptions and token renewals are no failures. One user with many failures is mostly a job with an old password; many users with
  one reason is an application that is broken or being sprayed.
since: 24h
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, app, failures, overview]
techniques: [T1110]
---*/
WITH attempts AS (
  SELECT AppDisplayName, AppId, lower(UserPrincipalName) AS Who, ResultType, _ResultClass, TimeGenerated
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT AppDisplayName, AppId, lower(UserPrincipalName), ResultType, _ResultClass, TimeGenerated
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
-- An interruption is neither a success nor a failure: the record that follows it says how it ended.
ended AS (
  SELECT *, coalesce(AppId, AppDisplayName, '') AS App, ResultType <> '0' AS Failed FROM attempts
  WHERE result_outcome(ResultType) <> 'interrupted' AND _ResultClass NOT LIKE 'token%' AND _ResultClass NOT LIKE 'session%'
),
reasons AS (
  SELECT App, _ResultClass, row_number() OVER (PARTITION BY App ORDER BY count(*) DESC, _ResultClass) AS Place, count(*) AS Times
  FROM ended WHERE Failed GROUP BY App, _ResultClass
)
SELECT max(e.AppDisplayName) AS AppDisplayName, max(e.AppId) AS AppId, count(*) FILTER (WHERE Failed) AS Failures, count(*) AS SignIns,
       round(100.0 * count(*) FILTER (WHERE Failed) / count(*), 1) AS FailedPercent,
       count(DISTINCT CASE WHEN Failed THEN Who END) AS UsersFailing, count(DISTINCT Who) AS Users,
       max(r._ResultClass) AS MainReason, max(r.Times) AS MainReasonFailures, max(CASE WHEN Failed THEN TimeGenerated END) AS LastFailure
FROM ended e LEFT JOIN reasons r ON r.App = e.App AND r.Place = 1
GROUP BY e.App
HAVING count(*) FILTER (WHERE Failed) > 0
ORDER BY Failures DESC, AppDisplayName
