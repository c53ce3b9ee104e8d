//! Whether every value of a record is somewhere in its row.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::collections::HashSet;
use std::sync::LazyLock;

use arrow::array::{Array, RecordBatch};
use arrow::util::display::array_value_to_string;
use entralog::table;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The first row of a batch as JSON, every column that is set as its text.
pub(crate) fn row(batch: &RecordBatch) -> Value {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    let set = columns.filter(|(_, column)| column.is_valid(0));
    let text = |column| Value::from(array_value_to_string(column, 0).unwrap());
    let fields = set.map(|(field, column)| (field.name().clone(), text(column)));
    Value::Object(fields.collect::<Map<_, _>>())
}

/// The values of a record that its row does not hold anywhere, be it inside of JSON text; none of a
/// text that is no JSON, or that serde does not read, as it does not read 1e400.
pub(crate) fn lost(record: &str, row: &Value) -> Vec<Value> {
    let mut held = Vec::new();
    for (column, value) in row.as_object().into_iter().flatten() {
        if is_ours(column) {
            continue;
        }
        held.push(value.clone());
        // What is JSON in the row is looked into.
        held.extend(value.as_str().and_then(leaves).unwrap_or_default());
    }
    let mut wanted = leaves(record).unwrap_or_default();
    wanted.retain(|leaf| {
        // JSON inside text may have been taken apart.
        let inner = leaf.as_str().filter(|text| text.trim_start().starts_with(['{', '[']));
        let parts = inner.and_then(leaves).unwrap_or_default();
        let in_parts = !parts.is_empty() && parts.iter().all(|part| is_in(part, &held));
        !is_in(leaf, &held) && !in_parts
    });
    wanted
}

/// Whether a column holds no value of the record itself: where the row came from and when, and what is
/// made of other columns, which would be lost with those.
fn is_ours(column: &str) -> bool {
    static DERIVED: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let derived = table::logs().iter().flat_map(|table| table.derived());
        derived.map(|derived| derived.column.name).collect()
    });
    ["_Source", "_IngestedAt"].contains(&column) || DERIVED.contains(column)
}

/// Every scalar of a JSON text, also of keys that it has twice; of JSON inside text, the text itself.
fn leaves(json: &str) -> Option<Vec<Value>> {
    serde_json::from_str(json).ok().map(|Leaves(leaves)| leaves)
}

struct Leaves(Vec<Value>);

impl<'de> Deserialize<'de> for Leaves {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Leaves(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Leaves {
    type Value = Self;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self, E> {
        Ok(Self(vec![value.into()]))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self, E> {
        Ok(Self(vec![value.into()]))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self, E> {
        Ok(Self(vec![value.into()]))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self, E> {
        Ok(Self(vec![value.into()]))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self, E> {
        Ok(Self(vec![value.into()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<Self, A::Error> {
        while let Some(Self(inner)) = elements.next_element()? {
            self.0.extend(inner);
        }
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Self, A::Error> {
        while let Some((_, Self(inner))) = members.next_entry::<IgnoredAny, Self>()? {
            self.0.extend(inner);
        }
        Ok(self)
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
