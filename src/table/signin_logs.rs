//! `SigninLogs`: interactive sign-ins of users.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/signinlogs>.

use super::{Column, Table, boolean, constant, dynamic, long, real, text, time};

/// Log category `SignInLogs`.
pub(super) static TABLE: Table = Table {
    name: "SigninLogs",
    about: "Interactive sign-ins of users.",
    category: Some("SignInLogs"),
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    constant("SourceSystem", "Azure AD"),
    time("TimeGenerated", &["time", "properties.createdDateTime"]),
    text("ResourceId", &["resourceId"]),
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
    constant("Resource", "Microsoft.aadiam"),
    constant("ResourceGroup", "Microsoft.aadiam"),
    text("ResourceProvider", &[]),
    text("Identity", &["identity", "properties.identity"]),
    text("Level", &["level", "properties.level"]),
    text("Location", &["location"]),
    text("AlternateSignInName", &["properties.alternateSignInName"]),
    text("AppDisplayName", &["properties.appDisplayName"]),
    text("AppId", &["properties.appId"]),
    text(
        "AuthenticationContextClassReferences",
        &["properties.authenticationContextClassReferences"],
    ),
    text(
        "AuthenticationDetails",
        &["properties.authenticationDetails"],
    ),
    dynamic(
        "AppliedEventListeners",
        &["properties.appliedEventListeners"],
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
        "AuthenticationRequirement",
        &["properties.authenticationRequirement"],
    ),
    text(
        "AuthenticationRequirementPolicies",
        &["properties.authenticationRequirementPolicies"],
    ),
    text("ClientAppUsed", &["properties.clientAppUsed"]),
    dynamic(
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
    dynamic("DeviceDetail", &["properties.deviceDetail"]),
    boolean("IsInteractive", &["properties.isInteractive"]),
    text("Id", &["properties.id"]),
    text("IPAddress", &["properties.ipAddress", "callerIpAddress"]),
    boolean("IsRisky", &["properties.isRisky"]),
    dynamic("LocationDetails", &["properties.location"]),
    dynamic("MfaDetail", &["properties.mfaDetail"]),
    text(
        "NetworkLocationDetails",
        &["properties.networkLocationDetails"],
    ),
    text("OriginalRequestId", &["properties.originalRequestId"]),
    text(
        "ProcessingTimeInMilliseconds",
        &["properties.processingTimeInMilliseconds"],
    ),
    text("RiskDetail", &["properties.riskDetail"]),
    text("RiskEventTypes", &["properties.riskEventTypes"]),
    text("RiskEventTypes_V2", &["properties.riskEventTypes_v2"]),
    text("RiskLevelAggregated", &["properties.riskLevelAggregated"]),
    text(
        "RiskLevelDuringSignIn",
        &["properties.riskLevelDuringSignIn"],
    ),
    text("RiskState", &["properties.riskState"]),
    text("ResourceDisplayName", &["properties.resourceDisplayName"]),
    text("ResourceIdentity", &["properties.resourceId"]),
    text(
        "ResourceServicePrincipalId",
        &["properties.resourceServicePrincipalId"],
    ),
    text("ServicePrincipalId", &["properties.servicePrincipalId"]),
    text("ServicePrincipalName", &["properties.servicePrincipalName"]),
    dynamic("Status", &["properties.status"]),
    text("TokenIssuerName", &["properties.tokenIssuerName"]),
    text("TokenIssuerType", &["properties.tokenIssuerType"]),
    text("UserAgent", &["properties.userAgent"]),
    text("UserDisplayName", &["properties.userDisplayName"]),
    text("UserId", &["properties.userId"]),
    text("UserPrincipalName", &["properties.userPrincipalName"]),
    text("AADTenantId", &["tenantId", "properties.tenantId"]),
    text("UserType", &["properties.userType"]),
    boolean("FlaggedForReview", &["properties.flaggedForReview"]),
    text(
        "IPAddressFromResourceProvider",
        &["properties.iPAddressFromResourceProvider"],
    ),
    text("SignInIdentifier", &["properties.signInIdentifier"]),
    text("SignInIdentifierType", &["properties.signInIdentifierType"]),
    text("ResourceTenantId", &["properties.resourceTenantId"]),
    text("HomeTenantId", &["properties.homeTenantId"]),
    text(
        "UniqueTokenIdentifier",
        &["properties.uniqueTokenIdentifier"],
    ),
    text("SessionId", &["properties.sessionId"]),
    text(
        "SessionLifetimePolicies",
        &["properties.sessionLifetimePolicies"],
    ),
    text(
        "AutonomousSystemNumber",
        &["properties.autonomousSystemNumber"],
    ),
    text(
        "AuthenticationProtocol",
        &["properties.authenticationProtocol"],
    ),
    text(
        "CrossTenantAccessType",
        &["properties.crossTenantAccessType"],
    ),
    text(
        "AuthenticationAppDeviceDetails",
        &["properties.authenticationAppDeviceDetails"],
    ),
    text(
        "AuthenticationAppPolicyEvaluationDetails",
        &["properties.authenticationAppPolicyEvaluationDetails"],
    ),
    text("ClientCredentialType", &["properties.clientCredentialType"]),
    text(
        "FederatedCredentialId",
        &["properties.federatedCredentialId"],
    ),
    text(
        "GlobalSecureAccessIpAddress",
        &["properties.globalSecureAccessIpAddress"],
    ),
    text("HomeTenantName", &["properties.homeTenantName"]),
    text("IncomingTokenType", &["properties.incomingTokenType"]),
    boolean("IsTenantRestricted", &["properties.isTenantRestricted"]),
    boolean(
        "IsThroughGlobalSecureAccess",
        &["properties.isThroughGlobalSecureAccess"],
    ),
    text(
        "OriginalTransferMethod",
        &["properties.originalTransferMethod"],
    ),
    dynamic(
        "TokenProtectionStatusDetails",
        &["properties.tokenProtectionStatusDetails"],
    ),
    text("AppOwnerTenantId", &["properties.appOwnerTenantId"]),
    text(
        "ResourceOwnerTenantId",
        &["properties.resourceOwnerTenantId"],
    ),
    dynamic("Agent", &["properties.agent"]),
    text("SourceAppClientId", &["properties.sourceAppClientId"]),
    text(
        "ConditionalAccessAudiences",
        &["properties.conditionalAccessAudiences"],
    ),
    text(
        "AuthenticatorAppLocation",
        &["properties.authenticatorAppLocation"],
    ),
    text("AppliedConditionalAccessPolicies", &[]),
    text("RiskLevel", &["properties.riskLevel"]),
    constant("Type", "SigninLogs"),
    text("_IsBillable", &[]),
    real("_BilledSize", &[]),
];
