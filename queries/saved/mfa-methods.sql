/*---
title: By which methods do people prove who they are?
description: >-
  Authentication steps that succeeded, by method: how many users use each, and how often. Weak methods (SMS, voice call, a one-time code by mail) can be
  taken over or phished; of the strong ones only passkeys, FIDO2, Windows Hello and certificates resist phishing. OnlyWeak counts users who used no other
  second factor in the time. Claims that had been satisfied before name no method and are left out.
since: 30d
tables: [SigninLogs]
tags: [signins, mfa, overview]
techniques: [T1111, T1556.006]
---*/
WITH steps AS (
  SELECT TimeGenerated, Who, step->>'authenticationMethod' AS Method, step->>'authenticationStepRequirement' AS Requirement, step->>'succeeded' AS Succeeded
  FROM (
    SELECT TimeGenerated, lower(UserPrincipalName) AS Who, UNNEST(AuthenticationDetails) AS step
    FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  )
),
used AS (
  SELECT *, regexp_like(lower(Method), 'text message|sms|phone call|voice|mail') AS Weak,
         regexp_like(lower(Method), 'hello|fido|passkey|certificate|x\.509') AS PhishingResistant
  FROM steps WHERE lower(Succeeded) = 'true' AND coalesce(Method, '') NOT IN ('', 'Previously satisfied')
),
strong AS (SELECT DISTINCT Who FROM used WHERE NOT Weak AND lower(Method) <> 'password')
SELECT u.Method, u.Requirement, u.Weak, u.PhishingResistant, count(DISTINCT u.Who) AS Users,
       count(DISTINCT CASE WHEN u.Weak AND s.Who IS NULL THEN u.Who END) AS OnlyWeak, count(*) AS Uses,
       min(u.TimeGenerated) AS FirstSeen, max(u.TimeGenerated) AS LastSeen
FROM used u LEFT JOIN strong s ON s.Who = u.Who
GROUP BY u.Method, u.Requirement, u.Weak, u.PhishingResistant
ORDER BY Users DESC, Uses DESC, Method, Requirement
