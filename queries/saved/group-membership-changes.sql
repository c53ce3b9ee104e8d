/*---
title: Who was put into or taken out of which group, by whom?
description: >-
  Members and owners that were added to or removed from groups, the newest first. Watch groups that carry roles, licences for administration, or an exclusion from Conditional Access: give such a group's
  name or id. Self is true when somebody added themselves. Dynamic groups and sync name a service as actor.
parameters:
  - {name: group, type: string, default: null, meaning: 'Only this group, by display name in any case or by id'}
since: 7d
tables: [AuditLogs]
tags: [audit, groups]
techniques: [T1098, T1098.003]
---*/
WITH events AS (
  SELECT TimeGenerated, OperationName, Result, lower(coalesce(_InitiatedBy_user_userPrincipalName, _InitiatedBy_app_displayName)) AS Actor,
         _InitiatedBy_user_id AS ActorId, _IPAddress,
         coalesce(lower(json_find(TargetResources, 'type', 'User', 'userPrincipalName')), _TargetResources_0_displayName, _TargetResources_0_id) AS Member,
         json_find(TargetResources, 'type', 'User', 'id') AS MemberId, _TargetResources_0_type AS MemberType,
         coalesce(nullif(trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'Group.DisplayName', 'newValue')), ''),
           nullif(trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'Group.DisplayName', 'oldValue')), ''),
           json_find(TargetResources, 'type', 'Group', 'displayName')) AS GroupName,
         coalesce(json_find(TargetResources, 'type', 'Group', 'id'),
           trim(BOTH '"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'Group.ObjectID', 'newValue'))) AS GroupId,
         CorrelationId, Id
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND (OperationName ILIKE '%member %group%' OR OperationName ILIKE '%owner %group%')
)
SELECT TimeGenerated, OperationName, GroupName, Member, MemberType, Actor, coalesce(ActorId = MemberId, false) AS Self, Result, _IPAddress AS IPAddress, GroupId, CorrelationId
FROM events
WHERE $group IS NULL OR lower(GroupName) = lower($group) OR lower(GroupId) = lower($group)
ORDER BY TimeGenerated DESC, Id
