//! What is done to keep the lake in shape, and in which order: the small files of each table are merged,
//! days past their retention are removed, and then what nobody needs any more is deleted.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{Days, NaiveDate, Utc};

use crate::ingest::Deduplication;
use crate::lake::{Eagerness, Lake, LakeError};
use crate::table::{DEAD_LETTERS, RECORD_HASHES, ROLE_ASSIGNMENTS, ROLE_ELIGIBILITY, Table};

/// Queries that began longer ago may find their files gone: what Delta itself sets.
pub const GRACE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How far the Delta log reaches back, at least.
pub const LOG_RETENTION: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// The least of that: whoever commits has looked at the log since.
pub const LEAST_LOG_RETENTION: Duration = Duration::from_secs(60 * 60);

/// How the lake is maintained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How long rows are kept.
    pub retention: Retention,
    /// How long files are kept that were replaced or removed.
    pub grace: Duration,
    /// How long entries of the Delta logs are kept.
    pub log_retention: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { retention: Retention::default(), grace: GRACE, log_retention: LOG_RETENTION }
    }
}

/// How many days rows are kept, by table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Days of log tables and dead letters that are not named; without it they are kept for ever.
    pub default: Option<u32>,
    /// Days of tables that are named.
    pub tables: BTreeMap<&'static str, u32>,
    /// Days of `RecordHashes`, which nobody needs once the window of [`Deduplication`] is over.
    pub record_hashes: u32,
}

impl Default for Retention {
    fn default() -> Self {
        let record_hashes = days_of(Deduplication::default().window);
        Self { default: None, tables: BTreeMap::new(), record_hashes }
    }
}

/// A span in whole days, none of it left out.
#[must_use]
pub fn days_of(span: Duration) -> u32 {
    u32::try_from(span.as_secs().div_ceil(24 * 60 * 60)).unwrap_or(u32::MAX)
}

impl Retention {
    /// Whether a table's rows may go. Those of entralog's own work may not: they are what makes an alert come
    /// once, and a delivery too.
    #[must_use]
    pub fn applies_to(table: &Table) -> bool {
        let others = [&DEAD_LETTERS, &ROLE_ASSIGNMENTS, &ROLE_ELIGIBILITY];
        table.is_log() || others.iter().any(|other| other.name == table.name)
    }

    /// The first day of a table that stays; `None` when all do.
    #[must_use]
    pub fn first_day(&self, table: &Table, today: NaiveDate) -> Option<NaiveDate> {
        if table.name == RECORD_HASHES.name {
            return today.checked_sub_days(Days::new(self.record_hashes.into()));
        }
        let of_default = table.is_log() || table.name == DEAD_LETTERS.name;
        let days = self.tables.get(table.name).copied();
        let days = days.or(self.default.filter(|_| of_default))?;
        // A row of that many days ago may be younger than that by hours: the day stays until all are older.
        today.checked_sub_days(Days::new(days.into()))
    }
}

/// One thing that was done.
#[derive(Debug, Clone, Copy)]
pub struct Done {
    /// To which table.
    pub table: &'static Table,
    /// What.
    pub action: Action,
    /// To which day, where it is one.
    pub day: Option<NaiveDate>,
    /// Files that were merged, removed or deleted.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes of the file that others were merged into.
    pub into_bytes: u64,
    /// Rows that were sorted or removed.
    pub rows: u64,
}

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Small files became one.
    Merged,
    /// The same, but another process was faster; nothing was changed.
    Outrun,
    /// A day past its retention was removed.
    DayRemoved,
    /// Data files were deleted that nobody needs.
    Vacuumed,
    /// Entries of the Delta log were deleted.
    LogCleaned,
}

impl Action {
    /// As logs and metrics name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Outrun => "outrun",
            Self::DayRemoved => "day removed",
            Self::Vacuumed => "vacuumed",
            Self::LogCleaned => "log cleaned",
        }
    }
}

/// Merges what can be merged in a table; where that is everything, a checkpoint follows many merges. `ready` is
/// waited for before each merge.
///
/// # Errors
/// The first one; what can be merged was merged all the same.
pub async fn compact(
    lake: &Lake,
    table: &'static Table,
    eagerness: Eagerness,
    ready: impl AsyncFn(),
    mut said: impl FnMut(Done),
) -> Result<(), LakeError> {
    let mut result = Ok(());
    for group in lake.mergeable(table, eagerness).await? {
        ready().await;
        let merged = match lake.merge(&group).await {
            Ok(merged) => merged,
            // A file that cannot be read must not keep other days from being merged.
            Err(error) => {
                result = result.and(Err(error));
                continue;
            }
        };
        said(Done {
            table,
            action: if merged.is_some() { Action::Merged } else { Action::Outrun },
            day: Some(group.day()),
            files: group.files() as u64,
            bytes: group.bytes(),
            into_bytes: merged.map_or(0, |merged| merged.bytes),
            rows: merged.map_or(0, |merged| merged.rows),
        });
    }
    match eagerness {
        Eagerness::Everything => result.and(lake.checkpoint(table).await),
        // Beside a writer, commits bring checkpoints of their own.
        Eagerness::WhereItPays => result,
    }
}

/// Removes the days of a table that are past their retention.
///
/// # Errors
/// The table cannot be read or written; days that were removed before that stay so.
pub async fn retain(
    lake: &Lake,
    table: &'static Table,
    retention: &Retention,
    mut said: impl FnMut(Done),
) -> Result<(), LakeError> {
    let Some(first) = retention.first_day(table, Utc::now().date_naive()) else { return Ok(()) };
    for day in lake.days_before(table, first).await? {
        let removed = lake.remove_day(table, day.day).await?;
        said(Done {
            table,
            action: Action::DayRemoved,
            day: Some(removed.day),
            files: removed.files,
            bytes: removed.bytes,
            into_bytes: 0,
            rows: removed.rows,
        });
    }
    Ok(())
}

/// Deletes what nobody needs of a table: data files and entries of its log.
///
/// # Errors
/// The table cannot be read, or a file cannot be deleted.
pub async fn clean(
    lake: &Lake,
    table: &'static Table,
    policy: &Policy,
    mut said: impl FnMut(Done),
) -> Result<(), LakeError> {
    let done = |action, files, bytes| Done {
        table,
        action,
        day: None,
        files,
        bytes,
        into_bytes: 0,
        rows: 0,
    };
    let vacuumed = lake.vacuum(table, policy.grace, false).await?;
    if !vacuumed.files.is_empty() {
        said(done(Action::Vacuumed, vacuumed.files.len() as u64, vacuumed.bytes()));
    }
    let cleaned = lake.clean_log(table, policy.log_retention, false).await?;
    if cleaned.files > 0 {
        said(done(Action::LogCleaned, cleaned.files, cleaned.bytes));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{RULE_RUNS, by_name};

    #[test]
    fn the_default_is_for_logs_and_dead_letters_and_a_name_goes_before_it() {
        let retention = Retention {
            default: Some(400),
            tables: BTreeMap::from([("AuditLogs", 30)]),
            record_hashes: 2,
        };
        let today = "2026-02-01".parse().unwrap();
        let first = |name: &str| {
            let table = by_name(name).unwrap();
            retention.first_day(table, today).map(|day| day.to_string())
        };
        assert_eq!(first("SigninLogs").as_deref(), Some("2024-12-28"));
        assert_eq!(first("DeadLetters").as_deref(), Some("2024-12-28"));
        assert_eq!(first("AuditLogs").as_deref(), Some("2026-01-02"));
        assert_eq!(first("RoleAssignments"), None);
        assert_eq!(first("RuleRuns"), None);
        assert_eq!(first("RecordHashes").as_deref(), Some("2026-01-30"));
        assert!(!Retention::applies_to(&RULE_RUNS));
        assert_eq!(Retention::default().first_day(by_name("SigninLogs").unwrap(), today), None);
    }
}
