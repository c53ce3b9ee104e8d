//! `AuditLogs`: changes to the directory: users, groups, applications, roles, policies.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/auditlogs>.

use super::derived_columns::OF_INITIATED_BY_WITH_ADDRESS;
use super::shared_columns::*;
use super::{Column, Table, text};

/// Log category `AuditLogs`.
pub(super) static TABLE: Table = Table {
    name: "AuditLogs",
    about: "Changes to the directory: users, groups, applications, roles, policies.",
    categories: &["AuditLogs"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    SOURCE_SYSTEM,
    time_generated(&["time", "properties.activityDateTime"]),
    RESOURCE_ID,
    OPERATION_NAME,
    OPERATION_VERSION,
    text("Category", "What kind of object was changed, such as `RoleManagement`.")
        .from(&["properties.category", "category"]),
    RESULT_TYPE,
    RESULT_SIGNATURE,
    RESULT_DESCRIPTION,
    DURATION_MS,
    CORRELATION_ID,
    RESOURCE,
    RESOURCE_GROUP,
    RESOURCE_PROVIDER,
    IDENTITY,
    LEVEL,
    LOCATION,
    ADDITIONAL_DETAILS,
    ID,
    INITIATED_BY.derives(OF_INITIATED_BY_WITH_ADDRESS),
    LOGGED_BY_SERVICE,
    RESULT,
    RESULT_REASON,
    TARGET_RESOURCES,
    AAD_TENANT_ID,
    ACTIVITY_DISPLAY_NAME,
    ACTIVITY_DATE_TIME,
    AAD_OPERATION_TYPE,
    table_type("AuditLogs"),
    IS_BILLABLE,
    BILLED_SIZE,
    TENANT_ID,
];
