//! `entralog generate`: sample logs with planted attacks.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Context, Exit, Failure, output};
use crate::generate::{GenerateOptions, generate};
use crate::source::file::ANSWER_SHEET as TRUTH;

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

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    struct Row<'a> {
        id: &'a str,
        rule: Option<&'a str>,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
        title: &'a str,
    }
    let options = GenerateOptions {
        events: arguments.events,
        seed: arguments.seed,
        days: arguments.days,
        ..GenerateOptions::default()
    };
    let truth = generate(&options, &arguments.out)
        .map_err(|error| Failure::new(Exit::Usage, error.into()))?;
    let attacks: Vec<_> = truth
        .attacks
        .iter()
        .map(|a| Row {
            id: &a.id,
            rule: a.rule.as_deref(),
            start: a.start,
            end: a.end,
            title: &a.title,
        })
        .collect();
    output::print_rows(&attacks, context.format())?;
    tracing::info!(
        records = truth.records.total(),
        messages = truth.messages,
        "written to {}; {TRUTH} names what was planted",
        arguments.out.display()
    );
    Ok(Exit::Done)
}
