-- Who still signs in with which legacy protocol to what, how often, and when last.
SELECT UserPrincipalName, ClientAppUsed, AppDisplayName,
       count(*) AS SignIns,
       sum(CASE WHEN ResultType = '0' THEN 1 ELSE 0 END) AS Successes,
       count(DISTINCT IPAddress) AS Addresses,
       max(TimeGenerated) AS LastSeen
FROM SigninLogs
WHERE ClientAppUsed NOT IN ('Browser', 'Mobile Apps and Desktop clients', '')
GROUP BY UserPrincipalName, ClientAppUsed, AppDisplayName
ORDER BY SignIns DESC, UserPrincipalName, ClientAppUsed, AppDisplayName
