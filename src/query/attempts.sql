WITH records AS (
    SELECT TimeGenerated, Id, CorrelationId, SessionId, UserId, UserPrincipalName, UserDisplayName, UserType,
           AppId, AppDisplayName, ResourceDisplayName, IPAddress, AutonomousSystemNumber, Location, LocationDetails,
           DeviceDetail, ResultType, ResultDescription, AuthenticationRequirement, ConditionalAccessStatus,
           RiskLevelDuringSignIn, ClientAppUsed, UserAgent, _PasswordWasCorrect, _ResultClass, true AS Interactive
    FROM interactive
    UNION ALL
    SELECT TimeGenerated, Id, CorrelationId, SessionId, UserId, UserPrincipalName, UserDisplayName, UserType,
           AppId, AppDisplayName, ResourceDisplayName, IPAddress, AutonomousSystemNumber, Location, LocationDetails,
           DeviceDetail, ResultType, ResultDescription, AuthenticationRequirement, ConditionalAccessStatus,
           RiskLevelDuringSignIn, ClientAppUsed, UserAgent, _PasswordWasCorrect, _ResultClass, false AS Interactive
    FROM non_interactive
),
steps AS (
    SELECT *,
           coalesce(result_outcome(ResultType), 'failure') AS step,
           CASE WHEN result_outcome(ResultType) = 'interrupted' THEN 0 ELSE 1 END AS last_of_its_time,
           coalesce(nullif(nullif(CorrelationId, ''), '00000000-0000-0000-0000-000000000000'), Id, '') AS correlation,
           coalesce(nullif(nullif(UserId, ''), '00000000-0000-0000-0000-000000000000'), lower(UserPrincipalName), '') AS who,
           coalesce(AppId, '') AS app
    FROM records
),
begun AS (
    SELECT *,
           CASE WHEN coalesce(lag(step) OVER same, 'first') = 'interrupted'
                 AND lag(TimeGenerated) OVER same >= TimeGenerated - INTERVAL '10 minutes'
                THEN 0 ELSE 1 END AS begins
    FROM steps
    WINDOW same AS (PARTITION BY correlation, who, app ORDER BY TimeGenerated, last_of_its_time)
),
numbered AS (
    SELECT *, sum(begins) OVER (PARTITION BY correlation, who, app ORDER BY TimeGenerated, last_of_its_time
                                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS attempt
    FROM begun
),
folded AS (
    SELECT max(TimeGenerated) AS TimeGenerated,
           min(TimeGenerated) AS FirstTime,
           last_value(UserPrincipalName ORDER BY TimeGenerated, last_of_its_time) AS UserPrincipalName,
           last_value(UserId ORDER BY TimeGenerated, last_of_its_time) AS UserId,
           last_value(UserDisplayName ORDER BY TimeGenerated, last_of_its_time) AS UserDisplayName,
           last_value(UserType ORDER BY TimeGenerated, last_of_its_time) AS UserType,
           last_value(AppDisplayName ORDER BY TimeGenerated, last_of_its_time) AS AppDisplayName,
           last_value(AppId ORDER BY TimeGenerated, last_of_its_time) AS AppId,
           last_value(ResourceDisplayName ORDER BY TimeGenerated, last_of_its_time) AS ResourceDisplayName,
           last_value(IPAddress ORDER BY TimeGenerated, last_of_its_time) AS IPAddress,
           last_value(AutonomousSystemNumber ORDER BY TimeGenerated, last_of_its_time) AS AutonomousSystemNumber,
           last_value(Location ORDER BY TimeGenerated, last_of_its_time) AS Location,
           last_value(LocationDetails ORDER BY TimeGenerated, last_of_its_time) AS LocationDetails,
           last_value(DeviceDetail ORDER BY TimeGenerated, last_of_its_time) AS DeviceDetail,
           last_value(CorrelationId ORDER BY TimeGenerated, last_of_its_time) AS CorrelationId,
           last_value(SessionId ORDER BY TimeGenerated, last_of_its_time) AS SessionId,
           last_value(Id ORDER BY TimeGenerated, last_of_its_time) AS Id,
           bool_or(Interactive) AS Interactive,
           count(*) AS Records,
           string_agg(ResultType, ',' ORDER BY TimeGenerated, last_of_its_time) AS ResultTypes,
           last_value(step ORDER BY TimeGenerated, last_of_its_time) AS Outcome,
           last_value(ResultType ORDER BY TimeGenerated, last_of_its_time) AS ResultType,
           last_value(ResultDescription ORDER BY TimeGenerated, last_of_its_time) AS ResultDescription,
           bool_or(_PasswordWasCorrect) AS PasswordWasCorrect,
           bool_or(_ResultClass = 'mfa_failed') AS mfa_failed,
           bool_or(_ResultClass LIKE 'mfa_%' OR _ResultClass = 'external_mfa_required') AS mfa_asked,
           last_value(AuthenticationRequirement ORDER BY TimeGenerated, last_of_its_time) AS AuthenticationRequirement,
           last_value(ConditionalAccessStatus ORDER BY TimeGenerated, last_of_its_time) AS ConditionalAccessStatus,
           max(CASE RiskLevelDuringSignIn WHEN 'high' THEN '4high' WHEN 'medium' THEN '3medium' WHEN 'low' THEN '2low'
               WHEN 'none' THEN '1none' ELSE '0' || RiskLevelDuringSignIn END) AS risk,
           last_value(ClientAppUsed ORDER BY TimeGenerated, last_of_its_time) AS ClientAppUsed,
           last_value(UserAgent ORDER BY TimeGenerated, last_of_its_time) AS UserAgent
    FROM numbered
    GROUP BY correlation, who, app, attempt
)
SELECT TimeGenerated, FirstTime, UserPrincipalName, UserId, UserDisplayName, UserType, AppDisplayName, AppId,
       ResourceDisplayName, IPAddress, AutonomousSystemNumber, Location, LocationDetails, DeviceDetail, CorrelationId,
       SessionId, Id, Interactive, Records, ResultTypes, Outcome, ResultType, ResultDescription, PasswordWasCorrect,
       CASE WHEN Outcome = 'success' AND AuthenticationRequirement = 'multiFactorAuthentication' THEN 'satisfied'
            WHEN mfa_failed THEN 'failed'
            WHEN mfa_asked THEN 'required'
            ELSE 'notRequired' END AS MfaResult,
       AuthenticationRequirement, ConditionalAccessStatus, substr(risk, 2) AS RiskLevelDuringSignIn, ClientAppUsed,
       UserAgent
FROM folded
