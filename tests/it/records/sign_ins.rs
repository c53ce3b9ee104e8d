//! Sign-ins of users and applications.

use serde_json::{Value, json};

use super::{ADA, ROBOT, TENANT, all_of, record};

/// What sign-ins of every kind have.
fn of_any_sign_in(id: &str) -> Value {
    json!({
        "id": id,
        "createdDateTime": "2026-01-05T09:59:58.7654321+00:00",
        "appId": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        "appDisplayName": "Microsoft Azure CLI",
        "appOwnerTenantId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
        "agent": {"agentType": "notAgentic", "agentSubjectType": "notAgentic"},
        "ipAddress": "198.51.100.7",
        "status": {"errorCode": 0, "additionalDetails": "MFA requirement satisfied by claim"},
        "location": {
            "city": "Bonn", "state": "Nordrhein-Westfalen", "countryOrRegion": "DE",
            "geoCoordinates": {"latitude": 50.73, "longitude": 7.09},
        },
        "networkLocationDetails": [{"networkType": "namedNetwork", "networkNames": ["Office"]}],
        "appliedConditionalAccessPolicies": [{"id": "p-1", "displayName": "MFA", "result": "success"}],
        "authenticationContextClassReferences": [{"id": "c1", "detail": "required"}],
        "authenticationProcessingDetails": [{"key": "Is CAE Token", "value": "False"}],
        "authenticationProtocol": "none",
        "autonomousSystemNumber": 64500,
        "clientCredentialType": "none",
        "conditionalAccessAudiences": ["797f4846-ba00-4fd7-ba43-dac1f8f63013"],
        "conditionalAccessStatus": "success",
        "crossTenantAccessType": "none",
        "federatedCredentialId": "f-17",
        "flaggedForReview": false,
        "homeTenantId": TENANT,
        "incomingTokenType": "none",
        "isInteractive": true,
        "isTenantRestricted": false,
        "originalTransferMethod": "none",
        "processingTimeInMilliseconds": 143,
        "resourceDisplayName": "Windows Azure Service Management API",
        "resourceId": "797f4846-ba00-4fd7-ba43-dac1f8f63013",
        "resourceOwnerTenantId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
        "resourceServicePrincipalId": "cccccccc-0000-4000-8000-000000000003",
        "resourceTenantId": TENANT,
        "riskDetail": "none",
        "riskLevelAggregated": "low",
        "riskLevelDuringSignIn": "low",
        "riskState": "none",
        "sessionId": "005f9a2b-0000-4000-8000-000000000004",
        "sourceAppClientId": "29d9ed98-a469-4536-ade2-f981bc1d605e",
        "tokenIssuerType": "AzureAD",
        "uniqueTokenIdentifier": "c874WMifAk-OqBkIlk-ELg",
        "userAgent": "python/3.12",
    })
}

/// What sign-ins of users have besides.
fn of_a_user_sign_in() -> Value {
    json!({
        "userId": ADA,
        "userDisplayName": "Ada Lovelace",
        "userPrincipalName": "ada@contoso.com",
        "userType": "Member",
        "alternateSignInName": "+49 228 555",
        "signInIdentifier": "ada@contoso.com",
        "signInIdentifierType": "userPrincipalName",
        "appliedEventListeners": [{"eventType": "tokenIssuanceStart"}],
        "authenticationAppDeviceDetails": {"appVersion": "6.8"},
        "authenticationAppPolicyEvaluationDetails": [{"policyName": "number matching"}],
        "authenticationDetails": [{"authenticationMethod": "Password", "succeeded": true}],
        "authenticationMethodsUsed": "Password",
        "authenticationRequirement": "multiFactorAuthentication",
        "authenticationRequirementPolicies": [{"requirementProvider": "multiConditionalAccess"}],
        "authenticatorAppLocation": {"countryOrRegion": "FR"},
        "clientAppUsed": "Browser",
        "deviceDetail": {"deviceId": "d-17", "operatingSystem": "Windows 11", "isManaged": true},
        "globalSecureAccessIpAddress": "203.0.113.8",
        "homeTenantName": "Contoso",
        "ipAddressFromResourceProvider": "198.51.100.8",
        "isRisky": false,
        "isThroughGlobalSecureAccess": true,
        "mfaDetail": {"authMethod": "Phone app"},
        "originalRequestId": "58f8ce73-9fc8-4f02-8ea8-1908964f842e",
        "riskEventTypes": ["unfamiliarLocation"],
        "riskEventTypes_v2": ["unfamiliarFeatures"],
        "riskLevel": "low",
        "servicePrincipalId": ROBOT,
        "servicePrincipalName": "Robot",
        "sessionLifetimePolicies": [{"detail": "Remember MFA", "expirationRequirement": "rememberMFA"}],
        "tokenIssuerName": "sts.windows.net",
        "tokenProtectionStatusDetails": {"signInSessionStatus": "unbound", "signInSessionStatusCode": 1002},
    })
}

/// What sign-ins of applications have besides.
fn of_a_workload_sign_in() -> Value {
    json!({
        "isInteractive": false,
        "servicePrincipalCredentialKeyId": "2afc776a-4e79-4588-b2ad-f62c94d6bea8",
        "servicePrincipalCredentialThumbprint": "A1B2C3D4",
        "servicePrincipalId": ROBOT,
        "servicePrincipalName": "Robot",
    })
}

pub(super) fn sign_in() -> Value {
    record(
        "SignInLogs",
        "Sign-in activity",
        "2026-01-05T10:00:00.1234567Z",
        all_of([of_any_sign_in("s-1"), of_a_user_sign_in()]),
    )
}

pub(super) fn non_interactive_user_sign_in() -> Value {
    let besides = json!({
        "isInteractive": false,
        "clientSessionId": "client-session-1",
        "signInEventTypes": ["nonInteractiveUser"],
    });
    record(
        "NonInteractiveUserSignInLogs",
        "Sign-in activity",
        "2026-01-05T10:00:01.1234567Z",
        all_of([of_any_sign_in("s-2"), of_a_user_sign_in(), besides]),
    )
}

pub(super) fn service_principal_sign_in() -> Value {
    record(
        "ServicePrincipalSignInLogs",
        "Sign-in activity",
        "1/5/2026 10:00:02 AM",
        all_of([of_any_sign_in("s-3"), of_a_workload_sign_in()]),
    )
}

pub(super) fn managed_identity_sign_in() -> Value {
    let besides = json!({"managedServiceIdentity": {"msiType": "systemAssigned"}});
    record(
        "ManagedIdentitySignInLogs",
        "Sign-in activity",
        "2026-01-05T10:00:03.1234567Z",
        all_of([of_any_sign_in("s-4"), of_a_workload_sign_in(), besides]),
    )
}

pub(super) fn microsoft_service_principal_sign_in() -> Value {
    record(
        "MicrosoftServicePrincipalSignInLogs",
        "Sign-in activity",
        "2026-01-05T10:00:04.1234567Z",
        all_of([of_any_sign_in("s-5"), of_a_workload_sign_in()]),
    )
}

pub(super) fn adfs_sign_in() -> Value {
    let besides = json!({
        "requirement": "urn:federation:authentication:windows",
        "tokenIssuerName": "adfs.contoso.com",
        "tokenIssuerType": "ADFederationServices",
    });
    record(
        "ADFSSignInLogs",
        "Sign-in activity",
        "1/5/2026 10:00:05 AM",
        all_of([of_any_sign_in("s-6"), of_a_user_sign_in(), besides]),
    )
}
