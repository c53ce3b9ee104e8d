//! `AADGraphActivityLogs`: calls of Azure AD Graph, the predecessor of Microsoft Graph.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadgraphactivitylogs>.

use super::shared_columns::*;
use super::{Column, Table, text, time};

/// Log category `AzureADGraphActivityLogs`.
pub(super) static TABLE: Table = Table {
    name: "AADGraphActivityLogs",
    about: "Calls of Azure AD Graph, the predecessor of Microsoft Graph.",
    categories: &["AzureADGraphActivityLogs", "AADGraphActivityLogs"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    time_generated(&["time", "properties.timeGenerated"]),
    time("TimeRequested", "When the call came in.")
        .from(&["properties.timeRequested", "properties.timeGenerated"]),
    LOCATION.from(&["location", "properties.location"]),
    REQUEST_ID,
    AAD_TENANT_ID,
    OPERATION_NAME,
    API_VERSION,
    CATEGORY,
    RESULT_SIGNATURE,
    DURATION_MS.from(&["properties.durationMs", "durationMs"]),
    LEVEL,
    REQUEST_METHOD,
    RESPONSE_STATUS_CODE.from(&["properties.responseStatusCode", "properties.httpStatusCode"]),
    RESPONSE_SIZE_BYTES,
    SIGN_IN_ACTIVITY_ID,
    ROLES,
    TOKEN_ISSUED_AT,
    text("ActorType", "`User` or `Application`."),
    APP_ID,
    USER_ID,
    SERVICE_PRINCIPAL_ID,
    SCOPES,
    IDENTITY_PROVIDER,
    text(
        "ClientAuthMethod",
        "How the application proved itself: 0 not at all, 1 secret, 2 certificate.",
    ),
    WIDS,
    CALLER_IP_ADDRESS.from(&["properties.callerIpAddress", "callerIpAddress"]),
    USER_AGENT,
    REQUEST_URI,
    SESSION_ID,
    DEVICE_ID,
    SOURCE_SYSTEM,
    table_type("AADGraphActivityLogs"),
    IS_BILLABLE,
    BILLED_SIZE,
    AZURE_RESOURCE_ID,
    AZURE_SUBSCRIPTION_ID,
];
