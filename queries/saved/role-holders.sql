/*---
title: Who holds which directory role, and are they seen?
description: >-
  Everybody with a directory role, active or eligible, the most powerful roles first. Holders come from the newest role snapshot and from assignments in the audit log
  after it; without a snapshot, only roles that were given while the log was kept are known (KnownFrom). LastSignIn and LastActivation are within the time that was asked
  for. Look at: more than five global administrators, guests and service principals with a role, permanent (HeldUntil empty) active assignments
  outside of emergency accounts, holders who are never seen (`unused-roles`), and a group as holder, whose members have no rows of their own.
parameters:
  - {name: role, type: string, default: null, meaning: 'Only this role, by display name'}
since: 90d
tables: [RoleAssignments, RoleEligibility, AuditLogs, SigninLogs]
tags: [roles, overview]
techniques: [T1078.004, T1098.003]
---*/
WITH signins AS (
  SELECT UserId, max(TimeGenerated) AS LastSignIn FROM SigninLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0' GROUP BY UserId
),
activations AS (
  SELECT json_find(TargetResources, 'type', 'User', 'id') AS PrincipalId, json_find(TargetResources, 'type', 'Role', 'displayName') AS RoleDisplayName,
         max(TimeGenerated) AS LastActivation, count(*) AS Activations
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND OperationName LIKE 'Add member to role completed (PIM activation)%'
  GROUP BY 1, 2
)
SELECT h.RoleDisplayName, h.Assignment, h.UserPrincipalName, h.PrincipalDisplayName, h.PrincipalType, coalesce(h.UserPrincipalName LIKE '%#ext#%', false) AS Guest,
       h.HeldSince, h.HeldUntil, h.DirectoryScopeId, h.MemberType, s.LastSignIn, a.LastActivation, coalesce(a.Activations, 0) AS Activations,
       count(*) OVER (PARTITION BY h.RoleDisplayName) AS HoldersOfRole, h.KnownFrom, h.PrincipalId
FROM role_holders h
LEFT JOIN signins s ON s.UserId = h.PrincipalId
LEFT JOIN activations a ON h.Assignment = 'eligible' AND a.PrincipalId = h.PrincipalId AND a.RoleDisplayName = h.RoleDisplayName
WHERE coalesce(h.HeldSince < $until, true) AND ($role IS NULL OR lower(h.RoleDisplayName) = lower($role))
ORDER BY CASE h.RoleDisplayName WHEN 'Global Administrator' THEN 0 WHEN 'Privileged Role Administrator' THEN 1
           WHEN 'Privileged Authentication Administrator' THEN 2 WHEN 'Security Administrator' THEN 3 WHEN 'Conditional Access Administrator' THEN 4
           WHEN 'Application Administrator' THEN 5 WHEN 'Cloud Application Administrator' THEN 6 WHEN 'Hybrid Identity Administrator' THEN 7
           WHEN 'User Administrator' THEN 8 WHEN 'Exchange Administrator' THEN 9 ELSE 10 END,
         h.RoleDisplayName, h.Assignment, UserPrincipalName, h.PrincipalId
