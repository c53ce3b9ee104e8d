-- Counters of every address and day, as an analyst writes them.
SELECT IPAddress, date_trunc('day', TimeGenerated) AS Day,
       count(*) AS SignIns,
       count(DISTINCT UserPrincipalName) AS Users,
       count(DISTINCT AppDisplayName) AS Apps,
       count(DISTINCT UserAgent) AS UserAgents,
       sum(CASE WHEN ResultType <> '0' THEN 1 ELSE 0 END) AS Failures,
       sum(CASE WHEN ResultType = '50126' THEN 1 ELSE 0 END) AS BadPasswords,
       sum(CASE WHEN RiskLevelDuringSignIn IN ('medium', 'high') THEN 1 ELSE 0 END) AS Risky
FROM SigninLogs
GROUP BY IPAddress, date_trunc('day', TimeGenerated)
HAVING count(DISTINCT UserPrincipalName) >= 5
   AND sum(CASE WHEN ResultType <> '0' THEN 1 ELSE 0 END) >= 5
ORDER BY Users DESC, IPAddress, Day
