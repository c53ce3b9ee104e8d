//! `AADServicePrincipalSignInLogs`: sign-ins of applications with their own secret or certificate.
//!
//! Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadserviceprincipalsigninlogs>.

use super::shared_columns::*;
use super::{Column, Table};

/// Log category `ServicePrincipalSignInLogs`.
pub(super) static TABLE: Table = Table {
    name: "AADServicePrincipalSignInLogs",
    about: "Sign-ins of applications with their own secret or certificate.",
    categories: &["ServicePrincipalSignInLogs"],
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
    APP_ID,
    APP_OWNER_TENANT_ID,
    AUTHENTICATION_CONTEXT_CLASS_REFERENCES,
    AUTONOMOUS_SYSTEM_NUMBER,
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
    UNIQUE_TOKEN_IDENTIFIER,
    AGENT,
    USER_AGENT,
    AAD_TENANT_ID,
    table_type("AADServicePrincipalSignInLogs"),
    IS_BILLABLE,
    BILLED_SIZE,
];
