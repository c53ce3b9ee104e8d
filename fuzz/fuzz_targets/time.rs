//! Any text as a time: what is read is an instant that every reader can write and read again.

#![no_main]

use chrono::{DateTime, Datelike, SecondsFormat};
use entralog::decode::parse_time;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some(micros) = parse_time(text) else { return };
    let time = DateTime::from_timestamp_micros(micros).expect("an instant");
    assert!((1..=9999).contains(&time.year()), "{text:?} is in year {}", time.year());
    let written = time.to_rfc3339_opts(SecondsFormat::Micros, true);
    assert_eq!(parse_time(&written), Some(micros), "{text:?} was written as {written}");
});
