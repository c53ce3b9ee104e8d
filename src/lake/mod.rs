//! The lake: one Delta table a kind of row, and the only state that entralog has.
//!
//! Every change is one commit that carries its rows together with a `txn` action a source: the
//! position up to which the source is in the table. A writer states the position that it
//! continues, and is [fenced](LakeError::Fenced) when the table has another, so a row can neither
//! be written twice nor skipped, whoever else writes. Tables are made when they are first written.

mod action;
mod active;
mod added;
mod commit;
mod contents;
mod derived;
mod digest;
mod error;
mod evolve;
mod files;
mod history;
mod location;
mod log;
mod maintain;
mod objects;
mod observe;
mod permit;
mod read;
mod scan;
mod seen;
mod state;
mod statistics;
mod store;
mod vouched;
mod writer;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arrow::array::RecordBatch;
use datafusion::execution::cache::cache_manager::FileMetadataCache;
use datafusion::execution::cache::default_cache::DefaultCache;
use delta_kernel::snapshot::SnapshotRef;
use delta_kernel::{Engine, KernelError, Snapshot};
use delta_kernel_default_engine::executor::tokio::TokioMultiThreadExecutor;
use delta_kernel_default_engine::{DefaultEngine, DefaultEngineBuilder};
use futures::future::try_join_all;
use object_store::ObjectStore;
use url::Url;

pub use action::{AddedFile, CommitCounts, LogCommit, RemovedFile, commit_name};
use added::Commits;
pub use commit::Advance;
pub use contents::{ActiveFile, Contents, SourcePosition, Totals};
pub use digest::{Digest, digest_of_name};
pub use error::LakeError;
pub use history::{Before, History, HistoryEntry};
pub use log::TableLog;
pub use maintain::{
    CleanedLog, Eagerness, Group, Merged, Removed, Unneeded, UnneededFile, Vacuumed,
};
pub use objects::StoredFile;
pub use observe::{Counted, Observer};
pub use permit::{Permit, Withdrawn};
pub use scan::LakeTable;
pub(crate) use seen::Seen;
use vouched::Ledger;
pub use vouched::{Vouched, is_bookkeeping};
pub use writer::TableWriter;

use crate::table::{self, DEAD_LETTERS, Table};

/// Bytes of footers that are kept in memory: those of some hundred files.
const FOOTERS: usize = 50 << 20;

/// What `commitInfo` names as the writer.
const ENGINE_INFO: &str = concat!("entralog/", env!("CARGO_PKG_VERSION"));

/// What every version of this one begins with there.
const ENGINE_NAME: &str = "entralog/";

/// A position of every table from which retention has removed rows: the latest `_IngestedAt` of them, in
/// microseconds since the epoch. It is moved in the commit that removes them, so that a sequence number
/// without a row is known to have had one.
pub const RETENTION: &str = "entralog:retention";

/// An open lake; clones share it.
#[derive(Debug, Clone)]
pub struct Lake {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: Url,
    store: Arc<dyn ObjectStore>,
    engine: DefaultEngine<TokioMultiThreadExecutor>,
    /// The newest snapshot seen of each table: the next one is read from there on.
    snapshots: Mutex<HashMap<&'static str, Known>>,
    /// Footers of data files that were read, so that the next query need not; files never change.
    footers: Arc<FileMetadataCache>,
    /// Commits that were read to see what is new.
    commits: Commits,
    ledger: Ledger,
    observer: OnceLock<Arc<dyn Observer>>,
}

/// A snapshot, and when it was the newest.
#[derive(Debug, Clone)]
struct Known {
    snapshot: SnapshotRef,
    seen: Seen,
}

impl Lake {
    /// Opens the lake at a directory or URL; it need not exist yet. What an object store needs is taken
    /// from the environment.
    ///
    /// Must be called within a multi-threaded Tokio runtime.
    ///
    /// # Errors
    /// As for [`open_with`](Self::open_with).
    pub fn open(location: &str) -> Result<Self, LakeError> {
        Self::open_with(location, &[])
    }

    /// The same with options for the object store, such as `azure_storage_account_name`, which go before
    /// the environment.
    ///
    /// # Errors
    /// The location is neither a path nor a supported URL, or its store lacks something.
    pub fn open_with(location: &str, options: &[(String, String)]) -> Result<Self, LakeError> {
        let (root, store) = location::resolve(location, options)?;
        Ok(Self::new(root, store))
    }

    /// A lake in memory, for the tests of rules.
    #[must_use]
    pub fn in_memory() -> Self {
        let (root, store) = location::memory();
        Self::new(root, store)
    }

    fn new(root: Url, store: Arc<dyn ObjectStore>) -> Self {
        let executor = TokioMultiThreadExecutor::new(tokio::runtime::Handle::current());
        let engine = DefaultEngineBuilder::new(Arc::clone(&store))
            .with_task_executor(Arc::new(executor))
            .build();
        let (snapshots, commits) = (Mutex::default(), Commits::default());
        let (ledger, observer) = (Ledger::default(), OnceLock::new());
        let footers = Arc::new(DefaultCache::new(FOOTERS));
        let inner = Inner { root, store, engine, snapshots, footers, commits, ledger, observer };
        Self { inner: Arc::new(inner) }
    }

    /// Tells `observer` of every commit from now on. There is one at most: the first that comes.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        let _ = self.inner.observer.set(observer);
    }

    /// The lake's URL, for messages.
    #[must_use]
    pub fn location(&self) -> String {
        location::display(&self.inner.root)
    }

    /// Whether any of our tables exists.
    ///
    /// # Errors
    /// The location cannot be read.
    pub async fn exists(&self) -> Result<bool, LakeError> {
        // Whoever takes logs in writes this one, so it mostly is the only one to look for.
        if self.version(&DEAD_LETTERS).await?.is_some() {
            return Ok(true);
        }
        let versions = table::all().iter().map(|table| self.version(table));
        Ok(try_join_all(versions).await?.iter().any(Option::is_some))
    }

    /// The newest version of a table; `None` when it was never written.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn version(&self, table: &'static Table) -> Result<Option<u64>, LakeError> {
        self.blocking(move |inner| Ok(inner.snapshot(table)?.map(|snapshot| snapshot.version())))
            .await
    }

    /// The position up to which a source is in a table.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn position(
        &self,
        table: &'static Table,
        source_id: &str,
    ) -> Result<Option<i64>, LakeError> {
        let source_id = source_id.to_owned();
        self.blocking(move |inner| match inner.snapshot(table)? {
            Some(snapshot) => snapshot
                .get_app_id_version(&source_id, &inner.engine)
                .map_err(|error| inner.delta_error(table, error)),
            None => Ok(None),
        })
        .await
    }

    /// The positions up to which a source is in each of these tables, in their order.
    ///
    /// All tables are asked at once: each takes a request or two, and there are many tables.
    ///
    /// # Errors
    /// A table cannot be read.
    pub async fn positions(
        &self,
        tables: &[&'static Table],
        source_id: &str,
    ) -> Result<Vec<Option<i64>>, LakeError> {
        try_join_all(tables.iter().map(|table| self.position(table, source_id))).await
    }

    /// The positions of all sources in each of these tables, in their order: the log is read once, and not for each.
    ///
    /// # Errors
    /// A table cannot be read.
    pub async fn all_positions(
        &self,
        tables: &[&'static Table],
    ) -> Result<Vec<HashMap<String, i64>>, LakeError> {
        try_join_all(tables.iter().map(|table| {
            let table = *table;
            self.blocking(move |inner| match inner.snapshot(table)? {
                Some(snapshot) => state::positions(inner, table, &snapshot),
                None => Ok(HashMap::new()),
            })
        }))
        .await
    }

    /// Writes rows and moves positions in one commit.
    ///
    /// Returns the new version. Nothing is committed when there are neither rows nor positions.
    ///
    /// # Errors
    /// [`LakeError::Fenced`] when a position is not where the writer thinks; otherwise the table
    /// could not be written. A fenced commit has changed nothing.
    pub async fn commit(
        &self,
        table: &'static Table,
        rows: Option<RecordBatch>,
        advances: Vec<Advance>,
    ) -> Result<Option<u64>, LakeError> {
        self.blocking(move |inner| {
            let mut writer = TableWriter::new(inner, table);
            if let Some(rows) = rows {
                writer.write(&rows)?;
            }
            writer.commit(&advances)
        })
        .await
    }

    /// A writer into a table, for rows that come bit by bit.
    #[must_use]
    pub fn writer(&self, table: &'static Table) -> TableWriter {
        TableWriter::new(&self.inner, table)
    }

    /// A table as it is now, for queries.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn table(&self, table: &'static Table) -> Result<LakeTable, LakeError> {
        self.blocking(move |inner| {
            let snapshot = inner.snapshot(table)?;
            Ok(LakeTable::new(Arc::clone(inner), table, snapshot))
        })
        .await
    }

    /// The URL and store under which [`LakeTable`] scans find their files.
    pub(crate) fn store(&self) -> (Url, Arc<dyn ObjectStore>) {
        (location::store_url(&self.inner.root), Arc::clone(&self.inner.store))
    }

    /// The store, and where a directory of the lake is in it that holds no table.
    ///
    /// # Errors
    /// The lake's URL has no path that a store could have.
    pub(crate) fn directory(
        &self,
        name: &str,
    ) -> Result<(Arc<dyn ObjectStore>, object_store::path::Path), LakeError> {
        let failed = |error: object_store::path::Error| LakeError::Location {
            location: self.location(),
            reason: error.to_string(),
        };
        let root = object_store::path::Path::from_url_path(self.inner.root.path());
        Ok((Arc::clone(&self.inner.store), root.map_err(failed)?.join(name)))
    }

    /// Runs Delta's blocking calls where they may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Arc<Inner>) -> Result<T, LakeError> + Send + 'static,
    ) -> Result<T, LakeError> {
        let inner = Arc::clone(&self.inner);
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(result) => result,
            // The runtime is shutting down, or the work panicked: hand the panic on.
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => {
                    Err(LakeError::Write { table: "any".into(), reason: error.to_string() })
                }
            },
        }
    }
}

impl Inner {
    fn table_root(&self, table: &Table) -> String {
        format!("{}{}/", self.root, table.name)
    }

    /// Where a table is, when it is on this machine.
    fn local_directory(&self, table: &Table) -> Option<PathBuf> {
        Some(location::local(&self.root)?.join(table.name))
    }

    /// The newest snapshot; `None` when the table does not exist.
    fn snapshot(&self, table: &'static Table) -> Result<Option<SnapshotRef>, LakeError> {
        // Delta takes a local directory that is not there for a mistake.
        if self.local_directory(table).is_some_and(|directory| !directory.exists()) {
            return Ok(None);
        }
        let known = self.known(table);
        let seen = Seen::now();
        let anew = || Snapshot::builder_for(self.table_root(table)).build(&self.engine);
        let built = match &known {
            // The log from which it was read may have been cleaned up.
            Some(snapshot) => {
                Snapshot::builder_from(Arc::clone(snapshot)).build(&self.engine).or_else(|_| anew())
            }
            None => anew(),
        };
        match built {
            Ok(snapshot) => {
                self.remember_of(table, &snapshot, seen);
                Ok(Some(snapshot))
            }
            Err(error) if known.is_none() && is_missing(&error) => Ok(None),
            Err(error) => Err(self.delta_error(table, error)),
        }
    }

    fn known(&self, table: &Table) -> Option<SnapshotRef> {
        let snapshots = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        snapshots.get(table.name).map(|known| Arc::clone(&known.snapshot))
    }

    /// The known snapshot and when it was seen, if that was so lately that it may be committed on.
    fn known_lately(&self, table: &Table) -> Option<(SnapshotRef, Seen)> {
        let snapshots = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        let known = snapshots.get(table.name).filter(|known| !known.seen.is_stale())?;
        Some((Arc::clone(&known.snapshot), known.seen))
    }

    /// The versions of tables that were seen.
    fn known_versions(&self) -> Vec<(&'static str, u64)> {
        let snapshots = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        snapshots.iter().map(|(table, known)| (*table, known.snapshot.version())).collect()
    }

    /// A snapshot that is the newest now.
    fn remember(&self, table: &'static Table, snapshot: &SnapshotRef) {
        self.remember_of(table, snapshot, Seen::now());
    }

    fn remember_of(&self, table: &'static Table, snapshot: &SnapshotRef, seen: Seen) {
        let mut snapshots = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        let known = snapshots.get(table.name);
        if known.is_none_or(|known| known.snapshot.version() <= snapshot.version()) {
            snapshots.insert(table.name, Known { snapshot: Arc::clone(snapshot), seen });
        }
    }

    /// The next look is at all of the log.
    fn forget(&self, table: &Table) {
        self.snapshots.lock().unwrap_or_else(PoisonError::into_inner).remove(table.name);
    }

    fn engine(&self) -> &dyn Engine {
        &self.engine
    }

    fn delta_error(&self, table: &Table, mut source: KernelError) -> LakeError {
        // It is of use to whoever debugs Delta, and of none to whoever reads a message.
        while let KernelError::Backtraced { source: inner, .. } = source {
            source = *inner;
        }
        LakeError::Delta {
            table: table.name.into(),
            location: location::display(&self.root),
            source: Box::new(source),
        }
    }
}

/// The table's log is not there, as opposed to: it cannot be read.
fn is_missing(error: &KernelError) -> bool {
    match error {
        KernelError::Backtraced { source, .. } => is_missing(source),
        KernelError::FileNotFound(_) | KernelError::EmptyLog => true,
        other => other.to_string().contains("No files in log segment"),
    }
}
