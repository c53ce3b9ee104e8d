//! `AADB2CRequestLogs`: requests to an Azure AD B2C tenant, throttled ones among them.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadb2crequestlogs>.

use super::shared_columns::*;
use super::{Column, Table};

/// Log category `B2CRequestLogs`.
pub(super) static TABLE: Table = Table {
    name: "AADB2CRequestLogs",
    about: "Requests to an Azure AD B2C tenant, throttled ones among them.",
    categories: &["B2CRequestLogs", "AADB2CRequestLogs"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    AAD_TENANT_ID,
    RESULT_TYPE,
    RESULT_SIGNATURE,
    CALLER_IP_ADDRESS,
    time_generated(&["time", "properties.createdDateTime"]),
    OPERATION_NAME,
    CORRELATION_ID,
    SOURCE_SYSTEM,
    table_type("AADB2CRequestLogs"),
    IS_BILLABLE,
    BILLED_SIZE,
    AZURE_RESOURCE_ID,
    AZURE_SUBSCRIPTION_ID,
];
