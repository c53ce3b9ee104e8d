/*---
title: Which sign-ins come from scripts and attack tools?
description: >-
  Sign-ins of users whose user agent is that of a script library or a known tool (`pattern`, in any case). Developers and
  service accounts use these every day: know them, and look at the others, at tools such as AzureHound, ROADtools, TeamFiltration or
  fasthttp (which spraying kits use), and at people of finance or HR who suddenly run Python. An attacker can give any user agent, so that none here proves nothing.
parameters:
  - name: pattern
    type: string
    default: 'python|curl/|wget|axios|node-fetch|undici|go-http-client|fasthttp|aiohttp|httpx|okhttp|libwww|java/|ruby|powershell|azurehound|roadtools|roadrecon|teamfiltration|aadinternals|graphrunner|msolspray|gowitness|headless'
    meaning: Regular expression that is looked for in the user agent in small letters
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, client, hunting]
techniques: [T1078.004, T1110.003, T1059]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, UserAgent, AppDisplayName, _IPAddress, Location, ResultType, _PasswordWasCorrect,
         AuthenticationProtocol
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), UserAgent, AppDisplayName, _IPAddress, Location, ResultType, _PasswordWasCorrect,
         AuthenticationProtocol
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
)
SELECT UserAgent, AppDisplayName, count(DISTINCT Who) AS Users, count(*) AS SignIns, count(*) FILTER (WHERE ResultType = '0') AS Succeeded,
       count(*) FILTER (WHERE _PasswordWasCorrect = false) AS WrongPasswords,
       array_to_string(array_sort(array_agg(DISTINCT CASE WHEN ResultType = '0' THEN Who END)), ', ') AS UsersSignedIn,
       array_to_string(array_agg(DISTINCT Location ORDER BY Location), ', ') AS Countries, count(DISTINCT _IPAddress) AS IPAddresses,
       array_to_string(array_agg(DISTINCT AuthenticationProtocol ORDER BY AuthenticationProtocol), ', ') AS Protocols,
       min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen
FROM signins
WHERE regexp_like(lower(UserAgent), $pattern)
GROUP BY UserAgent, AppDisplayName
ORDER BY Users DESC, SignIns DESC, UserAgent, AppDisplayName
