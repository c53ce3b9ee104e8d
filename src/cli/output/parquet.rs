//! Parquet, with the types of the query; times are UTC.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef, IntervalUnit, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::{Failure, Form, Out, encoder, failed};

/// Rows that make one row group; bytes that do so earlier.
const GROUP_ROWS: usize = 131_072;
const GROUP_BYTES: usize = 64 << 20;

/// Row groups, as they are full.
pub(super) struct Parquet<'w> {
    writer: ArrowWriter<Out<'w>>,
    schema: SchemaRef,
}

impl<'w> Parquet<'w> {
    pub(super) fn new(out: Out<'w>, schema: &Schema) -> Result<Self, Failure> {
        let fields: Vec<FieldRef> = schema.fields().iter().map(stored).collect();
        let schema = Arc::new(Schema::new(fields));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_max_row_group_bytes(Some(GROUP_BYTES))
            .set_created_by(concat!("entralog ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties));
        Ok(Self { writer: writer.map_err(failed)?, schema })
    }
}

impl Form for Parquet<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let columns = batch.columns().iter().zip(self.schema.fields());
        let columns: Vec<ArrayRef> = columns
            .map(|(column, field)| match encoder::times_as_text(column) {
                Some(text) if *field.data_type() == DataType::Utf8 => Ok(text),
                _ => cast(column, field.data_type()),
            })
            .collect::<Result<_, _>>()
            .map_err(failed)?;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(failed)?;
        self.writer.write(&batch).map_err(failed)
    }

    fn finish(&mut self, _: bool) -> Result<(), Failure> {
        self.writer.finish().map_err(failed)?;
        Ok(std::io::Write::flush(self.writer.inner_mut())?)
    }
}

/// A column as Parquet holds it: an interval of nanoseconds has no type there and is text.
fn stored(field: &FieldRef) -> FieldRef {
    let kind = match field.data_type() {
        DataType::Timestamp(unit, _) => DataType::Timestamp(*unit, Some("UTC".into())),
        DataType::Interval(IntervalUnit::MonthDayNano) => DataType::Utf8,
        kind => kind.clone(),
    };
    // What a session notes at its columns is of no use to a reader of the file.
    let field = field.as_ref().clone().with_data_type(kind).with_nullable(true);
    Arc::new(field.with_metadata([].into()))
}
