//! The commit of a rewrite: files of one day out, others in, or nothing at all.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use delta_kernel::FilteredEngineData;
use delta_kernel::committer::FileSystemCommitter;
use delta_kernel::snapshot::SnapshotRef;
use delta_kernel::transaction::{CommitResult, UpdateTableOperation};

use super::super::active::{LakeFile, Listing, stored_rows};
use super::super::commit::{self, Committed};
use super::super::vouched::Count;
use super::super::{CommitCounts, ENGINE_INFO, Inner, LakeError, RETENTION, Seen, files};
use crate::table::Table;

/// Races lost in a row before it is given up.
const ATTEMPTS: u32 = 100;

/// What happens to a day.
pub(super) enum Rewrite<'a> {
    /// These files are replaced by one with the same rows.
    Merge {
        /// The files.
        files: &'a [LakeFile],
        /// The path of the new one below the table's root.
        path: &'a str,
        /// What the commit says of it.
        added: &'a Arc<RecordBatch>,
    },
    /// All of its files are removed, rows and all.
    Remove,
}

/// Commits a rewrite of a day, and gives the files that it took out; `None` when another one has rewritten
/// some of the files meanwhile.
///
/// Writers that append are no obstacle: if one is faster, the commit is tried again on top.
pub(super) fn commit(
    inner: &Inner,
    table: &'static Table,
    day: NaiveDate,
    rewrite: &Rewrite<'_>,
) -> Result<Option<Vec<LakeFile>>, LakeError> {
    for attempt in 0..ATTEMPTS {
        let seen = Seen::now();
        let Some(snapshot) = inner.snapshot(table)? else { return Ok(None) };
        let listing = Listing::of_day(inner, table, &snapshot, day)?;
        let removed: Vec<LakeFile> = match rewrite {
            // A commit that seemed lost may have got through.
            Rewrite::Merge { files, path, .. }
                if attempt > 0 && listing.files.iter().any(|file| file.path == *path) =>
            {
                return Ok(Some(files.to_vec()));
            }
            Rewrite::Merge { files, .. } => files.to_vec(),
            Rewrite::Remove => {
                listing.files.iter().filter(|file| file.day == Some(day)).cloned().collect()
            }
        };
        if removed.is_empty() {
            return Ok(Some(removed));
        }
        let paths: HashSet<_> = removed.iter().map(|file| file.path.as_str()).collect();
        let Some(removal) = listing.removal(table, &paths)? else { return Ok(None) };
        if let Rewrite::Merge { added, .. } = rewrite {
            // Another engine has deleted rows meanwhile, which are in the merged file.
            if listing
                .files
                .iter()
                .any(|file| file.has_deletions && paths.contains(file.path.as_str()))
            {
                return Ok(None);
            }
            // Whoever was held up for long may find that a vacuum took it for one that nobody needs.
            files::check_stored(inner, table, added)?;
        }
        if let Some(committed) = try_commit(inner, table, snapshot, removal, rewrite, &removed)? {
            commit::settle(inner, table, &committed, seen)?;
            return Ok(Some(removed));
        }
        // Writers that lost together must not meet again at once.
        std::thread::sleep(Duration::from_millis(u64::from(attempt.min(20)) * 2));
    }
    Err(LakeError::Contention { table: table.name.into(), attempts: ATTEMPTS })
}

/// Commits on top of `snapshot`; `None` when another writer was faster. The table keeps up to when what is removed
/// was taken in.
fn try_commit(
    inner: &Inner,
    table: &'static Table,
    snapshot: SnapshotRef,
    removal: Vec<FilteredEngineData>,
    rewrite: &Rewrite<'_>,
    removed: &[LakeFile],
) -> Result<Option<Committed>, LakeError> {
    let failed = |error| inner.delta_error(table, error);
    let count = Count::of(inner, table, &snapshot)?;
    let rows = removed.iter().map(|file| file.statistics.rows).sum();
    let mut counts = CommitCounts {
        files_removed: removed.len() as u64,
        rows_removed: rows,
        ..CommitCounts::default()
    };
    let (operation, data_change, count) = match rewrite {
        Rewrite::Merge { added, .. } => {
            counts.files_added = 1;
            counts.rows = stored_rows(added).unwrap_or_default();
            let count = count.and_then(|count| count.after(Some(0), Some(0)));
            (UpdateTableOperation::Optimize, false, count)
        }
        Rewrite::Remove => {
            let count = count.and_then(|count| count.after(Some(0), rows));
            (UpdateTableOperation::Delete, true, count)
        }
    };
    let base = Arc::clone(&snapshot);
    let mut builder = snapshot.update_table(operation, ENGINE_INFO, data_change);
    builder = match rewrite {
        Rewrite::Merge { .. } => builder,
        Rewrite::Remove => {
            let before = base.get_app_id_version(RETENTION, inner.engine()).map_err(failed)?;
            let until = removed.iter().filter_map(|file| file.statistics.ingested_until).max();
            let until = until.max(before).into_iter();
            until.fold(builder, |builder, until| builder.with_transaction_id(RETENTION, until))
        }
    };
    let said = count.into_iter().flat_map(Count::said);
    builder = said.fold(builder, |builder, (name, n)| builder.with_transaction_id(name, n));
    let mut transaction = builder
        .with_operation_metrics(counts.metrics())
        .build(inner.engine(), Box::new(FileSystemCommitter::new()))
        .map_err(failed)?;
    if let Rewrite::Merge { added, .. } = rewrite {
        transaction.add_files(files::engine_data(added));
    }
    for removed in removal {
        transaction.remove_files(removed);
    }
    match transaction.commit(inner.engine()).map_err(failed)? {
        CommitResult::Committed(committed) => Ok(Some(Committed::new(&committed, count))),
        CommitResult::Conflicted(_) => Ok(None),
        CommitResult::Retryable(retryable) => Err(failed(retryable.error)),
    }
}
