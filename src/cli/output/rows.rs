//! Rows of ours that were not read from the lake.

use std::borrow::Cow;
use std::io::Write as _;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use serde::Serialize;

use super::visible::visible;
use super::{Failure, Format, Out, Screen, failed, print, write};
use crate::decode::{Kind, decode};

/// Prints rows; columns are the fields in their order.
pub(in crate::cli) fn print_rows<T: Serialize>(rows: &[T], format: Format) -> Result<(), Failure> {
    let (schema, batches) = batches(rows)?;
    print(&schema, &batches, format)
}

/// Writes the same elsewhere.
pub(in crate::cli) fn write_rows<T: Serialize>(
    rows: &[T],
    format: Format,
    out: Out<'_>,
    screen: Screen,
) -> Result<(), Failure> {
    let (schema, batches) = batches(rows)?;
    write(&schema, &batches, format, out, screen)
}

fn batches<T: Serialize>(rows: &[T]) -> Result<(SchemaRef, Vec<RecordBatch>), Failure> {
    let lines =
        rows.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let text = lines.join("\n");
    let inferred = arrow::json::reader::infer_json_schema(text.as_bytes(), None).map_err(failed)?.0;
    // Inference sorts the columns; their order is that of the fields.
    let first = decode(lines.first().map_or(&[][..], String::as_bytes));
    let columns: Vec<_> = first
        .iter()
        .flatten()
        .flat_map(|row| row.fields.iter())
        .filter_map(|field| inferred.field_with_name(&field.key()).ok().cloned())
        .collect();
    let schema = Arc::new(Schema::new(columns));
    let mut reader = arrow::json::ReaderBuilder::new(Arc::clone(&schema))
        .build(text.as_bytes())
        .map_err(failed)?;
    let batches = reader.by_ref().collect::<Result<Vec<_>, _>>().map_err(failed)?;
    Ok((schema, batches))
}

/// Prints one row, as a table a line a column.
pub(in crate::cli) fn print_record<T: Serialize>(row: &T, format: Format) -> Result<(), Failure> {
    if format != Format::Table {
        return print_rows(std::slice::from_ref(row), format);
    }
    let line = serde_json::to_string(row).map_err(failed)?;
    let decoded = decode(line.as_bytes());
    let columns: Vec<_> = decoded.iter().flatten().flat_map(|row| row.fields.iter()).collect();
    let mut out = std::io::stdout().lock();
    let width = columns.iter().map(|column| column.raw_key.len()).max().unwrap_or(0);
    for column in columns.iter().filter(|column| column.kind != Kind::Null) {
        let value = column.text().unwrap_or(Cow::Borrowed(column.json));
        // Its lines are kept, and what a terminal would act on is not.
        let lines: Vec<_> = value.split('\n').map(visible).collect();
        writeln!(out, "{:width$}  {}", column.key(), lines.join("\n"))?;
    }
    Ok(())
}
