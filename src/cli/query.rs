//! `entralog query`: one SQL statement over the lake.

use std::io::Read as _;
use std::path::PathBuf;

use super::output::{self, Limit};
use super::{Context, Exit, Failure};
use crate::query::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The statement, `-` for standard input; Log Analytics' table and column names need no quotes
    #[arg(value_name = "SQL")]
    sql: Option<String>,
    /// Read the statement from a file
    #[arg(short, long, value_name = "FILE", conflicts_with = "sql")]
    file: Option<PathBuf>,
    /// Rows to show at most, or `all` [default: 1000 on a terminal, else all]
    #[arg(long, value_name = "N")]
    limit: Option<Limit>,
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    let sql = match (arguments.sql, arguments.file) {
        (Some(sql), _) if sql != "-" => sql,
        (None, Some(file)) if file.as_os_str() != "-" => {
            std::fs::read_to_string(&file).map_err(|error| {
                Failure::said(Exit::Usage, format!("cannot read {}: {error}", file.display()))
            })?
        }
        _ => from_stdin()?,
    };
    context.format().check()?;
    let lake = context.existing_lake().await?;
    let rows = Session::new(&lake)?.stream(&sql, &[]).await?;
    output::stream(rows, context.format(), Limit::or_default(arguments.limit)).await?;
    Ok(Exit::Done)
}

fn from_stdin() -> Result<String, Failure> {
    let mut sql = String::new();
    std::io::stdin().lock().read_to_string(&mut sql).map_err(|error| {
        Failure::said(
            Exit::Usage,
            format!("cannot read the statement from standard input: {error}"),
        )
    })?;
    Ok(sql)
}
