-- All that one account did within a week.
SELECT TimeGenerated, AppDisplayName, IPAddress, Location, ClientAppUsed, ResultType, ResultDescription,
       ConditionalAccessStatus, UserAgent, CorrelationId, Id
FROM SigninLogs
WHERE UserPrincipalName = '{user}'
  AND TimeGenerated >= TIMESTAMPTZ '2026-01-12T00:00:00Z' AND TimeGenerated < TIMESTAMPTZ '2026-01-19T00:00:00Z'
ORDER BY TimeGenerated, Id
