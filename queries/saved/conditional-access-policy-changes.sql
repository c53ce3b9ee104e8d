/*---
title: Who changed Conditional Access, and did it become weaker?
description: >-
  Changes to policies, named locations and authentication strengths, the newest first, with the state of the policy and the number of excluded users and
  groups before and after. Weaker is true when a policy was deleted, went from enabled to disabled or report-only, or excludes more than before. What else of
  its conditions changed is in Before and After. A change by somebody who does not do this work, or at an unusual hour, is worth a call even when it is not weaker.
since: 30d
tables: [AuditLogs]
tags: [audit, conditional-access]
techniques: [T1556.009, T1562.001]
---*/
WITH changes AS (
  SELECT TimeGenerated, OperationName, Result, coalesce(_InitiatedBy_user_userPrincipalName, _InitiatedBy_app_displayName) AS Actor, _IPAddress,
         _TargetResources_0_displayName AS Policy, _TargetResources_0_id AS PolicyId, CorrelationId, Id,
         json_find(_TargetResources_0_modifiedProperties, 'displayName', 'ConditionalAccessPolicy', 'oldValue') AS Before,
         json_find(_TargetResources_0_modifiedProperties, 'displayName', 'ConditionalAccessPolicy', 'newValue') AS After
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until
    AND (OperationName ILIKE '%conditional access%' OR OperationName ILIKE '%named location%' OR OperationName ILIKE '%authentication strength%'
         OR OperationName ILIKE '%security defaults%')
),
compared AS (
  SELECT *, Before->>'state' AS StateBefore, After->>'state' AS StateAfter,
         coalesce(json_length(Before, 'conditions', 'users', 'excludeUsers'), 0) + coalesce(json_length(Before, 'conditions', 'users', 'excludeGroups'), 0)
           AS ExcludedBefore,
         coalesce(json_length(After, 'conditions', 'users', 'excludeUsers'), 0) + coalesce(json_length(After, 'conditions', 'users', 'excludeGroups'), 0)
           AS ExcludedAfter
  FROM changes
)
SELECT TimeGenerated, lower(Actor) AS Actor, _IPAddress AS IPAddress, OperationName, Policy, StateBefore, StateAfter, ExcludedBefore, ExcludedAfter,
       coalesce(OperationName ILIKE 'delete%' OR (StateBefore = 'enabled' AND StateAfter <> 'enabled') OR (After IS NOT NULL AND ExcludedAfter > ExcludedBefore),
         false) AS Weaker,
       Result, Before, After, PolicyId, CorrelationId
FROM compared
ORDER BY TimeGenerated DESC, Id
