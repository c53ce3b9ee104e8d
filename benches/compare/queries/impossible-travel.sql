-- Two successes of an account so far apart that nobody flies that fast.
WITH Places AS (
    SELECT UserPrincipalName, TimeGenerated, Id, IPAddress, Location,
           CAST(_LocationDetails_geoCoordinates->>'latitude' AS DOUBLE) AS Latitude,
           CAST(_LocationDetails_geoCoordinates->>'longitude' AS DOUBLE) AS Longitude
    FROM SigninLogs
    WHERE ResultType = '0'
), Steps AS (
    SELECT *,
           lag(TimeGenerated) OVER w AS BeforeAt,
           lag(Latitude) OVER w AS BeforeLatitude, lag(Longitude) OVER w AS BeforeLongitude,
           lag(Location) OVER w AS BeforeLocation
    FROM Places
    WINDOW w AS (PARTITION BY UserPrincipalName ORDER BY TimeGenerated, Id)
), Travels AS (
    SELECT *,
           2 * 6371 * asin(sqrt(
               power(sin(radians(Latitude - BeforeLatitude) / 2), 2)
               + cos(radians(BeforeLatitude)) * cos(radians(Latitude))
                 * power(sin(radians(Longitude - BeforeLongitude) / 2), 2))) AS Kilometers,
           (extract(epoch FROM TimeGenerated) - extract(epoch FROM BeforeAt)) / 3600 AS Hours
    FROM Steps
    WHERE BeforeAt IS NOT NULL AND Location <> BeforeLocation
)
SELECT UserPrincipalName, TimeGenerated, BeforeAt, BeforeLocation, Location, IPAddress,
       CAST(round(Kilometers) AS BIGINT) AS Kilometers
FROM Travels
WHERE Kilometers > 500 AND Kilometers > 900 * Hours
ORDER BY UserPrincipalName, TimeGenerated, Id
