/*---
title: Who invited guests, who came, and who became a member?
description: >-
  Invitations of external users, their redemption, and changes of UserType from guest to member, the newest first. Redeemed says whether the invited account came in the
  time. Invitations by somebody who never does it, many at once, and a guest who becomes a member or is added to a role are what attackers do
  to stay. Bulk invitations of a project look the same: ask the inviter.
since: 90d
tables: [AuditLogs]
tags: [audit, guests]
techniques: [T1136.003, T1098]
---*/
WITH events AS (
  SELECT TimeGenerated, OperationName, Result, lower(coalesce(_InitiatedBy_user_userPrincipalName, _InitiatedBy_app_displayName)) AS Actor, _IPAddress,
         lower(coalesce(json_find(TargetResources, 'type', 'User', 'userPrincipalName'), _TargetResources_0_displayName)) AS Guest,
         json_find(TargetResources, 'type', 'User', 'id') AS GuestId,
         coalesce(json_find(AdditionalDetails, 'key', 'invitedUserEmailAddress', 'value'), json_find(AdditionalDetails, 'key', 'InvitedUserEmailAddress', 'value')) AS Email,
         trim(BOTH '[]"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'UserType', 'oldValue')) AS TypeBefore,
         trim(BOTH '[]"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'UserType', 'newValue')) AS TypeAfter, CorrelationId, Id
  FROM AuditLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
redeemed AS (SELECT GuestId, min(TimeGenerated) AS Redeemed FROM events WHERE OperationName = 'Redeem external user invite' AND GuestId IS NOT NULL GROUP BY GuestId)
SELECT e.TimeGenerated, e.Actor, e.OperationName, e.Guest, e.Email, e.TypeBefore, e.TypeAfter, r.Redeemed,
       count(*) FILTER (WHERE e.OperationName = 'Invite external user') OVER (PARTITION BY e.Actor) AS InvitationsByActor, e.Result, e._IPAddress AS IPAddress,
       e.GuestId, e.CorrelationId
FROM events e LEFT JOIN redeemed r ON r.GuestId = e.GuestId
WHERE e.OperationName ILIKE '%external user%' OR (e.TypeBefore = 'Guest' AND e.TypeAfter = 'Member')
ORDER BY e.TimeGenerated DESC, e.Id
