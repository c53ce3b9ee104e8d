//! `AuditLogs`: changes to the directory: users, groups, applications, roles, policies.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/auditlogs>.

use super::{Column, Table, constant, dynamic, long, real, text, time};

/// Log category `AuditLogs`.
pub(super) static TABLE: Table = Table {
    name: "AuditLogs",
    about: "Changes to the directory: users, groups, applications, roles, policies.",
    category: Some("AuditLogs"),
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    constant("SourceSystem", "Azure AD"),
    time("TimeGenerated", &["time", "properties.activityDateTime"]),
    text("ResourceId", &["resourceId"]),
    text("OperationName", &["operationName", "properties.operationName"]),
    text("OperationVersion", &["operationVersion", "properties.operationVersion"]),
    text("Category", &["properties.category", "category"]),
    text("ResultType", &["resultType", "properties.resultType"]),
    text("ResultSignature", &["resultSignature", "properties.resultSignature"]),
    text("ResultDescription", &["resultDescription", "properties.resultDescription"]),
    long("DurationMs", &["durationMs", "properties.durationMs"]),
    text("CorrelationId", &["correlationId", "properties.correlationId"]),
    constant("Resource", "Microsoft.aadiam"),
    constant("ResourceGroup", "Microsoft.aadiam"),
    text("ResourceProvider", &[]),
    text("Identity", &["identity", "properties.identity"]),
    text("Level", &["level", "properties.level"]),
    text("Location", &["location"]),
    dynamic("AdditionalDetails", &["properties.additionalDetails"]),
    text("Id", &["properties.id"]),
    dynamic("InitiatedBy", &["properties.initiatedBy"]),
    text("LoggedByService", &["properties.loggedByService"]),
    text("Result", &["properties.result"]),
    text("ResultReason", &["properties.resultReason"]),
    dynamic("TargetResources", &["properties.targetResources"]),
    text("AADTenantId", &["tenantId", "properties.tenantId"]),
    text("ActivityDisplayName", &["properties.activityDisplayName"]),
    time("ActivityDateTime", &["properties.activityDateTime"]),
    text("AADOperationType", &["properties.operationType", "properties.aadOperationType"]),
    constant("Type", "AuditLogs"),
    text("_IsBillable", &[]),
    real("_BilledSize", &[]),
    text("TenantId", &[]),
];
