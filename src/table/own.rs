//! Tables that entralog fills itself: alerts, the ledgers of rules and deliveries, role snapshots
//! and dead letters with their replays.

use super::{Column, Table, binary, boolean, dynamic, long, real, text, time};

/// What could not be decoded or placed: the bytes, the reason, and the delivery they came with.
///
/// Its `txn` of a source is also that source's position: it is written last in every flush.
pub static DEAD_LETTERS: Table = own(
    "DeadLetters",
    "Bytes that could not be decoded or placed, with the reason.",
    &[
        time("TimeGenerated", ""),
        text("Reason", ""),
        text("Detail", ""),
        text("Category", ""),
        binary("Body", ""),
        text("_Source", ""),
    ],
);

/// What became of dead letters that could be decoded later, a row a record; see [`crate::replay`].
pub static DEAD_LETTER_REPLAYS: Table = own(
    "DeadLetterReplays",
    "Dead letters that were decoded later: each record, and the table that it went to.",
    &[
        time("TimeGenerated", "When the replay was."),
        long("Batch", "The commit of the replay, counted from 1."),
        time("DeadLetterTime", "`TimeGenerated` of the dead letter."),
        text("DeadLetterSource", "`_Source` of the dead letter."),
        text("TargetTable", "The table that the record went to; null when there was no record."),
        text("_Source", "`_Source` of the record's row there."),
    ],
);

/// Alerts, under Log Analytics' names; one row an alert.
///
/// Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/securityalert>.
pub static SECURITY_ALERT: Table = own(
    "SecurityAlert",
    "What a finding of a rule became, once.",
    &[
        time("TimeGenerated", ""),
        text("DisplayName", ""),
        text("AlertName", ""),
        text("AlertSeverity", ""),
        text("Description", ""),
        text("ProviderName", ""),
        text("VendorName", ""),
        text("VendorOriginalId", ""),
        text("SystemAlertId", ""),
        text("ResourceId", ""),
        text("SourceComputerId", ""),
        text("AlertType", ""),
        text("ConfidenceLevel", ""),
        real("ConfidenceScore", ""),
        boolean("IsIncident", ""),
        time("StartTime", ""),
        time("EndTime", ""),
        time("ProcessingEndTime", ""),
        text("RemediationSteps", ""),
        text("ExtendedProperties", ""),
        text("Entities", ""),
        text("WorkspaceSubscriptionId", ""),
        text("WorkspaceResourceGroup", ""),
        text("ExtendedLinks", ""),
        text("ProductName", ""),
        text("ProductComponentName", ""),
        text("AlertLink", ""),
        text("Status", ""),
        text("CompromisedEntity", ""),
        text("Tactics", ""),
        text("Techniques", ""),
        text("SubTechniques", ""),
        text("Type", ""),
        text("_IsBillable", ""),
        real("_BilledSize", ""),
        text("_RuleId", ""),
        text("_RuleVersion", ""),
    ],
);

/// What each rule has evaluated, a row a slice and evaluation.
pub static RULE_RUNS: Table = own(
    "RuleRuns",
    "The ledger of rules: each evaluated slice and its outcome.",
    &[
        time("TimeGenerated", ""),
        text("RuleId", ""),
        text("RuleVersion", ""),
        time("SliceStart", ""),
        time("SliceEnd", ""),
        time("WindowStart", ""),
        text("Outcome", ""),
        long("Findings", ""),
        long("AlertsRaised", ""),
        long("Suppressed", ""),
        long("DurationMs", ""),
        text("Error", ""),
        dynamic("TableVersions", ""),
    ],
);

/// Attempts to deliver alerts, a row an attempt.
pub static ALERT_DELIVERIES: Table = own(
    "AlertDeliveries",
    "Attempts to deliver an alert to a destination.",
    &[
        time("TimeGenerated", ""),
        text("SystemAlertId", ""),
        text("Destination", ""),
        long("Attempt", ""),
        text("Outcome", ""),
        long("StatusCode", ""),
        text("Error", ""),
        time("NextAttempt", ""),
        text("IdempotencyKey", ""),
        long("DurationMs", ""),
    ],
);

/// Active directory role assignments, a row an assignment and snapshot.
///
/// Fields: <https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentscheduleinstance>.
pub static ROLE_ASSIGNMENTS: Table = own(
    "RoleAssignments",
    "Active role assignments as Microsoft Graph listed them, a row an assignment and snapshot.",
    ROLE_COLUMNS,
);

/// Eligible directory role assignments, a row an assignment and snapshot.
///
/// Fields: <https://learn.microsoft.com/graph/api/resources/unifiedroleeligibilityscheduleinstance>.
pub static ROLE_ELIGIBILITY: Table = own(
    "RoleEligibility",
    "Eligible role assignments as Microsoft Graph listed them, a row an assignment and snapshot.",
    ROLE_COLUMNS,
);

const ROLE_COLUMNS: &[Column] = &[
    time("TimeGenerated", ""),
    text("Id", ""),
    text("PrincipalId", ""),
    text("PrincipalType", ""),
    text("PrincipalDisplayName", ""),
    text("UserPrincipalName", ""),
    text("RoleDefinitionId", ""),
    text("RoleTemplateId", ""),
    text("RoleDisplayName", ""),
    text("DirectoryScopeId", ""),
    text("AssignmentType", ""),
    text("MemberType", ""),
    time("StartDateTime", ""),
    time("EndDateTime", ""),
    text("_Source", ""),
];

/// Every table of this file.
pub(super) static TABLES: &[&Table] = &[
    &DEAD_LETTERS,
    &DEAD_LETTER_REPLAYS,
    &SECURITY_ALERT,
    &RULE_RUNS,
    &ALERT_DELIVERIES,
    &ROLE_ASSIGNMENTS,
    &ROLE_ELIGIBILITY,
];

const fn own(name: &'static str, about: &'static str, columns: &'static [Column]) -> Table {
    Table { name, about, categories: &[], columns }
}
