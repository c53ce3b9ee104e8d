//! Any bytes as a message body: no byte is lost, and what comes out is JSON that stays what it is.

#![no_main]

use entralog::decode::{Fields, Kind, Record, decode};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

#[path = "../../tests/it/accounted.rs"]
mod accounted;

fuzz_target!(|body: &[u8]| {
    let decoded = decode(body);
    for (index, item) in decoded.iter().enumerate() {
        match item {
            Ok(record) => {
                assert_eq!(record.index, index);
                assert!(serde_json::from_str::<&RawValue>(record.json).is_ok(), "{}", record.json);
                check_again(&record);
            }
            Err(rejected) => assert_eq!(rejected.index, index),
        }
    }
    let lost = accounted::unaccounted(body, &decoded);
    assert!(lost.is_empty(), "{lost:?}");
});

/// A record that is decoded again is the same record. It is put into an array, because alone it may
/// be an envelope.
fn check_again(record: &Record<'_>) {
    let body = format!("[{}]", record.json);
    let decoded = decode(body.as_bytes());
    let again: Vec<_> = decoded.iter().collect();
    let [Ok(again)] = &again[..] else { panic!("{body} gives {again:?}") };
    assert_eq!(again.json, record.json);
    assert_eq!(members(again.fields), members(record.fields));
    assert_eq!(members(again.properties), members(record.properties));
}

fn members(fields: Fields<'_>) -> Vec<(&str, &str, Kind)> {
    fields.iter().map(|member| (member.raw_key, member.json, member.kind)).collect()
}
