//! Deliveries into the lake, each record exactly once.
//!
//! A flush commits what sequence numbers have no rows and the hashes of the records, then every table that has rows,
//! each with the positions of the sources that gave them, and `DeadLetters` last with the positions of all: that
//! commit says that everything up to there is in. A run that dies in between starts again from the positions of `DeadLetters`, and
//! the rows that a table holds already are passed over by that table's own positions.
//!
//! Records are decoded here, into small batches; a thread beside this one encodes them as they come and
//! makes the commits. So memory holds a few batches and the encoded rows of one flush.

mod anew;
mod committer;
mod duplicates;
mod export;
mod files;
mod gaps;
mod hubs;
mod intake;
mod message;
mod ownership;
mod progress;
mod readers;
mod role_snapshot;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use duplicates::Deduplication;
pub use export::{FileFormat, Reading};
pub use files::{FileOutcome, FileReport, ingest_files};
pub use gaps::{GapReason, SequenceGap};
pub use hubs::{Hub, Run, ingest_hubs};

pub use ownership::OwnershipError;

use self::anew::Sealed;
use self::committer::{Committer, TableAdvances};
use self::duplicates::Duplicates;
use self::message::Builders;
use self::progress::{Progress, Standing, fenced_tables};
use crate::decode::Reason;
use crate::lake::{Advance, Lake, LakeError, Permit};
use crate::source::eventhub::{EventHubError, Readings};
use crate::source::file::FileError;
use crate::source::{Delivery, is_partition};
use crate::table::{
    DEAD_LETTERS, DeadLetterBuilder, RECORD_HASHES, SEQUENCE_GAPS, Table, to_batch,
};

/// Why ingestion stopped; nothing that was not committed is lost, the next run takes it up.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The lake could not be read or written.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A hub could not be read.
    #[error(transparent)]
    EventHub(#[from] EventHubError),
    /// Who reads which partition could not be agreed with other ingesters.
    #[error(transparent)]
    Ownership(#[from] OwnershipError),
    /// A role snapshot is not what Microsoft Graph returns.
    #[error(
        "{path}: not a list of role schedule instances as Microsoft Graph returns it: {reason}"
    )]
    RoleSnapshot {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// Rows could not be made into a batch.
    #[error("rows of {table} do not fit together: {source}")]
    Batch {
        /// The table.
        table: &'static str,
        /// Arrow's reason.
        source: arrow::error::ArrowError,
    },
}

/// JSON bytes of the records of a batch: few enough to keep memory small, enough to spread what each batch costs.
const BATCH_BYTES: usize = 8 << 20;

/// Rows that wait to be committed are when they have grown to this many bytes, most of them Parquet.
const WAITING_BYTES: usize = 32 << 20;

/// When waiting rows are committed: whichever comes first, or 32 MiB of them as Parquet.
#[derive(Debug, Clone, Copy)]
pub struct FlushLimits {
    /// Rows of all tables.
    pub rows: usize,
    /// JSON bytes of the waiting records.
    pub bytes: usize,
    /// Age of the oldest waiting record; a second at most until a first commit is asked for.
    pub age: Duration,
}

/// After a start, and after an outage above all, people wait to see that records go in again.
const FIRST_AGE: Duration = Duration::from_secs(1);

impl Default for FlushLimits {
    fn default() -> Self {
        Self { rows: 1_000_000, bytes: 1 << 30, age: Duration::from_secs(5) }
    }
}

/// What went in, by table; dead letters under `DeadLetters`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Rows by table.
    pub rows: BTreeMap<&'static str, u64>,
    /// Dead letters by reason.
    pub dead: BTreeMap<Reason, u64>,
    /// Records that were delivered again and are in the lake already.
    pub repeated: u64,
    /// Records that another message of a hub brought before, byte for byte.
    pub duplicates: u64,
    /// Deliveries taken.
    pub deliveries: u64,
}

impl Counts {
    /// Rows of all tables, dead letters included.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.rows.values().sum()
    }
}

/// Takes deliveries and commits them.
///
/// After an error the ingester must be dropped: what waited in it is read again from the sources
/// by a new one.
#[derive(Debug)]
pub struct Ingester {
    lake: Lake,
    limits: FlushLimits,
    builders: Builders,
    dead: DeadLetterBuilder,
    gaps: Vec<SequenceGap>,
    /// Of hubs; `None` when whatever comes is stored.
    duplicates: Option<Duplicates>,
    sources: BTreeMap<Arc<str>, Progress>,
    waiting: Waiting,
    committer: Option<Committer>,
    /// Whether a commit was asked for since the start.
    has_committed: bool,
    counts: Counts,
    sealed: Sealed,
    permit: Option<Arc<dyn Permit>>,
    readings: Readings,
}

/// What was taken and not yet committed.
#[derive(Debug, Default)]
struct Waiting {
    rows: usize,
    /// Of JSON.
    bytes: usize,
    since: Option<Instant>,
}

impl Waiting {
    fn add(&mut self, rows: usize, bytes: usize) {
        self.rows += rows;
        self.bytes += bytes;
        self.since.get_or_insert_with(Instant::now);
    }
}

impl Ingester {
    /// An ingester into a lake.
    #[must_use]
    pub fn new(lake: Lake, limits: FlushLimits) -> Self {
        Self {
            lake,
            limits,
            builders: Builders::new(),
            dead: DeadLetterBuilder::default(),
            gaps: Vec::new(),
            duplicates: Some(Duplicates::new(Deduplication::default())),
            sources: BTreeMap::new(),
            waiting: Waiting::default(),
            committer: None,
            has_committed: false,
            counts: Counts::default(),
            sealed: Sealed::default(),
            permit: None,
            readings: Readings::default(),
        }
    }

    /// Has the progress of partitions told there, too.
    #[must_use]
    pub fn with_readings(mut self, readings: Readings) -> Self {
        self.readings = readings;
        self
    }

    /// Recognizes repeated records otherwise than by default; with `None`, not at all.
    #[must_use]
    pub fn with_deduplication(mut self, deduplication: Option<Deduplication>) -> Self {
        self.duplicates = deduplication.map(Duplicates::new);
        self
    }

    /// How far partitions of hubs have been read.
    #[must_use]
    pub fn readings(&self) -> &Readings {
        &self.readings
    }

    /// Makes a source known and says after which position it is to be read.
    ///
    /// # Errors
    /// The lake cannot be read.
    pub async fn resume(&mut self, source_id: &Arc<str>) -> Result<Option<i64>, IngestError> {
        // What was taken of it a moment ago need not be in the lake yet.
        if let Some(progress) = self.sources.get(source_id) {
            return Ok(progress.last());
        }
        let standing = Standing::of(&self.lake, source_id).await?;
        self.resume_from(source_id, standing).await
    }

    /// Makes many sources known.
    ///
    /// # Errors
    /// The lake cannot be read.
    pub async fn resume_all(&mut self, sources: &[Arc<str>]) -> Result<(), IngestError> {
        let known = |source: &&Arc<str>| self.sources.contains_key(*source);
        let sources: Vec<_> = sources.iter().filter(|source| !known(source)).cloned().collect();
        let standings = Standing::of_all(&self.lake, &sources).await?;
        for (source, standing) in sources.iter().zip(standings) {
            self.resume_from(source, standing).await?;
        }
        Ok(())
    }

    async fn resume_from(
        &mut self,
        source_id: &Arc<str>,
        standing: Standing,
    ) -> Result<Option<i64>, IngestError> {
        let committed = standing.committed;
        if is_partition(source_id) {
            if standing.is_broken() && self.waiting.since.is_some() {
                self.flush().await?;
            }
            if let Some(duplicates) = &mut self.duplicates {
                duplicates.resume(&self.lake, source_id, &standing).await?;
            }
        }
        let progress = Progress::from(&self.lake, source_id, standing).await?;
        self.sources.insert(Arc::clone(source_id), progress);
        Ok(committed)
    }

    /// Takes a delivery of a source that was [resumed](Self::resume).
    ///
    /// A full ingester has what waits committed while it goes on taking.
    ///
    /// # Errors
    /// An earlier commit failed.
    pub async fn take(&mut self, delivery: &Delivery) -> Result<(), IngestError> {
        if self.accept(delivery) {
            self.hand_over(BATCH_BYTES).await?;
        }
        if self.is_due() {
            self.commit().await?;
        }
        Ok(())
    }

    /// Whether what waits has reached a limit.
    #[must_use]
    pub fn is_due(&self) -> bool {
        let Waiting { rows, bytes, since } = self.waiting;
        let waiting = self.committer.as_ref().map_or(0, Committer::bytes);
        rows >= self.limits.rows
            || bytes >= self.limits.bytes
            || waiting >= WAITING_BYTES
            || since.is_some_and(|since| since.elapsed() >= self.age())
    }

    /// When what waits now reaches its age limit.
    #[must_use]
    pub fn due_at(&self) -> Option<Instant> {
        self.waiting.since.map(|since| since + self.age())
    }

    fn age(&self) -> Duration {
        if self.has_committed { self.limits.age } else { self.limits.age.min(FIRST_AGE) }
    }

    /// What went in since the ingester was made.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Counts rows that went in past the ingester.
    fn count(&mut self, table: &'static Table, rows: u64) {
        if rows > 0 {
            *self.counts.rows.entry(table.name).or_default() += rows;
        }
    }

    /// Commits everything that waits, and returns when it is in.
    ///
    /// # Errors
    /// The lake could not be written, or another writer has taken over a source.
    pub async fn flush(&mut self) -> Result<(), IngestError> {
        self.commit().await?;
        self.committer().settle().await
    }

    /// Waits until a commit that was asked for fails, and for ever if none does.
    ///
    /// # Errors
    /// Why it failed.
    pub async fn failure(&mut self) -> Result<(), IngestError> {
        match &mut self.committer {
            Some(committer) => committer.failure().await,
            None => std::future::pending().await,
        }
    }

    /// Lets the commits that were asked for end; what was not is dropped. Without this, an ingester that
    /// follows may take the last commits of this one for another writer's.
    ///
    /// # Errors
    /// A commit failed.
    pub async fn stop(self) -> Result<(), IngestError> {
        match self.committer {
            Some(committer) => committer.end().await.1,
            None => Ok(()),
        }
    }

    /// Asks for a commit of everything that waits.
    async fn commit(&mut self) -> Result<(), IngestError> {
        self.hand_over(0).await?;
        self.hand_over_hashes().await?;
        let advances = self.seal();
        self.committer().commit(advances).await?;
        self.note_sealed();
        Ok(())
    }

    /// Has the batches of at least so many bytes of JSON encoded.
    async fn hand_over(&mut self, least: usize) -> Result<(), IngestError> {
        let is_due = |rows: usize, bytes: usize| rows > 0 && bytes >= least;
        let failed =
            |table: &'static Table| move |source| IngestError::Batch { table: table.name, source };
        let mut batches = Vec::new();
        for builder in self.builders.values_mut().filter(|b| is_due(b.rows(), b.bytes())) {
            let table = builder.table();
            batches.push((table, builder.finish().map_err(failed(table))?));
        }
        if is_due(self.dead.rows(), self.dead.bytes()) {
            batches.push((&DEAD_LETTERS, self.dead.finish().map_err(failed(&DEAD_LETTERS))?));
        }
        if is_due(self.gaps.len(), 0) {
            let gaps = std::mem::take(&mut self.gaps);
            batches
                .push((&SEQUENCE_GAPS, to_batch(&SEQUENCE_GAPS, &gaps).map_err(LakeError::from)?));
        }
        for (table, rows) in batches {
            self.committer().write(table, rows).await?;
        }
        Ok(())
    }

    /// Has the hashes of new records stored, and learns those that others have stored meanwhile.
    async fn hand_over_hashes(&mut self) -> Result<(), IngestError> {
        let Some(duplicates) = &mut self.duplicates else { return Ok(()) };
        let Some(rows) = duplicates.take_rows() else { return Ok(()) };
        duplicates.refresh(&self.lake).await?;
        duplicates.merge_now_and_then(&self.lake);
        let table = &RECORD_HASHES;
        let rows = rows.map_err(|source| IngestError::Batch { table: table.name, source })?;
        self.committer().write(table, rows).await
    }

    fn committer(&mut self) -> &mut Committer {
        self.committer.get_or_insert_with(|| Committer::new(self.lake.clone(), self.permit.clone()))
    }

    /// The positions that the next commit moves, of every table that has rows and of `DeadLetters` last.
    ///
    /// They count as committed from here on: commits are made one after the other, and after one that
    /// failed the ingester is dropped.
    fn seal(&mut self) -> Vec<TableAdvances> {
        let mut tables: Vec<TableAdvances> = Vec::new();
        for table in fenced_tables() {
            if self.sources.values().any(|progress| progress.touched.contains(table.name)) {
                tables.push((table, self.advance_table(table)));
            }
        }
        let mut advances = Vec::new();
        for (source_id, progress) in &mut self.sources {
            if let Some(to) = progress.pending.take() {
                let from = progress.standing.committed.replace(to);
                advances.push(Advance { source_id: source_id.to_string(), from, to });
            }
            progress.touched.clear();
        }
        tables.push((&DEAD_LETTERS, advances));
        self.waiting = Waiting::default();
        self.has_committed = true;
        tables
    }

    /// Moves the fences of a table's sources past the rows that wait for it.
    fn advance_table(&mut self, table: &'static Table) -> Vec<Advance> {
        let mut advances = Vec::new();
        for (source_id, progress) in &mut self.sources {
            let from = progress.standing.fence(table.name);
            let touched = progress.pending.filter(|_| progress.touched.contains(table.name));
            // After a flush that ended too early, a fence may be further on already.
            if let Some(to) = touched.filter(|to| Some(*to) > from) {
                progress.standing.set_fence(table, to);
                advances.push(Advance { source_id: source_id.to_string(), from, to });
            }
        }
        advances
    }
}
