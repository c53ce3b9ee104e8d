//! `AADRiskyServicePrincipals`: service principals at risk: a row whenever the risk of one changes.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadriskyserviceprincipals>.

use super::shared_columns::*;
use super::{Column, Table, boolean, text};

/// Log category `RiskyServicePrincipals`.
pub(super) static TABLE: Table = Table {
    name: "AADRiskyServicePrincipals",
    about: "Service principals at risk: a row whenever the risk of one changes.",
    categories: &["RiskyServicePrincipals"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    boolean("AccountEnabled", "Whether the service principal may sign in."),
    APP_ID,
    text("DisplayName", "Display name of the service principal."),
    text("Id", "Object id of the service principal."),
    IS_PROCESSING,
    RISK_DETAIL,
    RISK_LAST_UPDATED_DATE_TIME,
    RISK_LEVEL,
    RISK_STATE,
    text("ServicePrincipalType", "`Application`, `ManagedIdentity`, `Legacy` or `SocialIdp`."),
    time_generated(&["time", "properties.riskLastUpdatedDateTime"]),
    OPERATION_NAME,
    CORRELATION_ID,
    SOURCE_SYSTEM,
    table_type("AADRiskyServicePrincipals"),
    IS_BILLABLE,
    BILLED_SIZE,
];
