//! One record of each log category, as Entra's diagnostic settings write them into an event hub,
//! with every property that is known of the category. Who and what is in them is made up.

mod calls;
mod changes;
mod risks;
mod sign_ins;
mod traffic;

use serde_json::{Map, Value, json};

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const ADA: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const ROBOT: &str = "bbbbbbbb-0000-4000-8000-000000000002";

/// The record of a category: what all have at the top, and these properties.
fn record(category: &str, operation: &str, time: &str, properties: Value) -> Value {
    let mut record = json!({
        "time": time,
        "resourceId": format!("/tenants/{TENANT}/providers/Microsoft.aadiam"),
        "operationName": operation,
        "operationVersion": "1.0",
        "category": category,
        "tenantId": TENANT,
        "resultType": "0",
        "resultSignature": "None",
        "durationMs": 0,
        "callerIpAddress": "198.51.100.7",
        "correlationId": format!("correlation-of-{category}"),
        "identity": "Ada Lovelace",
        "Level": 4,
        "location": "DE",
    });
    record["properties"] = properties;
    record
}

/// Several JSON objects in one.
fn all_of(objects: impl IntoIterator<Item = Value>) -> Value {
    let mut all = Map::new();
    for object in objects {
        if let Value::Object(object) = object {
            all.extend(object);
        }
    }
    Value::Object(all)
}

/// One record of each category.
pub(crate) fn one_of_each() -> Vec<Value> {
    vec![
        sign_ins::sign_in(),
        sign_ins::non_interactive_user_sign_in(),
        sign_ins::service_principal_sign_in(),
        sign_ins::managed_identity_sign_in(),
        sign_ins::microsoft_service_principal_sign_in(),
        sign_ins::adfs_sign_in(),
        changes::audit("AuditLogs", "Add member to role", "RoleManagement"),
        changes::custom_security_attribute_audit(),
        changes::provisioning(),
        risks::risky_user(),
        risks::user_risk_event(),
        risks::risky_service_principal(),
        risks::service_principal_risk_event(),
        risks::risky_agent(),
        risks::agent_risk_event(),
        calls::microsoft_graph_activity(),
        calls::aad_graph_activity(),
        traffic::network_access_traffic(),
        traffic::remote_network_health(),
        traffic::enriched_office_365_audit(),
        calls::b2c_request(),
    ]
}

/// Records as Entra writes them, one a line: `properties` come last.
pub(crate) fn written(records: &[Value]) -> String {
    let line = |record: &Value| {
        let mut top = record.clone();
        let properties = top.as_object_mut().and_then(|top| top.remove("properties"));
        let (top, properties) = (top.to_string(), properties.unwrap_or_default());
        format!("{},\"properties\":{properties}}}\n", top.trim_end_matches('}'))
    };
    records.iter().map(line).collect()
}
