/*---
title: Who reached an administrators' portal or shell with one factor?
description: >-
  Successful interactive sign-ins to the places where administrators work (`apps`) that asked for one factor only. Microsoft enforces a second
  factor at most of these since 2025, so each row is an exclusion, a tenant that was given a delay, a passwordless sign-in (see Method), or a token that is
  older than that. Accounts for emergencies are in here when they are used, which is worth a look of its own: `break-glass-use`.
parameters:
  - name: apps
    type: list of string
    default: [Azure Portal, Microsoft Entra admin center, Microsoft 365 admin center, Microsoft Office 365 Portal, Exchange Admin Center, Microsoft Exchange REST API Based Powershell, Microsoft Graph Command Line Tools, Microsoft Graph PowerShell, Azure Active Directory PowerShell, Microsoft Azure PowerShell, Microsoft Azure CLI, Microsoft Intune admin center, Microsoft 365 Defender, Microsoft 365 Security and Compliance Center, SharePoint Online Management Shell]
    meaning: Display names of the applications
since: 30d
tables: [SigninLogs]
tags: [signins, mfa, roles]
techniques: [T1078.004, T1556.006]
---*/
SELECT lower(UserPrincipalName) AS UserPrincipalName, AppDisplayName, count(*) AS SignIns, max(TimeGenerated) AS LastSeen,
       array_to_string(array_sort(array_agg(DISTINCT json_find(AuthenticationDetails, 'authenticationStepRequirement', 'Primary authentication',
         'authenticationMethod'))), ', ') AS Methods,
       array_to_string(array_agg(DISTINCT ConditionalAccessStatus ORDER BY ConditionalAccessStatus), ', ') AS ConditionalAccess,
       array_to_string(array_agg(DISTINCT _IPAddress ORDER BY _IPAddress), ', ') AS IPAddresses,
       array_to_string(array_agg(DISTINCT Location ORDER BY Location), ', ') AS Countries,
       array_to_string(array_agg(DISTINCT UserAgent ORDER BY UserAgent), ', ') AS UserAgents, max(UserType) AS UserType, max(UserId) AS UserId
FROM SigninLogs
WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0' AND AuthenticationRequirement = 'singleFactorAuthentication'
  AND array_has($apps, AppDisplayName)
GROUP BY lower(UserPrincipalName), AppDisplayName
ORDER BY LastSeen DESC, UserPrincipalName, AppDisplayName
