-- Roles that were activated, and nobody signed in to anything administrative within the eight hours that they were held.
WITH Activations AS (
    SELECT lower(_InitiatedBy_user_userPrincipalName) AS Account, TimeGenerated AS ActivatedAt, Id
    FROM AuditLogs
    WHERE OperationName = 'Add member to role completed (PIM activation)' AND Result = 'success'
), SignIns AS (
    SELECT lower(UserPrincipalName) AS Account, TimeGenerated, AppDisplayName
    FROM SigninLogs
    WHERE ResultType = '0' AND (AppDisplayName LIKE 'Azure%' OR AppDisplayName LIKE 'Microsoft Graph%'
                                OR AppDisplayName LIKE 'Microsoft Azure%' OR AppDisplayName LIKE '%Admin%')
)
SELECT Activations.Account, ActivatedAt, Activations.Id, count(SignIns.TimeGenerated) AS SignIns
FROM Activations LEFT JOIN SignIns
  ON Activations.Account = SignIns.Account
 AND SignIns.TimeGenerated >= ActivatedAt AND SignIns.TimeGenerated < ActivatedAt + INTERVAL '8 hours'
GROUP BY Activations.Account, ActivatedAt, Activations.Id
HAVING count(SignIns.TimeGenerated) = 0
ORDER BY Activations.Account, ActivatedAt, Activations.Id
