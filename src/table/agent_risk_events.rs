//! `AADAgentRiskEvents`: risks that were detected at an AI agent.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadagentriskevents>.

use super::shared_columns::*;
use super::{Column, Table, text, time};

/// Log category `AgentRiskEvents`.
pub(super) static TABLE: Table = Table {
    name: "AADAgentRiskEvents",
    about: "Risks that were detected at an AI agent.",
    categories: &["AgentRiskEvents", "AADAgentRiskEvents"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    ACTIVITY_DATE_TIME,
    ADDITIONAL_INFO.text(),
    AGENT_DISPLAY_NAME,
    text("AgentId", "Object id of the AI agent."),
    DETECTED_DATE_TIME,
    DETECTION_TIMING_TYPE,
    ID.from(&["properties.id", "correlationId"]),
    IDENTITY_TYPE,
    time("LastModifiedDateTime", "When the detection last changed."),
    RISK_DETAIL,
    RISK_EVENT_TYPE,
    text("RiskEvidence", "What the detection rests on, in words."),
    RISK_LEVEL,
    RISK_STATE,
    time_generated(&["time", "properties.detectedDateTime", "properties.activityDateTime"]),
    OPERATION_NAME,
    CORRELATION_ID.from(&["properties.correlationId", "correlationId"]),
    SOURCE_SYSTEM,
    table_type("AADAgentRiskEvents"),
    IS_BILLABLE,
    BILLED_SIZE,
];
