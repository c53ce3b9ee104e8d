//! What a table holds, by its Delta log alone: its files with their statistics, and where every source stands.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, NaiveDate, Utc};
use delta_kernel::engine::arrow_conversion::TryIntoArrow as _;

use super::files::block_on;
use super::state::{self, State};
use super::statistics::{Statistics, rows_of};
use super::{Lake, LakeError, action};
use crate::table::Table;

/// A table at one version, summed up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// The version.
    pub version: u64,
    /// When it was committed.
    pub committed_at: Option<DateTime<Utc>>,
    /// Active files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Their rows; `None` when a file of another writer does not count them.
    pub rows: Option<u64>,
    /// The earliest `TimeGenerated`.
    pub first: Option<DateTime<Utc>>,
    /// The latest `TimeGenerated`.
    pub last: Option<DateTime<Utc>>,
    /// Where every source stands, in no order.
    pub sources: Vec<SourcePosition>,
}

/// A table at one version, file by file.
#[derive(Debug, Clone)]
pub struct Contents {
    /// The version.
    pub version: u64,
    /// Its columns, as the table's metadata names them.
    pub columns: SchemaRef,
    /// Active files, in no order.
    pub files: Vec<ActiveFile>,
    /// Where every source stands, in no order.
    pub sources: Vec<SourcePosition>,
}

/// A file that is part of a table.
#[derive(Debug, Clone)]
pub struct ActiveFile {
    /// Its path, relative to the table and encoded as in a URL.
    pub path: String,
    /// Its bytes.
    pub bytes: u64,
    /// The day of all of its rows; `None` when the log does not say.
    pub date: Option<NaiveDate>,
    /// Its statistics, as JSON.
    pub stats: Option<String>,
}

impl ActiveFile {
    /// Its rows, where the statistics count them.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        rows_of(self.stats.as_deref())
    }
}

/// Up to where a source is in a table: a `txn` action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePosition {
    /// The source.
    pub source_id: String,
    /// A sequence number, the bytes taken of a file, or a count of batches.
    pub position: i64,
    /// When it was committed.
    pub committed_at: Option<DateTime<Utc>>,
}

impl Lake {
    /// Sums up a table; `None` when it was never written. Reads no data file.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn totals(&self, table: &'static Table) -> Result<Option<Totals>, LakeError> {
        self.blocking(move |inner| {
            let Some(snapshot) = inner.snapshot(table)? else { return Ok(None) };
            // The time of its file is another one once the lake was copied.
            let newest = block_on(action::read(inner, table, snapshot.version()))?;
            let committed_at = match newest.and_then(|newest| newest.time) {
                Some(time) => Some(time),
                None => snapshot
                    .get_timestamp(inner.engine())
                    .map(DateTime::from_timestamp_millis)
                    .map_err(|error| inner.delta_error(table, error))?,
            };
            let mut totals = Totals {
                version: snapshot.version(),
                committed_at,
                rows: Some(0),
                ..Totals::default()
            };
            state::each(inner, table, &snapshot, |state| {
                totals.add(state);
                Ok(())
            })?;
            Ok(Some(totals))
        })
        .await
    }

    /// Lists what a table holds; `None` when it was never written. Reads no data file.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn contents(&self, table: &'static Table) -> Result<Option<Contents>, LakeError> {
        self.blocking(move |inner| {
            let Some(snapshot) = inner.snapshot(table)? else { return Ok(None) };
            let columns = snapshot.schema().as_ref().try_into_arrow().map_err(
                |error: arrow::error::ArrowError| inner.delta_error(table, error.into()),
            )?;
            let mut contents = Contents {
                version: snapshot.version(),
                columns: Arc::new(columns),
                files: Vec::new(),
                sources: Vec::new(),
            };
            state::each(inner, table, &snapshot, |state| {
                match state {
                    State::File(file) => contents.files.push(file),
                    State::Source(source) => contents.sources.push(source),
                    State::Removed(..) => {}
                }
                Ok(())
            })?;
            Ok(Some(contents))
        })
        .await
    }
}

impl Totals {
    fn add(&mut self, state: State) {
        let file = match state {
            State::File(file) => file,
            State::Source(source) => return self.sources.push(source),
            State::Removed(..) => return,
        };
        self.files += 1;
        self.bytes += file.bytes;
        let statistics = file.stats.as_deref().map(Statistics::of).unwrap_or_default();
        self.rows = self.rows.zip(statistics.rows).map(|(all, rows)| all + rows);
        let (first, last) = statistics.times.unzip();
        let time = |micros: Option<i64>| micros.and_then(DateTime::from_timestamp_micros);
        self.first = self.first.into_iter().chain(time(first)).min();
        self.last = self.last.into_iter().chain(time(last)).max();
    }
}
