//! Changes to the directory, and what follows from them in other systems.

use serde_json::{Value, json};

use super::{ADA, ROBOT, TENANT, record};

pub(super) fn audit(category: &str, operation: &str, changed: &str) -> Value {
    record(
        category,
        operation,
        "2026-01-05T10:00:06.1234567Z",
        json!({
            "id": format!("Directory_{category}"),
            "category": changed,
            "correlationId": format!("correlation-of-{category}"),
            "result": "success",
            "resultReason": "",
            "activityDisplayName": operation,
            "activityDateTime": "2026-01-05T10:00:05.7654321+00:00",
            "loggedByService": "Core Directory",
            "operationType": "Assign",
            "initiatedBy": {"user": {"id": ADA, "userPrincipalName": "ada@contoso.com", "roles": []}},
            "targetResources": [{
                "id": ROBOT, "displayName": "Robot", "type": "ServicePrincipal",
                "modifiedProperties": [{
                    "displayName": "Role.DisplayName", "oldValue": null,
                    "newValue": "\"Global Administrator\"",
                }],
            }],
            "additionalDetails": [{"key": "User-Agent", "value": "EvoSTS"}],
        }),
    )
}

pub(super) fn custom_security_attribute_audit() -> Value {
    let mut record = audit(
        "CustomSecurityAttributeAuditLogs",
        "Update attribute values for a user",
        "AttributeManagement",
    );
    record["properties"]["userAgent"] = json!("Mozilla/5.0");
    record["properties"]["operationType"] = json!("Update");
    record
}

pub(super) fn provisioning() -> Value {
    let mut record = record(
        "ProvisioningLogs",
        "Provisioning activity",
        "2026-01-05T10:00:07.1234567Z",
        json!({
            "id": "d6cbb0bd-c3ec-6455-bd3e-4282141ce369",
            "activityDateTime": "2026-01-05T10:00:07.1234567Z",
            "tenantId": TENANT,
            "jobId": "ScimOutDelta.17",
            "cycleId": "cc305635-a28e-4139-a056-42b5102933fe",
            "changeId": "54416401-eef2-461c-8de7-385dde2b3cba",
            "action": "Create",
            "provisioningAction": "create",
            "servicePrincipal": {"Id": ROBOT, "Name": "Drive"},
            "sourceSystem": {"Id": "system-1", "Name": "Azure Active Directory", "details": {}},
            "targetSystem": {"Id": "system-2", "Name": "Drive", "details": {"ApplicationId": "a-17"}},
            "initiatedBy": {"Type": "system", "Id": "", "Name": "Azure AD Provisioning Service"},
            "sourceIdentity": {"identityType": "User", "Id": ADA, "Name": "Ada Lovelace"},
            "targetIdentity": {"identityType": "User", "Id": "drive-17", "Name": "ada"},
            "provisioningStatusInfo": {"Status": "success", "errorInformation": null},
            "statusInfo": {"Status": 0},
            "provisioningSteps": [{"name": "EntryExportAdd", "status": 0, "description": "created"}],
            "modifiedProperties": [{"displayName": "active", "oldValue": null, "newValue": "True"}],
            "durationInMilliseconds": 828,
        }),
    );
    record["resultType"] = json!("Success");
    record["durationMs"] = json!(828);
    record
}
