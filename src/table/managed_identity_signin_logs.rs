//! `AADManagedIdentitySignInLogs`: sign-ins of Azure resources whose credentials Azure manages.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadmanagedidentitysigninlogs>.

use super::shared_columns::*;
use super::{Column, Table, text};

/// Log category `ManagedIdentitySignInLogs`.
pub(super) static TABLE: Table = Table {
    name: "AADManagedIdentitySignInLogs",
    about: "Sign-ins of Azure resources whose credentials Azure manages.",
    categories: &["ManagedIdentitySignInLogs"],
    columns: COLUMNS,
};

static COLUMNS: &[Column] = &[
    TENANT_ID,
    SOURCE_SYSTEM,
    time_generated(&["time", "properties.createdDateTime"]),
    OPERATION_NAME,
    OPERATION_VERSION,
    CATEGORY,
    APP_SIGN_IN_RESULT_TYPE,
    RESULT_SIGNATURE,
    RESULT_DESCRIPTION,
    DURATION_MS,
    CORRELATION_ID,
    RESOURCE_GROUP,
    IDENTITY,
    LEVEL,
    LOCATION,
    AAD_TENANT_ID,
    AGENT,
    APP_ID,
    APP_OWNER_TENANT_ID,
    AUTHENTICATION_CONTEXT_CLASS_REFERENCES,
    AUTHENTICATION_PROCESSING_DETAILS,
    CLIENT_CREDENTIAL_TYPE,
    CONDITIONAL_ACCESS_AUDIENCES,
    CONDITIONAL_ACCESS_POLICIES,
    CONDITIONAL_ACCESS_STATUS,
    CREATED_DATE_TIME,
    FEDERATED_CREDENTIAL_ID,
    ID,
    IP_ADDRESS,
    LOCATION_DETAILS,
    text(
        "ManagedServiceIdentity",
        "Kind of the managed identity, and its Azure resource where known.",
    )
    .from(&["properties.managedServiceIdentity", "properties.managedIdentityType"]),
    NETWORK_LOCATION_DETAILS,
    RESOURCE_DISPLAY_NAME,
    RESOURCE_IDENTITY,
    RESOURCE_OWNER_TENANT_ID,
    RESOURCE_SERVICE_PRINCIPAL_ID,
    SERVICE_PRINCIPAL_CREDENTIAL_KEY_ID,
    SERVICE_PRINCIPAL_CREDENTIAL_THUMBPRINT,
    SERVICE_PRINCIPAL_ID,
    SERVICE_PRINCIPAL_NAME,
    SESSION_ID,
    SOURCE_APP_CLIENT_ID,
    UNIQUE_TOKEN_IDENTIFIER,
    USER_AGENT,
    table_type("AADManagedIdentitySignInLogs"),
    IS_BILLABLE,
    BILLED_SIZE,
];
