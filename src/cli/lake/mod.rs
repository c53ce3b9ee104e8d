//! `entralog lake`: how the lake is, what became of it, whether it is sound, and how it stays in shape.

mod history;
mod maintain;
mod status;
mod verify;

use super::{Context, Exit, Failure};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Show tables, sources with their lag, and dead letters by reason
    Status(status::Arguments),
    /// Show commits, newest first: what they added and removed, and where sources moved
    History(history::Arguments),
    /// Check that nothing is missing, damaged or doubled
    ///
    /// Exits with 1 when something is wrong. It may run beside ingestion.
    Verify(verify::Arguments),
    /// Merge small files into large, sorted ones
    Compact(maintain::CompactArguments),
    /// Remove the days that are past their retention
    Retain(maintain::RetainArguments),
    /// Delete files and log entries that nobody needs any more
    Vacuum(maintain::VacuumArguments),
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Status(arguments) => status::run(context, &arguments).await,
        Command::History(arguments) => history::run(context, &arguments).await,
        Command::Verify(arguments) => verify::run(context, &arguments).await,
        Command::Compact(arguments) => maintain::compact(context, &arguments).await,
        Command::Retain(arguments) => maintain::retain(context, &arguments).await,
        Command::Vacuum(arguments) => maintain::vacuum(context, &arguments).await,
    }
}
