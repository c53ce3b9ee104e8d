//! `AADServicePrincipalRiskEvents`: risks that were detected at a service principal.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadserviceprincipalriskevents>.

use super::shared_columns::*;
use super::{Column, Table, dynamic, text};

/// Log category `ServicePrincipalRiskEvents`.
pub(super) static TABLE: Table = Table {
    name: "AADServicePrincipalRiskEvents",
    about: "Risks that were detected at a service principal.",
    categories: &["ServicePrincipalRiskEvents"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    ACTIVITY,
    ACTIVITY_DATE_TIME,
    ADDITIONAL_INFO,
    APP_ID,
    CORRELATION_ID.from(&["properties.correlationId", "correlationId"]),
    DETECTED_DATE_TIME,
    DETECTION_TIMING_TYPE,
    ID.from(&["properties.id", "correlationId"]),
    RISK_IP_ADDRESS,
    dynamic("KeyIds", "Ids of the keys that the risk is about."),
    LAST_UPDATED_DATE_TIME,
    RISK_LOCATION,
    REQUEST_ID,
    RISK_DETAIL,
    RISK_EVENT_TYPE,
    RISK_LEVEL,
    RISK_STATE,
    text("ServicePrincipalDisplayName", "Display name of the service principal at risk."),
    SERVICE_PRINCIPAL_ID,
    SOURCE,
    TOKEN_ISSUER_TYPE,
    time_generated(&["time", "properties.detectedDateTime", "properties.activityDateTime"]),
    OPERATION_NAME,
    SOURCE_SYSTEM,
    table_type("AADServicePrincipalRiskEvents"),
    IS_BILLABLE,
    BILLED_SIZE,
];
