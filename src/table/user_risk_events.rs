//! `AADUserRiskEvents`: risks that were detected at a user or a sign-in.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/aaduserriskevents>.

use super::shared_columns::*;
use super::{Column, Table};

/// Log category `UserRiskEvents`.
pub(super) static TABLE: Table = Table {
    name: "AADUserRiskEvents",
    about: "Risks that were detected at a user or a sign-in.",
    categories: &["UserRiskEvents"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    ACTIVITY,
    ACTIVITY_DATE_TIME,
    ADDITIONAL_INFO,
    CORRELATION_ID.from(&["properties.correlationId", "correlationId"]),
    DETECTED_DATE_TIME,
    DETECTION_TIMING_TYPE,
    ID.from(&["properties.id", "correlationId"]),
    RISK_IP_ADDRESS,
    LAST_UPDATED_DATE_TIME,
    RISK_LOCATION,
    REQUEST_ID,
    RISK_DETAIL,
    RISK_EVENT_TYPE,
    RISK_LEVEL,
    RISK_STATE,
    SOURCE,
    TOKEN_ISSUER_TYPE,
    USER_DISPLAY_NAME,
    USER_ID,
    USER_PRINCIPAL_NAME,
    time_generated(&["time", "properties.detectedDateTime", "properties.activityDateTime"]),
    OPERATION_NAME,
    SOURCE_SYSTEM,
    table_type("AADUserRiskEvents"),
    IS_BILLABLE,
    BILLED_SIZE,
];
