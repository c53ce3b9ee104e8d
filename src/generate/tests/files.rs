//! How many records there are, and in which files and order.

use serde_json::Value;
use tempfile::TempDir;

use super::super::{GenerateError, GenerateOptions, RecordCounts, Truth, generate};
use super::{SAMPLE, Sample, bytes, files, hubs, messages, millis, records_of, text};

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_gives_others() {
    let of_seed = |seed| bytes(Sample::new(3_000, 3, seed).dir.path());
    let first = of_seed(1);
    assert_eq!(first.len(), 3 * 3 + 3, "a file a hub and day, two snapshots and the truth");
    assert!(first == of_seed(1), "the same seed gave other bytes");
    let other = of_seed(2);
    for ((name, body), (_, other)) in first.iter().zip(&other) {
        assert!(body != other, "{name} does not depend on the seed");
    }
}

#[test]
fn the_number_of_records_is_the_one_asked_for_and_the_truth_counts_them() {
    for (events, days, seed) in [(1_000, 3, 1), (5_003, 3, 2), (7_001, 1, 3), (9_999, 30, 4)] {
        let sample = Sample::new(events, days, seed);
        let count = |category: &str| {
            sample.records.iter().filter(|record| record["category"] == category).count() as u64
        };
        let counts = RecordCounts {
            sign_in: count("SignInLogs"),
            non_interactive: count("NonInteractiveUserSignInLogs"),
            audit: count("AuditLogs"),
        };
        assert_eq!(counts, sample.truth.records);
        assert_eq!(counts.total(), events);
        assert_eq!(messages(sample.dir.path()).len() as u64, sample.truth.messages);
        assert_eq!(Truth::read(sample.dir.path()).unwrap(), sample.truth);
    }
}

#[test]
fn the_categories_have_their_shares() {
    let RecordCounts { sign_in, non_interactive, audit } = SAMPLE.truth.records;
    assert_eq!((sign_in, non_interactive, audit), (3_200, 4_400, 400));
}

#[test]
fn records_are_in_the_order_of_time_in_the_file_of_their_day_and_within_the_logs() {
    let dir = SAMPLE.dir.path();
    let (start, end) = (SAMPLE.truth.start.timestamp_millis(), SAMPLE.truth.end.timestamp_millis());
    for hub in hubs(dir) {
        let mut last = String::new();
        for (path, body) in files(&dir.join(&hub)) {
            for line in body.lines() {
                let records = records_of(&serde_json::from_str(line).unwrap());
                assert!(
                    (1..=20).contains(&records.len()),
                    "{} records in a message",
                    records.len()
                );
                for record in records {
                    let time = text(&record["time"]).to_owned();
                    assert!(time >= last, "{time} follows {last} in {path}");
                    assert!(
                        path.ends_with(&format!("{}.ndjson", &time[..10])),
                        "{time} is in {path}"
                    );
                    assert!((start..end).contains(&millis(&record["time"])));
                    last = time;
                }
            }
        }
    }
}

#[test]
fn sign_ins_arrive_late_and_out_of_order() {
    let lags: Vec<i64> = {
        let lag = |record: &Value| {
            millis(&record["time"]) - millis(&record["properties"]["createdDateTime"])
        };
        let mut lags: Vec<i64> = SAMPLE.sign_ins().map(lag).collect();
        lags.sort_unstable();
        lags
    };
    assert!(lags[0] >= 0, "a record was written before it happened");
    let median = lags[lags.len() / 2] / 1000;
    assert!((120..=180).contains(&median), "median lag {median} s");
    assert!(lags[lags.len() - 1] > 40 * 60_000, "no record is late");
}

#[test]
fn options_that_cannot_be_met_are_refused_with_what_would_do() {
    let dir = TempDir::new().unwrap();
    let attempt = |events, days| {
        generate(&GenerateOptions { events, days, ..GenerateOptions::default() }, dir.path())
            .unwrap_err()
    };
    assert!(matches!(attempt(1_000, 0), GenerateError::Days { days: 0, .. }));
    let GenerateError::TooFewEvents { least, .. } = attempt(50, 14) else {
        panic!("50 events were enough")
    };
    assert!(matches!(attempt(least - 1, 14), GenerateError::TooFewEvents { .. }));
    let options = GenerateOptions { events: least, days: 14, ..GenerateOptions::default() };
    assert_eq!(generate(&options, dir.path()).unwrap().records.total(), least);
    assert!(
        matches!(attempt(5_000, 3), GenerateError::NotEmpty { .. }),
        "an old sample was overwritten"
    );
}

#[test]
fn days_begin_at_midnight_whatever_the_time_of_day_of_the_start() {
    let midnight = GenerateOptions { events: 1_000, days: 2, ..GenerateOptions::default() };
    let noon = GenerateOptions {
        start: midnight.start + chrono::TimeDelta::hours(12),
        ..midnight.clone()
    };
    let of = |options: &GenerateOptions| {
        let dir = TempDir::new().unwrap();
        generate(options, dir.path()).unwrap();
        bytes(dir.path())
    };
    assert!(of(&midnight) == of(&noon));
}
