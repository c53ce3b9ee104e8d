//! What is read of the statistics that the Delta log keeps of a file.

use chrono::DateTime;
use serde::Deserialize;

/// What is read of a file's statistics.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statistics {
    /// Rows of the file.
    pub(super) rows: Option<u64>,
    /// The first and the last `TimeGenerated`, in microseconds since the epoch.
    pub(super) times: Option<(i64, i64)>,
    /// No row was taken in later, in microseconds since the epoch: by `_IngestedAt`, and in tables without it by
    /// `TimeGenerated`, which is when their rows were made.
    pub(super) ingested_until: Option<i64>,
}

impl Statistics {
    /// Reads Delta's JSON; nothing where it says nothing.
    pub(super) fn of(json: &str) -> Self {
        #[derive(Deserialize, Default)]
        struct Bounds {
            #[serde(rename = "TimeGenerated")]
            time: Option<String>,
            #[serde(rename = "_IngestedAt")]
            ingested_at: Option<String>,
        }
        #[derive(Deserialize, Default)]
        #[serde(rename_all = "camelCase", default)]
        struct Json {
            num_records: Option<u64>,
            min_values: Bounds,
            max_values: Bounds,
        }
        let json: Json = serde_json::from_str(json).unwrap_or_default();
        let micros = |time: Option<String>| {
            let time = DateTime::parse_from_rfc3339(&time?).ok()?;
            Some(time.timestamp_micros())
        };
        let times = micros(json.min_values.time).zip(micros(json.max_values.time));
        let last = micros(json.max_values.ingested_at).or(times.map(|(_, last)| last));
        // Delta cuts the times of statistics to milliseconds.
        let ingested_until = last.map(|last| last.saturating_add(999));
        Self { rows: json.num_records, times, ingested_until }
    }
}

/// The rows that statistics count, where there are any.
pub(super) fn rows_of(stats: Option<&str>) -> Option<u64> {
    Statistics::of(stats?).rows
}
