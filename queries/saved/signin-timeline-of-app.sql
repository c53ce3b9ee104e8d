/*---
title: Who signed in to an application, from where, and did it work?
description: >-
  Every sign-in record of an application: users who signed in to it, and the application itself with its own secret or
  certificate (Who is then its name). Names are not unique and anyone can choose them, so prefer the application id when you look at
  something suspicious. Of a resource such as Microsoft Graph, give its name or id as well: rows are those where it is the client or
  the resource.
parameters:
  - {name: app, type: string, meaning: 'Display name in any case, or application id'}
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs, AADServicePrincipalSignInLogs]
tags: [signins, app]
techniques: [T1078.004]
---*/
WITH signins AS (
  SELECT TimeGenerated, 'interactive' AS Kind, lower(UserPrincipalName) AS Who, AppDisplayName, AppId, ResourceDisplayName,
         ResourceIdentity, IPAddress, Location, coalesce(_LegacyProtocol, ClientAppUsed) AS Client, AuthenticationProtocol, UserAgent,
         ResultType, ResultDescription, _ResultClass, ConditionalAccessStatus, CorrelationId, Id
  FROM SigninLogs
  UNION ALL
  SELECT TimeGenerated, 'non-interactive', lower(UserPrincipalName), AppDisplayName, AppId, ResourceDisplayName, ResourceIdentity,
         IPAddress, Location, coalesce(_LegacyProtocol, ClientAppUsed), AuthenticationProtocol, UserAgent, ResultType, ResultDescription,
         _ResultClass, ConditionalAccessStatus, CorrelationId, Id
  FROM AADNonInteractiveUserSignInLogs
  UNION ALL
  SELECT TimeGenerated, 'service principal', ServicePrincipalName AS Who, ServicePrincipalName AS AppDisplayName, AppId, ResourceDisplayName, ResourceIdentity,
         IPAddress, Location, ClientCredentialType, NULL, UserAgent, ResultType, ResultDescription, _ResultClass,
         ConditionalAccessStatus, CorrelationId, Id
  FROM AADServicePrincipalSignInLogs
)
SELECT TimeGenerated, Kind, Who, AppDisplayName, ResourceDisplayName, ResultType, _ResultClass AS ResultClass,
       ResultDescription AS Reason, IPAddress, Location, Client, AuthenticationProtocol, UserAgent, ConditionalAccessStatus, AppId,
       CorrelationId
FROM signins
WHERE TimeGenerated >= $since AND TimeGenerated < $until
  AND (lower(AppDisplayName) = lower($app) OR AppId = lower($app) OR lower(ResourceDisplayName) = lower($app)
       OR ResourceIdentity = lower($app))
ORDER BY TimeGenerated, CorrelationId, Id
