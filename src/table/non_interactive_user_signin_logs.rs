//! `AADNonInteractiveUserSignInLogs`: sign-ins that a client made on behalf of a user, without a prompt.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadnoninteractiveusersigninlogs>.

use super::{Column, Table, boolean, constant, dynamic, long, real, text, time};

/// Log category `NonInteractiveUserSignInLogs`.
pub(super) static TABLE: Table = Table {
    name: "AADNonInteractiveUserSignInLogs",
    about: "Sign-ins that a client made on behalf of a user, without a prompt.",
    category: Some("NonInteractiveUserSignInLogs"),
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    text("TenantId", &[]),
    constant("SourceSystem", "Azure AD"),
    time("TimeGenerated", &["time", "properties.createdDateTime"]),
    text(
        "OperationName",
        &["operationName", "properties.operationName"],
    ),
    text(
        "OperationVersion",
        &["operationVersion", "properties.operationVersion"],
    ),
    text("Category", &["category", "properties.category"]),
    text("ResultType", &["resultType", "properties.resultType"]),
    text(
        "ResultSignature",
        &["resultSignature", "properties.resultSignature"],
    ),
    text(
        "ResultDescription",
        &["resultDescription", "properties.resultDescription"],
    ),
    long("DurationMs", &["durationMs", "properties.durationMs"]),
    text(
        "CorrelationId",
        &["correlationId", "properties.correlationId"],
    ),
    constant("ResourceGroup", "Microsoft.aadiam"),
    text("Identity", &["identity", "properties.identity"]),
    text("Level", &["level", "properties.level"]),
    text("Location", &["location"]),
    text("AADTenantId", &["tenantId", "properties.tenantId"]),
    text("Agent", &["properties.agent"]),
    text("AlternateSignInName", &["properties.alternateSignInName"]),
    text("AppDisplayName", &["properties.appDisplayName"]),
    text("AppId", &["properties.appId"]),
    dynamic(
        "AppliedEventListeners",
        &["properties.appliedEventListeners"],
    ),
    text("AppOwnerTenantId", &["properties.appOwnerTenantId"]),
    text(
        "AuthenticationContextClassReferences",
        &["properties.authenticationContextClassReferences"],
    ),
    text(
        "AuthenticationDetails",
        &["properties.authenticationDetails"],
    ),
    text(
        "AuthenticationMethodsUsed",
        &["properties.authenticationMethodsUsed"],
    ),
    text(
        "AuthenticationProcessingDetails",
        &["properties.authenticationProcessingDetails"],
    ),
    text(
        "AuthenticationProtocol",
        &["properties.authenticationProtocol"],
    ),
    text(
        "AuthenticationRequirement",
        &["properties.authenticationRequirement"],
    ),
    text(
        "AuthenticationRequirementPolicies",
        &["properties.authenticationRequirementPolicies"],
    ),
    text(
        "AuthenticatorAppLocation",
        &["properties.authenticatorAppLocation"],
    ),
    text(
        "AutonomousSystemNumber",
        &["properties.autonomousSystemNumber"],
    ),
    text("ClientAppUsed", &["properties.clientAppUsed"]),
    text("ClientCredentialType", &["properties.clientCredentialType"]),
    text("ClientSessionId", &["properties.clientSessionId"]),
    text(
        "ConditionalAccessAudiences",
        &["properties.conditionalAccessAudiences"],
    ),
    text(
        "ConditionalAccessPolicies",
        &[
            "properties.appliedConditionalAccessPolicies",
            "properties.conditionalAccessPolicies",
        ],
    ),
    text(
        "ConditionalAccessStatus",
        &["properties.conditionalAccessStatus"],
    ),
    time("CreatedDateTime", &["properties.createdDateTime"]),
    text(
        "CrossTenantAccessType",
        &["properties.crossTenantAccessType"],
    ),
    text("DeviceDetail", &["properties.deviceDetail"]),
    text(
        "FederatedCredentialId",
        &["properties.federatedCredentialId"],
    ),
    text(
        "GlobalSecureAccessIpAddress",
        &["properties.globalSecureAccessIpAddress"],
    ),
    text("HomeTenantId", &["properties.homeTenantId"]),
    text("HomeTenantName", &["properties.homeTenantName"]),
    text("Id", &["properties.id"]),
    text("IncomingTokenType", &["properties.incomingTokenType"]),
    text("IPAddress", &["properties.ipAddress", "callerIpAddress"]),
    boolean("IsInteractive", &["properties.isInteractive"]),
    boolean("IsRisky", &["properties.isRisky"]),
    boolean("IsTenantRestricted", &["properties.isTenantRestricted"]),
    boolean(
        "IsThroughGlobalSecureAccess",
        &["properties.isThroughGlobalSecureAccess"],
    ),
    text("LocationDetails", &["properties.location"]),
    text("MfaDetail", &["properties.mfaDetail"]),
    text(
        "NetworkLocationDetails",
        &["properties.networkLocationDetails"],
    ),
    text("OriginalRequestId", &["properties.originalRequestId"]),
    text(
        "OriginalTransferMethod",
        &["properties.originalTransferMethod"],
    ),
    text(
        "ProcessingTimeInMs",
        &[
            "properties.processingTimeInMs",
            "properties.processingTimeInMilliseconds",
        ],
    ),
    text("ResourceDisplayName", &["properties.resourceDisplayName"]),
    text("ResourceIdentity", &["properties.resourceId"]),
    text(
        "ResourceOwnerTenantId",
        &["properties.resourceOwnerTenantId"],
    ),
    text(
        "ResourceServicePrincipalId",
        &["properties.resourceServicePrincipalId"],
    ),
    text("ResourceTenantId", &["properties.resourceTenantId"]),
    text("RiskDetail", &["properties.riskDetail"]),
    text("RiskEventTypes", &["properties.riskEventTypes"]),
    text("RiskEventTypes_V2", &["properties.riskEventTypes_v2"]),
    text("RiskLevelAggregated", &["properties.riskLevelAggregated"]),
    text(
        "RiskLevelDuringSignIn",
        &["properties.riskLevelDuringSignIn"],
    ),
    text("RiskState", &["properties.riskState"]),
    text("ServicePrincipalId", &["properties.servicePrincipalId"]),
    text("SessionId", &["properties.sessionId"]),
    text(
        "SessionLifetimePolicies",
        &["properties.sessionLifetimePolicies"],
    ),
    text("SignInEventTypes", &["properties.signInEventTypes"]),
    text("SignInIdentifierType", &["properties.signInIdentifierType"]),
    text(
        "TokenProtectionStatusDetails",
        &["properties.tokenProtectionStatusDetails"],
    ),
    text("Status", &["properties.status"]),
    text("TokenIssuerName", &["properties.tokenIssuerName"]),
    text("TokenIssuerType", &["properties.tokenIssuerType"]),
    text(
        "UniqueTokenIdentifier",
        &["properties.uniqueTokenIdentifier"],
    ),
    text("UserAgent", &["properties.userAgent"]),
    text("UserDisplayName", &["properties.userDisplayName"]),
    text("UserId", &["properties.userId"]),
    text("UserPrincipalName", &["properties.userPrincipalName"]),
    text("UserType", &["properties.userType"]),
    constant("Type", "AADNonInteractiveUserSignInLogs"),
    text("_IsBillable", &[]),
    real("_BilledSize", &[]),
];
