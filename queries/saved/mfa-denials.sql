/*---
title: Who refused or ignored requests for a second factor?
description: >-
  Users with failed second factors (500121), with the reason that Entra gives: declined, reported as fraud, not answered, wrong
  code. The password was right each time, so one that was declined or reported is a stolen password until shown otherwise. Many in a
  short time followed by a success (SuccessWithinTenMinutes) is how people are worn down: treat the account as taken over.
since: 7d
tables: [SigninLogs]
tags: [signins, mfa, compromise, hunting]
techniques: [T1621]
---*/
WITH denials AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, UserId, _IPAddress, Location, AppDisplayName,
         coalesce(nullif(_Status_additionalDetails, ''), _Status_failureReason, ResultDescription, '') AS Reason,
         json_find(AuthenticationDetails, 'authenticationStepRequirement', 'Multifactor authentication', 'authenticationMethod') AS Method
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND _ResultClass = 'mfa_failed'
),
successes AS (
  SELECT DISTINCT lower(UserPrincipalName) AS Who, TimeGenerated FROM SigninLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until + INTERVAL '10 minutes' AND ResultType = '0'
    AND AuthenticationRequirement = 'multiFactorAuthentication'
),
followed AS (
  SELECT d.Who, d.TimeGenerated, min(s.TimeGenerated) AS Success FROM denials d JOIN successes s
    ON s.Who = d.Who AND s.TimeGenerated >= d.TimeGenerated AND s.TimeGenerated <= d.TimeGenerated + INTERVAL '10 minutes'
  GROUP BY d.Who, d.TimeGenerated
)
SELECT d.Who AS UserPrincipalName, count(*) AS Failed,
       count(*) FILTER (WHERE d.Reason ILIKE '%declin%' OR d.Reason ILIKE '%denied%' OR d.Reason ILIKE '%fraud%') AS DeclinedOrReported,
       min(d.TimeGenerated) AS FirstSeen, max(d.TimeGenerated) AS LastSeen, count(f.Success) > 0 AS SuccessWithinTenMinutes,
       max(f.Success) AS LastSuccessAfter,
       array_to_string(array_agg(DISTINCT d.Reason ORDER BY d.Reason), '; ') AS Reasons,
       array_to_string(array_agg(DISTINCT d.Method ORDER BY d.Method), ', ') AS Methods,
       array_to_string(array_agg(DISTINCT d._IPAddress ORDER BY d._IPAddress), ', ') AS IPAddresses,
       array_to_string(array_agg(DISTINCT d.Location ORDER BY d.Location), ', ') AS Countries,
       array_to_string(array_agg(DISTINCT d.AppDisplayName ORDER BY d.AppDisplayName), ', ') AS Apps, max(d.UserId) AS UserId
FROM denials d LEFT JOIN followed f ON f.Who = d.Who AND f.TimeGenerated = d.TimeGenerated
GROUP BY d.Who
ORDER BY DeclinedOrReported DESC, Failed DESC, LastSeen DESC, UserPrincipalName
