//! `entralog rule`: detections.

use super::{Context, Exit, Failure};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List the rules
    List,
}

pub(super) async fn run(_context: &Context, _command: Command) -> Result<Exit, Failure> {
    Ok(Exit::Done)
}
