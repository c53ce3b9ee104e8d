-- Holders are those of the newest snapshot and what the audit log says since: assignments that were made and
-- removed, and not the hour for which an eligible role is activated.
WITH snapshot AS (
  SELECT 'active' AS Assignment, PrincipalId, lower(UserPrincipalName) AS UserPrincipalName, PrincipalDisplayName, PrincipalType, RoleDisplayName,
         DirectoryScopeId, MemberType, StartDateTime, EndDateTime, TimeGenerated
  FROM RoleAssignments
  WHERE TimeGenerated >= (SELECT max(TimeGenerated) FROM RoleAssignments) - INTERVAL '1 hour'
    AND coalesce(AssignmentType, 'Assigned') = 'Assigned'
  UNION ALL
  SELECT 'eligible', PrincipalId, lower(UserPrincipalName), PrincipalDisplayName, PrincipalType, RoleDisplayName, DirectoryScopeId, MemberType,
         StartDateTime, EndDateTime, TimeGenerated
  FROM RoleEligibility
  WHERE TimeGenerated >= (SELECT max(TimeGenerated) FROM RoleEligibility) - INTERVAL '1 hour'
),
changes AS (
  SELECT CASE WHEN OperationName LIKE '%eligible%' THEN 'eligible' ELSE 'active' END AS Assignment,
         json_find(TargetResources, 'type', 'User', 'id') AS PrincipalId,
         max(lower(json_find(TargetResources, 'type', 'User', 'userPrincipalName'))) AS UserPrincipalName,
         coalesce(json_find(TargetResources, 'type', 'Role', 'displayName'),
           trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'Role.DisplayName', 'newValue')),
           trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'Role.DisplayName', 'oldValue'))) AS RoleDisplayName,
         max(CASE WHEN OperationName LIKE 'Add %member to role%' THEN TimeGenerated END) AS Added,
         max(CASE WHEN OperationName LIKE 'Remove %member from role%' THEN TimeGenerated END) AS Removed
  FROM AuditLogs
  WHERE Category = 'RoleManagement' AND coalesce(Result, 'success') = 'success'
    AND OperationName LIKE '%member%role%' AND OperationName NOT LIKE '%(PIM activation%' AND OperationName NOT LIKE '%request%'
  GROUP BY 1, 2, 4
)
SELECT s.Assignment, s.PrincipalId, s.UserPrincipalName, s.PrincipalDisplayName, s.PrincipalType, s.RoleDisplayName, s.DirectoryScopeId, s.MemberType,
       CASE WHEN c.Removed >= s.TimeGenerated THEN c.Added ELSE s.StartDateTime END AS HeldSince, s.EndDateTime AS HeldUntil, 'snapshot' AS KnownFrom
FROM snapshot s LEFT JOIN changes c
  ON c.Assignment = s.Assignment AND c.PrincipalId = s.PrincipalId AND c.RoleDisplayName = s.RoleDisplayName
-- A removal after the snapshot ends what the snapshot says.
WHERE c.Removed IS NULL OR c.Removed < s.TimeGenerated OR c.Added > c.Removed
UNION ALL
SELECT c.Assignment, c.PrincipalId, c.UserPrincipalName, NULL, 'user', c.RoleDisplayName, NULL, NULL, c.Added, NULL, 'audit log'
FROM changes c LEFT ANTI JOIN snapshot s
  ON s.Assignment = c.Assignment AND s.PrincipalId = c.PrincipalId AND s.RoleDisplayName = c.RoleDisplayName
WHERE c.Added IS NOT NULL AND (c.Removed IS NULL OR c.Removed < c.Added)
