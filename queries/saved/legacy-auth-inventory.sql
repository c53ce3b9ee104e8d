/*---
title: Who still uses legacy authentication, by which protocol, for what, and when last?
description: >-
  A row for each user, protocol and application with sign-ins over a protocol that cannot ask for a second factor: IMAP, POP, SMTP,
  ActiveSync, Exchange Web Services, MAPI and the like, or a user agent with which Exchange Online passes on basic authentication. The last seen
  first. SignedIn got in; StoppedWithRightPassword shows a password that somebody has or a client that would break; WrongPasswords alone is mostly
  an attack, and no reason to keep the protocol. Exchange ActiveSync of a phone with modern authentication is named the same: its
  sign-ins have MfaSatisfied. Clients that Entra leaves unnamed are not counted, see `unclassified-clients`.
since: 30d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, legacy, overview]
techniques: [T1078.004, T1110.003]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, UserId, _LegacyProtocol, AppDisplayName, _IPAddress, Location, UserAgent, ResultType,
         _PasswordWasCorrect, ConditionalAccessStatus, AuthenticationRequirement, UserType
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND _LegacyProtocol IS NOT NULL
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), UserId, _LegacyProtocol, AppDisplayName, _IPAddress, Location, UserAgent, ResultType,
         _PasswordWasCorrect, ConditionalAccessStatus, AuthenticationRequirement, UserType
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND _LegacyProtocol IS NOT NULL
)
SELECT Who AS UserPrincipalName, _LegacyProtocol AS Protocol, AppDisplayName, max(TimeGenerated) AS LastSeen,
       max(CASE WHEN ResultType = '0' THEN TimeGenerated END) AS LastSignedIn,
       count(*) FILTER (WHERE ResultType = '0') AS SignedIn,
       count(*) FILTER (WHERE ResultType <> '0' AND _PasswordWasCorrect) AS StoppedWithRightPassword,
       count(*) FILTER (WHERE _PasswordWasCorrect = false) AS WrongPasswords,
       count(*) FILTER (WHERE ResultType = '0' AND ConditionalAccessStatus = 'notApplied') AS WithoutConditionalAccess,
       count(*) FILTER (WHERE ResultType = '0' AND AuthenticationRequirement = 'multiFactorAuthentication') AS MfaSatisfied,
       count(DISTINCT _IPAddress) AS IPAddresses, array_to_string(array_agg(DISTINCT Location ORDER BY Location), ', ') AS Countries,
       array_to_string(array_agg(DISTINCT UserAgent ORDER BY UserAgent), ', ') AS UserAgents, min(TimeGenerated) AS FirstSeen,
       max(UserType) AS UserType, max(UserId) AS UserId
FROM signins
GROUP BY Who, _LegacyProtocol, AppDisplayName
ORDER BY LastSeen DESC, UserPrincipalName, Protocol, AppDisplayName
