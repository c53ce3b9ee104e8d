//! `entralog lake`: look after the lake.

mod maintain;

use super::{Context, Exit, Failure};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Merge small files into large, sorted ones
    Compact(maintain::CompactArguments),
    /// Remove the days that are past their retention
    Retain(maintain::RetainArguments),
    /// Delete files and log entries that nobody needs any more
    Vacuum(maintain::VacuumArguments),
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Compact(arguments) => maintain::compact(context, &arguments).await,
        Command::Retain(arguments) => maintain::retain(context, &arguments).await,
        Command::Vacuum(arguments) => maintain::vacuum(context, &arguments).await,
    }
}
