//! Rows on their way into a table: encoded as they come, a file a day, stored when they are committed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{AsArray, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::TimestampMicrosecondType;
use delta_kernel::committer::FileSystemCommitter;
use delta_kernel::snapshot::SnapshotRef;
use delta_kernel::transaction::{UpdateTableOperation, WriteState};

use super::files::{DataFile, Order, write_error};
use super::{Advance, Counted, ENGINE_INFO, Inner, LakeError, Permit, commit, evolve};
use crate::table::Table;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Days whose files are open at once. Logs are of one or two days, mostly; a file costs megabytes while it is
/// open, and a message may hold records of as many days as it likes.
const OPEN_FILES: usize = 4;

/// Encodes rows of one table and commits them.
///
/// What waits here is mostly Parquet already, about a twentieth of the JSON that it came from. Its calls
/// block: use them on a thread that may.
#[derive(Debug)]
pub struct TableWriter {
    inner: Arc<Inner>,
    table: &'static Table,
    /// How the table wants its files; asked for when the first rows come.
    state: Option<Arc<WriteState>>,
    /// The files of the days since the epoch that came first.
    open: BTreeMap<i32, DataFile>,
    /// Rows of other days, which are encoded a day after the other when they are committed.
    waiting: Vec<Waiting>,
    /// What the observer counted of the rows.
    counted: Vec<Counted>,
    /// Asked before each attempt to commit.
    permit: Option<Arc<dyn Permit>>,
}

/// A batch, and which of its rows are of which day and not in a file.
#[derive(Debug)]
struct Waiting {
    rows: RecordBatch,
    days: BTreeMap<i32, Vec<u32>>,
}

impl TableWriter {
    pub(super) fn new(inner: &Arc<Inner>, table: &'static Table) -> Self {
        Self {
            inner: Arc::clone(inner),
            table,
            state: None,
            open: BTreeMap::new(),
            waiting: Vec::new(),
            counted: Vec::new(),
            permit: None,
        }
    }

    /// Asks this before each attempt to commit.
    #[must_use]
    pub fn with_permit(mut self, permit: Option<Arc<dyn Permit>>) -> Self {
        self.permit = permit;
        self
    }

    /// Bytes of the rows that wait, encoded or not.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let waiting = self.waiting.iter().map(|waiting| waiting.rows.get_array_memory_size());
        self.open.values().map(DataFile::bytes).sum::<usize>() + waiting.sum::<usize>()
    }

    /// Encodes rows, each into the file of its day.
    ///
    /// # Errors
    /// The table cannot be opened, or the rows are not the table's.
    pub fn write(&mut self, rows: &RecordBatch) -> Result<(), LakeError> {
        let mut rest = BTreeMap::new();
        for (day, of_day) in by_day(self.table, rows)? {
            if self.open.len() < OPEN_FILES || self.open.contains_key(&day) {
                let rows = part(self.table, rows, of_day)?;
                let file = match self.open.remove(&day) {
                    Some(file) => file,
                    None => self.file(day, &rows)?,
                };
                self.open.entry(day).or_insert(file).write(&self.inner, &rows)?;
            } else {
                rest.insert(day, of_day);
            }
        }
        if !rest.is_empty() {
            self.waiting.push(Waiting { rows: rows.clone(), days: rest });
        }
        let observer = self.inner.observer.get();
        self.counted.extend(observer.map(|observer| observer.written(self.table, rows)));
        Ok(())
    }

    /// Stores what was written and commits it together with the positions; gives the new version.
    /// Nothing is committed when there are neither rows nor positions.
    ///
    /// # Errors
    /// As of [`Lake::commit`](super::Lake::commit).
    pub fn commit(mut self, advances: &[Advance]) -> Result<Option<u64>, LakeError> {
        let begun = Instant::now();
        if self.open.is_empty() && advances.is_empty() {
            return Ok(None);
        }
        let (inner, table) = (Arc::clone(&self.inner), self.table);
        let permit = self.permit.clone();
        let version = commit::commit(&inner, table, advances, permit.as_deref(), || self.store())?;
        if let Some(observer) = inner.observer.get() {
            self.counted.into_iter().for_each(Counted::publish);
            observer.committed(table, begun.elapsed());
        }
        Ok(Some(version))
    }

    /// Stores the files; gives what the commit says of each.
    fn store(&mut self) -> Result<Vec<Arc<RecordBatch>>, LakeError> {
        let mut stored = Vec::new();
        for file in std::mem::take(&mut self.open).into_values() {
            stored.push(file.store(&self.inner)?);
        }
        let days: BTreeSet<_> =
            self.waiting.iter().flat_map(|waiting| waiting.days.keys().copied()).collect();
        for day in days {
            let mut of_day = Vec::new();
            for Waiting { rows, days } in &mut self.waiting {
                if let Some(of_batch) = days.remove(&day) {
                    of_day.push(part(self.table, rows, of_batch)?);
                }
            }
            let mut file = self.file(day, &of_day[0])?;
            for rows in of_day {
                file.write(&self.inner, &rows)?;
            }
            stored.push(file.store(&self.inner)?);
        }
        Ok(stored)
    }

    /// A file for the rows of a day.
    fn file(&mut self, day: i32, first: &RecordBatch) -> Result<DataFile, LakeError> {
        let state = self.state()?;
        DataFile::new(&self.inner, self.table, &state, day, Order::Arrival, first)
    }

    fn state(&mut self) -> Result<Arc<WriteState>, LakeError> {
        if let Some(state) = &self.state {
            return Ok(Arc::clone(state));
        }
        let snapshot = match self.inner.known_lately(self.table) {
            Some((known, _)) => known,
            None => commit::open_or_create(&self.inner, self.table)?,
        };
        let snapshot = evolve::with_all_columns(&self.inner, self.table, snapshot)?;
        let state = write_state(&self.inner, self.table, snapshot)?;
        self.state = Some(Arc::clone(&state));
        Ok(state)
    }
}

/// Only a transaction can say how the table wants its files.
pub(super) fn write_state(
    inner: &Inner,
    table: &Table,
    snapshot: SnapshotRef,
) -> Result<Arc<WriteState>, LakeError> {
    snapshot
        .update_table(UpdateTableOperation::StreamingUpdate, ENGINE_INFO, true)
        .with_blind_append()
        .build(inner.engine(), Box::new(FileSystemCommitter::new()))
        .and_then(|transaction| transaction.write_state())
        .map_err(|error| inner.delta_error(table, error))
}

/// Rows by the UTC day of `TimeGenerated`, in their order; days as days since the epoch.
fn by_day(table: &Table, rows: &RecordBatch) -> Result<BTreeMap<i32, Vec<u32>>, LakeError> {
    let times = rows
        .column_by_name("TimeGenerated")
        .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>())
        .ok_or_else(|| write_error(table, "rows without TimeGenerated"))?;
    let mut days: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
    for (row, time) in (0..).zip(times.values()) {
        days.entry(time.div_euclid(MICROS_PER_DAY) as i32).or_default().push(row);
    }
    Ok(days)
}

/// Some rows of a batch.
fn part(table: &Table, rows: &RecordBatch, chosen: Vec<u32>) -> Result<RecordBatch, LakeError> {
    // Logs arrive in the order of their times, nearly: mostly all rows are of one day.
    if chosen.len() == rows.num_rows() {
        return Ok(rows.clone());
    }
    take_record_batch(rows, &UInt32Array::from(chosen)).map_err(|error| write_error(table, error))
}
