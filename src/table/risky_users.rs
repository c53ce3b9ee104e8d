//! `AADRiskyUsers`: users at risk: a row whenever the risk of a user changes.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadriskyusers>.

use super::shared_columns::*;
use super::{Column, Table, text};

/// Log category `RiskyUsers`.
pub(super) static TABLE: Table = Table {
    name: "AADRiskyUsers",
    about: "Users at risk: a row whenever the risk of a user changes.",
    categories: &["RiskyUsers"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    text("Id", "Object id of the user."),
    IS_DELETED,
    IS_PROCESSING,
    RISK_DETAIL,
    RISK_LAST_UPDATED_DATE_TIME,
    RISK_LEVEL,
    RISK_STATE,
    USER_DISPLAY_NAME,
    USER_PRINCIPAL_NAME,
    time_generated(&["time", "properties.riskLastUpdatedDateTime"]),
    OPERATION_NAME,
    CORRELATION_ID,
    SOURCE_SYSTEM,
    table_type("AADRiskyUsers"),
    IS_BILLABLE,
    BILLED_SIZE,
];
