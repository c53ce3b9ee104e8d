/*---
title: Which sign-ins did Identity Protection find risky, and what became of them?
description: >-
  Sign-ins of users with a risk of at least `level` at the time, the open ones and the successful ones first. GotIn with RiskState atRisk is a risk that nobody has
  answered. remediated means that the user passed a second factor or changed the password, dismissed and confirmedSafe that an administrator said so.
  Without a P2 licence the level is hidden and nothing is listed here. Detections that Entra makes hours later are not in a
  sign-in: see `risk-detections`.
parameters:
  - {name: level, type: string, default: low, meaning: 'low, medium or high'}
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, risk]
techniques: [T1078.004]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, UserId, RiskLevelDuringSignIn, RiskState, RiskDetail, RiskEventTypes_V2, ResultType, _ResultClass,
         AppDisplayName, IPAddress, _ASN, Location, _LocationDetails_city, UserAgent, AuthenticationRequirement, ConditionalAccessStatus, CorrelationId, Id
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), UserId, RiskLevelDuringSignIn, RiskState, RiskDetail, RiskEventTypes_V2, ResultType, _ResultClass,
         AppDisplayName, IPAddress, _ASN, Location, _LocationDetails_city, UserAgent, AuthenticationRequirement, ConditionalAccessStatus, CorrelationId, Id
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
ranked AS (
  SELECT *, CASE lower(RiskLevelDuringSignIn) WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END AS Risk,
         coalesce(RiskState, '') IN ('atRisk', 'confirmedCompromised') AS Open
  FROM signins
)
SELECT TimeGenerated, Who AS UserPrincipalName, RiskLevelDuringSignIn, RiskState, RiskDetail,
       replace(replace(replace(RiskEventTypes_V2, '[', ''), ']', ''), '"', '') AS RiskEventTypes, ResultType = '0' AS GotIn, ResultType, _ResultClass AS ResultClass, AppDisplayName,
       IPAddress, _ASN AS ASN, Location, _LocationDetails_city AS City, UserAgent, AuthenticationRequirement, ConditionalAccessStatus, CorrelationId, UserId
FROM ranked
WHERE Risk >= CASE lower($level) WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END
ORDER BY Open DESC, Risk DESC, GotIn DESC, TimeGenerated DESC, Id
