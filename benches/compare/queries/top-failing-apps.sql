-- What failed most within 24 hours.
SELECT AppDisplayName, ResultType, count(*) AS Failures, count(DISTINCT UserPrincipalName) AS Users
FROM SigninLogs
WHERE TimeGenerated >= TIMESTAMPTZ '2026-01-20T00:00:00Z' AND TimeGenerated < TIMESTAMPTZ '2026-01-21T00:00:00Z'
  AND ResultType <> '0'
GROUP BY AppDisplayName, ResultType
ORDER BY Failures DESC, AppDisplayName, ResultType
LIMIT 50
