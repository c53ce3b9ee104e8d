/*---
title: Which applications fail to sign in, and is it an expired secret or somebody guessing?
description: >-
  Failed sign-ins of applications by result. sp_secret_expired (7000222) from the usual network is a job that nobody has given a new secret; sp_bad_secret (7000215) is
  a typing mistake, an old secret, or somebody guessing: SuccessFromSameNetwork tells them apart. LastSuccess before FirstFailure says since when it is broken.
since: 7d
tables: [AADServicePrincipalSignInLogs]
tags: [signins, service-principals, failures]
techniques: [T1110.001]
---*/
WITH signins AS (
  SELECT *, lower(ServicePrincipalName) AS Name FROM AADServicePrincipalSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
successes AS (SELECT ServicePrincipalId, max(TimeGenerated) AS LastSuccess FROM signins WHERE ResultType = '0' GROUP BY ServicePrincipalId),
familiar AS (SELECT DISTINCT ServicePrincipalId, _IPPrefix FROM signins WHERE ResultType = '0' AND _IPPrefix IS NOT NULL)
SELECT max(s.ServicePrincipalName) AS ServicePrincipalName, s.AppId, s.ResultType, s._ResultClass AS ResultClass, max(s.ResultDescription) AS Reason, count(*) AS Failures,
       count(*) FILTER (WHERE f.ServicePrincipalId IS NOT NULL) AS FromKnownNetworks, bool_or(f.ServicePrincipalId IS NOT NULL) AS SuccessFromSameNetwork,
       array_to_string(array_agg(DISTINCT s._IPAddress ORDER BY s._IPAddress), ', ') AS IPAddresses,
       array_to_string(array_agg(DISTINCT s.Location ORDER BY s.Location), ', ') AS Countries,
       array_to_string(array_agg(DISTINCT s.ServicePrincipalCredentialKeyId ORDER BY s.ServicePrincipalCredentialKeyId), ', ') AS KeyIds,
       min(s.TimeGenerated) AS FirstFailure, max(s.TimeGenerated) AS LastFailure, max(u.LastSuccess) AS LastSuccess, s.ServicePrincipalId
FROM signins s
LEFT JOIN successes u ON u.ServicePrincipalId = s.ServicePrincipalId
LEFT JOIN familiar f ON f.ServicePrincipalId = s.ServicePrincipalId AND f._IPPrefix = s._IPPrefix
WHERE s.ResultType <> '0'
GROUP BY s.AppId, s.ServicePrincipalId, s.ResultType, s._ResultClass
ORDER BY SuccessFromSameNetwork, Failures DESC, ServicePrincipalName, s.ResultType
