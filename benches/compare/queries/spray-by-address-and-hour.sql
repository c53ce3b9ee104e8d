-- Addresses that fail on many accounts within an hour.
SELECT IPAddress, date_trunc('hour', TimeGenerated) AS Hour,
       count(DISTINCT UserPrincipalName) AS Users,
       count(*) AS SignIns,
       sum(CASE WHEN ResultType IN ('50126', '50053', '50055') THEN 1 ELSE 0 END) AS Failures,
       sum(CASE WHEN ResultType = '0' THEN 1 ELSE 0 END) AS Successes
FROM SigninLogs
GROUP BY IPAddress, date_trunc('hour', TimeGenerated)
HAVING count(DISTINCT CASE WHEN ResultType IN ('50126', '50053', '50055') THEN UserPrincipalName END) >= 10
ORDER BY Users DESC, IPAddress, Hour
