//! `entralog query`: one SQL statement over the lake.

use super::output;
use super::{Context, Exit, Failure, explain};
use crate::query::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The statement; Log Analytics' table and column names need no quotes
    #[arg(value_name = "SQL")]
    sql: String,
    /// Say what the statement does and what it need not read, instead of giving its rows
    #[arg(long)]
    explain: bool,
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    let lake = context.existing_lake().await?;
    let session = Session::new(&lake)?;
    if arguments.explain {
        return explain::run(context, &session, &arguments.sql, &[]).await;
    }
    let answer = session.query(&arguments.sql).await?;
    output::print(&answer.schema, &answer.batches, context.format())?;
    Ok(Exit::Done)
}
