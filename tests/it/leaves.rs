//! Whether every value of a record is somewhere in its row.

use serde_json::Value;

/// The values of a record that its row does not hold anywhere, be it inside of JSON text.
pub(crate) fn lost(record: &Value, row: &Value) -> Vec<Value> {
    let mut held = Vec::new();
    for (column, value) in row.as_object().into_iter().flatten() {
        // Where a row came from is no value of the record.
        if column == "_Source" {
            continue;
        }
        held.push(value.clone());
        // What is JSON in the row is looked into.
        if let Some(Ok(inner)) = value.as_str().map(serde_json::from_str::<Value>) {
            leaves(&inner, &mut held);
        }
    }
    let mut wanted = Vec::new();
    leaves(record, &mut wanted);
    wanted.retain(|leaf| {
        // JSON inside text may have been taken apart.
        let inner = leaf.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let mut parts = Vec::new();
        let inner = inner.filter(|inner| inner.is_object() || inner.is_array());
        inner.iter().for_each(|inner| leaves(inner, &mut parts));
        let in_parts = !parts.is_empty() && parts.iter().all(|part| is_in(part, &held));
        !is_in(leaf, &held) && !in_parts
    });
    wanted
}

/// Every scalar in a value; of JSON inside text, the text itself.
fn leaves(value: &Value, out: &mut Vec<Value>) {
    match value {
        Value::Object(object) => object.values().for_each(|value| leaves(value, out)),
        Value::Array(array) => array.iter().for_each(|value| leaves(value, out)),
        Value::Null => {}
        scalar => out.push(scalar.clone()),
    }
}

/// Whether a value of a record is somewhere in what its row holds.
fn is_in(leaf: &Value, row: &[Value]) -> bool {
    let as_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let wanted = as_text(leaf);
    row.iter().any(|value| {
        as_text(value).eq_ignore_ascii_case(&wanted)
            // A number is kept as a number, a time as an instant.
            || matches!((as_text(value).parse::<f64>(), wanted.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
            || entralog::decode::parse_time(&wanted).is_some_and(|time| {
                value.as_str().and_then(entralog::decode::parse_time) == Some(time)
            })
    })
}
