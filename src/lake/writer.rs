//! Rows on their way into a table: encoded as they come, a file a day, stored when they are committed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{AsArray, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::TimestampMicrosecondType;
use delta_kernel::committer::FileSystemCommitter;
use delta_kernel::snapshot::SnapshotRef;
use delta_kernel::transaction::{UpdateTableOperation, WriteState};

use super::files::{DataFile, write_error};
use super::{Advance, Counted, ENGINE_INFO, Inner, LakeError, commit, evolve};
use crate::table::Table;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Encodes rows of one table and commits them.
///
/// What waits here is Parquet already, about a twentieth of the JSON that it came from. Its calls
/// block: use them on a thread that may.
#[derive(Debug)]
pub struct TableWriter {
    inner: Arc<Inner>,
    table: &'static Table,
    /// How the table wants its files; asked for when the first rows come.
    state: Option<Arc<WriteState>>,
    /// The file of each day since the epoch.
    files: BTreeMap<i32, DataFile>,
    /// What the observer counted of the rows.
    counted: Vec<Counted>,
}

impl TableWriter {
    pub(super) fn new(inner: &Arc<Inner>, table: &'static Table) -> Self {
        Self {
            inner: Arc::clone(inner),
            table,
            state: None,
            files: BTreeMap::new(),
            counted: Vec::new(),
        }
    }

    /// Bytes that the rows which wait take.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.files.values().map(DataFile::memory).sum()
    }

    /// Encodes rows, each into the file of its day.
    ///
    /// # Errors
    /// The table cannot be opened, or the rows are not the table's.
    pub fn write(&mut self, rows: &RecordBatch) -> Result<(), LakeError> {
        for (day, rows) in by_day(self.table, rows)? {
            let state = self.state()?;
            let file = match self.files.entry(day) {
                Entry::Occupied(file) => file.into_mut(),
                Entry::Vacant(place) => {
                    place.insert(DataFile::new(&self.inner, self.table, &state, day, &rows)?)
                }
            };
            file.write(&self.inner, &rows)?;
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
    pub fn commit(self, advances: &[Advance]) -> Result<Option<u64>, LakeError> {
        let begun = Instant::now();
        let files = self.files.into_values().collect();
        let version = commit::commit(&self.inner, self.table, files, advances)?;
        if let (Some(observer), Some(_)) = (self.inner.observer.get(), version) {
            self.counted.into_iter().for_each(Counted::publish);
            observer.committed(self.table, begun.elapsed());
        }
        Ok(version)
    }

    fn state(&mut self) -> Result<Arc<WriteState>, LakeError> {
        if let Some(state) = &self.state {
            return Ok(Arc::clone(state));
        }
        let snapshot = match self.inner.known(self.table) {
            Some(known) => known,
            None => commit::open_or_create(&self.inner, self.table)?,
        };
        let snapshot = evolve::with_all_columns(&self.inner, self.table, snapshot)?;
        let state = write_state(&self.inner, self.table, snapshot)?;
        self.state = Some(Arc::clone(&state));
        Ok(state)
    }
}

/// Only a transaction can say how the table wants its files.
fn write_state(
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
fn by_day(table: &Table, rows: &RecordBatch) -> Result<Vec<(i32, RecordBatch)>, LakeError> {
    let times = rows
        .column_by_name("TimeGenerated")
        .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>())
        .ok_or_else(|| write_error(table, "rows without TimeGenerated"))?;
    let mut rows_of: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
    for (row, time) in (0..).zip(times.values()) {
        rows_of.entry(time.div_euclid(MICROS_PER_DAY) as i32).or_default().push(row);
    }
    // Logs arrive in the order of their times, nearly: mostly there is nothing to part.
    if let (1, Some(day)) = (rows_of.len(), rows_of.keys().next()) {
        return Ok(vec![(*day, rows.clone())]);
    }
    rows_of
        .into_iter()
        .map(|(day, of_day)| {
            let of_day = take_record_batch(rows, &UInt32Array::from(of_day));
            Ok((day, of_day.map_err(|error| write_error(table, error))?))
        })
        .collect()
}
