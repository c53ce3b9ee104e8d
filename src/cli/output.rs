//! Rows on standard output: a table for people, JSON and CSV for programs.

use std::borrow::Cow;
use std::io::{IsTerminal as _, Write};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::{Exit, Failure};
use crate::decode::{Kind, decode};

/// Forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Columns for people
    Table,
    /// One JSON array; of `lake status` one object with an array for each kind of row
    Json,
    /// One JSON object a line
    Ndjson,
    /// Comma-separated values with a header
    Csv,
}

/// Times as RFC 3339 in UTC.
const TIME: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

impl Format {
    /// The form asked for, else a table on a terminal and NDJSON in a pipe.
    pub(super) fn or_default(asked: Option<Self>) -> Self {
        asked.unwrap_or_else(|| {
            if std::io::stdout().is_terminal() { Self::Table } else { Self::Ndjson }
        })
    }
}

/// Prints the rows of a query.
pub(super) fn print(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    format: Format,
) -> Result<(), Failure> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match format {
        Format::Table => table(&mut out, schema, batches)?,
        Format::Json => {
            let builder = arrow::json::WriterBuilder::new()
                .with_explicit_nulls(true)
                .with_timestamp_tz_format(TIME.into());
            let mut writer = builder.build::<_, arrow::json::writer::JsonArray>(&mut out);
            batches.iter().try_for_each(|batch| writer.write(batch)).map_err(failed)?;
            writer.finish().map_err(failed)?;
            drop(writer);
            writeln!(out)?;
        }
        Format::Ndjson => {
            let builder = arrow::json::WriterBuilder::new()
                .with_explicit_nulls(true)
                .with_timestamp_tz_format(TIME.into());
            let mut writer = builder.build::<_, arrow::json::writer::LineDelimited>(&mut out);
            batches.iter().try_for_each(|batch| writer.write(batch)).map_err(failed)?;
            writer.finish().map_err(failed)?;
        }
        // Rows of ours name their columns, and here are none.
        Format::Csv if schema.fields().is_empty() => {}
        Format::Csv => {
            let empty = [RecordBatch::new_empty(Arc::clone(schema))];
            let batches = if batches.is_empty() { &empty[..] } else { batches };
            for (index, batch) in batches.iter().enumerate() {
                // Of a closed pipe the CSV writer keeps only words, so it does not get to see one.
                let mut text = Vec::new();
                arrow::csv::WriterBuilder::new()
                    .with_header(index == 0)
                    .with_timestamp_tz_format(TIME.into())
                    .build(&mut text)
                    .write(&without_formulas(batch)?)
                    .map_err(failed)?;
                out.write_all(&text)?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

/// Prints rows of ours that were not read from the lake; columns are the fields in their order.
pub(super) fn print_rows<T: Serialize>(rows: &[T], format: Format) -> Result<(), Failure> {
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
    print(&schema, &batches, format)
}

/// Prints one row, on a terminal a line a column.
pub(super) fn print_record<T: Serialize>(row: &T, format: Format) -> Result<(), Failure> {
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
        writeln!(out, "{:width$}  {value}", column.key())?;
    }
    Ok(())
}

fn table(out: &mut impl Write, schema: &SchemaRef, batches: &[RecordBatch]) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(schema.fields().iter().map(|field| field.name()));
    let options = FormatOptions::default().with_timestamp_tz_format(Some(TIME));
    for batch in batches {
        let columns = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column, &options))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        for row in 0..batch.num_rows() {
            table.add_row(columns.iter().map(|column| column.value(row).to_string()));
        }
    }
    writeln!(out, "{table}")?;
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    writeln!(out, "{rows} row{}", if rows == 1 { "" } else { "s" })?;
    Ok(())
}

/// Spreadsheets run text that begins like a formula: an apostrophe keeps it text (CWE-1236).
fn without_formulas(batch: &RecordBatch) -> Result<RecordBatch, Failure> {
    let columns = batch.columns().iter().map(|column| -> ArrayRef {
        match column.data_type() {
            DataType::Utf8 => neutral(column.as_string::<i32>().iter()),
            DataType::Utf8View => neutral(column.as_string_view().iter()),
            DataType::LargeUtf8 => neutral(column.as_string::<i64>().iter()),
            _ => Arc::clone(column),
        }
    });
    let columns: Vec<_> = columns.collect();
    let fields: Vec<_> = batch
        .schema()
        .fields()
        .iter()
        .zip(&columns)
        .map(|(field, column)| field.as_ref().clone().with_data_type(column.data_type().clone()))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    RecordBatch::try_new(schema, columns).map_err(failed)
}

fn neutral<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    let dangerous = |text: &str| text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let array: StringArray = values
        .map(|value| {
            value.map(|text| if dangerous(text) { format!("'{text}") } else { text.to_owned() })
        })
        .collect();
    Arc::new(array)
}

fn failed(error: impl Into<anyhow::Error>) -> Failure {
    Failure::new(Exit::Wrong, error.into())
}
