//! Deliveries into the lake, each record exactly once.
//!
//! A flush commits every table that has rows, each with the positions of the sources that gave
//! them, and `DeadLetters` last with the positions of all: that commit says that everything up to
//! there is in. A run that dies in between starts again from the positions of `DeadLetters`, and
//! the rows that a table holds already are passed over by that table's own positions.

mod export;
mod files;
mod flush;
mod hubs;
mod role_snapshot;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

pub use export::{FileFormat, Reading};
pub use files::{FileOutcome, FileReport, ingest_files};
pub use hubs::{Hub, Run, ingest_hubs};

use self::flush::{Flush, TableRows};
use crate::decode::{Reason, Record, decode};
use crate::lake::{Advance, Lake, LakeError};
use crate::source::Delivery;
use crate::source::eventhub::EventHubError;
use crate::source::file::FileError;
use crate::table::{
    self, DEAD_LETTERS, DeadLetter, DeadLetterBuilder, Provenance, Table, TableBuilder,
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

/// When waiting rows are committed: whichever comes first.
#[derive(Debug, Clone, Copy)]
pub struct FlushLimits {
    /// Rows of all tables.
    pub rows: usize,
    /// JSON bytes of the waiting records.
    pub bytes: usize,
    /// Age of the oldest waiting record.
    pub age: Duration,
}

impl Default for FlushLimits {
    fn default() -> Self {
        Self { rows: 65_536, bytes: 128 << 20, age: Duration::from_secs(5) }
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
    builders: HashMap<&'static str, TableBuilder>,
    dead: DeadLetterBuilder,
    sources: BTreeMap<Arc<str>, SourceState>,
    waiting_since: Option<Instant>,
    committing: Option<JoinHandle<Result<(), IngestError>>>,
    counts: Counts,
}

/// How far a source is in.
#[derive(Debug, Default)]
struct SourceState {
    /// Everything up to here is in, whatever its table.
    committed: Option<i64>,
    /// Rows up to here are in, by log table.
    fences: HashMap<&'static str, Option<i64>>,
    /// Taken up to here, not yet committed.
    pending: Option<i64>,
    /// Tables that have rows of this source waiting.
    touched: BTreeSet<&'static str>,
}

impl Ingester {
    /// An ingester into a lake.
    #[must_use]
    pub fn new(lake: Lake, limits: FlushLimits) -> Self {
        Self {
            lake,
            limits,
            builders: HashMap::new(),
            dead: DeadLetterBuilder::default(),
            sources: BTreeMap::new(),
            waiting_since: None,
            committing: None,
            counts: Counts::default(),
        }
    }

    /// Makes a source known and says after which position it is to be read.
    ///
    /// # Errors
    /// The lake cannot be read.
    pub async fn resume(&mut self, source_id: &Arc<str>) -> Result<Option<i64>, IngestError> {
        // Before the others: a flush that ends meanwhile must not be known here and unknown there.
        let committed = self.lake.position(&DEAD_LETTERS, source_id).await?;
        let fences = self.lake.positions(table::logs(), source_id).await?;
        let fences = table::logs().iter().map(|table| table.name).zip(fences).collect();
        let state = SourceState { committed, fences, ..SourceState::default() };
        self.sources.insert(Arc::clone(source_id), state);
        Ok(committed)
    }

    /// Takes a delivery of a source that was [resumed](Self::resume).
    ///
    /// A full ingester commits what waits while it goes on taking; it waits for a commit only when
    /// it is full again before that.
    ///
    /// # Errors
    /// An earlier commit failed.
    pub async fn take(&mut self, delivery: &Delivery) -> Result<(), IngestError> {
        self.accept(delivery);
        if self.is_due() {
            self.committed().await?;
            let flush = self.seal()?;
            self.committing = Some(tokio::spawn(flush.commit(self.lake.clone())));
        }
        Ok(())
    }

    /// Whether what waits has reached a limit.
    #[must_use]
    pub fn is_due(&self) -> bool {
        let rows: usize = self.builders.values().map(TableBuilder::rows).sum();
        let bytes: usize = self.builders.values().map(TableBuilder::bytes).sum();
        rows >= self.limits.rows
            || bytes + self.dead.bytes() >= self.limits.bytes
            || self.waiting_since.is_some_and(|since| since.elapsed() >= self.limits.age)
    }

    /// When what waits now reaches its age limit.
    #[must_use]
    pub fn due_at(&self) -> Option<Instant> {
        self.waiting_since.map(|since| since + self.limits.age)
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

    fn accept(&mut self, delivery: &Delivery) {
        let Some(state) = self.sources.get_mut(&delivery.source_id) else {
            debug_assert!(false, "delivery of a source that was not resumed");
            return;
        };
        if state.committed.max(state.pending) >= Some(delivery.position) {
            self.counts.repeated += 1;
            return;
        }
        let from = Provenance {
            source: &delivery.source_id,
            position: delivery.position,
            ingested_at: chrono::Utc::now().timestamp_micros(),
        };
        let decoded = decode(&delivery.body);
        for item in decoded.iter() {
            let category = item.as_ref().ok().and_then(Record::category);
            let (reason, detail, body, index) = match &item {
                Ok(record) => {
                    match place(&mut self.builders, state, record, from, &mut self.counts) {
                        Ok(()) => continue,
                        Err((reason, detail)) => {
                            (reason, detail, record.json.as_bytes(), record.index)
                        }
                    }
                }
                Err(rejected) => {
                    (rejected.reason, rejected.detail.clone(), rejected.bytes, rejected.index)
                }
            };
            let detail = format!("{}, record {index}: {detail}", delivery.place);
            let category = category.as_deref();
            self.dead.append(&DeadLetter { reason, detail, category, body, index }, from);
            *self.counts.dead.entry(reason).or_default() += 1;
            *self.counts.rows.entry(DEAD_LETTERS.name).or_default() += 1;
        }
        state.pending = Some(delivery.position);
        self.counts.deliveries += 1;
        self.waiting_since.get_or_insert_with(Instant::now);
    }

    /// Commits everything that waits, and returns when it is in.
    ///
    /// # Errors
    /// The lake could not be written, or another writer has taken over a source.
    pub async fn flush(&mut self) -> Result<(), IngestError> {
        self.committed().await?;
        let flush = self.seal()?;
        flush.commit(self.lake.clone()).await
    }

    /// Waits for the commit that is under way, if there is one.
    async fn committed(&mut self) -> Result<(), IngestError> {
        let Some(committing) = self.committing.take() else { return Ok(()) };
        match committing.await {
            Ok(result) => result,
            // Nobody aborts it.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Takes out what waits. Its positions count as committed from here on: commits are made one
    /// after the other, and after one that failed the ingester is dropped.
    fn seal(&mut self) -> Result<Flush, IngestError> {
        let mut tables = Vec::new();
        for table in table::logs() {
            let Some(builder) = self.builders.get_mut(table.name).filter(|b| b.rows() > 0) else {
                continue;
            };
            let batch_error = |source| IngestError::Batch { table: table.name, source };
            let rows = builder.finish().map_err(batch_error)?;
            let advances = self.advance_table(table);
            tables.push(TableRows { table, rows, advances });
        }
        let batch_error = |source| IngestError::Batch { table: DEAD_LETTERS.name, source };
        let dead = self.dead.finish().map_err(batch_error)?;
        let mut advances = Vec::new();
        for (source_id, state) in &mut self.sources {
            if let Some(to) = state.pending.take() {
                let from = state.committed.replace(to);
                advances.push(Advance { source_id: source_id.to_string(), from, to });
            }
            state.touched.clear();
        }
        self.waiting_since = None;
        Ok(Flush { tables, dead, advances })
    }

    /// Moves the fences of a table's sources past the rows that wait for it.
    fn advance_table(&mut self, table: &'static Table) -> Vec<Advance> {
        let mut advances = Vec::new();
        for (source_id, state) in &mut self.sources {
            if let (Some(to), true) = (state.pending, state.touched.contains(table.name)) {
                let from = state.fences.insert(table.name, Some(to)).flatten();
                advances.push(Advance { source_id: source_id.to_string(), from, to });
            }
        }
        advances
    }
}

/// Appends a record to the builder of its table, unless the table holds it already.
fn place(
    builders: &mut HashMap<&'static str, TableBuilder>,
    state: &mut SourceState,
    record: &Record<'_>,
    from: Provenance<'_>,
    counts: &mut Counts,
) -> Result<(), (Reason, String)> {
    let table = table::table_of(record)?;
    if state.fences.get(table.name).copied().flatten() >= Some(from.position) {
        counts.repeated += 1;
        return Ok(());
    }
    let builder = builders.entry(table.name).or_insert_with(|| TableBuilder::new(table));
    builder
        .append(record, from)
        .map_err(|reason| (reason, table::without_time(record).to_owned()))?;
    state.touched.insert(table.name);
    *counts.rows.entry(table.name).or_default() += 1;
    Ok(())
}
