//! `AADProvisioningLogs`: accounts and groups that Entra provisioned to other systems.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadprovisioninglogs>.

use super::shared_columns::*;
use super::{Column, Table, text};

/// Log category `ProvisioningLogs`.
pub(super) static TABLE: Table = Table {
    name: "AADProvisioningLogs",
    about: "Accounts and groups that Entra provisioned to other systems.",
    categories: &["ProvisioningLogs"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    AAD_TENANT_ID,
    time_generated(&["time", "properties.activityDateTime"]),
    OPERATION_NAME,
    OPERATION_VERSION,
    CATEGORY,
    RESULT_TYPE,
    RESULT_SIGNATURE,
    RESULT_DESCRIPTION,
    DURATION_MS.from(&["durationMs", "properties.durationInMilliseconds"]),
    CORRELATION_ID,
    text("ChangeId", "Id of this change within its cycle."),
    text("CycleId", "Id of the run of the provisioning job."),
    ID,
    // Here it is who itself, with neither `user` nor `app` in it.
    INITIATED_BY.text().derives(&[]),
    text("JobId", "Id of the provisioning job."),
    text("ModifiedProperties", "What was changed, with values before and after, as JSON."),
    text("ProvisioningSteps", "Every step with its outcome, as JSON."),
    text("ServicePrincipal", "Service principal of the application that is provisioned, as JSON."),
    text("SourceIdentity", "The object as it is where it comes from, as JSON."),
    text("SourceSystem", "The system that the object comes from, as JSON."),
    text("TargetIdentity", "The object as it is where it goes to, as JSON."),
    text("TargetSystem", "The system that the object goes to, as JSON."),
    text(
        "ProvisioningAction",
        "`create`, `update`, `delete`, `disable`, `stagedDelete` or `other`.",
    )
    .from(&["properties.provisioningAction", "properties.action"]),
    text("ProvisioningStatusInfo", "Whether it was done, and if not the error, as JSON."),
    table_type("AADProvisioningLogs"),
    IS_BILLABLE,
    BILLED_SIZE,
];
