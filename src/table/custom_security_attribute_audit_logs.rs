//! `AADCustomSecurityAttributeAuditLogs`: changes to custom security attributes and to who has them.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadcustomsecurityattributeauditlogs>.

use super::shared_columns::*;
use super::{Column, Table};

/// Log category `CustomSecurityAttributeAuditLogs`.
pub(super) static TABLE: Table = Table {
    name: "AADCustomSecurityAttributeAuditLogs",
    about: "Changes to custom security attributes and to who has them.",
    categories: &["CustomSecurityAttributeAuditLogs", "AADCustomSecurityAttributeAuditLogs"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    SOURCE_SYSTEM,
    time_generated(&["time", "properties.activityDateTime"]),
    OPERATION_NAME,
    OPERATION_VERSION,
    RESULT_TYPE,
    RESULT_SIGNATURE,
    RESULT_DESCRIPTION,
    DURATION_MS,
    CORRELATION_ID,
    IDENTITY,
    LEVEL,
    LOCATION,
    ADDITIONAL_DETAILS,
    ID,
    INITIATED_BY,
    LOGGED_BY_SERVICE,
    RESULT,
    RESULT_REASON,
    TARGET_RESOURCES,
    AAD_TENANT_ID,
    ACTIVITY_DISPLAY_NAME,
    ACTIVITY_DATE_TIME,
    AAD_OPERATION_TYPE,
    CALLER_IP_ADDRESS.from(&["callerIpAddress", "properties.ipAddress"]),
    USER_AGENT,
    table_type("AADCustomSecurityAttributeAuditLogs"),
    IS_BILLABLE,
    BILLED_SIZE,
];
