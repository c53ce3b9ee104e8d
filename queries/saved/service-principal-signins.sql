/*---
title: With which credential, and from where, do applications sign in?
description: >-
  A row for each service principal, credential and country with sign-ins in the time, those from the most networks first: kind and key of the credential, networks,
  resources. FirstSeen shortly ago for an old application means a new credential or a new place: compare with `app-credentials-added`.
  A secret that is used from several countries has got around. Sign-ins of managed identities, which have no address, are in `managed-identity-signins`.
since: 30d
tables: [AADServicePrincipalSignInLogs]
tags: [signins, service-principals, overview]
techniques: [T1078.004, T1552]
---*/
SELECT ServicePrincipalName, AppId, ClientCredentialType, ServicePrincipalCredentialKeyId AS KeyId, coalesce(nullif(Location, ''), 'unknown') AS Country,
       count(*) FILTER (WHERE ResultType = '0') AS SignedIn, count(*) FILTER (WHERE ResultType <> '0') AS Failed, count(DISTINCT _IPPrefix) AS Networks,
       count(DISTINCT _IPAddress) AS IPAddresses, array_to_string(array_agg(DISTINCT _ASN ORDER BY _ASN), ', ') AS AutonomousSystems,
       array_to_string(array_agg(DISTINCT ResourceDisplayName ORDER BY ResourceDisplayName), ', ') AS Resources,
       min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen,
       max(ServicePrincipalCredentialThumbprint) AS Thumbprint, max(FederatedCredentialId) AS FederatedCredentialId, ServicePrincipalId
FROM AADServicePrincipalSignInLogs
WHERE TimeGenerated >= $since AND TimeGenerated < $until
GROUP BY ServicePrincipalName, AppId, ServicePrincipalId, ClientCredentialType, ServicePrincipalCredentialKeyId, coalesce(nullif(Location, ''), 'unknown')
ORDER BY Networks DESC, SignedIn DESC, ServicePrincipalName, KeyId, Country
