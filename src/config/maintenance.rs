//! How long rows are kept, and how the lake is kept in shape.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::{ConfigError, period};
use crate::detect::Period;
use crate::ingest::Deduplication;
use crate::maintenance::{GRACE, LEAST_LOG_RETENTION, LOG_RETENTION, Policy, Retention, days_of};
use crate::suggest::closest;
use crate::table;

/// The key for all tables that are not named.
const DEFAULT: &str = "default";

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// The shortest grace; Delta's own is a week.
const LEAST_GRACE: Duration = Duration::from_secs(24 * 60 * 60);

/// Spans of days by table, or under `default`.
pub type RetentionByTable = BTreeMap<String, Period>;

/// What `serve` does beside everything else.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Maintenance {
    /// Whether `serve` maintains the lake.
    pub enabled: bool,
    /// How often it looks for small files.
    #[serde(with = "period")]
    pub every: Duration,
    /// How long files are kept that were replaced or removed.
    #[serde(with = "period")]
    pub vacuum_grace: Duration,
    /// How long entries of the Delta logs are kept.
    #[serde(with = "period")]
    pub log_retention: Duration,
}

impl Default for Maintenance {
    fn default() -> Self {
        Self {
            enabled: true,
            every: Duration::from_secs(10 * 60),
            vacuum_grace: GRACE,
            log_retention: LOG_RETENTION,
        }
    }
}

/// Both, as the lake is maintained.
pub(super) fn policy(
    maintenance: Maintenance,
    retention: &RetentionByTable,
    deduplication: Option<Deduplication>,
) -> Result<Policy, ConfigError> {
    let failed = |key: &str, reason: String| ConfigError::Value { key: key.into(), reason };
    if !(LEAST_GRACE..=GRACE).contains(&maintenance.vacuum_grace) {
        let reason = "write a span from 1d, so that no query loses its files, to 7d, for which Delta \
                      remembers what was removed";
        return Err(failed("maintenance.vacuumGrace", reason.into()));
    }
    if maintenance.log_retention < LEAST_LOG_RETENTION {
        let reason = "write 1h or more: who commits must find the log that it has seen";
        return Err(failed("maintenance.logRetention", reason.into()));
    }
    Ok(Policy {
        retention: resolve(retention, deduplication)?,
        grace: maintenance.vacuum_grace,
        log_retention: maintenance.log_retention,
    })
}

fn resolve(
    by_table: &RetentionByTable,
    deduplication: Option<Deduplication>,
) -> Result<Retention, ConfigError> {
    let mut retention = Retention::default();
    if let Some(deduplication) = deduplication {
        retention.record_hashes = days_of(deduplication.window);
    }
    for (name, period) in by_table {
        let failed =
            |reason: String| ConfigError::Value { key: format!("retention.{name}"), reason };
        let seconds = period.delta().num_seconds();
        let days = u32::try_from(seconds / SECONDS_PER_DAY).unwrap_or(u32::MAX);
        if seconds % SECONDS_PER_DAY != 0 {
            return Err(failed(format!("{period} is not a number of whole days; write 90d, 400d")));
        }
        if name == DEFAULT {
            retention.default = Some(days);
            continue;
        }
        let Some(table) = table::by_name(name) else {
            let names = table::all().iter().filter(|table| Retention::applies_to(table));
            let names = names.map(|table| table.name).chain([DEFAULT]);
            let of_category = table::by_category(name).map(|table| table.name);
            let hint = match of_category.or_else(|| closest(name, names)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`entralog table list` names the tables, and `default` is for all".into(),
            };
            return Err(failed(format!("there is no such table; {hint}")));
        };
        if !Retention::applies_to(table) {
            return Err(failed(
                "its rows are entralog's own books, and they stay as long as they are needed"
                    .into(),
            ));
        }
        retention.tables.insert(table.name, days);
    }
    Ok(retention)
}
