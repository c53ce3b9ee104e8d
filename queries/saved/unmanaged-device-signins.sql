/*---
title: Who works from devices that are not managed, and with what?
description: >-
  Successful interactive sign-ins by user and device state, users with the most from unknown devices first: compliant, managed, only registered, or unknown. It shows what a policy that asks for compliant devices would
  meet. A browser in private mode, and most browsers but Edge without an extension, tell no device: these count as unknown on a managed
  computer, see Browsers.
since: 30d
tables: [SigninLogs]
tags: [signins, devices]
techniques: [T1078.004]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, UserType, AppDisplayName, _DeviceDetail_operatingSystem AS OperatingSystem, _DeviceDetail_browser AS Browser,
         CASE WHEN lower(_DeviceDetail_isCompliant) = 'true' THEN 'compliant' WHEN lower(_DeviceDetail_isManaged) = 'true' THEN 'managed'
              WHEN coalesce(_DeviceDetail_deviceId, '') <> '' THEN 'registered' ELSE 'unknown' END AS DeviceState
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = '0'
)
SELECT Who AS UserPrincipalName, max(UserType) AS UserType, count(*) FILTER (WHERE DeviceState = 'unknown') AS FromUnknown,
       count(*) FILTER (WHERE DeviceState = 'registered') AS FromRegistered, count(*) FILTER (WHERE DeviceState = 'managed') AS FromManaged,
       count(*) FILTER (WHERE DeviceState = 'compliant') AS FromCompliant,
       array_to_string(array_sort(array_agg(DISTINCT CASE WHEN DeviceState IN ('unknown', 'registered') THEN nullif(OperatingSystem, '') END)), ', ') AS OperatingSystems,
       array_to_string(array_sort(array_agg(DISTINCT CASE WHEN DeviceState IN ('unknown', 'registered') THEN nullif(Browser, '') END)), ', ') AS Browsers,
       array_to_string(array_sort(array_agg(DISTINCT CASE WHEN DeviceState IN ('unknown', 'registered') THEN AppDisplayName END)), ', ') AS Apps,
       max(CASE WHEN DeviceState IN ('unknown', 'registered') THEN TimeGenerated END) AS LastFromUnmanaged
FROM signins
GROUP BY Who
HAVING count(*) FILTER (WHERE DeviceState IN ('unknown', 'registered')) > 0
ORDER BY FromUnknown DESC, FromRegistered DESC, UserPrincipalName
