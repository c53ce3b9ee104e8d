//! What a table holds, by its Delta log alone: its files with their statistics, and where every source stands.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StructArray};
use arrow::datatypes::{Int64Type, SchemaRef};
use chrono::{DateTime, NaiveDate, Utc};
use delta_kernel::FilteredEngineData;
use delta_kernel::engine::arrow_conversion::TryIntoArrow as _;
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::snapshot::SnapshotRef;
use object_store::ObjectStore as _;
use object_store::path::Path;
use serde::Deserialize;

use super::{Inner, Lake, LakeError};
use crate::table::{self, PARTITION_COLUMN, Table};

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
        super::log::rows_of(self.stats.as_deref())
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
            let committed_at = snapshot
                .get_timestamp(inner.engine())
                .map_err(|error| inner.delta_error(table, error))?;
            let mut totals = Totals {
                version: snapshot.version(),
                committed_at: DateTime::from_timestamp_millis(committed_at),
                rows: Some(0),
                ..Totals::default()
            };
            each_action(inner, table, &snapshot, |action| totals.add(action))?;
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
            each_action(inner, table, &snapshot, |action| match action {
                Action::File(file) => contents.files.push(file),
                Action::Source(source) => contents.sources.push(source),
            })?;
            Ok(Some(contents))
        })
        .await
    }
}

/// A file in the directory of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Where it is in the store.
    pub path: Path,
    /// Its bytes.
    pub bytes: u64,
}

impl Lake {
    /// The tables that have a directory, whatever is in it.
    ///
    /// # Errors
    /// The lake cannot be listed.
    pub async fn present_tables(&self) -> Result<Vec<&'static Table>, LakeError> {
        let inner = &self.inner;
        let root = Path::from_url_path(inner.root.path()).map_err(|error| LakeError::Location {
            location: self.location(),
            reason: error.to_string(),
        })?;
        let listed = match inner.store.list_with_delimiter(Some(&root)).await {
            Ok(listed) => listed.common_prefixes,
            Err(object_store::Error::NotFound { .. }) => Vec::new(),
            Err(error) => {
                return Err(LakeError::Location {
                    location: self.location(),
                    reason: error.to_string(),
                });
            }
        };
        let names = listed.iter().filter_map(Path::filename);
        Ok(names.filter_map(table::by_name).collect())
    }

    /// The files in the directory of a table, those of the Delta log left out.
    ///
    /// # Errors
    /// The table cannot be listed.
    pub async fn stored_files(&self, table: &'static Table) -> Result<Vec<StoredFile>, LakeError> {
        let root = self.inner.path_of(table)?;
        let log = root.clone().join("_delta_log");
        let files = self.inner.list(table, &root).await?;
        let files = files.into_iter().filter(|file| !file.location.prefix_matches(&log));
        Ok(files.map(|file| StoredFile { path: file.location, bytes: file.size }).collect())
    }

    /// Where a file is in the store that the log of a table names.
    ///
    /// # Errors
    /// The log's path is none.
    pub(crate) fn data_path(&self, table: &'static Table, path: &str) -> Result<Path, LakeError> {
        self.inner.path_in(table, path)
    }
}

impl Totals {
    fn add(&mut self, action: Action) {
        let file = match action {
            Action::File(file) => file,
            Action::Source(source) => return self.sources.push(source),
        };
        self.files += 1;
        self.bytes += file.bytes;
        let stats: Stats =
            file.stats.and_then(|stats| serde_json::from_str(&stats).ok()).unwrap_or_default();
        self.rows = self.rows.zip(stats.num_records).map(|(all, rows)| all + rows);
        let earlier = self.first.into_iter().chain(stats.min_values.time_generated).min();
        let later = self.last.into_iter().chain(stats.max_values.time_generated).max();
        (self.first, self.last) = (earlier, later);
    }
}

/// What is summed up of the statistics of a file.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Stats {
    num_records: Option<u64>,
    min_values: Bounds,
    max_values: Bounds,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Bounds {
    time_generated: Option<DateTime<Utc>>,
}

enum Action {
    File(ActiveFile),
    Source(SourcePosition),
}

/// What the log adds up to. Delta gives all of it, sources included, only to who would write a
/// checkpoint; so a checkpoint is begun here, and never written.
fn each_action(
    inner: &Inner,
    table: &'static Table,
    snapshot: &SnapshotRef,
    mut take: impl FnMut(Action),
) -> Result<(), LakeError> {
    let failed = |error| inner.delta_error(table, error);
    let writer = snapshot.clone().create_checkpoint_writer(inner.engine()).map_err(failed)?;
    for data in writer.checkpoint_data(inner.engine()).map_err(failed)? {
        let data = data.and_then(FilteredEngineData::apply_selection_vector).map_err(failed)?;
        let data = ArrowEngineData::try_from_engine_data(data).map_err(failed)?;
        let batch = data.record_batch();
        for (add, row) in rows(batch, "add") {
            take(Action::File(ActiveFile {
                path: text(add, "path", row).unwrap_or_default().to_owned(),
                bytes: long(add, "size", row).and_then(|n| n.try_into().ok()).unwrap_or(0),
                date: partition_date(add, row),
                stats: text(add, "stats", row).map(str::to_owned),
            }));
        }
        for (txn, row) in rows(batch, "txn") {
            take(Action::Source(SourcePosition {
                source_id: text(txn, "appId", row).unwrap_or_default().to_owned(),
                position: long(txn, "version", row).unwrap_or_default(),
                committed_at: long(txn, "lastUpdated", row)
                    .and_then(DateTime::from_timestamp_millis),
            }));
        }
    }
    Ok(())
}

/// The actions of one kind, each with its row in their columns.
fn rows<'a>(
    batch: &'a RecordBatch,
    kind: &str,
) -> impl Iterator<Item = (&'a StructArray, usize)> + use<'a> {
    let actions = batch.column_by_name(kind).and_then(|column| column.as_struct_opt());
    actions.into_iter().flat_map(|actions| {
        (0..actions.len()).filter(|row| actions.is_valid(*row)).map(move |row| (actions, row))
    })
}

fn text<'a>(action: &'a StructArray, field: &str, row: usize) -> Option<&'a str> {
    let values = action.column_by_name(field)?.as_string_opt::<i32>()?;
    values.is_valid(row).then(|| values.value(row))
}

fn long(action: &StructArray, field: &str, row: usize) -> Option<i64> {
    let values = action.column_by_name(field)?.as_primitive_opt::<Int64Type>()?;
    values.is_valid(row).then(|| values.value(row))
}

fn partition_date(add: &StructArray, row: usize) -> Option<NaiveDate> {
    let values = add.column_by_name("partitionValues")?.as_map_opt()?;
    let entries = values.is_valid(row).then(|| values.value(row))?;
    let (keys, days) = (entries.column(0).as_string_opt::<i32>()?, entries.column(1));
    let days = days.as_string_opt::<i32>()?;
    let day = keys.iter().position(|key| key == Some(PARTITION_COLUMN))?;
    days.is_valid(day).then(|| days.value(day).parse().ok())?
}
