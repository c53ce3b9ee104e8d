//! `entralog query`: one SQL statement over the lake, or a shell.

use std::io::{IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::time::Duration;

use super::output::{self, Limit};
use super::{Context, Exit, Failure, explain, shell, span_argument, sql};
use crate::query::{ScalarValue, Session};

#[derive(Debug, clap::Args)]
#[command(after_help = NOTES)]
pub(super) struct Arguments {
    /// The statement, `-` for standard input; Log Analytics' table and column names need no quotes
    #[arg(value_name = "SQL")]
    sql: Option<String>,
    /// Read the statement from a file
    #[arg(short, long, value_name = "FILE", conflicts_with = "sql")]
    file: Option<PathBuf>,
    #[command(flatten)]
    wanted: Wanted,
    /// End it after this time, such as 30s or 5m [default: `query.timeout`, else 10m]
    #[arg(long, value_name = "SPAN", value_parser = span_argument)]
    timeout: Option<Duration>,
}

/// What is wanted of a statement.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Wanted {
    /// Rows to show at most, or `all` [default: 1000 on a terminal, else all]
    #[arg(long, value_name = "N")]
    limit: Option<Limit>,
    /// Say what is read and what need not be, instead of giving the rows
    #[arg(long)]
    explain: bool,
}

const NOTES: &str =
    "Without a statement, it is read from standard input, or a shell opens on a terminal:
completion with Tab, history, \\help for its commands.";

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.format().check()?;
    let sql = match (arguments.sql, arguments.file) {
        (Some(sql), _) if sql != "-" => Some(sql),
        (None, Some(file)) if file.as_os_str() != "-" => Some(sql::from_file(&file)?),
        (None, None) if is_on_terminal() && !arguments.wanted.explain => None,
        _ => Some(from_stdin()?),
    };
    let session = session(context, arguments.timeout).await?;
    match sql {
        Some(sql) => answer(context, &session, &sql, &[], arguments.wanted).await,
        None => shell::run(context, session, arguments.wanted.limit).await,
    }
}

fn is_on_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// A session over the lake, which must be there, with the limits of the configuration and this time-out.
pub(super) async fn session(
    context: &Context,
    timeout: Option<Duration>,
) -> Result<Session, Failure> {
    let limits = context.config.query.limits(timeout);
    Ok(Session::with_limits(&context.existing_lake().await?, limits)?)
}

/// Prints the rows of a statement, or what it reads; on a terminal an error has a mark under its place.
pub(super) async fn answer(
    context: &Context,
    session: &Session,
    sql: &str,
    parameters: &[(&str, ScalarValue)],
    wanted: Wanted,
) -> Result<Exit, Failure> {
    let answered = match wanted.explain {
        true => explain::run(context, session, sql, parameters).await,
        false => rows(context, session, sql, parameters, wanted.limit).await,
    };
    answered.map_err(|failure| {
        let caret = std::io::stderr().is_terminal().then(|| sql::caret(sql, &failure.message()));
        match caret.flatten() {
            Some(caret) => failure.with_lines(&caret),
            None => failure,
        }
    })
}

async fn rows(
    context: &Context,
    session: &Session,
    sql: &str,
    parameters: &[(&str, ScalarValue)],
    limit: Option<Limit>,
) -> Result<Exit, Failure> {
    let rows = output::settled(session.stream(sql, parameters).await?);
    output::stream(rows, context.format(), Limit::or_default(limit)).await?;
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
    if sql.trim().is_empty() {
        return Err(Failure::said(
            Exit::Usage,
            "there is no statement: give one, as in `entralog query 'SELECT count(*) FROM SigninLogs'`, or \
             write it to standard input",
        ));
    }
    Ok(sql)
}
