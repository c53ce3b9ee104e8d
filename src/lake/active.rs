//! The active files of a version, with what the log says of each, and their removal.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, StringArray, StructArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int64Type;
use chrono::NaiveDate;
use delta_kernel::FilteredEngineData;
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::expressions::{Expression, Predicate, Scalar};
use delta_kernel::snapshot::SnapshotRef;

use super::files::write_error;
use super::statistics::Statistics;
use super::{Inner, LakeError};
use crate::table::{PARTITION_COLUMN, Table};

/// A data file as the log names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LakeFile {
    /// Where it is below the table's root, percent-encoded.
    pub(super) path: String,
    /// Its size in bytes.
    pub(super) bytes: u64,
    /// When it was stored, in milliseconds since the epoch.
    pub(super) stored_at: i64,
    /// The day of its rows.
    pub(super) day: Option<NaiveDate>,
    /// What the log says of its rows, where that was asked for.
    pub(super) statistics: Statistics,
    /// Whether some of its rows are deleted by a deletion vector, which only other writers make.
    pub(super) has_deletions: bool,
}

impl LakeFile {
    /// The day as Arrow counts it.
    pub(super) fn day_number(&self) -> Option<i32> {
        self.day.map(day_number)
    }
}

/// A day as days since the epoch.
pub(super) fn day_number(day: NaiveDate) -> i32 {
    day.signed_duration_since(NaiveDate::default()).num_days() as i32
}

/// Files, and the rows of the log that a removal of them needs.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) files: Vec<LakeFile>,
    metadata: Vec<RecordBatch>,
}

impl Listing {
    /// The active files of a snapshot that a predicate does not rule out.
    pub(super) fn read(
        inner: &Inner,
        table: &Table,
        snapshot: &SnapshotRef,
        predicate: Option<Predicate>,
        with_statistics: bool,
    ) -> Result<Self, LakeError> {
        let failed = |error| inner.delta_error(table, error);
        let scan = Arc::clone(snapshot)
            .scan_builder()
            .with_predicate(predicate.map(Arc::new))
            .build()
            .map_err(failed)?;
        let mut listing = Self { files: Vec::new(), metadata: Vec::new() };
        for metadata in scan.scan_metadata(inner.engine()).map_err(failed)? {
            let data = metadata
                .and_then(|metadata| metadata.scan_files.apply_selection_vector())
                .and_then(ArrowEngineData::try_from_engine_data)
                .map_err(failed)?;
            let batch = data.record_batch();
            let files = files(batch, with_statistics)
                .ok_or_else(|| write_error(table, "Delta lists files in an unknown form"))?;
            listing.files.extend(files);
            listing.metadata.push(batch.clone());
        }
        Ok(listing)
    }

    /// The active files of one day.
    pub(super) fn of_day(
        inner: &Inner,
        table: &Table,
        snapshot: &SnapshotRef,
        day: NaiveDate,
    ) -> Result<Self, LakeError> {
        let column = Expression::column([PARTITION_COLUMN]);
        let value = Expression::literal(Scalar::Date(day_number(day)));
        Self::read(inner, table, snapshot, Some(Predicate::eq(column, value)), true)
    }

    /// What a transaction is told to remove these files; `None` when one of them is not active.
    pub(super) fn removal(
        &self,
        table: &Table,
        paths: &HashSet<&str>,
    ) -> Result<Option<Vec<FilteredEngineData>>, LakeError> {
        let mut removal = Vec::new();
        let mut found = 0;
        for batch in &self.metadata {
            let chosen: BooleanArray = text(batch, "path")
                .into_iter()
                .flatten()
                .map(|path| Some(path.is_some_and(|path| paths.contains(path))))
                .collect();
            let count = chosen.true_count();
            if count == 0 {
                continue;
            }
            found += count;
            let batch = filter_record_batch(batch, &chosen)
                .and_then(|batch| without_statistics(&batch))
                .map_err(|error| write_error(table, error))?;
            let data = Box::new(ArrowEngineData::new(batch));
            removal.push(FilteredEngineData::with_all_rows_selected(data));
        }
        Ok((found == paths.len()).then_some(removal))
    }
}

/// The columns that every listing has. Those behind them depend on the predicate.
const COLUMNS: usize = 6;

/// Whoever removes a file need not say what was in it, and every checkpoint of a week would repeat it.
fn without_statistics(batch: &RecordBatch) -> Result<RecordBatch, arrow::error::ArrowError> {
    let batch = batch.project(&(0..COLUMNS).collect::<Vec<_>>())?;
    let mut columns = batch.columns().to_vec();
    if let Ok(index) = batch.schema().index_of("stats") {
        columns[index] = Arc::new(StringArray::new_null(batch.num_rows()));
    }
    RecordBatch::try_new(batch.schema(), columns)
}

fn files(batch: &RecordBatch, with_statistics: bool) -> Option<Vec<LakeFile>> {
    let paths = text(batch, "path")?;
    let sizes = batch.column_by_name("size")?.as_primitive_opt::<Int64Type>()?;
    let times = batch.column_by_name("modificationTime")?.as_primitive_opt::<Int64Type>()?;
    let statistics = text(batch, "stats")?;
    let deletions = batch.column_by_name("deletionVector")?;
    let constants = batch.column_by_name("fileConstantValues")?.as_struct_opt()?;
    let days = days(constants)?;
    let rows = 0..batch.num_rows();
    Some(
        rows.zip(days)
            .map(|(row, day)| LakeFile {
                path: paths.value(row).to_owned(),
                bytes: u64::try_from(sizes.value(row)).unwrap_or_default(),
                stored_at: times.value(row),
                day,
                statistics: match with_statistics && statistics.is_valid(row) {
                    true => Statistics::of(statistics.value(row)),
                    false => Statistics::default(),
                },
                has_deletions: deletions.is_valid(row),
            })
            .collect(),
    )
}

/// The day of each file, from Delta's map of partition columns to their values.
fn days(constants: &StructArray) -> Option<Vec<Option<NaiveDate>>> {
    let partitions = constants.column_by_name("partitionValues")?.as_map_opt()?;
    let day = |row| {
        if constants.is_null(row) || partitions.is_null(row) {
            return None;
        }
        let entries = partitions.value(row);
        let (names, values) = (entries.column(0).as_string::<i32>(), entries.column(1));
        let values = values.as_string::<i32>();
        let mut entries = names.iter().zip(values.iter());
        entries.find(|(name, _)| *name == Some(PARTITION_COLUMN))?.1?.parse().ok()
    };
    Some((0..constants.len()).map(day).collect())
}

fn text<'a>(batch: &'a RecordBatch, column: &str) -> Option<&'a StringArray> {
    batch.column_by_name(column)?.as_string_opt::<i32>()
}

/// Rows of the file that a writer's metadata describes.
pub(super) fn stored_rows(added: &RecordBatch) -> Option<u64> {
    let statistics = added.column_by_name("stats")?.as_struct_opt()?;
    let rows = statistics.column_by_name("numRecords")?.as_primitive_opt::<Int64Type>()?;
    let is_one = rows.len() == 1 && rows.is_valid(0);
    is_one.then(|| u64::try_from(rows.value(0)).ok())?
}

/// Path and bytes of the file that a writer's metadata describes.
pub(super) fn stored(added: &RecordBatch) -> Option<(String, u64)> {
    let path = text(added, "path")?;
    let bytes = added.column_by_name("size")?.as_primitive_opt::<Int64Type>()?;
    let is_one = path.len() == 1 && path.is_valid(0);
    is_one.then(|| (path.value(0).to_owned(), u64::try_from(bytes.value(0)).unwrap_or_default()))
}
