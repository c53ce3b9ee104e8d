//! What a table's commits say beside its rows, so that `verify` can tell what is missing.
//!
//! When a file of a Delta log is lost, or a line of one, what is left may well agree with itself. So every commit
//! carries, as `txn` actions, which outlast checkpoints, compaction and the clean-up of the log,
//!
//! - how many rows the table has with it, and at which version, so that commits of other writers are
//!   noticed: after one of those it is counted anew,
//! - which version another table has reached at least. `DeadLetters`, which is committed last, and `RuleRuns` say so of
//!   every table that their process knows, all others of `DeadLetters`,
//! - in `DeadLetters`, up to where the rows of a file are in a table. Those of a hub's partition need no such thing:
//!   its sequence numbers are consecutive.
//!
//! Nothing here is asked of the store: a process knows what it has committed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use delta_kernel::snapshot::SnapshotRef;

use super::state::{self, State};
use super::{Advance, Inner, LakeError, RETENTION};
use crate::source::is_file;
use crate::table::{DEAD_LETTERS, RULE_RUNS, SEQUENCE_GAPS, Table, by_name};

const OWN: &str = "entralog:";
const ROWS: &str = "entralog:rows";
const ROWS_AT: &str = "entralog:rowsAt";
const VERSION: &str = "entralog:version/";
const POSITION: &str = "entralog:position/";

/// Whether a position is none of a source, but entralog's own bookkeeping.
#[must_use]
pub fn is_bookkeeping(source_id: &str) -> bool {
    source_id.starts_with(OWN)
}

/// What is said by a position that is none of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vouched<'a> {
    /// So many rows the table has.
    Rows,
    /// At this version it had them.
    RowsAt,
    /// Another table has reached this version.
    Version(&'static str),
    /// Rows of a source are in another table up to this position.
    Position {
        /// The source.
        source: &'a str,
        /// The table.
        table: &'static str,
    },
    /// Up to when removed rows were taken in, as [`RETENTION`] says.
    Retention,
}

impl<'a> Vouched<'a> {
    /// What a position says; `None` when it is one of a source, or of a newer version.
    #[must_use]
    pub fn parse(source_id: &'a str) -> Option<Self> {
        match source_id {
            ROWS => return Some(Self::Rows),
            ROWS_AT => return Some(Self::RowsAt),
            RETENTION => return Some(Self::Retention),
            _ => {}
        }
        if let Some(table) = source_id.strip_prefix(VERSION) {
            return by_name(table).map(|table| Self::Version(table.name));
        }
        let (source, table) = source_id.strip_prefix(POSITION)?.rsplit_once('@')?;
        by_name(table).map(|table| Self::Position { source, table: table.name })
    }
}

/// What this process knows of the tables.
#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Version and rows of a table.
    rows: HashMap<&'static str, Count>,
    /// Versions that one table said of another.
    said: HashMap<(&'static str, &'static str), u64>,
    /// Up to where files are in tables, since `DeadLetters` was last committed.
    files: BTreeMap<(String, &'static str), i64>,
}

impl Ledger {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rows of a table at a version.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count {
    version: u64,
    rows: u64,
}

impl Count {
    /// The rows of a snapshot; `None` when a file of another writer does not say how many it has.
    pub(super) fn of(
        inner: &Inner,
        table: &'static Table,
        snapshot: &SnapshotRef,
    ) -> Result<Option<Self>, LakeError> {
        let version = snapshot.version();
        let known = inner.ledger.lock().rows.get(table.name).copied();
        if let Some(known) = known.filter(|known| known.version == version) {
            return Ok(Some(known));
        }
        let stated = |name| {
            let stated = snapshot.get_app_id_version(name, inner.engine());
            let stated = stated.map_err(|error| inner.delta_error(table, error))?;
            Ok::<_, LakeError>(stated.and_then(|stated| u64::try_from(stated).ok()))
        };
        if stated(ROWS_AT)? == Some(version)
            && let Some(rows) = stated(ROWS)?
        {
            return Ok(Some(Self { version, rows }));
        }
        // Somebody else has committed, or an older version.
        let mut rows = Some(0);
        state::each(inner, table, snapshot, |state| {
            if let State::File(file) = state {
                rows = rows.zip(file.rows()).map(|(all, rows)| all + rows);
            }
            Ok(())
        })?;
        Ok(rows.map(|rows| Self { version, rows }))
    }

    /// After a commit that adds and removes rows; `None` when it cannot be told how many are left.
    pub(super) fn after(self, added: Option<u64>, removed: Option<u64>) -> Option<Self> {
        let rows = self.rows.checked_add(added?)?.checked_sub(removed?)?;
        Some(Self { version: self.version + 1, rows })
    }

    /// What the commit says of it.
    pub(super) fn said(self) -> [(String, i64); 2] {
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        [(ROWS.to_owned(), number(self.rows)), (ROWS_AT.to_owned(), number(self.version))]
    }

    /// The commit is in.
    pub(super) fn remember(self, inner: &Inner, table: &'static Table) {
        inner.ledger.lock().rows.insert(table.name, self);
    }
}

/// Whether rows of sources go into a table before `DeadLetters` says that they are in.
pub(super) fn is_vouched_for(table: &Table) -> bool {
    table.is_log() || table.name == SEQUENCE_GAPS.name
}

/// What the next commit of a table says of others.
pub(super) fn of_others(inner: &Inner, table: &'static Table) -> Vec<(String, i64)> {
    let says_all = [DEAD_LETTERS.name, RULE_RUNS.name].contains(&table.name);
    let versions = inner.known_versions();
    let mut known = inner.ledger.lock();
    let mut said = Vec::new();
    for (other, version) in versions {
        let is_said = other != table.name && (says_all || other == DEAD_LETTERS.name);
        if is_said && known.said.insert((table.name, other), version) != Some(version) {
            said.push((format!("{VERSION}{other}"), i64::try_from(version).unwrap_or(i64::MAX)));
        }
    }
    if table.name == DEAD_LETTERS.name {
        let files = std::mem::take(&mut known.files).into_iter();
        said.extend(files.map(|((source, table), to)| (format!("{POSITION}{source}@{table}"), to)));
    }
    said
}

/// Rows of sources are in a table up to these positions.
pub(super) fn took(inner: &Inner, table: &'static Table, advances: &[Advance]) {
    if table.is_log() {
        let mut known = inner.ledger.lock();
        for advance in advances.iter().filter(|advance| is_file(&advance.source_id)) {
            known.files.insert((advance.source_id.clone(), table.name), advance.to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bookkeeping_is_told_from_sources() {
        let table = "SigninLogs";
        for (source_id, expected) in [
            ("entralog:rows", Some(Vouched::Rows)),
            ("entralog:rowsAt", Some(Vouched::RowsAt)),
            ("entralog:retention", Some(Vouched::Retention)),
            ("entralog:version/SigninLogs", Some(Vouched::Version(table))),
            ("entralog:version/Other", None),
            (
                "entralog:position/file:/logs@home/1?x@SigninLogs",
                Some(Vouched::Position { source: "file:/logs@home/1?x", table }),
            ),
            ("file:/entralog:rows", None),
            ("ns/hub/0", None),
        ] {
            assert_eq!(Vouched::parse(source_id), expected, "{source_id}");
            assert_eq!(is_bookkeeping(source_id), source_id.starts_with("entralog:"));
            let is_source = crate::source::is_partition(source_id) || is_file(source_id);
            assert_eq!(is_source, !is_bookkeeping(source_id), "{source_id}");
        }
    }

    #[test]
    fn a_count_follows_what_is_added_and_removed() {
        let count = Count { version: 4, rows: 10 };
        let said = |count: Option<Count>| count.map(|count| count.said().map(|(_, n)| n));
        assert_eq!(said(count.after(Some(5), Some(0))), Some([15, 5]));
        assert_eq!(said(count.after(Some(0), Some(10))), Some([0, 5]));
        assert_eq!(said(count.after(Some(0), Some(11))), None);
        assert_eq!(said(count.after(None, Some(0))), None);
    }
}
