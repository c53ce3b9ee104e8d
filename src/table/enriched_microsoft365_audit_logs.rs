//! `EnrichedMicrosoft365AuditLogs`: activity in Microsoft 365 with the device and address behind Global Secure Access.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/enrichedmicrosoft365auditlogs>.

use super::derived_columns::OF_IP_ADDRESS;
use super::shared_columns::*;
use super::{Column, Table, dynamic, long, text};

/// Log category `EnrichedOffice365AuditLogs`.
pub(super) static TABLE: Table = Table {
    name: "EnrichedMicrosoft365AuditLogs",
    about: "Activity in Microsoft 365 with the device and address behind Global Secure Access.",
    categories: &["EnrichedOffice365AuditLogs", "EnrichedMicrosoft365AuditLogs"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    time_generated(&["time", "properties.creationTime", "properties.createdDateTime"]),
    ID,
    long("RecordType", "Number of the kind of record in the Microsoft 365 audit schema."),
    text("Operation", "What was done, such as `FileDownloaded`."),
    text("OrganizationId", "Id of the organisation's tenant."),
    text("UserType", "Kind of user by the Microsoft 365 audit schema."),
    text("ActorUserType", "Kind of user that acted."),
    text("UserKey", "Other id of the user, such as the Passport id."),
    text("Workload", "The service it was done in, such as `SharePoint`."),
    text("ResultStatus", "Whether it was done."),
    text("ObjectId", "What it was done to, such as the URL of a file."),
    text("UserId", "Sign-in name of the user that acted."),
    text("ClientIp", "IP address that the service saw.")
        .from(&["properties.clientIp", "callerIpAddress"])
        .derives(OF_IP_ADDRESS),
    UNIQUE_TOKEN_ID,
    DEVICE_ID,
    DEVICE_OPERATING_SYSTEM,
    DEVICE_OPERATING_SYSTEM_VERSION,
    text("SourceIp", "IP address of the client before Global Secure Access."),
    dynamic("AdditionalProperties", "What else the audit record holds."),
    SOURCE_SYSTEM,
    table_type("EnrichedMicrosoft365AuditLogs"),
    IS_BILLABLE,
    BILLED_SIZE,
];
