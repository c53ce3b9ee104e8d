/*---
title: Whose password does somebody know who could not get in?
description: >-
  Users whose password was right from a network from which they never got in during the time, because a second factor, Conditional
  Access, a missing assignment or an expired password stopped it. Each is either the user at a new place who gave up, or somebody else
  who has the password: reset it unless the user explains it. Failures before from the same network (FailuresBefore) make the second
  likely. A request for a second factor that was answered shows as a success from that network and is left out.
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, passwords, compromise, hunting]
techniques: [T1110, T1078.004]
---*/
WITH attempts AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, UserId, _IPPrefix, _IPAddress, _ASN, Location, AppDisplayName,
         coalesce(_LegacyProtocol, ClientAppUsed) AS Client, ResultType, _ResultClass, _PasswordWasCorrect
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), UserId, _IPPrefix, _IPAddress, _ASN, Location, AppDisplayName,
         coalesce(_LegacyProtocol, ClientAppUsed), ResultType, _ResultClass, _PasswordWasCorrect
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
familiar AS (SELECT DISTINCT Who, _IPPrefix FROM attempts WHERE ResultType = '0'),
known AS (SELECT Who, count(DISTINCT _IPPrefix) AS Networks FROM familiar GROUP BY Who)
SELECT a.Who AS UserPrincipalName, a._IPPrefix AS Network, max(a._ASN) AS ASN, max(a.Location) AS Country,
       array_to_string(array_sort(array_agg(DISTINCT CASE WHEN a._PasswordWasCorrect THEN a._ResultClass END)), ', ') AS StoppedBy,
       count(*) FILTER (WHERE a._PasswordWasCorrect) AS RightPasswords,
       count(*) FILTER (WHERE a._PasswordWasCorrect = false) AS WrongPasswords,
       min(CASE WHEN a._PasswordWasCorrect THEN a.TimeGenerated END) AS FirstRight,
       max(CASE WHEN a._PasswordWasCorrect THEN a.TimeGenerated END) AS LastRight,
       array_to_string(array_agg(DISTINCT a.AppDisplayName ORDER BY a.AppDisplayName), ', ') AS Apps,
       array_to_string(array_agg(DISTINCT a.Client ORDER BY a.Client), ', ') AS Clients,
       array_to_string(array_agg(DISTINCT a._IPAddress ORDER BY a._IPAddress), ', ') AS IPAddresses,
       coalesce(max(k.Networks), 0) AS NetworksWhereTheUserGetsIn, max(a.UserId) AS UserId
FROM attempts a
LEFT ANTI JOIN familiar f ON f.Who = a.Who AND f._IPPrefix = a._IPPrefix
LEFT JOIN known k ON k.Who = a.Who
WHERE a.ResultType <> '0' AND a._ResultClass NOT LIKE 'interrupt%' AND a._ResultClass NOT IN ('consent_required', 'consent_declined')
GROUP BY a.Who, a._IPPrefix
HAVING bool_or(coalesce(a._PasswordWasCorrect, false))
ORDER BY WrongPasswords > 0 DESC, LastRight DESC, UserPrincipalName
