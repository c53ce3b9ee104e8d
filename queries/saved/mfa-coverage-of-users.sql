/*---
title: Which users get in without a second factor, and how often?
description: >-
  A row for each user with successful interactive sign-ins, those with the most single-factor sign-ins first. A second factor counts when it was
  required, whether it was asked for at that moment (Prompted) or had been satisfied before. Passwordless counts single-factor sign-ins by Windows Hello,
  FIDO2, passkey or certificate, which are strong by themselves and no gap: WithoutMfa leaves them out. Sign-ins that the identity provider of
  another company or AD FS vouches for may have had a factor there (Federated). Users without any sign-in have no row: a log
  cannot name them. Methods of SMS and voice call are weak.
since: 30d
tables: [SigninLogs]
tags: [signins, mfa, overview]
techniques: [T1078.004, T1556.006]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, UserId, UserType, AppDisplayName, AuthenticationRequirement, ConditionalAccessStatus, TokenIssuerType,
         json_find(AuthenticationDetails, 'authenticationStepRequirement', 'Primary authentication', 'authenticationMethod') AS FirstMethod,
         json_find(AuthenticationDetails, 'authenticationStepRequirement', 'Multifactor authentication', 'authenticationMethod') AS SecondMethod
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0'
),
judged AS (
  SELECT *, AuthenticationRequirement = 'multiFactorAuthentication' AS Mfa,
         coalesce(regexp_like(lower(FirstMethod), 'hello|fido|passkey|certificate|x\.509|passwordless'), false) AS Strong
  FROM signins
)
SELECT Who AS UserPrincipalName, max(UserType) AS UserType, count(*) AS SignIns, count(*) FILTER (WHERE Mfa) AS WithMfa,
       count(*) FILTER (WHERE NOT Mfa AND Strong) AS Passwordless, count(*) FILTER (WHERE NOT Mfa AND NOT Strong) AS WithoutMfa,
       round(100.0 * count(*) FILTER (WHERE Mfa OR Strong) / count(*), 1) AS CoveredPercent,
       count(*) FILTER (WHERE Mfa AND SecondMethod IS NOT NULL AND SecondMethod <> 'Previously satisfied') AS Prompted,
       count(*) FILTER (WHERE NOT Mfa AND TokenIssuerType <> 'AzureAD') AS Federated,
       count(*) FILTER (WHERE NOT Mfa AND NOT Strong AND ConditionalAccessStatus = 'notApplied') AS WithoutMfaOrPolicy,
       max(CASE WHEN NOT Mfa AND NOT Strong THEN TimeGenerated END) AS LastWithoutMfa,
       array_to_string(array_sort(array_agg(DISTINCT CASE WHEN NOT Mfa AND NOT Strong THEN AppDisplayName END)), ', ') AS AppsWithoutMfa,
       array_to_string(array_sort(array_agg(DISTINCT nullif(SecondMethod, 'Previously satisfied'))), ', ') AS Methods, max(UserId) AS UserId
FROM judged
GROUP BY Who
ORDER BY WithoutMfa DESC, CoveredPercent, UserPrincipalName
