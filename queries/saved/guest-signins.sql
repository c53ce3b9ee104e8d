/*---
title: Which guests come in, from which tenants, and to what?
description: >-
  A row for each account of another tenant that signed in here: guests, and others by cross-tenant access. The last seen first. HomeTenant is where the account
  is kept, so its password and often its second factor are checked there. Their risk is hidden here, as Identity Protection judges them at home. Guests who reach administrators' portals, or from a tenant that
  nobody knows, are worth a look; those who come no more can be removed, but a guest who never signed in has no row.
since: 30d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, guests, overview]
techniques: [T1078.004, T1199]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, UserId, UserDisplayName, UserType, HomeTenantId, HomeTenantName, ResourceTenantId, AADTenantId,
         CrossTenantAccessType, AppDisplayName, Location, ResultType, AuthenticationRequirement
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), UserId, UserDisplayName, UserType, HomeTenantId, HomeTenantName, ResourceTenantId, AADTenantId,
         CrossTenantAccessType, AppDisplayName, Location, ResultType, AuthenticationRequirement
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
)
SELECT Who AS UserPrincipalName, max(UserDisplayName) AS DisplayName, coalesce(nullif(max(HomeTenantName), ''), max(HomeTenantId)) AS HomeTenant,
       max(TimeGenerated) AS LastSeen, max(CASE WHEN ResultType = '0' THEN TimeGenerated END) AS LastSignedIn, count(*) FILTER (WHERE ResultType = '0') AS SignedIn,
       count(*) FILTER (WHERE ResultType = '0' AND AuthenticationRequirement = 'singleFactorAuthentication') AS SingleFactor,
       array_to_string(array_agg(DISTINCT CrossTenantAccessType ORDER BY CrossTenantAccessType), ', ') AS AccessTypes,
       array_to_string(array_agg(DISTINCT AppDisplayName ORDER BY AppDisplayName), ', ') AS Apps,
       array_to_string(array_agg(DISTINCT Location ORDER BY Location), ', ') AS Countries, min(TimeGenerated) AS FirstSeen, max(UserId) AS UserId
FROM signins
-- An account of this tenant that visits another one is that tenant's guest, not ours.
WHERE (lower(UserType) = 'guest' OR (coalesce(HomeTenantId, '') <> '' AND HomeTenantId <> AADTenantId))
  AND (ResourceTenantId IS NULL OR ResourceTenantId = '' OR ResourceTenantId = AADTenantId)
GROUP BY Who
ORDER BY LastSeen DESC, UserPrincipalName
