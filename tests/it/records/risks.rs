//! Who is at risk, and what was detected.

use serde_json::{Value, json};

use super::{ADA, ROBOT, TENANT, all_of, record};

pub(super) fn risky_user() -> Value {
    let mut record = record(
        "RiskyUsers",
        "Risky user",
        "1/5/2026 10:00:08 AM",
        json!({
            "id": ADA,
            "userDisplayName": "Ada Lovelace",
            "userPrincipalName": "ada@contoso.com",
            "riskLastUpdatedDateTime": "2026-01-05T9:58:52.702Z",
            "riskState": "atRisk",
            "riskDetail": "none",
            "riskLevel": "medium",
            "isGuest": false,
            "isDeleted": false,
            "isProcessing": false,
        }),
    );
    record["correlationId"] = json!(ADA);
    record
}

/// What every detection of a risk has.
fn of_a_risk_event(id: &str) -> Value {
    json!({
        "id": id,
        "riskEventType": "anonymizedIPAddress",
        "riskState": "atRisk",
        "riskLevel": "high",
        "riskDetail": "none",
        "detectionTimingType": "realtime",
        "activityDateTime": "2026-01-05T09:55:06.133Z",
        "detectedDateTime": "2026-01-05T9:56:50.361Z",
        "additionalInfo": "[{\"Key\":\"userAgent\",\"Value\":\"Mozilla/5.0\"}]",
    })
}

/// What the detection of a risk at a sign-in has besides.
fn of_a_risky_sign_in() -> Value {
    json!({
        "requestId": "e1b6d9d7-5fc0-4638-ae1a-e0abceb92200",
        "correlationId": "correlation-of-the-sign-in",
        "riskType": "anonymizedIPAddress",
        "source": "IdentityProtection",
        "activity": "signin",
        "ipAddress": "198.51.100.7",
        "location": {"city": "Dresden", "state": "Sachsen", "countryOrRegion": "DE"},
        "lastUpdatedDateTime": "2026-01-05T09:59:16.894Z",
        "tokenIssuerType": "AzureAD",
    })
}

pub(super) fn user_risk_event() -> Value {
    let besides = json!({
        "userId": ADA,
        "userDisplayName": "Ada Lovelace",
        "userPrincipalName": "ada@contoso.com",
        "homeTenantId": TENANT,
        "resourceTenantId": null,
        "userType": "member",
        "crossTenantAccessType": "none",
    });
    let mut record = record(
        "UserRiskEvents",
        "User Risk Detection",
        "1/5/2026 10:00:09 AM",
        all_of([of_a_risk_event("risk-1"), of_a_risky_sign_in(), besides]),
    );
    // Entra writes the id of the detection here, and that of the sign-in into the properties.
    record["correlationId"] = json!("risk-1");
    record
}

pub(super) fn risky_service_principal() -> Value {
    record(
        "RiskyServicePrincipals",
        "Risky service principal",
        "1/5/2026 10:00:10 AM",
        json!({
            "id": ROBOT,
            "appId": "a-17",
            "displayName": "Robot",
            "accountEnabled": true,
            "servicePrincipalType": "Application",
            "riskLastUpdatedDateTime": "2026-01-05T09:58:52.702Z",
            "riskState": "atRisk",
            "riskDetail": "none",
            "riskLevel": "medium",
            "isProcessing": false,
        }),
    )
}

pub(super) fn service_principal_risk_event() -> Value {
    let besides = json!({
        "activity": "servicePrincipal",
        "appId": "a-17",
        "keyIds": ["2afc776a-4e79-4588-b2ad-f62c94d6bea8"],
        "servicePrincipalId": ROBOT,
        "servicePrincipalDisplayName": "Robot",
    });
    let mut record = record(
        "ServicePrincipalRiskEvents",
        "Service principal Risk Detection",
        "1/5/2026 10:00:11 AM",
        all_of([of_a_risk_event("risk-2"), of_a_risky_sign_in(), besides]),
    );
    record["correlationId"] = json!("risk-2");
    record
}

pub(super) fn risky_agent() -> Value {
    record(
        "RiskyAgents",
        "Risky agent",
        "2026-01-05T10:00:12.1234567Z",
        json!({
            "id": "agent-1",
            "agentDisplayName": "Helpful agent",
            "identityType": "agentIdentity",
            "isDeleted": false,
            "isEnabled": true,
            "isProcessing": false,
            "riskDetail": "none",
            "riskLastModifiedDateTime": "2026-01-05T09:58:52.702Z",
            "riskLevel": "high",
            "riskState": "atRisk",
        }),
    )
}

pub(super) fn agent_risk_event() -> Value {
    let besides = json!({
        "agentId": "agent-1",
        "agentDisplayName": "Helpful agent",
        "identityType": "agentIdentity",
        "lastModifiedDateTime": "2026-01-05T09:59:16.894Z",
        "riskEvidence": "Signed in to 40 resources that it had never used.",
    });
    record(
        "AgentRiskEvents",
        "Agent Risk Detection",
        "2026-01-05T10:00:13.1234567Z",
        all_of([of_a_risk_event("risk-3"), besides]),
    )
}
