//! `MicrosoftServicePrincipalSignInLogs`: sign-ins of Microsoft's own applications in the tenant.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/microsoftserviceprincipalsigninlogs>.

use super::shared_columns::*;
use super::{Column, Table};

/// Log category `MicrosoftServicePrincipalSignInLogs`.
pub(super) static TABLE: Table = Table {
    name: "MicrosoftServicePrincipalSignInLogs",
    about: "Sign-ins of Microsoft's own applications in the tenant.",
    categories: &["MicrosoftServicePrincipalSignInLogs"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    APP_ID,
    APP_OWNER_TENANT_ID,
    CATEGORY,
    CORRELATION_ID,
    CREATED_DATE_TIME,
    DURATION_MS,
    OPERATION_NAME,
    OPERATION_VERSION,
    RESOURCE_DISPLAY_NAME,
    RESOURCE_GROUP,
    RESOURCE_IDENTITY,
    RESOURCE_OWNER_TENANT_ID,
    RESOURCE_SERVICE_PRINCIPAL_ID,
    RESULT_SIGNATURE,
    SERVICE_PRINCIPAL_CREDENTIAL_KEY_ID,
    SERVICE_PRINCIPAL_CREDENTIAL_THUMBPRINT,
    SERVICE_PRINCIPAL_ID,
    SERVICE_PRINCIPAL_NAME,
    SOURCE_SYSTEM,
    table_type("MicrosoftServicePrincipalSignInLogs"),
    time_generated(&["time", "properties.createdDateTime"]),
    UNIQUE_TOKEN_IDENTIFIER,
    IS_BILLABLE,
    BILLED_SIZE,
];
