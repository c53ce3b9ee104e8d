//! `entralog lake history`: the commits of tables, newest first.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::super::table::named;
use super::{Context, Exit, Failure};
use crate::cli::output;
use crate::lake::{Before, HistoryEntry};
use crate::table::{self, Table};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Name of a table [default: all of them]
    #[arg(value_name = "TABLE")]
    table: Option<String>,
    /// How many commits
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    limit: usize,
    /// Only commits since then: `24h`, `7d` before now, a day, or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = crate::cli::time_argument)]
    since: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    table: &'static str,
    version: u64,
    time: Option<String>,
    operation: Option<String>,
    rows_added: Option<u64>,
    rows_removed: Option<u64>,
    files_added: usize,
    files_removed: usize,
    bytes_added: u64,
    bytes_removed: u64,
    sources: String,
    writer: Option<String>,
}

pub(in crate::cli) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let tables: Vec<&'static Table> = match &arguments.table {
        Some(name) => vec![named(name)?],
        None => table::all().to_vec(),
    };
    let lake = context.existing_lake().await?;
    let mut entries = Vec::new();
    for table in tables {
        let Some(log) = lake.log(table).await? else { continue };
        let history = log.history(arguments.limit, arguments.since).await?;
        if let Some(version) = history.begins_at {
            tracing::info!(
                table = table.name,
                version,
                "the history begins here; commits before were cleaned up"
            );
        }
        entries.extend(history.entries.into_iter().map(|entry| (table, entry)));
    }
    entries.sort_by_key(|(table, HistoryEntry { commit, .. })| {
        (std::cmp::Reverse((commit.time, commit.version)), table.name)
    });
    entries.truncate(arguments.limit);
    let rows: Vec<_> = entries.iter().map(|(table, entry)| row(table, entry)).collect();
    output::print_rows(&rows, context.format())?;
    Ok(Exit::Done)
}

fn row(table: &Table, HistoryEntry { commit, before }: &HistoryEntry) -> Row {
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
    let sources: Vec<_> = commit
        .positions
        .iter()
        .map(|(source, to)| {
            let from = match before.get(source) {
                Some(Before::At(from)) => from.to_string(),
                Some(Before::Nowhere) => "none".into(),
                Some(Before::Unknown) | None => "?".into(),
            };
            format!("{source}: {from}->{to}")
        })
        .collect();
    Row {
        table: table.name,
        version: commit.version,
        time: commit.time.map(time),
        operation: commit.operation.clone(),
        rows_added: commit.rows_added(),
        rows_removed: commit.rows_removed(),
        files_added: commit.added.len(),
        files_removed: commit.removed.len(),
        bytes_added: commit.added.iter().map(|file| file.size).sum(),
        bytes_removed: commit.removed.iter().filter_map(|file| file.size).sum(),
        sources: sources.join("; "),
        writer: commit.writer.clone(),
    }
}
