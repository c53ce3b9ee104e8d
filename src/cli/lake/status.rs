//! `entralog lake status`: tables, sources with their lag, and dead letters by reason.
//!
//! Three kinds of rows: on a terminal a table of each under its heading; as NDJSON each row says its `Kind`;
//! as JSON one object with a list of each. CSV has one kind of rows, so that `--only` has to choose it.

use std::collections::HashMap;
use std::io::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use futures::{StreamExt as _, stream};
use serde::Serialize;

use super::{Context, Exit, Failure};
use crate::cli::output::{self, Format};
use crate::ingest::Hub;
use crate::lake::{Lake, SourcePosition, Totals};
use crate::query::Session;
use crate::source::eventhub::{Lag, Partition, lag, partitions};
use crate::source::{is_file, is_partition};
use crate::table::{self, DEAD_LETTERS, from_batches};

/// Partitions whose lag is asked for at once.
const ASKED_AT_ONCE: usize = 8;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Only rows of this kind
    #[arg(long, value_enum, value_name = "KIND")]
    only: Option<Kind>,
    /// List also the files that were taken in, among the sources
    #[arg(long)]
    files: bool,
    /// Do not ask the hubs of the configuration how far they are
    #[arg(long)]
    offline: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// What each table holds
    Tables,
    /// Where each partition of a hub stands
    Sources,
    /// What could not be decoded or placed
    DeadLetters,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct TableRow {
    table: &'static str,
    rows: Option<u64>,
    files: u64,
    bytes: u64,
    first: Option<String>,
    last: Option<String>,
    version: u64,
    committed_at: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SourceRow {
    source: String,
    position: Option<i64>,
    committed_at: Option<String>,
    last_enqueued: Option<i64>,
    last_enqueued_at: Option<String>,
    lag_events: Option<i64>,
    lag_seconds: Option<i64>,
}

#[derive(Debug, Serialize, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeadLetterRow {
    reason: String,
    letters: u64,
    first: String,
    last: String,
}

pub(in crate::cli) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let format = context.format();
    if let (Format::Csv | Format::Parquet, None) = (format, arguments.only) {
        let form = if format == Format::Csv { "CSV" } else { "Parquet" };
        return Err(Failure::said(
            Exit::Usage,
            format!(
                "{form} has one kind of rows: choose it with --only tables, sources or dead-letters"
            ),
        ));
    }
    let is_wanted = |kind| arguments.only.is_none_or(|only| only == kind);
    let lake = context.existing_lake().await?;
    let mut tables = Vec::new();
    let mut sources = Vec::new();
    // First, because it is committed last: no row of a source is ahead of its position then.
    if is_wanted(Kind::Sources) {
        let ends = if arguments.offline { Vec::new() } else { ends(context).await? };
        let positions = lake.totals(&DEAD_LETTERS).await?.map(|totals| totals.sources);
        sources = source_rows(positions.unwrap_or_default(), ends, arguments.files).await;
    }
    if is_wanted(Kind::Tables) {
        for table in table::all() {
            if let Some(totals) = lake.totals(table).await? {
                tables.push(table_row(table.name, &totals));
            }
        }
    }
    let letters = match is_wanted(Kind::DeadLetters) {
        true => dead_letters(&lake).await?,
        false => Vec::new(),
    };
    match (arguments.only, format) {
        (Some(Kind::Tables), _) => output::print_rows(&tables, format)?,
        (Some(Kind::Sources), _) => output::print_rows(&sources, format)?,
        (Some(Kind::DeadLetters), _) => output::print_rows(&letters, format)?,
        (None, Format::Json) => {
            let all = serde_json::json!({
                "Lake": lake.location(), "Tables": tables, "Sources": sources, "DeadLetters": letters,
            });
            writeln!(std::io::stdout().lock(), "{all}")?;
        }
        (None, Format::Ndjson) => {
            print_kind("table", &tables)?;
            print_kind("source", &sources)?;
            print_kind("deadLetters", &letters)?;
        }
        (None, Format::Table | Format::Markdown | Format::Csv | Format::Parquet) => {
            headed(&format!("Tables of {}", lake.location()), &tables, format)?;
            headed("Sources", &sources, format)?;
            headed("Dead letters", &letters, format)?;
        }
    }
    Ok(Exit::Done)
}

/// Rows as NDJSON that say what they are.
fn print_kind<T: Serialize>(kind: &'static str, rows: &[T]) -> Result<(), Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct OfKind<'a, T> {
        kind: &'static str,
        #[serde(flatten)]
        row: &'a T,
    }
    let rows: Vec<_> = rows.iter().map(|row| OfKind { kind, row }).collect();
    output::print_rows(&rows, Format::Ndjson)
}

fn headed<T: Serialize>(heading: &str, rows: &[T], format: Format) -> Result<(), Failure> {
    writeln!(std::io::stdout().lock(), "{heading}")?;
    if rows.is_empty() {
        writeln!(std::io::stdout().lock(), "none\n")?;
        return Ok(());
    }
    output::print_rows(rows, format)?;
    writeln!(std::io::stdout().lock())?;
    Ok(())
}

fn table_row(table: &'static str, totals: &Totals) -> TableRow {
    TableRow {
        table,
        rows: totals.rows,
        files: totals.files,
        bytes: totals.bytes,
        first: totals.first.map(time),
        last: totals.last.map(time),
        version: totals.version,
        committed_at: totals.committed_at.map(time),
    }
}

/// The partitions of a hub with the hub, as the hub says that they are now.
type Ends = Vec<(Hub, Partition)>;

/// Where the partitions of the configured hubs end; hubs that cannot be reached are said and left out.
async fn ends(context: &Context) -> Result<Ends, Failure> {
    if context.config.event_hubs.is_empty() {
        return Ok(Ends::new());
    }
    let mut ends = Ends::new();
    for hub in context.hubs()? {
        match partitions(&hub.namespace, &hub.name).await {
            Ok(partitions) => ends.extend(partitions.into_iter().map(|p| (hub.clone(), p))),
            Err(error) => tracing::warn!("{error}: its lag is not known"),
        }
    }
    Ok(ends)
}

/// A row a partition, and a row a file when they are wanted; files are named on standard error otherwise.
async fn source_rows(positions: Vec<SourcePosition>, ends: Ends, files: bool) -> Vec<SourceRow> {
    let (mut partitions, mut others): (Vec<_>, Vec<_>) =
        positions.into_iter().partition(|position| is_partition(&position.source_id));
    // Replays have a position too, which is not one of a source.
    others.retain(|other| is_file(&other.source_id));
    partitions.sort_by(|a, b| natural(&a.source_id).cmp(&natural(&b.source_id)));
    others.sort_by(|a, b| a.source_id.cmp(&b.source_id));
    let taken: HashMap<_, _> =
        partitions.iter().map(|p| (p.source_id.clone(), p.position)).collect();
    let mut lags: HashMap<String, (Partition, Lag)> = stream::iter(ends)
        .map(|(hub, partition)| {
            let taken = taken.get(partition.source_id.as_ref()).copied();
            async move {
                let lag = lag(&hub.namespace, &hub.name, &partition, taken).await;
                (partition.source_id.to_string(), (partition, lag))
            }
        })
        .buffer_unordered(ASKED_AT_ONCE)
        .collect()
        .await;
    let mut rows: Vec<_> = partitions
        .into_iter()
        .map(|position| {
            let end = lags.remove(&position.source_id);
            source_row(position.source_id.clone(), Some(&position), end)
        })
        .collect();
    let mut untouched: Vec<_> = lags.into_iter().collect();
    untouched.sort_by(|(a, _), (b, _)| natural(a).cmp(&natural(b)));
    rows.extend(untouched.into_iter().map(|(source, end)| source_row(source, None, Some(end))));
    if files {
        rows.extend(others.iter().map(|file| source_row(file.source_id.clone(), Some(file), None)));
    } else if let Some(last) = others.iter().filter_map(|file| file.committed_at).max() {
        tracing::info!(
            files = others.len(),
            last = time(last),
            "files were taken in too; --files lists them"
        );
    }
    rows
}

fn source_row(
    source: String,
    position: Option<&SourcePosition>,
    end: Option<(Partition, Lag)>,
) -> SourceRow {
    let (partition, lag) = end.unzip();
    SourceRow {
        source,
        position: position.map(|position| position.position),
        committed_at: position.and_then(|position| position.committed_at).map(time),
        last_enqueued: partition.as_ref().map(|partition| partition.last_sequence_number),
        last_enqueued_at: partition.and_then(|partition| partition.last_enqueued_at).map(time),
        lag_events: lag.map(|lag| lag.events),
        lag_seconds: lag.and_then(|lag| lag.seconds),
    }
}

/// Partition 10 comes after partition 9.
fn natural(source: &str) -> (&str, u64) {
    let (hub, partition) = source.rsplit_once('/').unwrap_or((source, ""));
    (hub, partition.parse().unwrap_or(u64::MAX))
}

async fn dead_letters(lake: &Lake) -> Result<Vec<DeadLetterRow>, Failure> {
    let sql = "SELECT Reason, count(*) AS Letters, min(TimeGenerated) AS First, max(TimeGenerated) AS Last
               FROM DeadLetters GROUP BY Reason ORDER BY count(*) DESC, Reason";
    let answer = Session::new(lake)?.query(sql).await?;
    from_batches(&answer.batches).map_err(|error| Failure::new(Exit::Wrong, error.into()))
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
