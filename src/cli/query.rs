//! `entralog query`: one SQL statement over the lake.

use super::output;
use super::{Context, Exit, Failure};
use crate::query::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The statement; Log Analytics' table and column names need no quotes
    #[arg(value_name = "SQL")]
    sql: String,
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    let lake = context.existing_lake().await?;
    let answer = Session::new(&lake)?.query(&arguments.sql).await?;
    output::print(&answer.schema, &answer.batches, context.format())?;
    Ok(Exit::Done)
}
