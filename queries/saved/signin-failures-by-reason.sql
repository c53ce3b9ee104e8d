/*---
title: Why do sign-ins fail?
description: >-
  Failed sign-ins by result code, the most frequent first. Interruptions (second factor asked for, keep me signed in, consent) and
  tokens that had to be renewed are left out, as they are part of sign-ins that go on. Where PasswordWasCorrect is true, somebody who
  knew the password was stopped: few users of many sign-ins there are worth a look. 50053 has two meanings, which the reason tells
  apart: locked after wrong passwords, or an address that Microsoft knows as malicious.
since: 24h
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, failures, overview]
techniques: [T1110]
---*/
WITH failures AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, _IPAddress, AppDisplayName, ResultType, ResultDescription, _ResultClass,
         _Status_failureReason, _PasswordWasCorrect
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType <> '0'
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), _IPAddress, AppDisplayName, ResultType, ResultDescription, _ResultClass,
         _Status_failureReason, _PasswordWasCorrect
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType <> '0'
)
SELECT ResultType, _ResultClass AS ResultClass, coalesce(nullif(ResultDescription, ''), _Status_failureReason) AS Reason,
       _PasswordWasCorrect AS PasswordWasCorrect, count(*) AS Failures,
       round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS Percent,
       count(DISTINCT Who) AS Users, count(DISTINCT _IPAddress) AS IPAddresses, count(DISTINCT AppDisplayName) AS Apps,
       min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen
FROM failures
WHERE result_outcome(ResultType) <> 'interrupted' AND _ResultClass NOT LIKE 'token%' AND _ResultClass NOT LIKE 'session%'
GROUP BY ResultType, _ResultClass, coalesce(nullif(ResultDescription, ''), _Status_failureReason), _PasswordWasCorrect
ORDER BY Failures DESC, ResultType, Reason
