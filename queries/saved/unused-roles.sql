/*---
title: Which roles does their holder not use?
description: >-
  Users with a role who did nothing with it in the time: with an active role neither a change in the audit log nor a sign-in to where administrators
  work, with an eligible role no activation. What people do for themselves (own password, own security info, consent) is no use of a role. A log proves only what it covers:
  EvidenceFrom and EvidenceTo say how far it reaches, FullyCovered whether that is the whole time that was asked for, and Conclusive whether the role was also held
  that long. Reading in a portal leaves no trace but the sign-in, and Exchange or Purview keep logs of their own: ask before you remove. Accounts for
  emergencies (Emergency) are meant to be unused.
parameters:
  - name: apps
    type: list of string
    default: [Azure Portal, Microsoft Entra admin center, Microsoft 365 admin center, Microsoft Office 365 Portal, Exchange Admin Center, Microsoft Exchange REST API Based Powershell, Microsoft Graph Command Line Tools, Microsoft Graph PowerShell, Azure Active Directory PowerShell, Microsoft Azure PowerShell, Microsoft Azure CLI, Microsoft Intune admin center, Microsoft 365 Defender, Microsoft 365 Security and Compliance Center, SharePoint Online Management Shell]
    meaning: Where administrators work, by display name
since: 30d
tables: [RoleAssignments, RoleEligibility, AuditLogs, SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [roles]
techniques: [T1078.004, T1098.003]
---*/
WITH coverage AS (
  SELECT greatest(min(TimeGenerated), $since) AS EvidenceFrom, max(TimeGenerated) AS EvidenceTo,
         coalesce(min(TimeGenerated) - INTERVAL '1 day' < $since, false) AND coalesce(max(TimeGenerated) + INTERVAL '1 day' >= $until, false) AS FullyCovered
  FROM AuditLogs WHERE TimeGenerated < $until
),
used AS (
  SELECT UserId, max(LastUsed) AS LastUsed FROM (
    SELECT _InitiatedBy_user_id AS UserId, TimeGenerated AS LastUsed FROM AuditLogs
    WHERE TimeGenerated >= $since AND TimeGenerated < $until AND coalesce(OperationName, '') NOT LIKE '%self-service%'
      AND coalesce(OperationName, '') NOT LIKE '%(PIM activation)%'
      AND coalesce(OperationName, '') NOT IN ('User registered security info', 'User deleted security info', 'User changed default security info',
        'User registered all required security info', 'User started security info registration', 'Change user password', 'Change password (self-service)',
        'Consent to application', 'Register device', 'Add registered owner to device', 'Add registered users to device')
    UNION ALL
    SELECT UserId, TimeGenerated FROM SigninLogs
    WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0' AND array_has($apps, AppDisplayName)
    UNION ALL
    SELECT UserId, TimeGenerated FROM AADNonInteractiveUserSignInLogs
    WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0' AND array_has($apps, AppDisplayName)
  ) WHERE UserId IS NOT NULL GROUP BY UserId
),
activations AS (
  SELECT DISTINCT json_find(TargetResources, 'type', 'User', 'id') AS PrincipalId, json_find(TargetResources, 'type', 'Role', 'displayName') AS RoleDisplayName
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND OperationName LIKE 'Add member to role completed (PIM activation)%'
),
seen AS (
  SELECT UserId, max(TimeGenerated) AS LastSignIn FROM SigninLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0' GROUP BY UserId
)
SELECT h.RoleDisplayName, h.Assignment, h.UserPrincipalName, h.PrincipalDisplayName, h.HeldSince, h.HeldUntil, s.LastSignIn,
       coalesce(regexp_like(h.UserPrincipalName, 'break-?glass|emergency'), false) AS Emergency,
       c.FullyCovered AND (h.HeldSince IS NULL OR h.HeldSince < $since) AS Conclusive, c.FullyCovered, c.EvidenceFrom, c.EvidenceTo, h.KnownFrom,
       h.PrincipalId AS UserId
FROM role_holders h CROSS JOIN coverage c
LEFT JOIN used u ON h.Assignment = 'active' AND u.UserId = h.PrincipalId
LEFT JOIN activations a ON h.Assignment = 'eligible' AND a.PrincipalId = h.PrincipalId AND a.RoleDisplayName = h.RoleDisplayName
LEFT JOIN seen s ON s.UserId = h.PrincipalId
WHERE coalesce(h.PrincipalType, 'user') = 'user' AND coalesce(h.HeldSince < $until, true) AND u.UserId IS NULL AND a.PrincipalId IS NULL
ORDER BY Emergency, Conclusive DESC, CASE h.RoleDisplayName WHEN 'Global Administrator' THEN 0 WHEN 'Privileged Role Administrator' THEN 1 ELSE 2 END,
         h.RoleDisplayName, h.Assignment, UserPrincipalName, UserId
