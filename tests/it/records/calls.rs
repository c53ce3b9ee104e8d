//! Calls of APIs.

use serde_json::{Value, json};

use super::{ADA, ROBOT, TENANT, record};

pub(super) fn microsoft_graph_activity() -> Value {
    let request = "f7739da0-e6d1-4e3f-985a-64937fb0e347";
    let mut record = record(
        "MicrosoftGraphActivityLogs",
        "Microsoft Graph Activity",
        "2026-01-05T10:00:14.1234567Z",
        json!({
            "timeGenerated": "2026-01-05T10:00:14.1234567Z",
            "location": "West Europe",
            "requestId": request,
            "operationId": request,
            "clientRequestId": "2fe56789-a848-4c93-9d2c-5675972ae0b9",
            "apiVersion": "v1.0",
            "requestMethod": "GET",
            "responseStatusCode": 200,
            "tenantId": TENANT,
            "durationMs": 462_680,
            "responseSizeBytes": 364,
            "signInActivityId": "c874WMifAk-OqBkIlk-ELg",
            "uniqueTokenId": "c874WMifAk-OqBkIlk-ELg",
            "roles": "Organization.Read.All User.Read.All",
            "appId": "a-17",
            "UserPrincipalObjectID": ADA,
            "scopes": "email openid User.Read",
            "identityProvider": format!("https://sts.windows.net/{TENANT}/"),
            "clientAuthMethod": "2",
            "wids": "62e90394-69f5-4237-9190-012177145e10",
            "C_Idtyp": "user",
            "C_Iat": "1767607200",
            "C_DeviceId": "d-17",
            "C_Sid": "005f9a2b-0000-4000-8000-000000000004",
            "ipAddress": "2001:db8::6fc6",
            "userAgent": "python-requests/2.32",
            "requestUri": "https://graph.microsoft.com/v1.0/me?$select=id",
            "userId": ADA,
            "servicePrincipalId": ROBOT,
            "atContent": "",
            "atContentH": "h",
            "atContentP": "p",
            "tokenIssuedAt": "2026-01-05T09:55:00Z",
        }),
    );
    // The same number is text here and a number in the properties.
    record["durationMs"] = json!("462680");
    record["operationVersion"] = json!("v1.0");
    record["resultSignature"] = json!("200");
    record["callerIpAddress"] = json!("2001:db8::6fc6");
    record["correlationId"] = json!(request);
    record["location"] = json!("West Europe");
    record["Level"] = json!("Informational");
    record
}

pub(super) fn aad_graph_activity() -> Value {
    let mut record = record(
        "AzureADGraphActivityLogs",
        "AAD Graph Activity",
        "2026-01-05T10:00:15.1234567Z",
        json!({
            "__UDI_RequiredFields_UniqueId": "00000001-0001-0001-0001-000000000001",
            "actorType": "User",
            "apiVersion": "1.6",
            "appId": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
            "callerIpAddress": "198.51.100.7",
            "clientAuthMethod": 0,
            "deviceId": "d-17",
            "directAccessSource": "Gateway",
            "durationMs": 59,
            "env_cloud_role": "restdirectoryservice",
            "httpMethod": "GET",
            "httpStatusCode": 200,
            "identityProvider": format!("https://sts.windows.net/{TENANT}/"),
            "issuedAt": "1/5/2026 9:50:39 AM",
            "location": "WestUS",
            "requestId": "00000001-0001-0001-0001-000000000001",
            "requestUri": format!("/v2/{TENANT}/users"),
            "responseSizeBytes": -1,
            "roles": " Group.Read.All,",
            "scopes": "user_impersonation",
            "servicePrincipalId": ROBOT,
            "sessionId": "005f9a2b-0000-4000-8000-000000000004",
            "signInActivityId": "BCF50s3Ik0q7Ke-mIBAGAA==",
            "tenantId": TENANT,
            "timeGenerated": "2026-01-05T10:00:15.1234567Z",
            "userAgent": "AADInternals",
            "userId": ADA,
            "wids": "62e90394-69f5-4237-9190-012177145e10",
        }),
    );
    let top = record.as_object_mut().into_iter();
    top.for_each(|top| {
        top.retain(|key, _| {
            ["category", "location", "operationName", "properties", "tenantId"].contains(&&**key)
        });
    });
    record["location"] = json!("WestUS");
    record
}

pub(super) fn b2c_request() -> Value {
    let mut record = record(
        "B2CRequestLogs",
        "User login",
        "2026-01-05T10:00:19.1234567Z",
        json!({"createdDateTime": "2026-01-05T10:00:18Z"}),
    );
    record["resultType"] = json!("Throttled");
    record["resultSignature"] = json!("429");
    record
}
