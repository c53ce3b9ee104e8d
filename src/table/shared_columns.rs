//! Columns that several tables have, each with its one meaning.
//!
//! A table lists them by name, among its own. Where one comes from another place in some table, the
//! table says so: `LOCATION.from(&["properties.region"])`.

use super::derived_columns::*;
use super::{Column, ColumnType, boolean, constant, dynamic, long, real, text, time};

/// `TimeGenerated`, from these places: the first that holds a time.
pub(super) const fn time_generated(places: &'static [&'static str]) -> Column {
    time("TimeGenerated", "When the record was made; rows are partitioned by its day.").from(places)
}

/// `Type`: every row says in which table it is.
pub(super) const fn table_type(table: &'static str) -> Column {
    constant("Type", table, "Name of the table.")
}

impl Column {
    /// As `dynamic`: what is text in one table of Log Analytics is `dynamic` in another.
    pub(super) const fn dynamic(self) -> Self {
        Self { kind: ColumnType::Dynamic, ..self }
    }

    /// As text.
    pub(super) const fn text(self) -> Self {
        Self { kind: ColumnType::Text, ..self }
    }
}

// Of every table.

pub(super) const TENANT_ID: Column =
    text("TenantId", "Id of the Log Analytics workspace; a lake has none.").from(&[]);
pub(super) const SOURCE_SYSTEM: Column =
    constant("SourceSystem", "Azure AD", "Where Log Analytics says the rows come from.");
pub(super) const IS_BILLABLE: Column =
    text("_IsBillable", "Whether Azure bills the record; a lake has no such bill.").from(&[]);
pub(super) const BILLED_SIZE: Column =
    real("_BilledSize", "Bytes that Azure bills; a lake has no such bill.").from(&[]);
pub(super) const AZURE_RESOURCE_ID: Column =
    text("_ResourceId", "The Azure resource that the record belongs to; a lake has none.")
        .from(&[]);
pub(super) const AZURE_SUBSCRIPTION_ID: Column =
    text("_SubscriptionId", "The Azure subscription that the record belongs to; a lake has none.")
        .from(&[]);

// The envelope of a diagnostic record.

pub(super) const RESOURCE_ID: Column = text(
    "ResourceId",
    "Path of the tenant that wrote the log: `/tenants/<id>/providers/Microsoft.aadiam`.",
)
.from(&["resourceId"]);
pub(super) const OPERATION_NAME: Column =
    text("OperationName", "What was done, such as `Sign-in activity` or `Add user`.")
        .from(&["operationName", "properties.operationName"]);
pub(super) const OPERATION_VERSION: Column = text(
    "OperationVersion",
    "Version of the interface that the operation went through, such as `1.0`.",
)
.from(&["operationVersion", "properties.operationVersion"]);
pub(super) const CATEGORY: Column =
    text("Category", "The log, such as `SignInLogs`.").from(&["category", "properties.category"]);
pub(super) const RESULT_TYPE: Column = text(
    "ResultType",
    "The outcome: in sign-ins `0` or an error code such as `50126`, elsewhere a word.",
)
.from(&["resultType", "properties.resultType"]);
/// Of sign-ins of users: the result code also says something of the password.
pub(super) const USER_SIGN_IN_RESULT_TYPE: Column = RESULT_TYPE.derives(OF_USER_RESULT_TYPE);
/// Of sign-ins of applications.
pub(super) const APP_SIGN_IN_RESULT_TYPE: Column = RESULT_TYPE.derives(OF_RESULT_TYPE);
pub(super) const RESULT_SIGNATURE: Column = text(
    "ResultSignature",
    "The outcome as a word such as `SUCCESS` or an HTTP status; often `None`.",
)
.from(&["resultSignature", "properties.resultSignature"]);
pub(super) const RESULT_DESCRIPTION: Column =
    text("ResultDescription", "The outcome in words; in sign-ins the text of the error code.")
        .from(&["resultDescription", "properties.resultDescription"]);
pub(super) const DURATION_MS: Column =
    long("DurationMs", "How long it took, in milliseconds; many logs always say 0.")
        .from(&["durationMs", "properties.durationMs"]);
pub(super) const CORRELATION_ID: Column = text(
    "CorrelationId",
    "Ties together what belongs to one action of a client, across tables too.",
)
.from(&["correlationId", "properties.correlationId"]);
pub(super) const RESOURCE: Column = constant(
    "Resource",
    "Microsoft.aadiam",
    "The resource that wrote the log: always Entra's own.",
);
pub(super) const RESOURCE_GROUP: Column = constant(
    "ResourceGroup",
    "Microsoft.aadiam",
    "The resource group that wrote the log: always Entra's own.",
);
pub(super) const RESOURCE_PROVIDER: Column =
    text("ResourceProvider", "The Azure resource provider; Entra's records do not name it.")
        .from(&[]);
pub(super) const IDENTITY: Column = text("Identity", "Who acted, mostly as a display name.")
    .from(&["identity", "properties.identity"]);
pub(super) const LEVEL: Column =
    text("Level", "Severity: `4` or `Informational` in nearly every record.")
        .from(&["level", "properties.level"]);
pub(super) const LOCATION: Column =
    text("Location", "Country of the client in sign-ins, region of the data centre in other logs.")
        .from(&["location"]);
pub(super) const AAD_TENANT_ID: Column =
    text("AADTenantId", "Id of the Entra tenant.").from(&["tenantId", "properties.tenantId"]);
pub(super) const CALLER_IP_ADDRESS: Column =
    text("CallerIpAddress", "IP address that the request came from.")
        .from(&["callerIpAddress", "properties.callerIpAddress"])
        .derives(OF_IP_ADDRESS);
pub(super) const ID: Column = text("Id", "Id of the event; the same when Entra delivers it again.");

// Who: users, applications, resources and their tenants.

pub(super) const USER_ID: Column = text("UserId", "Object id of the user.");
pub(super) const USER_PRINCIPAL_NAME: Column =
    text("UserPrincipalName", "Sign-in name of the user, such as `ada@contoso.com`.");
pub(super) const USER_DISPLAY_NAME: Column = text("UserDisplayName", "Display name of the user.");
pub(super) const USER_TYPE: Column =
    text("UserType", "`member` or `guest`, as the user stands to this tenant.");
pub(super) const APP_ID: Column = text("AppId", "Client id of the application that acts.");
pub(super) const APP_DISPLAY_NAME: Column =
    text("AppDisplayName", "Display name of the application that acts.");
pub(super) const APP_OWNER_TENANT_ID: Column =
    text("AppOwnerTenantId", "Id of the tenant where the application is registered.");
pub(super) const SERVICE_PRINCIPAL_ID: Column =
    text("ServicePrincipalId", "Object id of the service principal that acts.");
pub(super) const SERVICE_PRINCIPAL_NAME: Column =
    text("ServicePrincipalName", "Display name of the service principal that acts.");
pub(super) const SERVICE_PRINCIPAL_CREDENTIAL_KEY_ID: Column = text(
    "ServicePrincipalCredentialKeyId",
    "Key id of the secret or certificate that was presented.",
);
pub(super) const SERVICE_PRINCIPAL_CREDENTIAL_THUMBPRINT: Column = text(
    "ServicePrincipalCredentialThumbprint",
    "Thumbprint of the certificate that was presented.",
);
pub(super) const CLIENT_CREDENTIAL_TYPE: Column = text(
    "ClientCredentialType",
    "How the application proved itself, such as `clientSecret` or `certificate`.",
);
pub(super) const FEDERATED_CREDENTIAL_ID: Column = text(
    "FederatedCredentialId",
    "Id of the federated credential that was used in place of a secret.",
);
pub(super) const SOURCE_APP_CLIENT_ID: Column =
    text("SourceAppClientId", "Client id of the application that the sign-in started from.");
pub(super) const AGENT: Column =
    text("Agent", "Whether an AI agent signed in and of which kind, as JSON.");
pub(super) const RESOURCE_DISPLAY_NAME: Column =
    text("ResourceDisplayName", "Display name of the resource that the token is for.");
// The envelope's `resourceId` is another thing, but a key that no column names counts as the
// property of its name: so it is named, last.
pub(super) const RESOURCE_IDENTITY: Column =
    text("ResourceIdentity", "Application id of the resource that the token is for.")
        .from(&["properties.resourceId"]);
pub(super) const RESOURCE_SERVICE_PRINCIPAL_ID: Column =
    text("ResourceServicePrincipalId", "Object id of the service principal of the resource.");
pub(super) const RESOURCE_TENANT_ID: Column =
    text("ResourceTenantId", "Id of the tenant that the resource is in.");
pub(super) const RESOURCE_OWNER_TENANT_ID: Column = text(
    "ResourceOwnerTenantId",
    "Id of the tenant where the resource's application is registered.",
);
pub(super) const HOME_TENANT_ID: Column =
    text("HomeTenantId", "Id of the tenant that the user's account is in.");
pub(super) const HOME_TENANT_NAME: Column =
    text("HomeTenantName", "Name of the tenant that the user's account is in.");
pub(super) const CROSS_TENANT_ACCESS_TYPE: Column = text(
    "CrossTenantAccessType",
    "How a user of another tenant came in, such as `b2bCollaboration`, or `none`.",
);

// From where: addresses, devices and clients.

pub(super) const IP_ADDRESS: Column = text("IPAddress", "IP address of the client.")
    .from(&["properties.ipAddress", "callerIpAddress"])
    .derives(OF_IP_ADDRESS);
pub(super) const GLOBAL_SECURE_ACCESS_IP_ADDRESS: Column = text(
    "GlobalSecureAccessIpAddress",
    "Address of Global Secure Access that the client came through.",
);
pub(super) const IS_THROUGH_GLOBAL_SECURE_ACCESS: Column =
    boolean("IsThroughGlobalSecureAccess", "Whether the client came through Global Secure Access.");
pub(super) const AUTONOMOUS_SYSTEM_NUMBER: Column =
    text("AutonomousSystemNumber", "Autonomous system that the IP address belongs to.")
        .derives(OF_AUTONOMOUS_SYSTEM_NUMBER);
pub(super) const LOCATION_DETAILS: Column =
    text("LocationDetails", "City, state, country and coordinates of the IP address, as JSON.")
        .from(&["properties.location"])
        .derives(OF_LOCATION_DETAILS);
pub(super) const RISK_LOCATION: Column = Column { name: "Location", ..LOCATION_DETAILS }
    .dynamic()
    .from(&["properties.location", "location"])
    .derives(OF_RISK_LOCATION);
pub(super) const NETWORK_LOCATION_DETAILS: Column =
    text("NetworkLocationDetails", "Named locations that the IP address is in, as JSON.");
pub(super) const USER_AGENT: Column = text("UserAgent", "User agent that the client gave.");
pub(super) const CLIENT_APP_USED: Column =
    text("ClientAppUsed", "Kind of client, such as `Browser` or a legacy protocol like `IMAP4`.")
        .derives(OF_CLIENT_APP_USED);
pub(super) const DEVICE_ID: Column =
    text("DeviceId", "Id of the client's device in the directory.");
pub(super) const DEVICE_DETAIL: Column =
    text("DeviceDetail", "Id, system, browser, compliance and trust type of the device, as JSON.")
        .derives(OF_DEVICE_DETAIL);
pub(super) const DEVICE_OPERATING_SYSTEM: Column =
    text("DeviceOperatingSystem", "Operating system of the client's device.");
pub(super) const DEVICE_OPERATING_SYSTEM_VERSION: Column =
    text("DeviceOperatingSystemVersion", "Version of that operating system.");

// How: the steps of a sign-in.

pub(super) const CREATED_DATE_TIME: Column = time("CreatedDateTime", "When the sign-in was begun.");
pub(super) const IS_INTERACTIVE: Column =
    boolean("IsInteractive", "Whether the user was prompted.");
pub(super) const ALTERNATE_SIGN_IN_NAME: Column =
    text("AlternateSignInName", "Other name that the user signed in by, such as a phone number.");
pub(super) const SIGN_IN_IDENTIFIER_TYPE: Column = text(
    "SignInIdentifierType",
    "Kind of name the user signed in by, such as `userPrincipalName`.",
);
pub(super) const AUTHENTICATION_CONTEXT_CLASS_REFERENCES: Column = text(
    "AuthenticationContextClassReferences",
    "Authentication contexts that were asked for or met, as JSON.",
);
pub(super) const AUTHENTICATION_DETAILS: Column = text(
    "AuthenticationDetails",
    "Every authentication step with its method, time and success, as JSON.",
);
pub(super) const AUTHENTICATION_METHODS_USED: Column =
    text("AuthenticationMethodsUsed", "Authentication methods that were used.");
pub(super) const AUTHENTICATION_PROCESSING_DETAILS: Column = text(
    "AuthenticationProcessingDetails",
    "Facts about the processing, such as the client library, as JSON.",
);
pub(super) const AUTHENTICATION_PROTOCOL: Column = text(
    "AuthenticationProtocol",
    "Protocol or grant, such as `oAuth2`, `deviceCode` or `ropc`; mostly `none`.",
);
pub(super) const AUTHENTICATION_REQUIREMENT: Column = text(
    "AuthenticationRequirement",
    "`singleFactorAuthentication` or `multiFactorAuthentication`.",
);
pub(super) const AUTHENTICATION_REQUIREMENT_POLICIES: Column =
    text("AuthenticationRequirementPolicies", "Policies that asked for a second factor, as JSON.");
pub(super) const AUTHENTICATOR_APP_LOCATION: Column =
    text("AuthenticatorAppLocation", "Where the Authenticator app was when it approved, as JSON.");
pub(super) const APPLIED_EVENT_LISTENERS: Column =
    dynamic("AppliedEventListeners", "Custom extensions that the sign-in called.");
pub(super) const MFA_DETAIL: Column =
    text("MfaDetail", "Method and number of the second factor, as JSON; in older records.");
pub(super) const CONDITIONAL_ACCESS_POLICIES: Column =
    text("ConditionalAccessPolicies", "Conditional Access policies with their results, as JSON.")
        .from(&[
            "properties.appliedConditionalAccessPolicies",
            "properties.conditionalAccessPolicies",
        ]);
pub(super) const CONDITIONAL_ACCESS_STATUS: Column = text(
    "ConditionalAccessStatus",
    "What Conditional Access decided: `success`, `failure` or `notApplied`.",
);
pub(super) const CONDITIONAL_ACCESS_AUDIENCES: Column = text(
    "ConditionalAccessAudiences",
    "Resources for which Conditional Access was evaluated, as JSON.",
);
pub(super) const STATUS: Column =
    text("Status", "Error code, failure reason and further details, as JSON.").derives(OF_STATUS);
pub(super) const PROCESSING_TIME_IN_MS: Column =
    text("ProcessingTimeInMs", "How long Entra worked on the sign-in, in milliseconds.")
        .from(&["properties.processingTimeInMs", "properties.processingTimeInMilliseconds"]);
pub(super) const ORIGINAL_REQUEST_ID: Column =
    text("OriginalRequestId", "Id of the first request of the sign-in.");
pub(super) const ORIGINAL_TRANSFER_METHOD: Column = text(
    "OriginalTransferMethod",
    "How the session was first handed over, such as `deviceCodeFlow`, or `none`.",
);
pub(super) const INCOMING_TOKEN_TYPE: Column =
    text("IncomingTokenType", "Kind of token that was presented, such as `primaryRefreshToken`.");
pub(super) const UNIQUE_TOKEN_IDENTIFIER: Column = text(
    "UniqueTokenIdentifier",
    "Id of the token that was issued: its use elsewhere names it again.",
);
pub(super) const TOKEN_ISSUER_NAME: Column =
    text("TokenIssuerName", "Name of the issuer of the token, such as an AD FS host.");
pub(super) const TOKEN_ISSUER_TYPE: Column = text(
    "TokenIssuerType",
    "Kind of issuer of the token, such as `AzureAD` or `ADFederationServices`.",
);
pub(super) const TOKEN_PROTECTION_STATUS_DETAILS: Column = text(
    "TokenProtectionStatusDetails",
    "Whether the token is bound to the device, and if not why, as JSON.",
);
pub(super) const SESSION_ID: Column =
    text("SessionId", "Id of the session: what is done with tokens of one sign-in shares it.");
pub(super) const SESSION_LIFETIME_POLICIES: Column =
    text("SessionLifetimePolicies", "Policies that limited the session's lifetime, as JSON.");
pub(super) const IS_TENANT_RESTRICTED: Column =
    boolean("IsTenantRestricted", "Whether tenant restrictions applied.");

// Risk.

pub(super) const IS_RISKY: Column = boolean("IsRisky", "Whether the sign-in was found risky.");
pub(super) const RISK_DETAIL: Column =
    text("RiskDetail", "Why the risk is in its state, such as `adminDismissedAllRiskForUser`.");
pub(super) const RISK_LEVEL: Column =
    text("RiskLevel", "`low`, `medium` or `high`; `hidden` without a P2 licence.");
pub(super) const RISK_LEVEL_AGGREGATED: Column = text(
    "RiskLevelAggregated",
    "Risk level with all that is known; `hidden` without a P2 licence.",
);
pub(super) const RISK_LEVEL_DURING_SIGN_IN: Column = text(
    "RiskLevelDuringSignIn",
    "Risk level as it was at the sign-in; `hidden` without a P2 licence.",
);
pub(super) const RISK_STATE: Column = text(
    "RiskState",
    "`atRisk`, `confirmedCompromised`, `remediated`, `dismissed`, `confirmedSafe` or `none`.",
);
pub(super) const RISK_EVENT_TYPES: Column =
    text("RiskEventTypes", "Kinds of risk in the sign-in by their older names, as JSON.");
pub(super) const RISK_EVENT_TYPES_V2: Column =
    text("RiskEventTypes_V2", "Kinds of risk in the sign-in, as JSON.")
        .from(&["properties.riskEventTypes_v2"]);
pub(super) const RISK_EVENT_TYPE: Column =
    text("RiskEventType", "Kind of risk, such as `unfamiliarFeatures`.")
        .from(&["properties.riskEventType", "properties.riskType"]);
pub(super) const RISK_LAST_UPDATED_DATE_TIME: Column =
    time("RiskLastUpdatedDateTime", "When the risk last changed.");
pub(super) const IS_DELETED: Column =
    boolean("IsDeleted", "Whether who is at risk was deleted from the directory.");
pub(super) const IS_PROCESSING: Column =
    boolean("IsProcessing", "Whether the risk is still being worked out.");
pub(super) const ACTIVITY: Column =
    text("Activity", "What was risky: `signin`, `user` or `servicePrincipal`.");
pub(super) const ACTIVITY_DATE_TIME: Column = time("ActivityDateTime", "When it was done.");
pub(super) const ADDITIONAL_INFO: Column =
    dynamic("AdditionalInfo", "Further facts about the detection, as a list of keys and values.");
pub(super) const DETECTED_DATE_TIME: Column =
    time("DetectedDateTime", "When the risk was detected.");
pub(super) const DETECTION_TIMING_TYPE: Column =
    text("DetectionTimingType", "`realtime`, `nearRealtime` or `offline`.");
pub(super) const RISK_IP_ADDRESS: Column =
    text("IpAddress", "IP address of the client that the risk was seen at.")
        .from(&["properties.ipAddress", "callerIpAddress"])
        .derives(OF_IP_ADDRESS);
pub(super) const LAST_UPDATED_DATE_TIME: Column =
    time("LastUpdatedDateTime", "When the detection last changed.");
pub(super) const REQUEST_ID: Column =
    text("RequestId", "Id of the request: of a risky sign-in, or of a call of an API.");
pub(super) const SOURCE: Column =
    text("Source", "What detected the risk, such as `IdentityProtection`.");
pub(super) const AGENT_DISPLAY_NAME: Column =
    text("AgentDisplayName", "Display name of the AI agent.");
pub(super) const IDENTITY_TYPE: Column =
    text("IdentityType", "Kind of identity of the AI agent, such as `agentIdentity`.");

// Changes of the directory.

pub(super) const ADDITIONAL_DETAILS: Column =
    dynamic("AdditionalDetails", "Further facts about the change, as a list of keys and values.");
pub(super) const INITIATED_BY: Column =
    dynamic("InitiatedBy", "The user or application that made the change.")
        .derives(OF_INITIATED_BY);
pub(super) const LOGGED_BY_SERVICE: Column =
    text("LoggedByService", "The service that made the change, such as `Core Directory` or `PIM`.");
pub(super) const RESULT: Column =
    text("Result", "Whether the change was made: `success`, `failure` or `timeout`.");
pub(super) const RESULT_REASON: Column =
    text("ResultReason", "Why the change failed, or a note about it.");
pub(super) const TARGET_RESOURCES: Column =
    dynamic("TargetResources", "What was changed, each with its properties before and after.")
        .derives(OF_TARGET_RESOURCES);
pub(super) const ACTIVITY_DISPLAY_NAME: Column =
    text("ActivityDisplayName", "What was done, as in `OperationName`.");
pub(super) const AAD_OPERATION_TYPE: Column =
    text("AADOperationType", "`Add`, `Update`, `Delete`, `Assign`, `Unassign` or `Other`.")
        .from(&["properties.operationType", "properties.aadOperationType"]);

// Calls of an API.

pub(super) const API_VERSION: Column =
    text("ApiVersion", "Version of the API that was called, such as `v1.0` or `beta`.")
        .from(&["properties.apiVersion", "operationVersion"]);
pub(super) const REQUEST_METHOD: Column = text("RequestMethod", "HTTP method of the call.")
    .from(&["properties.requestMethod", "properties.httpMethod"]);
pub(super) const REQUEST_URI: Column =
    text("RequestUri", "Address that was called, with its query.");
pub(super) const RESPONSE_STATUS_CODE: Column =
    long("ResponseStatusCode", "HTTP status of the answer.").from(&[
        "properties.responseStatusCode",
        "properties.httpStatusCode",
        "resultSignature",
    ]);
pub(super) const RESPONSE_SIZE_BYTES: Column =
    long("ResponseSizeBytes", "Size of the answer in bytes.");
pub(super) const SIGN_IN_ACTIVITY_ID: Column =
    text("SignInActivityId", "The sign-in that the token is from, as its `UniqueTokenIdentifier`.");
pub(super) const TOKEN_ISSUED_AT: Column = time("TokenIssuedAt", "When the token was issued.")
    .from(&["properties.tokenIssuedAt", "properties.issuedAt", "properties.C_Iat"]);
pub(super) const UNIQUE_TOKEN_ID: Column =
    text("UniqueTokenId", "Id of the token, as the `UniqueTokenIdentifier` of its sign-in.");
pub(super) const ROLES: Column =
    text("Roles", "Application permissions in the token, with blanks between them.");
pub(super) const SCOPES: Column =
    text("Scopes", "Delegated permissions in the token, with blanks between them.");
pub(super) const WIDS: Column = text("Wids", "Template ids of the directory roles in the token.");
pub(super) const IDENTITY_PROVIDER: Column = text("IdentityProvider", "Issuer of the token.");

// Traffic of Global Secure Access.

pub(super) const SOURCE_IP: Column =
    text("SourceIp", "IP address that the traffic comes from.").derives(OF_IP_ADDRESS);
pub(super) const DESTINATION_IP: Column =
    text("DestinationIp", "IP address that the traffic goes to.");
pub(super) const SENT_BYTES: Column =
    long("SentBytes", "Bytes from the source to the destination.");
pub(super) const RECEIVED_BYTES: Column =
    long("ReceivedBytes", "Bytes from the destination to the source.");
pub(super) const REMOTE_NETWORK_ID: Column =
    text("RemoteNetworkId", "Id of the remote network (a site with a tunnel).");
pub(super) const DESCRIPTION: Column = text("Description", "What happened, in words.");
