//! `entralog generate`: sample logs with planted attacks.

use std::path::PathBuf;

use super::{Exit, Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Records to write, over all categories
    #[arg(long, default_value_t = 20_000)]
    events: u64,
    /// The same seed writes the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Days that the records are spread over
    #[arg(long, default_value_t = 14)]
    days: u32,
    /// Directory to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(_arguments: &Arguments) -> Result<Exit, Failure> {
    Ok(Exit::Done)
}
