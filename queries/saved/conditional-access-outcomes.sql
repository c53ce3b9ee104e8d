/*---
title: What did each Conditional Access policy decide?
description: >-
  A row for each policy and result: success (its demands were met), failure (blocked, or a demand was not met), notApplied (its
  conditions did not fit), and the results of policies in report-only mode, which decide nothing. A policy that is never anything but
  notApplied protects nobody: is it meant for something that does not happen? Failures of few users that end in a success are prompts for
  a second factor. Names are those of the newest record.
since: 7d
tables: [SigninLogs, AADNonInteractiveUserSignInLogs]
tags: [signins, conditional-access, overview]
techniques: [T1556.009]
---*/
WITH signins AS (
  SELECT TimeGenerated, lower(UserPrincipalName) AS Who, AppDisplayName, ConditionalAccessPolicies
  FROM SigninLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
  UNION ALL
  SELECT TimeGenerated, lower(UserPrincipalName), AppDisplayName, ConditionalAccessPolicies
  FROM AADNonInteractiveUserSignInLogs WHERE TimeGenerated >= $since AND TimeGenerated < $until
),
decisions AS (
  SELECT TimeGenerated, Who, AppDisplayName, policy->>'id' AS PolicyId, policy->>'displayName' AS Policy, policy->>'result' AS Result,
         policy->>'enforcedGrantControls' AS GrantControls
  FROM (SELECT TimeGenerated, Who, AppDisplayName, UNNEST(ConditionalAccessPolicies) AS policy FROM signins)
)
SELECT first_value(Policy ORDER BY TimeGenerated DESC) AS Policy, Result, Result LIKE 'reportOnly%' AS ReportOnly, count(*) AS SignIns,
       round(100.0 * count(*) / sum(count(*)) OVER (PARTITION BY PolicyId), 1) AS Percent, count(DISTINCT Who) AS Users,
       count(DISTINCT AppDisplayName) AS Apps, max(GrantControls) AS GrantControls, min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen, PolicyId
FROM decisions
GROUP BY PolicyId, Result
ORDER BY Policy, SignIns DESC, Result
