/*---
title: What do managed identities sign in to?
description: >-
  Managed identities and the resources that they get tokens for, those with the newest pair first (FirstSeen). Azure keeps their credentials and their records have no address,
  so what they reach is all there is to see: a virtual machine's identity that begins to ask for Microsoft Graph or Key Vault may be in
  somebody else's hands. Failures are mostly identities that were deleted or have lost a role.
since: 30d
tables: [AADManagedIdentitySignInLogs]
tags: [signins, service-principals, overview]
techniques: [T1078.004, T1552.005]
---*/
SELECT ServicePrincipalName, ResourceDisplayName, count(*) FILTER (WHERE ResultType = '0') AS SignedIn, count(*) FILTER (WHERE ResultType <> '0') AS Failed,
       count(DISTINCT date_trunc('day', TimeGenerated)) AS Days, min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen,
       array_to_string(array_sort(array_agg(DISTINCT CASE WHEN ResultType <> '0' THEN ResultType END)), ', ') AS FailureCodes, max(AppId) AS AppId, ServicePrincipalId
FROM AADManagedIdentitySignInLogs
WHERE TimeGenerated >= $since AND TimeGenerated < $until
GROUP BY ServicePrincipalName, ServicePrincipalId, ResourceDisplayName
ORDER BY FirstSeen DESC, ServicePrincipalName, ResourceDisplayName
