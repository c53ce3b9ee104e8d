//! `MicrosoftGraphActivityLogs`: calls of Microsoft Graph: who asked for what, with which permissions.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/microsoftgraphactivitylogs>.

use super::shared_columns::*;
use super::{Column, Table, long, text};

/// Log category `MicrosoftGraphActivityLogs`.
pub(super) static TABLE: Table = Table {
    name: "MicrosoftGraphActivityLogs",
    about: "Calls of Microsoft Graph: who asked for what, with which permissions.",
    categories: &["MicrosoftGraphActivityLogs"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    time_generated(&["time", "properties.timeGenerated"]),
    LOCATION.from(&["location", "properties.location"]),
    REQUEST_ID,
    text("OperationId", "Id of a batch of calls; of a single call its own.")
        .from(&["properties.operationId", "correlationId"]),
    text("ClientRequestId", "Id that the client gave the call."),
    API_VERSION,
    REQUEST_METHOD,
    RESPONSE_STATUS_CODE,
    Column { name: "AadTenantId", ..AAD_TENANT_ID },
    IP_ADDRESS,
    USER_AGENT,
    REQUEST_URI,
    DURATION_MS.from(&["properties.durationMs", "durationMs"]),
    RESPONSE_SIZE_BYTES,
    SIGN_IN_ACTIVITY_ID,
    ROLES,
    SESSION_ID.from(&["properties.sessionId", "properties.C_Sid"]),
    DEVICE_ID.from(&["properties.deviceId", "properties.C_DeviceId"]),
    UNIQUE_TOKEN_ID,
    TOKEN_ISSUED_AT,
    APP_ID,
    USER_ID,
    SERVICE_PRINCIPAL_ID,
    SCOPES,
    IDENTITY_PROVIDER,
    long(
        "ClientAuthMethod",
        "How the application proved itself: 0 not at all, 1 secret, 2 certificate.",
    ),
    WIDS,
    text("ATContent", "Kept by Microsoft for later use."),
    text("ATContentH", "Kept by Microsoft for later use."),
    text("ATContentP", "Kept by Microsoft for later use."),
    SOURCE_SYSTEM,
    table_type("MicrosoftGraphActivityLogs"),
    IS_BILLABLE,
    BILLED_SIZE,
];
