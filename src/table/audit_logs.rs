//! `AuditLogs`: changes to the directory: users, groups, applications, roles, policies.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/auditlogs>.

use super::{Column, Table, constant, dynamic, long, real, text, time};

/// Log category `AuditLogs`.
pub(super) static TABLE: Table = Table {
    name: "AuditLogs",
    about: "Changes to the directory: users, groups, applications, roles, policies.",
    categories: &["AuditLogs"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    constant("SourceSystem", "Azure AD", ""),
    time("TimeGenerated", "").from(&["time", "properties.activityDateTime"]),
    text("ResourceId", "").from(&["resourceId"]),
    text("OperationName", "").from(&["operationName", "properties.operationName"]),
    text("OperationVersion", "").from(&["operationVersion", "properties.operationVersion"]),
    text("Category", "").from(&["properties.category", "category"]),
    text("ResultType", "").from(&["resultType", "properties.resultType"]),
    text("ResultSignature", "").from(&["resultSignature", "properties.resultSignature"]),
    text("ResultDescription", "").from(&["resultDescription", "properties.resultDescription"]),
    long("DurationMs", "").from(&["durationMs", "properties.durationMs"]),
    text("CorrelationId", "").from(&["correlationId", "properties.correlationId"]),
    constant("Resource", "Microsoft.aadiam", ""),
    constant("ResourceGroup", "Microsoft.aadiam", ""),
    text("ResourceProvider", "").from(&[]),
    text("Identity", "").from(&["identity", "properties.identity"]),
    text("Level", "").from(&["level", "properties.level"]),
    text("Location", "").from(&["location"]),
    dynamic("AdditionalDetails", ""),
    text("Id", ""),
    dynamic("InitiatedBy", ""),
    text("LoggedByService", ""),
    text("Result", ""),
    text("ResultReason", ""),
    dynamic("TargetResources", ""),
    text("AADTenantId", "").from(&["tenantId", "properties.tenantId"]),
    text("ActivityDisplayName", ""),
    time("ActivityDateTime", ""),
    text("AADOperationType", "").from(&["properties.operationType", "properties.aadOperationType"]),
    constant("Type", "AuditLogs", ""),
    text("_IsBillable", "").from(&[]),
    real("_BilledSize", "").from(&[]),
    text("TenantId", "").from(&[]),
];
