//! An alert: a row of `SecurityAlert` under Log Analytics' names.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::detect::{AggregationKind, Entity, Finding, Rule, Slice};

/// What `ProviderName`, `VendorName` and `ProductName` say.
const PRODUCT: &str = "entralog";

/// A row of `SecurityAlert`; columns that we do not fill are null.
///
/// Columns: <https://learn.microsoft.com/azure/azure-monitor/reference/tables/securityalert>.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alert {
    /// When the alert was raised.
    pub time_generated: DateTime<Utc>,
    /// The rule's name.
    pub display_name: String,
    /// The rule's name.
    pub alert_name: String,
    /// `Informational`, `Low`, `Medium` or `High`.
    pub alert_severity: String,
    /// The rule's description.
    pub description: String,
    /// `entralog`.
    pub provider_name: String,
    /// `entralog`.
    pub vendor_name: String,
    /// The rule's id.
    pub vendor_original_id: String,
    /// See [`alert_id`].
    pub system_alert_id: String,
    /// The rule's id.
    pub alert_type: String,
    /// When what was found began.
    pub start_time: DateTime<Utc>,
    /// When it ended.
    pub end_time: DateTime<Utc>,
    /// When the alert was raised.
    pub processing_end_time: DateTime<Utc>,
    /// The rule's custom details, as a JSON object.
    pub extended_properties: String,
    /// Entities in Sentinel's form, as a JSON array.
    pub entities: String,
    /// `entralog`.
    pub product_name: String,
    /// `New`.
    pub status: String,
    /// The first entity.
    pub compromised_entity: Option<String>,
    /// ATT&CK tactics, with commas.
    pub tactics: String,
    /// ATT&CK techniques, with commas.
    pub techniques: String,
    /// `SecurityAlert`.
    pub r#type: String,
    /// The rule's id.
    #[serde(rename = "_RuleId")]
    pub rule_id: String,
    /// The rule's version.
    #[serde(rename = "_RuleVersion")]
    pub rule_version: String,
}

/// The id of an alert: a hash of rule, entities and slice, in the form of a UUID.
#[must_use]
pub fn alert_id(rule_id: &str, entities: &[Entity], slice: Slice) -> String {
    let mut sorted: Vec<_> = entities.to_vec();
    sorted.sort();
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        // Lengths keep ("ab", "c") and ("a", "bc") apart.
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    part(rule_id);
    part(&slice.start.to_rfc3339());
    part(&slice.end.to_rfc3339());
    for entity in &sorted {
        part(&entity.kind);
        for (identifier, value) in &entity.identifiers {
            part(identifier);
            part(value);
        }
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// The alerts of a slice's findings: one each, or one for all, as the rule says.
pub(super) fn alerts(
    rule: &Rule,
    slice: Slice,
    findings: &[Finding],
    now: DateTime<Utc>,
) -> Vec<Alert> {
    match rule.event_grouping_settings.aggregation_kind {
        AggregationKind::AlertPerResult => {
            findings.iter().map(|finding| alert(rule, slice, &[finding], now)).collect()
        }
        AggregationKind::SingleAlert if findings.is_empty() => Vec::new(),
        AggregationKind::SingleAlert => {
            vec![alert(rule, slice, &findings.iter().collect::<Vec<_>>(), now)]
        }
    }
}

fn alert(rule: &Rule, slice: Slice, findings: &[&Finding], now: DateTime<Utc>) -> Alert {
    let mut entities: Vec<Entity> =
        findings.iter().flat_map(|finding| finding.entities.iter().cloned()).collect();
    entities.sort();
    entities.dedup();
    let start = findings.iter().map(|finding| finding.start).min().unwrap_or(slice.start);
    let end = findings.iter().map(|finding| finding.end).max().unwrap_or(slice.end);
    let compromised = findings.iter().flat_map(|finding| &finding.entities).next();
    Alert {
        time_generated: now,
        display_name: rule.name.clone(),
        alert_name: rule.name.clone(),
        alert_severity: rule.severity.as_str().into(),
        description: rule.description.trim().into(),
        provider_name: PRODUCT.into(),
        vendor_name: PRODUCT.into(),
        vendor_original_id: rule.id.clone(),
        system_alert_id: alert_id(&rule.id, &entities, slice),
        alert_type: rule.id.clone(),
        start_time: start,
        end_time: end,
        processing_end_time: now,
        extended_properties: Value::Object(custom_details(rule, findings)).to_string(),
        entities: entities_json(&entities).to_string(),
        product_name: PRODUCT.into(),
        status: "New".into(),
        compromised_entity: compromised.map(|entity| {
            entity.identifiers.first().map(|(_, value)| value.clone()).unwrap_or_default()
        }),
        tactics: rule.tactics.join(", "),
        techniques: rule.relevant_techniques.join(", "),
        r#type: "SecurityAlert".into(),
        rule_id: rule.id.clone(),
        rule_version: rule.version.clone(),
    }
}

/// Values of the columns that the rule names; of several findings, a list.
fn custom_details(rule: &Rule, findings: &[&Finding]) -> Map<String, Value> {
    let value = |finding: &Finding, column: &str| finding.row.get(column).cloned();
    rule.custom_details
        .iter()
        .map(|(name, column)| {
            let value = match findings {
                [finding] => value(finding, column).unwrap_or_default(),
                findings => findings.iter().filter_map(|f| value(f, column)).collect(),
            };
            (name.clone(), value)
        })
        .collect()
}

/// Entities as Sentinel writes them: <https://learn.microsoft.com/azure/sentinel/entities-reference>.
fn entities_json(entities: &[Entity]) -> Value {
    let entity = |(index, entity): (usize, &Entity)| {
        let mut object = Map::new();
        object.insert("$id".into(), json!((index + 1).to_string()));
        object.insert("Type".into(), json!(entity.kind.to_lowercase()));
        for (identifier, value) in &entity.identifiers {
            object.insert(identifier.clone(), json!(value));
        }
        Value::Object(object)
    };
    entities.iter().enumerate().map(entity).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Period;

    fn entity(kind: &str, value: &str) -> Entity {
        Entity { kind: kind.into(), identifiers: vec![("Name".into(), value.into())] }
    }

    #[test]
    fn an_id_depends_on_rule_entities_and_slice_and_on_nothing_else() {
        let slice = Slice::containing(DateTime::UNIX_EPOCH, Period::parse("1h").unwrap());
        let (a, b) = (entity("IP", "192.0.2.1"), entity("Account", "ada"));
        let id = alert_id("rule", &[a.clone(), b.clone()], slice);
        assert_eq!(id, alert_id("rule", &[b.clone(), a.clone()], slice));
        // The id is what tells deliveries apart: it must stay what it is for ever.
        assert_eq!(id, "5c674a68-1139-89f0-8bed-72118af8f986");
        for other in [
            alert_id("other", &[a.clone(), b.clone()], slice),
            alert_id("rule", std::slice::from_ref(&a), slice),
            alert_id("rule", &[a, b], slice.next()),
        ] {
            assert_ne!(id, other);
        }
    }
}
