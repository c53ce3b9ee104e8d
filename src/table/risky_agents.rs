//! `AADRiskyAgents`: AI agents at risk: a row whenever the risk of an agent changes.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadriskyagents>.

use super::shared_columns::*;
use super::{Column, Table, boolean, text, time};

/// Log category `RiskyAgents`.
pub(super) static TABLE: Table = Table {
    name: "AADRiskyAgents",
    about: "AI agents at risk: a row whenever the risk of an agent changes.",
    categories: &["RiskyAgents", "AADRiskyAgents"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    AGENT_DISPLAY_NAME,
    text("Id", "Object id of the AI agent."),
    IDENTITY_TYPE,
    IS_DELETED,
    boolean("IsEnabled", "Whether the AI agent may sign in."),
    IS_PROCESSING,
    RISK_DETAIL,
    time("RiskLastModifiedDateTime", "When the risk last changed."),
    RISK_LEVEL,
    RISK_STATE,
    time_generated(&["time", "properties.riskLastModifiedDateTime"]),
    OPERATION_NAME,
    CORRELATION_ID,
    SOURCE_SYSTEM,
    table_type("AADRiskyAgents"),
    IS_BILLABLE,
    BILLED_SIZE,
];
