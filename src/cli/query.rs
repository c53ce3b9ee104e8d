//! `entralog query`: one SQL statement over the lake, or a shell.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::output::{self, Limit};
use super::{Context, Exit, Failure, explain, shell};
use crate::detect::Period;
use crate::query::Session;

#[derive(Debug, clap::Args)]
#[command(after_help = NOTES)]
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
    /// Say what the statement does and what it need not read, instead of giving its rows
    #[arg(long)]
    explain: bool,
    /// End it after this time, such as 30s or 5m [default: `query.timeout`, else 10m]
    #[arg(long, value_name = "SPAN", value_parser = span)]
    timeout: Option<Duration>,
}

fn span(text: &str) -> Result<Duration, String> {
    let period = Period::parse(text).and_then(|period| period.delta().to_std().ok());
    period.ok_or_else(|| format!("{text:?} is not a span of time; write 30s, 5m or 1h"))
}

const NOTES: &str =
    "Without a statement, it is read from standard input, or a shell opens on a terminal:
completion with Tab, history, \\help for its commands.";

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.format().check()?;
    let sql = match (arguments.sql, arguments.file) {
        (Some(sql), _) if sql != "-" => Some(sql),
        (None, Some(file)) if file.as_os_str() != "-" => Some(from_file(&file)?),
        (None, None) if is_on_terminal() && !arguments.explain => None,
        _ => Some(from_stdin()?),
    };
    let Some(sql) = sql else {
        return shell::run(context, arguments.limit, arguments.timeout).await;
    };
    let session = session(context, arguments.timeout).await?;
    let limit = Limit::or_default(arguments.limit);
    let answered = match arguments.explain {
        true => explain::run(context, &session, &sql, &[]).await,
        false => answer(context, &session, &sql, limit).await,
    };
    match answered {
        Err(failure) if std::io::stderr().is_terminal() => {
            Err(match shell::caret(&sql, &failure.message()) {
                Some(caret) => failure.with_lines(&caret),
                None => failure,
            })
        }
        other => other,
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

async fn answer(
    context: &Context,
    session: &Session,
    sql: &str,
    limit: Limit,
) -> Result<Exit, Failure> {
    let rows = session.stream(sql, &[]).await?;
    let rows = if shell::is_unordered(sql) { output::settled(rows) } else { rows };
    output::stream(rows, context.format(), limit).await?;
    Ok(Exit::Done)
}

fn from_file(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::said(Exit::Usage, format!("cannot read {}: {error}", path.display()))
    })
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
