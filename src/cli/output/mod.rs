//! Rows on standard output: a table for people, other forms for programs.
//!
//! A form is a file here. All of them but the table write rows as they come and keep none; the table
//! lays out ten thousand at a time. Values look the same in all of them: times are RFC 3339 in UTC,
//! what has parts is JSON, and Parquet keeps the types.

mod cells;
mod csv;
mod encoder;
mod json;
mod markdown;
mod parquet;
mod records;
mod rows;
mod screen;
mod settled;
mod stream;
mod table;
mod time;
mod visible;
mod wrap;

use std::collections::HashSet;
use std::io::{BufWriter, IsTerminal as _, Write};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use clap::ValueEnum;

pub(super) use rows::{print_record, print_rows, write_rows};
pub(super) use screen::{Expanded, Screen, colors};
pub(super) use settled::settled;
pub(super) use stream::{Limit, Shown, counted, stream, write_stream};

use super::{Exit, Failure};

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
    /// A Parquet file, not for terminals
    Parquet,
    /// A Markdown table
    Markdown,
}

impl Format {
    /// The form asked for, else a table on a terminal and NDJSON in a pipe.
    pub(super) fn or_default(asked: Option<Self>) -> Self {
        asked.unwrap_or_else(|| {
            if std::io::stdout().is_terminal() { Self::Table } else { Self::Ndjson }
        })
    }

    /// Whether standard output can take the form.
    ///
    /// # Errors
    /// It is Parquet, and a terminal would show its bytes.
    pub(super) fn check(self) -> Result<(), Failure> {
        if self == Self::Parquet && std::io::stdout().is_terminal() {
            return Err(Failure::said(
                Exit::Usage,
                "Parquet is binary, and standard output is a terminal: send it to a file, as in \
                 `-o parquet > rows.parquet`",
            ));
        }
        Ok(())
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = self.to_possible_value();
        formatter.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}

/// Where rows go.
pub(super) type Out<'w> = Box<dyn Write + Send + 'w>;

/// Rows on their way out.
trait Form {
    /// Writes rows.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure>;

    /// Writes what comes behind the last of them; `has_more` when a limit held others back.
    fn finish(&mut self, has_more: bool) -> Result<(), Failure>;
}

/// A form of rows with this schema.
fn form<'w>(
    format: Format,
    out: Out<'w>,
    schema: &SchemaRef,
    screen: Screen,
) -> Result<Box<dyn Form + 'w>, Failure> {
    // A terminal must only show what it is given; the other forms see to that themselves.
    let out = match format {
        Format::Json | Format::Ndjson | Format::Csv if screen.width.is_some() => {
            Box::new(BufWriter::new(visible::Tamed(out)))
        }
        _ => out,
    };
    Ok(match format {
        Format::Table => Box::new(table::Table::new(out, schema, screen)),
        Format::Json => Box::new(json::Json::array(out)),
        Format::Ndjson => Box::new(json::Json::lines(out)),
        Format::Csv => Box::new(csv::Csv::new(out, Arc::clone(schema))),
        Format::Parquet => Box::new(parquet::Parquet::new(out, schema)?),
        Format::Markdown => Box::new(markdown::Markdown::new(out, Arc::clone(schema))),
    })
}

/// Prints rows that are there already.
pub(super) fn print(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    format: Format,
) -> Result<(), Failure> {
    format.check()?;
    write(schema, batches, format, to_stdout(), Screen::of_stdout())
}

fn write(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    format: Format,
    out: Out<'_>,
    screen: Screen,
) -> Result<(), Failure> {
    let schema = with_own_names(schema);
    let mut form = form(format, out, &schema, screen)?;
    for batch in batches {
        form.write(&renamed(batch, &schema)?)?;
    }
    form.finish(false)
}

/// Standard output, in whole pieces.
fn to_stdout() -> Out<'static> {
    Box::new(BufWriter::with_capacity(1 << 16, std::io::stdout()))
}

/// Says something about the rows beside them.
pub(super) fn note(text: &str) {
    // Whoever closed standard error does not want to know.
    let _ = writeln!(std::io::stderr(), "note: {text}");
}

/// Two columns of one name would be one in JSON: the second `Id` is `Id_1`.
fn with_own_names(schema: &SchemaRef) -> SchemaRef {
    let mut names: HashSet<String> = HashSet::new();
    let all: HashSet<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let mut fields: Vec<Arc<Field>> = Vec::new();
    for field in schema.fields() {
        let mut name = field.name().clone();
        let mut number = 1;
        while names.contains(&name) {
            name = format!("{}_{number}", field.name());
            number += 1;
            if all.contains(name.as_str()) {
                name.clone_from(field.name());
            }
        }
        names.insert(name.clone());
        fields.push(match name == *field.name() {
            true => Arc::clone(field),
            false => Arc::new(field.as_ref().clone().with_name(name)),
        });
    }
    Arc::new(Schema::new(fields))
}

/// Rows under the names of a schema; types are their own.
fn renamed(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, Failure> {
    let own = batch.schema();
    let fields = schema.fields().iter().zip(own.fields());
    let fields: Vec<_> = fields
        .map(|(field, own)| own.as_ref().clone().with_name(field.name()).with_nullable(true))
        .collect();
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let schema = Arc::new(Schema::new(fields));
    RecordBatch::try_new_with_options(schema, batch.columns().to_vec(), &options).map_err(failed)
}

fn failed(error: impl Into<anyhow::Error>) -> Failure {
    Failure::new(Exit::Wrong, error.into())
}
