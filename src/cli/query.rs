//! `entralog query`: one SQL statement over the lake.

use std::time::Duration;

use super::output;
use super::{Context, Exit, Failure};
use crate::detect::Period;
use crate::query::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The statement; Log Analytics' table and column names need no quotes
    #[arg(value_name = "SQL")]
    sql: String,
    /// End it after this time, such as 30s or 5m [default: `query.timeout`, else 10m]
    #[arg(long, value_name = "SPAN", value_parser = span)]
    timeout: Option<Duration>,
}

fn span(text: &str) -> Result<Duration, String> {
    let period = Period::parse(text).and_then(|period| period.delta().to_std().ok());
    period.ok_or_else(|| format!("{text:?} is not a span of time; write 30s, 5m or 1h"))
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    let lake = context.existing_lake().await?;
    let answer = Session::with_limits(&lake, context.config.query.limits(arguments.timeout))?
        .query(&arguments.sql)
        .await?;
    output::print(&answer.schema, &answer.batches, context.format())?;
    Ok(Exit::Done)
}
