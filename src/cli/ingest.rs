//! `entralog ingest`: files or Event Hubs into the lake.

use std::path::PathBuf;

use serde::Serialize;

use super::output;
use super::{Context, Exit, Failure, stop};
use crate::ingest::{
    Counts, FileOutcome, FileReport, FlushLimits, Ingester, Run, ingest_files, ingest_hubs,
};
use crate::source::file::expand;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files or directories to take in, `-` for standard input; without it, the Event Hubs of the
    /// configuration are read until the process is stopped
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with = "once")]
    from: Vec<PathBuf>,
    /// Read from Event Hubs what is there now, then end
    #[arg(long)]
    once: bool,
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    if arguments.from.is_empty() {
        from_hubs(context, if arguments.once { Run::Once } else { Run::Continuous }).await
    } else {
        from_files(context, &arguments.from).await
    }
}

async fn from_hubs(context: &Context, run: Run) -> Result<Exit, Failure> {
    let hubs = context.hubs()?;
    let lake = context.lake()?;
    let mut ingester = Ingester::new(lake, FlushLimits::from(context.config.flush));
    let cancel = stop::on_signal();
    ingest_hubs(&mut ingester, &hubs, run, &cancel, |_| {}).await?;
    print_counts(context, ingester.counts())?;
    Ok(Exit::Done)
}

async fn from_files(context: &Context, paths: &[PathBuf]) -> Result<Exit, Failure> {
    let files = expand(paths)?;
    let lake = context.lake()?;
    let mut ingester = Ingester::new(lake.clone(), FlushLimits::from(context.config.flush));
    let mut exit = Exit::Done;
    ingest_files(&mut ingester, &lake, files, |FileReport { path, outcome }, _| match outcome {
        FileOutcome::Complete => tracing::debug!(path = %path.display(), "taken in"),
        FileOutcome::Incomplete { line } => tracing::warn!(
            path = %path.display(),
            line,
            "the last line is not complete; it is taken in once it is"
        ),
        FileOutcome::Failed(error) => {
            tracing::error!("{error}");
            exit = Exit::Unreachable;
        }
    })
    .await?;
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
