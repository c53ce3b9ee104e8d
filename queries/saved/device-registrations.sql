/*---
title: Which devices were registered or joined, by whom, and when?
description: >-
  Devices that were added, registered, changed in their owner or deleted, the newest first, with their user. DevicesOfUser counts those that were added for the same user in the time: more than one or two
  is unusual for a person, and a device that is registered shortly after a risky or device-code sign-in gives an attacker a refresh token that lasts. The registration
  service is the actor; the user is a target.
since: 7d
tables: [AuditLogs]
tags: [audit, devices]
techniques: [T1098.005]
---*/
WITH events AS (
  SELECT TimeGenerated, OperationName, Result, lower(coalesce(_InitiatedBy_user_userPrincipalName, _InitiatedBy_app_displayName)) AS Actor, _IPAddress,
         json_find(TargetResources, 'type', 'Device', 'displayName') AS Device, json_find(TargetResources, 'type', 'Device', 'id') AS DeviceId,
         lower(coalesce(json_find(TargetResources, 'type', 'User', 'userPrincipalName'), _InitiatedBy_user_userPrincipalName)) AS Who,
         trim(BOTH '[]"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'DeviceTrustType', 'newValue')) AS TrustType,
         trim(BOTH '[]"' FROM json_find(_TargetResources_0_modifiedProperties, 'displayName', 'DeviceOSType', 'newValue')) AS OperatingSystem, CorrelationId, Id
  FROM AuditLogs
  WHERE TimeGenerated >= $since AND TimeGenerated < $until AND (Category = 'Device' OR OperationName ILIKE '%device%') AND OperationName NOT ILIKE '%device code%'
)
SELECT TimeGenerated, OperationName, Device, Who AS UserPrincipalName, TrustType, OperatingSystem,
       count(*) FILTER (WHERE lower(OperationName) IN ('add device', 'register device')) OVER (PARTITION BY Who) AS DevicesOfUser,
       Actor, Result, _IPAddress AS IPAddress, DeviceId, CorrelationId
FROM events
ORDER BY TimeGenerated DESC, Id
