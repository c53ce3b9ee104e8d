//! Any JSON whatever as a record: no value of it is lost, whatever its table makes of it.

use entralog::decode::decode;
use entralog::table::{self, Column, Provenance, Table, TableBuilder};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::accounted::unaccounted;
use crate::leaves::{lost, row};

const FROM: Provenance<'_> = Provenance { source: "any", position: 1, ingested_at: 1 };

/// Values of every kind, nested, and the texts that columns of some type would take.
fn any_value(keys: BoxedStrategy<String>) -> BoxedStrategy<Value> {
    let telling = prop::sample::select(vec![
        "2025-01-15T08:45:30.123Z",
        "8/22/2022 6:11:52 PM",
        "True",
        "12.50",
        "007",
        "18446744073709551615",
        r#"{"inner":[1,"two"]}"#,
        "[broken",
        "null",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Such as every reader of JSON reads alike.
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 64.0)),
        any::<String>().prop_map(Value::from),
        telling.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((keys.clone(), inner), 0..4).prop_map(object),
        ]
    })
    .boxed()
}

fn object(fields: Vec<(String, Value)>) -> Value {
    Value::Object(fields.into_iter().collect::<Map<_, _>>())
}

/// Keys that the table knows, in several cases, and keys that nobody knows.
fn any_key(table: &'static Table) -> BoxedStrategy<String> {
    let places: Vec<String> = table
        .columns
        .iter()
        .flat_map(Column::places)
        .map(|place| place.rsplit('.').next().unwrap_or_default().to_owned())
        .collect();
    let known = prop::sample::select(places);
    prop_oneof![
        4 => known.clone(),
        1 => known.prop_map(|key| key.to_uppercase()),
        1 => any::<String>(),
        1 => Just("properties".to_owned()),
    ]
    .boxed()
}

fn any_record() -> impl Strategy<Value = (&'static Table, Value)> {
    prop::sample::select(table::logs().to_vec()).prop_flat_map(|table| {
        let fields = || vec((any_key(table), any_value(any_key(table))), 0..20);
        (fields(), fields()).prop_map(move |(envelope, properties)| {
            // A second time or category of which nothing can be made would make it a dead letter.
            let decides = |key: &str| {
                key.eq_ignore_ascii_case("time") || key.eq_ignore_ascii_case("category")
            };
            let envelope = envelope.into_iter().filter(|(key, _)| !decides(key)).collect();
            let mut record = object(envelope);
            record["time"] = Value::from("2026-01-05T10:00:00Z");
            record["category"] = Value::from(table.categories[0]);
            if !properties.is_empty() {
                record["properties"] = object(properties);
            }
            (table, record)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_value_of_any_record_is_lost((table, record) in any_record()) {
        let json = record.to_string();
        let decoded = decode(json.as_bytes());
        let mut items = decoded.iter();
        let decoded = items.next().unwrap().unwrap();
        prop_assert!(items.next().is_none());
        let mut builder = TableBuilder::new(table);
        builder.append(&decoded, FROM).unwrap();
        let row = row(&builder.finish().unwrap());
        let lost = lost(&json, &row);
        prop_assert!(lost.is_empty(), "{lost:?} of {json}");
    }

    #[test]
    fn no_byte_of_any_body_is_lost(body in vec(prop_oneof![
        4 => prop::sample::select(br#"{}[]",:'\ "#.to_vec()),
        1 => any::<u8>(),
    ], 0..200)) {
        let decoded = decode(&body);
        for item in decoded.iter() {
            match item {
                Ok(record) => prop_assert!(serde_json::from_str::<Value>(record.json).is_ok()),
                Err(rejected) => prop_assert!(!rejected.detail.is_empty()),
            }
        }
        let lost = unaccounted(&body, &decoded);
        prop_assert!(lost.is_empty(), "{lost:?}");
    }
}
