//! `entralog ingest`: files or Event Hubs into the lake.

use std::path::PathBuf;

use serde::Serialize;

use super::output;
use super::{Context, Exit, Failure, stop};
use crate::ingest::{
    Counts, FileFormat, FileOutcome, FileReport, FlushLimits, IngestError, Ingester, Reading, Run,
    ingest_files, ingest_hubs,
};
use crate::source::file::{FileError, expand};
use crate::suggest::closest;
use crate::table::{self, Table};

const EXAMPLES: &str = "Examples:
  entralog ingest                                           the hubs of the configuration
  entralog ingest --from ./archive                          PT1H.json blobs of Azure Storage
  entralog ingest --from rows.ndjson query_data.csv         what Log Analytics gave out
  entralog ingest --from query_data.csv --table SigninLogs  rows without a column Type";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Files or directories to take in, `-` for standard input; without it, the Event Hubs of the
    /// configuration are read until the process is stopped
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with = "once")]
    from: Vec<PathBuf>,
    /// What is expected in the files: records as Entra writes them, or what Log Analytics gave out,
    /// as JSON rows or as CSV
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "auto", requires = "from")]
    format: Expected,
    /// The table of rows that do not name theirs in a column `Type`
    #[arg(long, value_name = "TABLE", requires = "from")]
    table: Option<String>,
    /// Read from Event Hubs what is there now, then end; what other ingesters read is left to them
    #[arg(long)]
    once: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Expected {
    /// Any of the others: told for each file by how it begins and by its name
    Auto,
    /// Records as Entra writes them to Event Hubs and to storage: NDJSON, JSON
    Records,
    /// Rows of Log Analytics under their column names: NDJSON, JSON, answers of its query API
    LogAnalytics,
    /// CSV as the portal exports it
    Csv,
}

impl From<Expected> for FileFormat {
    fn from(expected: Expected) -> Self {
        match expected {
            Expected::Auto => Self::Auto,
            Expected::Records => Self::Records,
            Expected::LogAnalytics => Self::LogAnalytics,
            Expected::Csv => Self::Csv,
        }
    }
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    if arguments.from.is_empty() {
        from_hubs(context, if arguments.once { Run::Once } else { Run::Continuous }).await
    } else {
        let table = arguments.table.as_deref().map(log_table).transpose()?;
        if table.is_some() && arguments.format == Expected::Records {
            let message = "--table is for rows of Log Analytics; records say their category";
            return Err(Failure::said(Exit::Usage, message));
        }
        let reading = Reading { format: arguments.format.into(), table };
        from_files(context, &arguments.from, reading).await
    }
}

async fn from_hubs(context: &Context, run: Run) -> Result<Exit, Failure> {
    let hubs = context.hubs()?;
    let lake = context.lake()?;
    let mut ingester = Ingester::new(lake, FlushLimits::from(context.config.flush))
        .with_deduplication(context.config.deduplication.into());
    let cancel = stop::on_signal(context.config.shutdown.deadline);
    ingest_hubs(&mut ingester, &hubs, run, &cancel, |_| {}).await?;
    print_counts(context, ingester.counts())?;
    Ok(Exit::Done)
}

fn log_table(name: &str) -> Result<&'static Table, Failure> {
    if let Some(table) = table::by_name(name).filter(|table| table.is_log()) {
        return Ok(table);
    }
    let names = table::logs().iter().map(|table| table.name);
    let advice = match closest(name, names.clone()) {
        Some(meant) => format!("did you mean {meant:?}?"),
        None => format!("log tables are {}", names.collect::<Vec<_>>().join(", ")),
    };
    Err(Failure::said(Exit::Usage, format!("no log table {name:?}; {advice}")))
}

async fn from_files(
    context: &Context,
    paths: &[PathBuf],
    reading: Reading,
) -> Result<Exit, Failure> {
    let files = expand(paths)?;
    let lake = context.lake()?;
    let mut ingester = Ingester::new(lake.clone(), FlushLimits::from(context.config.flush));
    let mut exit = Exit::Done;
    let report = |FileReport { path, outcome }, _: &Ingester| match outcome {
        FileOutcome::Complete => tracing::debug!(path = %path.display(), "taken in"),
        FileOutcome::Incomplete { line } => tracing::warn!(
            path = %path.display(),
            line,
            "the last line is not complete; it is left until it is, or until nobody has written to the file for a minute"
        ),
        FileOutcome::Failed(error) => {
            tracing::error!("{error}");
            match error {
                IngestError::File(FileError::Refused { .. }) if exit == Exit::Done => {
                    exit = Exit::Usage;
                }
                IngestError::File(FileError::Refused { .. }) => {}
                _ => exit = Exit::Unreachable,
            }
        }
    };
    ingest_files(&mut ingester, &lake, files, reading, report).await?;
    print_counts(context, ingester.counts())?;
    Ok(exit)
}

/// What went in, a row a table.
pub(super) fn print_counts(context: &Context, counts: &Counts) -> Result<(), Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row<'a> {
        table: &'a str,
        rows: u64,
    }
    let rows: Vec<_> = counts.rows.iter().map(|(table, rows)| Row { table, rows: *rows }).collect();
    for (reason, count) in &counts.dead {
        tracing::warn!(
            count,
            reason = reason.as_str(),
            "dead letters; `entralog dead list` shows them"
        );
    }
    if rows.is_empty() {
        tracing::info!("nothing new was taken in");
    }
    output::print_rows(&rows, context.format())
}
