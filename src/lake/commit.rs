//! One commit: rows and positions together, or not at all.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use delta_kernel::committer::FileSystemCommitter;
use delta_kernel::engine::arrow_conversion::TryFromArrow;
use delta_kernel::schema::StructType;
use delta_kernel::snapshot::SnapshotRef;
use delta_kernel::transaction::create_table::create_table;
use delta_kernel::transaction::data_layout::DataLayout;
use delta_kernel::transaction::{CommitResult, CommittedTransaction, UpdateTableOperation};
use object_store::ObjectStoreExt;

use super::active::stored_rows;
use super::objects::read_error;
use super::vouched::{self, Count};
use super::{
    CommitCounts, ENGINE_INFO, Inner, LakeError, Permit, Seen, Withdrawn, commit_name, files,
};
use crate::failpoint;
use crate::table::{DEAD_LETTERS, PARTITION_COLUMN, Table};

/// Races lost in a row before a commit gives up.
const ATTEMPTS: u32 = 100;

/// Commits between two checkpoints of the Delta log.
pub(super) const CHECKPOINT_INTERVAL: u64 = 100;

/// Columns of which Delta keeps minimum and maximum a file, where a table has them. Scans leave out
/// files by `TimeGenerated`; the others are for readers that do so by more.
const STATISTICS: &[&str] = &[
    "TimeGenerated",
    "_IngestedAt",
    "CreatedDateTime",
    "ActivityDateTime",
    "UserId",
    "UserPrincipalName",
    "IPAddress",
    "CorrelationId",
    "OperationName",
    "SystemAlertId",
    "RuleId",
    "SliceEnd",
];

/// A source's position moves from where the writer found it to where its rows end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// The source, which is the `appId` of the `txn` action.
    pub source_id: String,
    /// The position that the writer continues.
    pub from: Option<i64>,
    /// The position after this commit.
    pub to: i64,
}

/// Commits what `store` stores, with these positions; gives the new version.
pub(super) fn commit(
    inner: &Arc<Inner>,
    table: &'static Table,
    advances: &[Advance],
    permit: Option<&dyn Permit>,
    store: impl FnOnce() -> Result<Vec<Arc<RecordBatch>>, LakeError>,
) -> Result<u64, LakeError> {
    // It is there before any table whose rows it is to say are in: without it something was lost.
    if !advances.is_empty()
        && vouched::is_vouched_for(table)
        && inner.known(&DEAD_LETTERS).is_none()
    {
        open_or_create(inner, &DEAD_LETTERS)?;
    }
    // Before anything is stored: a writer that is fenced leaves no files behind.
    let (mut snapshot, mut seen) = newest_for(inner, table, advances)?;
    let added = store()?;
    // To store files may have taken long.
    if seen.is_stale() {
        (snapshot, seen) = newest_for(inner, table, advances)?;
        added.iter().try_for_each(|file| files::check_stored(inner, table, file))?;
    }

    let of_others = vouched::of_others(inner, table);
    let mut attempt = 0;
    loop {
        let outcome = try_commit(inner, table, snapshot, &added, advances, &of_others, permit);
        match outcome {
            Ok(Some(committed)) => {
                let version = settle(inner, table, &committed, seen)?;
                vouched::took(inner, table, advances);
                return Ok(version);
            }
            Ok(None) if attempt < ATTEMPTS => {
                attempt += 1;
                // Writers that lost together must not meet again at once.
                std::thread::sleep(Duration::from_millis(u64::from(attempt.min(20)) * 2));
                seen = Seen::now();
                snapshot = open_or_create(inner, table)?;
                // The files stay: a commit that seemed lost may have got through all the same.
                check_fence(inner, table, &snapshot, advances)?;
            }
            Ok(None) => {
                return Err(LakeError::Contention { table: table.name.into(), attempts: attempt });
            }
            // Whether the commit got through is not known: its files must stay.
            Err(error) => return Err(error),
        }
    }
}

/// The snapshot to commit on, with its fence checked.
///
/// The one that is known saves a listing of the log, which takes longer the longer the log is. If
/// it is not the newest any more, the commit loses its race and looks again; and a fence that is
/// shut there counts only if it is shut in the newest one too.
fn newest_for(
    inner: &Inner,
    table: &'static Table,
    advances: &[Advance],
) -> Result<(SnapshotRef, Seen), LakeError> {
    if let Some((known, seen)) = inner.known_lately(table)
        && check_fence(inner, table, &known, advances).is_ok()
    {
        return Ok((known, seen));
    }
    let seen = Seen::now();
    let newest = open_or_create(inner, table)?;
    check_fence(inner, table, &newest, advances)?;
    Ok((newest, seen))
}

/// A commit that is in, unless its writer was held up.
pub(super) struct Committed {
    version: u64,
    /// The table with it, where Delta gives that.
    snapshot: Option<SnapshotRef>,
    /// The rows that the table has with it.
    count: Option<Count>,
}

impl Committed {
    pub(super) fn new(committed: &CommittedTransaction, count: Option<Count>) -> Self {
        Self {
            version: committed.commit_version(),
            snapshot: committed.post_commit_snapshot().cloned(),
            count,
        }
    }
}

/// Sees to it that a commit counts, and remembers what it made of the table; gives its version.
pub(super) fn settle(
    inner: &Inner,
    table: &'static Table,
    committed: &Committed,
    seen: Seen,
) -> Result<u64, LakeError> {
    not_overtaken(inner, table, committed.version, seen)?;
    if let Some(count) = committed.count {
        count.remember(inner, table);
    }
    if let Some(snapshot) = &committed.snapshot {
        inner.remember(table, snapshot);
        if snapshot.version() > 0 && snapshot.version().is_multiple_of(CHECKPOINT_INTERVAL) {
            checkpoint(inner, table, snapshot);
        }
    }
    Ok(committed.version)
}

/// A commit whose writer was held up may be at a version that is free only because the log was cleaned up.
/// That is so if the version before it is gone.
fn not_overtaken(
    inner: &Inner,
    table: &'static Table,
    committed: u64,
    seen: Seen,
) -> Result<(), LakeError> {
    let took = seen.ago();
    if !seen.is_stale() || committed == 0 {
        return Ok(());
    }
    let before = inner.path(table, &format!("_delta_log/{}", commit_name(committed - 1)))?;
    match files::block_on(inner.store.head(&before)) {
        Ok(_) => Ok(()),
        Err(object_store::Error::NotFound { .. }) => {
            inner.forget(table);
            Err(LakeError::Overtaken { table: table.name.into(), version: committed, took })
        }
        Err(error) => Err(read_error(table, &before, &error)),
    }
}

/// Commits on top of `snapshot`; `None` when another writer was faster.
fn try_commit(
    inner: &Inner,
    table: &'static Table,
    snapshot: SnapshotRef,
    added: &[Arc<RecordBatch>],
    advances: &[Advance],
    of_others: &[(String, i64)],
    permit: Option<&dyn Permit>,
) -> Result<Option<Committed>, LakeError> {
    let failed = |error| inner.delta_error(table, error);
    let rows = added.iter().map(|file| stored_rows(file)).sum::<Option<u64>>();
    let count = Count::of(inner, table, &snapshot)?;
    let count = count.and_then(|count| count.after(rows, Some(0)));
    let counts = CommitCounts {
        files_added: added.len() as u64,
        files_removed: 0,
        rows: rows.unwrap_or_default(),
        rows_removed: Some(0),
    };
    let mut builder =
        snapshot.update_table(UpdateTableOperation::StreamingUpdate, ENGINE_INFO, true);
    // Delta wants a blind append to add something; a commit of positions alone adds nothing.
    if !added.is_empty() {
        builder = builder.with_blind_append();
    }
    for advance in advances {
        builder = builder.with_transaction_id(advance.source_id.clone(), advance.to);
    }
    let said = count.into_iter().flat_map(Count::said).chain(of_others.iter().cloned());
    builder = said.fold(builder, |builder, (name, n)| builder.with_transaction_id(name, n));
    builder = builder.with_operation_metrics(counts.metrics());
    let mut transaction =
        builder.build(inner.engine(), Box::new(FileSystemCommitter::new())).map_err(failed)?;
    for metadata in added {
        transaction.add_files(files::engine_data(metadata));
    }
    failpoint::reach(failpoint::BEFORE_COMMIT);
    // As late as can be: all that comes after it is one request.
    if let Some(Err(Withdrawn { source_id, reason })) = permit.map(|permit| permit.ask(advances)) {
        return Err(LakeError::Withdrawn { table: table.name.into(), source_id, reason });
    }
    match transaction.commit(inner.engine()) {
        Ok(CommitResult::Committed(committed)) => {
            failpoint::reach(failpoint::AFTER_COMMIT);
            Ok(Some(Committed::new(&committed, count)))
        }
        Ok(CommitResult::Conflicted(_)) => Ok(None),
        Ok(CommitResult::Retryable(retryable)) => Err(failed(retryable.error)),
        Err(error) => Err(failed(error)),
    }
}

/// Delta compares `txn` versions only with writers that are faster than this one; one that comes
/// later with an older position would be let in. So each position is compared here, every time.
fn check_fence(
    inner: &Inner,
    table: &Table,
    snapshot: &SnapshotRef,
    advances: &[Advance],
) -> Result<(), LakeError> {
    for advance in advances {
        let found = snapshot
            .get_app_id_version(&advance.source_id, inner.engine())
            .map_err(|error| inner.delta_error(table, error))?;
        if found != advance.from || found.is_some_and(|found| found >= advance.to) {
            return Err(LakeError::Fenced {
                table: table.name.into(),
                source_id: advance.source_id.clone(),
                expected: advance.from,
                found,
            });
        }
    }
    Ok(())
}

pub(super) fn open_or_create(
    inner: &Inner,
    table: &'static Table,
) -> Result<SnapshotRef, LakeError> {
    if let Some(snapshot) = inner.snapshot(table)? {
        return Ok(snapshot);
    }
    let created = create(inner, table);
    // Another writer may have made it meanwhile: what counts is that it is there.
    match (inner.snapshot(table)?, created) {
        (Some(snapshot), _) => Ok(snapshot),
        (None, Err(error)) => Err(error),
        (None, Ok(())) => Err(LakeError::Contention { table: table.name.into(), attempts: 1 }),
    }
}

fn create(inner: &Inner, table: &'static Table) -> Result<(), LakeError> {
    if let Some(directory) = inner.local_directory(table) {
        std::fs::create_dir_all(&directory).map_err(|error| LakeError::Write {
            table: table.name.into(),
            reason: format!("{}: {error}", directory.display()),
        })?;
    }
    let failed = |error| inner.delta_error(table, error);
    let fields = table.schema().fields().iter().cloned().collect::<Vec<_>>();
    let day =
        arrow::datatypes::Field::new(PARTITION_COLUMN, arrow::datatypes::DataType::Date32, true);
    let schema = arrow::datatypes::Schema::new(
        fields.into_iter().chain([Arc::new(day)]).collect::<Vec<_>>(),
    );
    let schema = StructType::try_from_arrow(&schema).map_err(|error| failed(error.into()))?;
    let statistics: Vec<_> = STATISTICS
        .iter()
        .copied()
        .filter(|name| table.all_columns().any(|column| column.name == *name))
        .collect();
    let interval = CHECKPOINT_INTERVAL.to_string();
    create_table(inner.table_root(table), Arc::new(schema), ENGINE_INFO, false)
        .with_data_layout(DataLayout::partitioned([PARTITION_COLUMN]))
        .with_table_properties([
            ("delta.dataSkippingStatsColumns", statistics.join(",").as_str()),
            ("delta.checkpointInterval", interval.as_str()),
        ])
        .build(inner.engine(), Box::new(FileSystemCommitter::new()))
        .and_then(|transaction| transaction.commit(inner.engine()))
        .map(|_| ())
        .map_err(failed)
}

/// A checkpoint is a help to readers, never needed for correctness: failing is only worth a line.
pub(super) fn checkpoint(inner: &Inner, table: &'static Table, snapshot: &SnapshotRef) {
    failpoint::reach(failpoint::BEFORE_CHECKPOINT);
    match snapshot.checkpoint(inner.engine(), None) {
        Ok((_, snapshot)) => inner.remember(table, &snapshot),
        Err(error) => {
            tracing::warn!(table = table.name, version = snapshot.version(), %error, "no checkpoint");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::PoisonError;

    use super::super::Lake;
    use super::*;
    use crate::table::by_name;

    async fn advance(lake: &Lake, source: &str, from: Option<i64>, to: i64) -> u64 {
        let advance = Advance { source_id: source.into(), from, to };
        let table = by_name("SigninLogs").unwrap();
        lake.commit(table, None, vec![advance]).await.unwrap().unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_writer_that_was_held_up_does_not_commit_where_the_log_was_cleaned_up() {
        let directory = tempfile::tempdir().unwrap();
        let location = directory.path().to_str().unwrap();
        let table = by_name("SigninLogs").unwrap();
        let (lake, held_up) = (Lake::open(location).unwrap(), Lake::open(location).unwrap());
        advance(&lake, "hub/0", None, 0).await;
        assert_eq!(held_up.position(table, "hub/1").await.unwrap(), None);
        for n in 1..130 {
            advance(&lake, "hub/0", Some(n - 1), n).await;
        }
        let cleaned = lake.clean_log(table, Duration::ZERO, false).await.unwrap();
        assert_eq!(cleaned.begins_at, Some(100), "{cleaned:?}");

        {
            let inner = &held_up.inner;
            let mut known = inner.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
            let known = known.get_mut(table.name).unwrap();
            assert_eq!(known.snapshot.version(), 1);
            known.seen = Seen::long_ago();
        }
        let newest = lake.version(table).await.unwrap().unwrap();
        assert_eq!(advance(&held_up, "hub/1", None, 7).await, newest + 1);
        assert_eq!(lake.position(table, "hub/1").await.unwrap(), Some(7));

        // Held up between the look and the commit, it says so.
        let inner = Arc::clone(&lake.inner);
        let work = move || {
            let of = |version, seen| not_overtaken(&inner, table, version, seen);
            (of(2, Seen::now()), of(2, Seen::long_ago()), of(newest + 1, Seen::long_ago()))
        };
        let (at_once, overtaken, slow) = tokio::task::spawn_blocking(work).await.unwrap();
        assert!(at_once.is_ok(), "{at_once:?}");
        assert!(matches!(overtaken, Err(LakeError::Overtaken { version: 2, .. })), "{overtaken:?}");
        assert!(slow.is_ok(), "{slow:?}");
    }
}
