//! Numbers for Prometheus: what was committed, what of it has no column, what was delivered.
//!
//! They are counted from the rows of each commit, batch by batch and once the commit is in, because
//! everything that happens to the lake is a commit. So what is counted here is in the lake, each row once.
//! Labels are bounded: whatever somebody sends, the answer stays small.

mod endpoint;
mod partitions;
mod rows;

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::array::RecordBatch;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

pub use endpoint::answer;

use self::partitions::PartitionMetrics;
use self::rows::UnmappedCounts;
use crate::lake::{Counted, Observer};
use crate::maintenance::Done;
use crate::source::eventhub::Readings;
use crate::table::{ALERT_DELIVERIES, DEAD_LETTERS, RECORD_HASHES, SECURITY_ALERT, Table};

/// Everything that is counted; clones count together.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    counters: Counters,
    unmapped: Arc<Mutex<HashMap<&'static str, UnmappedCounts>>>,
    partitions: PartitionMetrics,
}

#[derive(Debug, Clone)]
struct Counters {
    records: Family<OfTable, Counter>,
    dead_letters: Family<OfReason, Counter>,
    repeated_records: Counter,
    duplicate_records: Counter,
    unmapped_properties: Family<OfProperty, Counter>,
    type_surprises: Family<OfColumn, Counter>,
    commits: Family<OfTable, Counter>,
    commit: Family<OfTable, Histogram, fn() -> Histogram>,
    alerts_raised: Counter,
    alert_deliveries: Family<OfOutcome, Counter>,
    rule_failures: Family<OfRule, Counter>,
    maintenance_actions: Family<OfAction, Counter>,
    maintenance_files: Family<OfAction, Counter>,
    maintenance_failures: Family<OfTable, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfAction {
    table: &'static str,
    action: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTable {
    table: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReason {
    reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfProperty {
    table: &'static str,
    property: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfColumn {
    table: &'static str,
    column: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRule {
    rule: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfOutcome {
    outcome: String,
}

impl Default for Metrics {
    fn default() -> Self {
        let counters = Counters {
            records: Family::default(),
            dead_letters: Family::default(),
            repeated_records: Counter::default(),
            duplicate_records: Counter::default(),
            unmapped_properties: Family::default(),
            type_surprises: Family::default(),
            commits: Family::default(),
            // 2 ms to 16 s.
            commit: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.002, 2.0, 14))
            }),
            alerts_raised: Counter::default(),
            alert_deliveries: Family::default(),
            rule_failures: Family::default(),
            maintenance_actions: Family::default(),
            maintenance_files: Family::default(),
            maintenance_failures: Family::default(),
        };
        let mut registry = Registry::with_prefix("entralog");
        let Counters {
            records,
            dead_letters,
            repeated_records,
            duplicate_records,
            unmapped_properties,
            type_surprises,
            commits,
            commit,
            alerts_raised,
            alert_deliveries,
            rule_failures,
            maintenance_actions,
            maintenance_files,
            maintenance_failures,
        } = counters.clone();
        registry.register("records", "Records that are in their table", records);
        registry.register("dead_letters", "Parts of deliveries that have no row", dead_letters);
        registry.register(
            "repeated_records",
            "Records or deliveries that came again and were in the lake already",
            repeated_records,
        );
        registry.register(
            "duplicate_records",
            "Records that another message had brought before, byte for byte, and that were not stored",
            duplicate_records,
        );
        registry.register(
            "unmapped_properties",
            "Records with a property that no column comes from",
            unmapped_properties,
        );
        registry.register(
            "type_surprises",
            "Records with a value that does not fit its column",
            type_surprises,
        );
        registry.register("commits", "Commits", commits);
        registry.register_with_unit(
            "commit",
            "How long commits took, files included",
            Unit::Seconds,
            commit,
        );
        registry.register("alerts_raised", "Alerts that were raised", alerts_raised);
        registry.register("alert_deliveries", "Attempts to deliver an alert", alert_deliveries);
        registry.register(
            "rule_failures",
            "Runs of a rule that failed; what it was to evaluate stays pending",
            rule_failures,
        );
        registry.register(
            "maintenance_actions",
            "What was done to keep the lake in shape",
            maintenance_actions,
        );
        registry.register(
            "maintenance_files",
            "Files that were merged, removed or deleted for that",
            maintenance_files,
        );
        registry.register(
            "maintenance_failures",
            "Times that a table could not be kept in shape",
            maintenance_failures,
        );
        let partitions = PartitionMetrics::register(&mut registry);
        Self { registry: Arc::new(registry), counters, unmapped: Arc::default(), partitions }
    }
}

impl Metrics {
    /// Counts records that came again.
    pub fn repeated(&self, records: u64) {
        self.counters.repeated_records.inc_by(records);
    }

    /// Counts a run of a rule that failed.
    pub fn rule_failed(&self, rule: &str) {
        self.counters.rule_failures.get_or_create(&OfRule { rule: rule.into() }).inc();
    }

    /// Where readers of partitions tell their progress.
    #[must_use]
    pub fn readings(&self) -> Readings {
        self.partitions.readings.clone()
    }

    /// Counts what was done to keep the lake in shape.
    pub fn maintained(&self, done: &Done) {
        let label = OfAction { table: done.table.name, action: done.action.as_str() };
        self.counters.maintenance_actions.get_or_create(&label).inc();
        self.counters.maintenance_files.get_or_create(&label).inc_by(done.files);
    }

    /// Counts a table that could not be kept in shape.
    pub fn maintenance_failed(&self, table: &'static Table) {
        self.counters.maintenance_failures.get_or_create(&OfTable { table: table.name }).inc();
    }

    /// All of it in the text format of `OpenMetrics`, which Prometheus reads.
    ///
    /// # Errors
    /// The text cannot be written, which would be a defect of this module.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        self.partitions.look();
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }

    fn count_log(&self, table: &'static Table, rows: &RecordBatch) -> Counted {
        let found = {
            let mut unmapped = self.unmapped.lock().unwrap_or_else(PoisonError::into_inner);
            unmapped.entry(table.name).or_insert_with(|| UnmappedCounts::of(table)).count(rows)
        };
        let (counters, table, rows) = (self.counters.clone(), table.name, rows.num_rows() as u64);
        Counted::new(move || {
            counters.records.get_or_create(&OfTable { table }).inc_by(rows);
            for (property, rows) in found.properties {
                let label = OfProperty { table, property };
                counters.unmapped_properties.get_or_create(&label).inc_by(rows);
            }
            for (column, rows) in found.columns {
                let label = OfColumn { table, column };
                counters.type_surprises.get_or_create(&label).inc_by(rows);
            }
        })
    }
}

impl Observer for Metrics {
    fn written(&self, table: &'static Table, rows: &RecordBatch) -> Counted {
        if table.is_log() {
            return self.count_log(table, rows);
        }
        let counters = self.counters.clone();
        let count = rows.num_rows() as u64;
        match table.name {
            name if name == DEAD_LETTERS.name => {
                let reasons = rows::by_value(rows, "Reason");
                Counted::new(move || {
                    for (reason, count) in reasons {
                        counters.dead_letters.get_or_create(&OfReason { reason }).inc_by(count);
                    }
                })
            }
            name if name == ALERT_DELIVERIES.name => {
                let outcomes = rows::by_value(rows, "Outcome");
                Counted::new(move || {
                    for (outcome, count) in outcomes {
                        let label = OfOutcome { outcome };
                        counters.alert_deliveries.get_or_create(&label).inc_by(count);
                    }
                })
            }
            name if name == RECORD_HASHES.name => {
                let found = rows::sum(rows, "Duplicates");
                Counted::new(move || {
                    counters.duplicate_records.inc_by(found);
                })
            }
            name if name == SECURITY_ALERT.name => Counted::new(move || {
                counters.alerts_raised.inc_by(count);
            }),
            _ => Counted::new(|| {}),
        }
    }

    fn committed(&self, table: &'static Table, took: Duration) {
        let label = OfTable { table: table.name };
        self.counters.commits.get_or_create(&label).inc();
        self.counters.commit.get_or_create(&label).observe(took.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;
    use crate::table::{Provenance, TableBuilder, by_name};

    const FROM: Provenance<'_> = Provenance { source: "hub/0", position: 7, ingested_at: 5 };

    fn sign_ins(properties: &[String]) -> (&'static Table, RecordBatch) {
        let table = by_name("SigninLogs").unwrap();
        let mut builder = TableBuilder::new(table);
        for properties in properties {
            let json = format!(
                r#"{{"time":"2026-01-05T10:00:00Z","category":"SignInLogs","properties":{{{properties}}}}}"#
            );
            builder.append(&decode(json.as_bytes()).iter().next().unwrap().unwrap(), FROM).unwrap();
        }
        (table, builder.finish().unwrap())
    }

    fn samples(metrics: &Metrics, name: &str) -> Vec<String> {
        let text = metrics.text().unwrap();
        text.lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect()
    }

    #[test]
    fn rows_are_counted_once_they_are_committed() {
        let metrics = Metrics::default();
        let (table, rows) = sign_ins(&[
            r#""brandNew":1,"isInteractive":"perhaps""#.into(),
            r#""brandNew":{}"#.into(),
            r#""id":"s""#.into(),
        ]);
        let counted = metrics.written(table, &rows);
        assert!(samples(&metrics, "entralog_records_total").is_empty());
        counted.publish();
        metrics.committed(table, Duration::from_millis(5));
        assert_eq!(
            samples(&metrics, "entralog_records_total"),
            [r#"entralog_records_total{table="SigninLogs"} 3"#]
        );
        assert_eq!(
            samples(&metrics, "entralog_unmapped_properties_total"),
            [
                r#"entralog_unmapped_properties_total{table="SigninLogs",property="properties.brandNew"} 2"#
            ]
        );
        assert_eq!(
            samples(&metrics, "entralog_type_surprises_total"),
            [r#"entralog_type_surprises_total{table="SigninLogs",column="IsInteractive"} 1"#]
        );
        assert_eq!(
            samples(&metrics, "entralog_commit_seconds_count"),
            [r#"entralog_commit_seconds_count{table="SigninLogs"} 1"#]
        );
    }

    #[test]
    fn hostile_keys_neither_fill_memory_nor_break_the_format() {
        let metrics = Metrics::default();
        let many: Vec<_> = (0..5000).map(|n| format!(r#""key{n}":1"#)).collect();
        let long = format!(r#""{}":1"#, "x".repeat(100_000));
        let odd = r#""a\"} 7\nentralog_records_total{table=\"x\"} 1\\":1"#.to_owned();
        let (table, rows) = sign_ins(&[odd, long, many[..2500].join(","), many[2500..].join(",")]);
        metrics.written(table, &rows).publish();
        let text = metrics.text().unwrap();
        assert!(text.len() < 64 << 10, "{} bytes", text.len());
        let found = samples(&metrics, "entralog_unmapped_properties_total");
        assert_eq!(found.len(), rows::MOST_PROPERTIES + 1);
        let sum = |line: &String| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap();
        assert_eq!(found.iter().map(sum).sum::<u64>(), 5002);
        assert!(found.iter().any(|line| line.contains(r#"property="other""#)), "{found:?}");
        assert_eq!(samples(&metrics, "entralog_records_total").len(), 1, "{text}");
    }
}
