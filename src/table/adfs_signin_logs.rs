//! `ADFSSignInLogs`: sign-ins at AD FS, as Entra Connect Health reports them.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/adfssigninlogs>.

use super::shared_columns::*;
use super::{Column, Table, text};

/// Log category `ADFSSignInLogs`.
pub(super) static TABLE: Table = Table {
    name: "ADFSSignInLogs",
    about: "Sign-ins at AD FS, as Entra Connect Health reports them.",
    categories: &["ADFSSignInLogs"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    SOURCE_SYSTEM,
    time_generated(&["time", "properties.createdDateTime"]),
    OPERATION_NAME,
    OPERATION_VERSION,
    CATEGORY,
    USER_SIGN_IN_RESULT_TYPE,
    RESULT_SIGNATURE,
    RESULT_DESCRIPTION,
    DURATION_MS,
    CORRELATION_ID,
    RESOURCE_GROUP,
    IDENTITY,
    LEVEL,
    LOCATION,
    ALTERNATE_SIGN_IN_NAME,
    APP_DISPLAY_NAME,
    APP_ID,
    AUTHENTICATION_DETAILS,
    AUTHENTICATION_PROCESSING_DETAILS,
    AUTHENTICATION_REQUIREMENT,
    AUTHENTICATION_REQUIREMENT_POLICIES,
    CONDITIONAL_ACCESS_POLICIES,
    CONDITIONAL_ACCESS_STATUS,
    CREATED_DATE_TIME,
    DEVICE_DETAIL,
    IS_INTERACTIVE,
    ID,
    IP_ADDRESS,
    NETWORK_LOCATION_DETAILS,
    ORIGINAL_REQUEST_ID,
    PROCESSING_TIME_IN_MS,
    RESOURCE_DISPLAY_NAME,
    RESOURCE_IDENTITY,
    RESOURCE_TENANT_ID,
    text("Requirement", "What the sign-in had to meet, in AD FS's words."),
    STATUS,
    TOKEN_ISSUER_NAME,
    TOKEN_ISSUER_TYPE,
    UNIQUE_TOKEN_IDENTIFIER,
    USER_AGENT,
    USER_DISPLAY_NAME,
    USER_ID,
    USER_PRINCIPAL_NAME,
    table_type("ADFSSignInLogs"),
    IS_BILLABLE,
    BILLED_SIZE,
];
