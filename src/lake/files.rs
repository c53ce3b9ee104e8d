//! Data files: rows split by day, sorted by time, as zstd Parquet with Delta's statistics.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{sort_to_indices, take_record_batch};
use arrow::datatypes::TimestampMicrosecondType;
use delta_kernel::committer::FileSystemCommitter;
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::expressions::Scalar;
use delta_kernel::snapshot::SnapshotRef;
use delta_kernel::transaction::UpdateTableOperation;
use delta_kernel::{EngineData, FileMeta, KernelError};
use delta_kernel_default_engine::build_add_file_metadata;
use delta_kernel_default_engine::parquet::DataFileMetadata;
use delta_kernel_default_engine::stats::collect_stats;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::compute_leaves;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::{ENGINE_INFO, Inner, LakeError};
use crate::table::{ColumnType, PARTITION_COLUMN, Table};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Stores the rows of a commit, a file a day; gives what the commit says of each file.
pub(super) fn write(
    inner: &Inner,
    table: &'static Table,
    snapshot: &SnapshotRef,
    rows: &RecordBatch,
) -> Result<Vec<Arc<RecordBatch>>, LakeError> {
    let failed = |error| inner.delta_error(table, error);
    // Only a transaction can say how the table wants its files.
    let transaction = Arc::clone(snapshot)
        .update_table(UpdateTableOperation::StreamingUpdate, ENGINE_INFO, true)
        .with_blind_append()
        .build(inner.engine(), Box::new(FileSystemCommitter::new()))
        .map_err(failed)?;
    let write_state = transaction.write_state().map_err(failed)?;

    let mut written = Vec::new();
    for (day, rows) in by_day(table, rows)? {
        let context = write_state
            .write_context_builder()
            .with_partition_values(HashMap::from([(PARTITION_COLUMN.into(), Scalar::Date(day))]))
            .build()
            .map_err(failed)?;
        let bytes = encode(table, &rows).map_err(|error| write_error(table, error))?;
        let size = bytes.len() as u64;
        let name = format!("{}.zstd.parquet", uuid::Uuid::new_v4());
        let url = context.write_dir().join(&name).map_err(|error| write_error(table, error))?;
        let path = Path::from_url_path(url.path()).map_err(|error| write_error(table, error))?;
        block_on(inner.store.put(&path, PutPayload::from(bytes)))
            .map_err(|error| write_error(table, error))?;

        let statistics =
            collect_stats(&rows, context.stats_columns(), context.physical_data_schema())
                .map_err(failed)?;
        let now = chrono::Utc::now().timestamp_millis();
        let file = DataFileMetadata::new(FileMeta::new(url, now, size), statistics);
        let metadata =
            build_add_file_metadata(file, &context).and_then(into_batch).map_err(failed)?;
        written.push(metadata);
    }
    Ok(written)
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

/// Rows sorted by `TimeGenerated` and cut at midnight; days as days since the epoch.
fn by_day(table: &Table, rows: &RecordBatch) -> Result<Vec<(i32, RecordBatch)>, LakeError> {
    let failed = |error| write_error(table, error);
    let times: &ArrayRef = rows
        .column_by_name("TimeGenerated")
        .ok_or_else(|| write_error(table, "rows without TimeGenerated"))?;
    let order = sort_to_indices(times, None, None).map_err(failed)?;
    let times = times.as_primitive::<TimestampMicrosecondType>();
    let day = |row: u32| times.value(row as usize).div_euclid(MICROS_PER_DAY) as i32;
    // Logs mostly arrive in the order of their times: then nothing has to be moved.
    let in_order = order.values().is_sorted();
    let mut first = 0;
    order
        .values()
        .chunk_by(|a, b| day(*a) == day(*b))
        .map(|chunk| {
            let of_day = if in_order {
                rows.slice(first, chunk.len())
            } else {
                take_record_batch(rows, &UInt32Array::from(chunk.to_vec())).map_err(failed)?
            };
            first += chunk.len();
            Ok((day(chunk[0]), of_day))
        })
        .collect()
}

/// Encodes column after column, and lets the buffers of each go before the next one begins.
fn encode(table: &Table, rows: &RecordBatch) -> Result<Vec<u8>, ParquetError> {
    let schema = rows.schema();
    let writer = ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties(table, rows)?))?;
    let (mut file, factory) = writer.into_serialized_writer()?;
    let mut row_group = file.next_row_group()?;
    let columns = schema.fields().iter().zip(rows.columns());
    for (mut writer, (field, values)) in factory.create_column_writers(0)?.into_iter().zip(columns)
    {
        for leaf in compute_leaves(field, values)? {
            writer.write(&leaf)?;
        }
        writer.close()?.append_to_row_group(&mut row_group)?;
    }
    row_group.close()?;
    file.into_inner()
}

/// How the columns of a file are written.
///
/// JSON is not ordered, so it has no statistics; nor is a dictionary of any use to a column whose values hardly
/// ever come again, such as request ids.
fn properties(table: &Table, rows: &RecordBatch) -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(ENGINE_INFO.into());
    for (column, values) in table.all_columns().zip(rows.columns()) {
        let path = ColumnPath::from(column.name);
        if column.kind == ColumnType::Dynamic {
            properties =
                properties.set_column_statistics_enabled(path.clone(), EnabledStatistics::None);
        }
        if column.name == "TimeGenerated" {
            properties =
                properties.set_column_statistics_enabled(path.clone(), EnabledStatistics::Page);
        }
        if hardly_repeats(values) {
            properties = properties.set_column_dictionary_enabled(path, false);
        }
    }
    Ok(properties.build())
}

/// Whether nine in ten of the first values of a text column are new.
fn hardly_repeats(values: &ArrayRef) -> bool {
    const SAMPLE: usize = 1000;
    let Some(values) = values.as_string_opt::<i32>() else { return false };
    let sample: Vec<_> = values.iter().flatten().take(SAMPLE).collect();
    let different: HashSet<_> = sample.iter().collect();
    different.len() * 10 > sample.len() * 9
}

fn write_error(table: &Table, error: impl std::fmt::Display) -> LakeError {
    LakeError::Write { table: table.name.into(), reason: error.to_string() }
}

/// Waits for the store on a thread that may block.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Handle::current().block_on(future)
}
