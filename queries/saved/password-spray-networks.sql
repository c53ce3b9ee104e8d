/*---
title: From which networks were passwords of many users tried?
description: >-
  Networks (/24 of IPv4, /64 of IPv6) from which at least `users` users were tried with a wrong password, an unknown or a disabled
  name, or until they were locked, by how many of these had no success from there. Offices, VPNs and carriers show up with many
  users who get in (UsersSignedIn) and few attempts for each; a spray has next to none, and of these UsersWithRightPassword are those whose
  password was found, also where a second factor or a policy stopped the attacker: change these first. A spray whose attempts come
  each from another network is in `password-spray-clients`.
parameters:
  - {name: users, type: int, default: 5, meaning: Fewest users for a network to be listed}
since: 24h
tables: [SigninLogs, AADNonInteractiveUserSignInLogs, ADFSSignInLogs]
tags: [signins, ip, password-spray, hunting]
techniques: [T1110.003]
---*/
WITH attempts AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, _IPPrefix, _IPAddress, _ASN, Location, UserAgent, AppDisplayName, ResultType,
         _ResultClass, _PasswordWasCorrect
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), _IPPrefix, _IPAddress, _ASN, Location, UserAgent, AppDisplayName, ResultType, _ResultClass,
         _PasswordWasCorrect
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), _IPPrefix, _IPAddress, NULL, Location, UserAgent, AppDisplayName, ResultType, _ResultClass,
         _PasswordWasCorrect
  FROM ADFSSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
by_user AS (
  SELECT _IPPrefix, Who, count(*) AS Attempts,
         count(*) FILTER (WHERE _PasswordWasCorrect = false OR _ResultClass IN ('user_not_found', 'account_disabled',
           'locked_or_ip_blocked', 'extranet_lockout_adfs')) AS Failures,
         count(*) FILTER (WHERE _ResultClass = 'user_not_found') AS Unknown,
         count(*) FILTER (WHERE _ResultClass IN ('locked_or_ip_blocked', 'extranet_lockout_adfs')) AS Locked,
         bool_or(coalesce(_PasswordWasCorrect, false)) AS RightPassword, bool_or(ResultType = '0') AS SignedIn,
         min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen
  FROM attempts WHERE _IPPrefix IS NOT NULL GROUP BY _IPPrefix, Who
),
by_network AS (
  SELECT _IPPrefix, count(*) FILTER (WHERE Failures > 0) AS UsersTried, count(*) FILTER (WHERE Failures > 0 AND NOT SignedIn) AS UsersOnlyFailed,
         sum(Failures) AS Failures, count(*) FILTER (WHERE Unknown > 0) AS UnknownUsers, count(*) FILTER (WHERE Locked > 0) AS LockedUsers,
         count(*) FILTER (WHERE RightPassword) AS UsersWithRightPassword, count(*) FILTER (WHERE SignedIn) AS UsersSignedIn,
         round(median(CASE WHEN Failures > 0 THEN Failures END), 1) AS FailuresPerUser
  FROM by_user GROUP BY _IPPrefix
),
origin AS (
  SELECT _IPPrefix, count(DISTINCT _IPAddress) AS IPAddresses, max(_ASN) AS ASN,
         array_to_string(array_agg(DISTINCT Location ORDER BY Location), ', ') AS Countries, count(DISTINCT UserAgent) AS UserAgents,
         count(DISTINCT AppDisplayName) AS Apps, min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen
  FROM attempts WHERE _IPPrefix IS NOT NULL AND ResultType <> '0' GROUP BY _IPPrefix
)
SELECT n._IPPrefix AS Network, o.ASN, o.Countries, n.UsersOnlyFailed, n.UsersTried, n.Failures, n.FailuresPerUser, n.UnknownUsers,
       n.LockedUsers, n.UsersWithRightPassword, n.UsersSignedIn, o.IPAddresses, o.UserAgents, o.Apps, o.FirstSeen, o.LastSeen
FROM by_network n JOIN origin o ON o._IPPrefix = n._IPPrefix
WHERE n.UsersTried >= $users
ORDER BY UsersOnlyFailed DESC, Failures DESC, Network
