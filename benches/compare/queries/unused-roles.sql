-- Accounts that were given a role and have not signed in for two weeks before the end, or never.
WITH Given AS (
    SELECT lower(_TargetResources_0_userPrincipalName) AS Account, max(TimeGenerated) AS GivenAt, count(*) AS Times
    FROM AuditLogs
    WHERE Category = 'RoleManagement' AND Result = 'success' AND _TargetResources_0_userPrincipalName <> ''
    GROUP BY lower(_TargetResources_0_userPrincipalName)
), Seen AS (
    SELECT lower(UserPrincipalName) AS Account, max(TimeGenerated) AS LastSignIn, count(*) AS SignIns
    FROM SigninLogs
    WHERE ResultType = '0'
    GROUP BY lower(UserPrincipalName)
)
SELECT Given.Account, GivenAt, Times, LastSignIn, SignIns
FROM Given LEFT JOIN Seen ON Given.Account = Seen.Account
WHERE LastSignIn IS NULL OR LastSignIn < TIMESTAMPTZ '2026-01-21T00:00:00Z'
ORDER BY Given.Account
