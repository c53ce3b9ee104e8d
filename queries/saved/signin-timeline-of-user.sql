/*---
title: What did a user sign in to, when and from where?
description: >-
  Every sign-in record of a user, interactive or not, in order. One sign-in is often several records with one
  CorrelationId: an interruption (second factor asked for, keep me signed in) is no failure, and a renewed token
  that was refused is none either. PasswordWasCorrect says whether whoever signed in knew the password, also where
  a policy stopped them. Look at a change of network, client or device between two rows.
parameters:
  - {name: user, type: string, meaning: 'Sign-in name in any case, or object id; an id is found much faster in a large lake'}
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, user, compromise]
techniques: [T1078.004]
---*/
WITH signins AS (
  SELECT TimeGenerated, UserId, UserPrincipalName, AppDisplayName, ResourceDisplayName, IPAddress, Location, _LocationDetails_city,
         _ASN, ClientAppUsed, _LegacyProtocol, UserAgent, _DeviceDetail_displayName, _DeviceDetail_operatingSystem,
         _DeviceDetail_isCompliant, AuthenticationRequirement, ConditionalAccessStatus, RiskLevelDuringSignIn, ResultType,
         ResultDescription, _ResultClass, _PasswordWasCorrect, _Status_failureReason, _Status_additionalDetails, SessionId,
         CorrelationId, Id, true AS Interactive
  FROM SigninLogs
  UNION ALL
  SELECT TimeGenerated, UserId, UserPrincipalName, AppDisplayName, ResourceDisplayName, IPAddress, Location, _LocationDetails_city,
         _ASN, ClientAppUsed, _LegacyProtocol, UserAgent, _DeviceDetail_displayName, _DeviceDetail_operatingSystem,
         _DeviceDetail_isCompliant, AuthenticationRequirement, ConditionalAccessStatus, RiskLevelDuringSignIn, ResultType,
         ResultDescription, _ResultClass, _PasswordWasCorrect, _Status_failureReason, _Status_additionalDetails, SessionId,
         CorrelationId, Id, false AS Interactive
  FROM AADNonInteractiveUserSignInLogs
)
SELECT TimeGenerated, lower(UserPrincipalName) AS UserPrincipalName, Interactive,
       CASE WHEN _ResultClass LIKE 'token%' OR _ResultClass LIKE 'session%' THEN 'renewal refused' ELSE result_outcome(ResultType) END AS Outcome,
       ResultType, _ResultClass AS ResultClass, coalesce(nullif(ResultDescription, ''), _Status_failureReason) AS Reason,
       _Status_additionalDetails AS Details, _PasswordWasCorrect AS PasswordWasCorrect, AppDisplayName, ResourceDisplayName,
       IPAddress, Location, _LocationDetails_city AS City, _ASN AS ASN, coalesce(_LegacyProtocol, ClientAppUsed) AS Client,
       UserAgent, _DeviceDetail_displayName AS Device, _DeviceDetail_operatingSystem AS OperatingSystem,
       _DeviceDetail_isCompliant AS IsCompliant, AuthenticationRequirement, ConditionalAccessStatus, RiskLevelDuringSignIn,
       SessionId, CorrelationId, UserId
FROM signins
WHERE TimeGenerated >= $since AND TimeGenerated < $until
  AND (($user LIKE '%@%' AND lower(UserPrincipalName) = lower($user)) OR ($user NOT LIKE '%@%' AND UserId = lower($user)))
ORDER BY TimeGenerated, CorrelationId, Id
