//! Data files: the rows of a day as zstd Parquet, with Delta's statistics.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::expressions::Scalar;
use delta_kernel::transaction::{BoundWriteContext, WriteState};
use delta_kernel::{EngineData, FileMeta, KernelError};
use delta_kernel_default_engine::build_add_file_metadata;
use delta_kernel_default_engine::parquet::DataFileMetadata;
use delta_kernel_default_engine::stats::FileStatsAccumulator;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::objects::read_error;
use super::{ENGINE_INFO, Inner, LakeError, digest};
use crate::failpoint;
use crate::table::{ColumnType, PARTITION_COLUMN, Table};

/// Rows of a row group. Readers leave out whole groups by their statistics and read several at once.
const ROW_GROUP: usize = 128 * 1024;

/// How the name of a file begins whose rows are sorted.
pub(super) const SORTED: &str = "sorted-";

/// The order of the rows in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// As they arrived.
    Arrival,
    /// As a compaction sorts them.
    Sorted,
}

/// A Parquet file in the making.
pub(super) struct DataFile {
    table: &'static Table,
    order: Order,
    context: BoundWriteContext,
    writer: ArrowWriter<Vec<u8>>,
    statistics: FileStatsAccumulator,
}

impl fmt::Debug for DataFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataFile").field("table", &self.table.name).finish_non_exhaustive()
    }
}

impl DataFile {
    /// A file for a day since the epoch; the first rows show how its columns are written best.
    pub(super) fn new(
        inner: &Inner,
        table: &'static Table,
        state: &Arc<WriteState>,
        day: i32,
        order: Order,
        first: &RecordBatch,
    ) -> Result<Self, LakeError> {
        let context = state
            .write_context_builder()
            .with_partition_values(HashMap::from([(PARTITION_COLUMN.into(), Scalar::Date(day))]))
            .build()
            .map_err(|error| inner.delta_error(table, error))?;
        let writer = properties(table, order, first)
            .and_then(|how| ArrowWriter::try_new(Vec::new(), first.schema(), Some(how)))
            .map_err(|error| write_error(table, error))?;
        let statistics =
            FileStatsAccumulator::new(context.stats_columns(), context.physical_data_schema());
        Ok(Self { table, order, context, writer, statistics })
    }

    /// Bytes that are written, or will about be.
    pub(super) fn bytes(&self) -> usize {
        self.writer.in_progress_size() + self.writer.bytes_written()
    }

    pub(super) fn write(&mut self, inner: &Inner, rows: &RecordBatch) -> Result<(), LakeError> {
        self.writer.write(rows).map_err(|error| write_error(self.table, error))?;
        self.statistics.merge(rows).map_err(|error| inner.delta_error(self.table, error))
    }

    /// Puts the file into the store; gives what the commit says of it.
    pub(super) fn store(self, inner: &Inner) -> Result<Arc<RecordBatch>, LakeError> {
        let Self { table, order, context, writer, statistics } = self;
        let failed = |error| inner.delta_error(table, error);
        let statistics = statistics
            .finish()
            .map_err(failed)?
            .ok_or_else(|| write_error(table, "a file without rows"))?;
        let bytes = writer.into_inner().map_err(|error| write_error(table, error))?;
        let size = bytes.len() as u64;
        let prefix = if order == Order::Sorted { SORTED } else { "" };
        let name = format!("{prefix}{}", digest::file_name(&bytes));
        let url = context.write_dir().join(&name).map_err(|error| write_error(table, error))?;
        let path = Path::from_url_path(url.path()).map_err(|error| write_error(table, error))?;
        failpoint::reach(failpoint::BEFORE_FILE);
        block_on(inner.store.put(&path, PutPayload::from(bytes)))
            .map_err(|error| write_error(table, error))?;
        failpoint::reach(failpoint::AFTER_FILE);
        let now = chrono::Utc::now().timestamp_millis();
        let file = DataFileMetadata::new(FileMeta::new(url, now, size), statistics);
        build_add_file_metadata(file, &context).and_then(into_batch).map_err(failed)
    }
}

/// Checks that a file that is about to be committed is there.
pub(super) fn check_stored(
    inner: &Inner,
    table: &Table,
    metadata: &RecordBatch,
) -> Result<(), LakeError> {
    let Some((path, _)) = super::active::stored(metadata) else { return Ok(()) };
    let path = inner.path(table, &path)?;
    block_on(inner.store.head(&path)).map(|_| ()).map_err(|error| read_error(table, &path, &error))
}

/// Metadata is kept as a batch, so that a commit that lost a race can be tried again.
fn into_batch(data: Box<dyn EngineData>) -> Result<Arc<RecordBatch>, KernelError> {
    let data = ArrowEngineData::try_from_engine_data(data)?;
    Ok(Arc::new(data.record_batch().clone()))
}

/// What `Transaction::add_files` takes.
pub(super) fn engine_data(metadata: &Arc<RecordBatch>) -> Box<dyn EngineData> {
    Box::new(ArrowEngineData::new(RecordBatch::clone(metadata)))
}

/// Columns by whose values rows are looked up one by one.
const LOOKED_UP: &[&str] = &[
    "Id",
    "CorrelationId",
    "UserId",
    "UserPrincipalName",
    "ServicePrincipalId",
    "AppId",
    "IPAddress",
    "_IPAddress",
    "_InitiatedBy_user_userPrincipalName",
    "_TargetResources_0_id",
];

/// How the columns of a file are written, going by their first values.
///
/// Times grow from row to row, nearly, as logs arrive, so the steps between them are stored. JSON is not ordered, so it has no
/// statistics. Nor has text that differs from row to row, in a large file: in the order in which logs arrive
/// every row group has all of its range, so that bounds, which cost two comparisons a value, would leave none
/// out. A dictionary is of no use to values that never come again, such as request ids.
///
/// In a sorted file bounds do leave row groups and pages out, so text has them, and what is looked up has a Bloom
/// filter, which finds the row groups of an address or a request although rows are not sorted by it.
fn properties(
    table: &Table,
    order: Order,
    rows: &RecordBatch,
) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_created_by(ENGINE_INFO.into())
        .set_key_value_metadata(Some(super::derived::stamp()));
    for (column, values) in table.all_columns().zip(rows.columns()) {
        let path = ColumnPath::from(column.name);
        if column.kind == ColumnType::Time {
            properties = properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED);
        }
        let sample = Sample::of(values);
        let statistics = match order {
            _ if column.name == "TimeGenerated" => EnabledStatistics::Page,
            _ if column.kind == ColumnType::Dynamic => EnabledStatistics::None,
            Order::Arrival if sample.as_ref().is_some_and(Sample::varies) => {
                EnabledStatistics::None
            }
            Order::Sorted if LOOKED_UP.contains(&column.name) => EnabledStatistics::Page,
            Order::Arrival | Order::Sorted => EnabledStatistics::Chunk,
        };
        properties = properties.set_column_statistics_enabled(path.clone(), statistics);
        if order == Order::Sorted && LOOKED_UP.contains(&column.name) {
            properties = properties.set_column_bloom_filter_enabled(path.clone(), true);
        }
        if sample.is_some_and(|sample| sample.never_repeats()) {
            properties = properties.set_column_dictionary_enabled(path, false);
        }
    }
    Ok(properties.build())
}

/// The first rows of a text column.
struct Sample {
    rows: usize,
    values: usize,
    different: usize,
}

impl Sample {
    const ROWS: usize = 1000;

    fn of(column: &ArrayRef) -> Option<Self> {
        let column = column.as_string_opt::<i32>()?;
        let rows = column.len().min(Self::ROWS);
        let values: Vec<_> = column.iter().take(rows).flatten().collect();
        let different = values.iter().collect::<HashSet<_>>().len();
        Some(Self { rows, values: values.len(), different })
    }

    /// Whether rows have values, and not all the same one; of too few rows nothing can be said.
    fn varies(&self) -> bool {
        self.rows == Self::ROWS && self.different > 1 && self.values * 10 > self.rows
    }

    /// Whether no value comes twice. Among a thousand even the users of a large tenant do, so that theirs are
    /// columns with a dictionary; of too few nothing can be said.
    fn never_repeats(&self) -> bool {
        self.values >= 100 && self.different == self.values
    }
}

pub(super) fn write_error(table: &Table, error: impl fmt::Display) -> LakeError {
    LakeError::Write { table: table.name.into(), reason: error.to_string() }
}

/// Waits for the store on a thread that may block.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Handle::current().block_on(future)
}
