//! Tables that entralog fills itself: alerts, the ledgers of rules and deliveries, role snapshots
//! and dead letters with their replays; what of the hubs has no row at all, and what is told apart by hashes.

use super::{Column, Table, binary, boolean, dynamic, long, real, text, time};

/// What could not be decoded or placed: the bytes, the reason, and the delivery they came with.
///
/// Its `txn` of a source is also that source's position: it is written last in every flush.
pub static DEAD_LETTERS: Table = own(
    "DeadLetters",
    "Bytes that could not be decoded or placed, with the reason.",
    &[
        time("TimeGenerated", "When entralog took it in."),
        text("Reason", "Why it has no row, as one word such as `invalid_json`."),
        text("Detail", "Where it was and what is wrong, in words."),
        text("Category", "The record's `category`, when it could be read."),
        binary("Body", "The bytes as they came."),
        text("_Source", "The delivery that brought it: `<source>@<position>#<index in the body>`."),
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

/// Sequence numbers that have no row anywhere, a row a range; see [`crate::ingest::SequenceGap`].
pub static SEQUENCE_GAPS: Table = own(
    "SequenceGaps",
    "Sequence numbers of hubs that have no row in any table, with the reason.",
    &[
        time("TimeGenerated", "When it was noticed."),
        text("Source", "The partition: `<namespace>/<hub>/<partition>`."),
        long("FirstSequenceNumber", "The first of them."),
        long("LastSequenceNumber", "The last of them."),
        text(
            "Reason",
            "`removed_by_retention`, `before_first_read`, `no_records` or `duplicates`.",
        ),
    ],
);

/// The hashes of records that came last, a row a message; see [`crate::ingest::Deduplication`].
pub static RECORD_HASHES: Table = own(
    "RecordHashes",
    "Hashes of the records that hubs have brought lately: one that comes again is stored once.",
    &[
        time("TimeGenerated", "When the message was taken in, or shortly after."),
        text("Ingester", "The run that took it in."),
        text("Source", "The partition: `<namespace>/<hub>/<partition>`."),
        long("SequenceNumber", "The message."),
        long("Records", "Records in it that had not come before."),
        long("Duplicates", "Records in it that had, and were not stored."),
        binary(
            "Hashes",
            "The XXH3 of each new record, one after the other, 16 bytes each, the lowest first.",
        ),
    ],
);

/// Alerts, under Log Analytics' names; one row an alert.
///
/// Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/securityalert>.
pub static SECURITY_ALERT: Table = own(
    "SecurityAlert",
    "What a finding of a rule became, once.",
    &[
        time("TimeGenerated", "When the alert was raised."),
        text("DisplayName", "Name of the rule."),
        text("AlertName", "Name of the rule."),
        text("AlertSeverity", "`Informational`, `Low`, `Medium` or `High`."),
        text("Description", "What the rule says that it finds."),
        text("ProviderName", "Always `entralog`."),
        text("VendorName", "Always `entralog`."),
        text("VendorOriginalId", "Id of the rule."),
        text("SystemAlertId", "Id of the alert: the same for the same rule, entities and slice."),
        text("ResourceId", "Not filled.").from(&[]),
        text("SourceComputerId", "Not filled.").from(&[]),
        text("AlertType", "Id of the rule."),
        text("ConfidenceLevel", "Not filled.").from(&[]),
        real("ConfidenceScore", "Not filled.").from(&[]),
        boolean("IsIncident", "Not filled.").from(&[]),
        time("StartTime", "When what was found began."),
        time("EndTime", "When what was found ended."),
        time("ProcessingEndTime", "When the alert was raised."),
        text("RemediationSteps", "Not filled.").from(&[]),
        text("ExtendedProperties", "The custom details of the rule, as a JSON object."),
        text("Entities", "Who and what is concerned, in Sentinel's form, as a JSON array."),
        text("WorkspaceSubscriptionId", "Not filled.").from(&[]),
        text("WorkspaceResourceGroup", "Not filled.").from(&[]),
        text("ExtendedLinks", "Not filled.").from(&[]),
        text("ProductName", "Always `entralog`."),
        text("ProductComponentName", "Not filled.").from(&[]),
        text("AlertLink", "Not filled.").from(&[]),
        text("Status", "Always `New`."),
        text("CompromisedEntity", "The first entity."),
        text("Tactics", "ATT&CK tactics of the rule, with commas between them."),
        text("Techniques", "ATT&CK techniques of the rule, with commas between them."),
        text("SubTechniques", "Not filled.").from(&[]),
        text("Type", "Name of the table."),
        text("_IsBillable", "Not filled.").from(&[]),
        real("_BilledSize", "Not filled.").from(&[]),
        text("_RuleId", "Id of the rule."),
        text("_RuleVersion", "Version of the rule that found it."),
    ],
);

/// What each rule has evaluated, a row a slice and evaluation.
pub static RULE_RUNS: Table = own(
    "RuleRuns",
    "The ledger of rules: each evaluated slice and its outcome.",
    &[
        time("TimeGenerated", "When the evaluation ran."),
        text("RuleId", "Id of the rule."),
        text("RuleVersion", "Version of the rule."),
        time("SliceStart", "Where the evaluated slice begins."),
        time("SliceEnd", "Where the evaluated slice ends."),
        time(
            "WindowStart",
            "Where the time that the query looked at begins; it ends with the slice.",
        ),
        text("Outcome", "`open`, `succeeded` or `failed`."),
        long("Findings", "Findings of the slice."),
        long("AlertsRaised", "Alerts that were not there before."),
        long(
            "Suppressed",
            "Findings that raised nothing because the same was found shortly before.",
        ),
        long("DurationMs", "How long the evaluation took, in milliseconds."),
        text("Error", "Why it failed."),
        dynamic("TableVersions", "Versions of the tables that it saw, by name."),
    ],
);

/// Attempts to deliver alerts, a row an attempt.
pub static ALERT_DELIVERIES: Table = own(
    "AlertDeliveries",
    "Attempts to deliver an alert to a destination.",
    &[
        time("TimeGenerated", "When the attempt ended."),
        text("SystemAlertId", "Id of the alert."),
        text("Destination", "Name of the destination."),
        long("Attempt", "Number of the attempt, from 1."),
        text("Outcome", "`delivered`, `failed` or `dead`."),
        long("StatusCode", "HTTP status of the answer."),
        text("Error", "Why it failed."),
        time("NextAttempt", "Not before when it is tried again."),
        text("IdempotencyKey", "What a receiver can tell repeated attempts by: the alert's id."),
        long("DurationMs", "How long the attempt took, in milliseconds."),
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
    time("TimeGenerated", "When the snapshot was taken."),
    text("Id", "Id of the assignment."),
    text("PrincipalId", "Object id of who has the role."),
    text("PrincipalType", "`user`, `group` or `servicePrincipal`."),
    text("PrincipalDisplayName", "Display name of who has the role."),
    text("UserPrincipalName", "Sign-in name of who has the role, when a user."),
    text("RoleDefinitionId", "Id of the role."),
    text("RoleTemplateId", "Id of the role's template, the same in every tenant."),
    text("RoleDisplayName", "Name of the role, such as `Global Administrator`."),
    text("DirectoryScopeId", "Where the role holds: `/` is the whole directory."),
    text(
        "AssignmentType",
        "`Assigned`, or `Activated` of an eligible one; of active assignments only.",
    ),
    text("MemberType", "`Direct`, `Group` or `Inherited`."),
    time("StartDateTime", "When the assignment begins."),
    time("EndDateTime", "When the assignment ends; null for never."),
    text("_Source", "The file that brought it, with its version."),
];

/// Every table of this file.
pub(super) static TABLES: &[&Table] = &[
    &DEAD_LETTERS,
    &DEAD_LETTER_REPLAYS,
    &SEQUENCE_GAPS,
    &RECORD_HASHES,
    &SECURITY_ALERT,
    &RULE_RUNS,
    &ALERT_DELIVERIES,
    &ROLE_ASSIGNMENTS,
    &ROLE_ELIGIBILITY,
];

const fn own(name: &'static str, about: &'static str, columns: &'static [Column]) -> Table {
    Table { name, about, categories: &[], columns }
}
