//! `entralog saved`: list, show, run and check saved queries.

use std::io::Write as _;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::output::{self, Format};
use super::{Context, Exit, Failure, query, time_argument};
use crate::saved::{self, Library, Origin, SavedError, SavedQuery};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List the saved queries: the built-in ones and your own
    List(ListArguments),
    /// Show a saved query: what it answers, its parameters and its SQL
    Show(ShowArguments),
    /// Run a saved query over the lake
    Run(RunArguments),
    /// Read files of saved queries and plan their SQL, without a lake
    Check(CheckArguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArguments {
    /// Only those with this tag; with several, those that have all of them
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct ShowArguments {
    /// Name of the query
    #[arg(value_name = "NAME")]
    name: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct RunArguments {
    /// Name of the query
    #[arg(value_name = "NAME")]
    name: String,
    /// Value of a parameter; a list as FIRST,SECOND or as a JSON array
    #[arg(short, long = "parameter", value_name = "NAME=VALUE", value_parser = assignment)]
    parameters: Vec<(String, String)>,
    /// Begin of the time: `24h`, `7d` before now, a day, or RFC 3339 [default: as the query says]
    #[arg(long, value_name = "TIME", value_parser = time_argument)]
    since: Option<DateTime<Utc>>,
    /// End of the time, which is not part of it: `24h`, `7d` before now, a day, or RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", value_parser = time_argument)]
    until: Option<DateTime<Utc>>,
    #[command(flatten)]
    wanted: query::Wanted,
}

#[derive(Debug, clap::Args)]
pub(super) struct CheckArguments {
    /// Files or directories [default: all saved queries]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// `name=value`; the value may hold further equals signs.
pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => {
            Err(format!("{text:?} is no parameter: write NAME=VALUE, such as user=ada@contoso.com"))
        }
    }
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List(arguments) => list(context, &arguments),
        Command::Show(arguments) => show(context, &arguments),
        Command::Run(arguments) => answer(context, &arguments).await,
        Command::Check(arguments) => check(context, &arguments.paths).await,
    }
}

/// All saved queries; files that are none are said.
pub(super) fn library(context: &Context) -> Result<Library, Failure> {
    let library = saved::load(&context.config.queries.paths())?;
    for problem in &library.problems {
        tracing::warn!("left out: {problem}");
    }
    Ok(library)
}

fn list(context: &Context, arguments: &ListArguments) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Row<'a> {
        name: &'a str,
        title: &'a str,
        parameters: String,
        since: String,
        tags: String,
        source: String,
    }
    let queries = library(context)?.queries;
    let tags = |query: &&SavedQuery| arguments.tags.iter().all(|tag| query.tags.contains(tag));
    let rows: Vec<_> = queries
        .iter()
        .filter(tags)
        .map(|query| Row {
            name: &query.name,
            title: &query.title,
            parameters: parameters(query),
            since: query.since.to_string(),
            tags: query.tags.join(", "),
            source: source(&query.origin),
        })
        .collect();
    if rows.is_empty() {
        return Err(unknown_tags(&queries, &arguments.tags));
    }
    output::print_rows(&rows, context.format())?;
    Ok(Exit::Done)
}

fn unknown_tags(queries: &[SavedQuery], tags: &[String]) -> Failure {
    let mut known: Vec<_> = queries.iter().flat_map(|query| &query.tags).collect();
    known.sort();
    known.dedup();
    let known: Vec<_> = known.into_iter().map(String::as_str).collect();
    let asked = tags.join(", ");
    let message = format!("no saved query has the tag {asked}; tags are {}", known.join(", "));
    Failure::said(Exit::Usage, message)
}

/// The parameters in a line: those that must be given by name, the others with their default.
fn parameters(query: &SavedQuery) -> String {
    let parameters: Vec<_> = query
        .parameters
        .iter()
        .map(|parameter| match &parameter.default {
            None => parameter.name.clone(),
            Some(default) => format!("[{}={default}]", parameter.name),
        })
        .collect();
    parameters.join(" ")
}

fn source(origin: &Origin) -> String {
    match origin {
        Origin::BuiltIn => "built-in".into(),
        Origin::File { path, replaces: false } => path.display().to_string(),
        Origin::File { path, replaces: true } => {
            format!("{}, in place of the built-in one", path.display())
        }
    }
}

fn show(context: &Context, arguments: &ShowArguments) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Row<'a> {
        name: &'a str,
        title: &'a str,
        description: &'a str,
        parameters: Vec<Value<'a>>,
        since: String,
        tables: &'a [String],
        tags: &'a [String],
        techniques: &'a [String],
        source: String,
        sql: &'a str,
    }
    #[derive(Serialize)]
    struct Value<'a> {
        name: &'a str,
        r#type: String,
        default: Option<String>,
        meaning: &'a str,
    }
    let library = library(context)?;
    let query = library.find(&arguments.name)?;
    let format = match context.output {
        // The file as it is, also in a pipe: it is how one begins a query of one's own.
        None | Some(Format::Table) => {
            tracing::info!("{}: {}", query.name, source(&query.origin));
            std::io::stdout().lock().write_all(query.sql.as_bytes())?;
            return Ok(Exit::Done);
        }
        Some(format) => format,
    };
    let parameters = query.parameters.iter().map(|parameter| Value {
        name: &parameter.name,
        r#type: parameter.kind.to_string(),
        default: parameter.default.as_ref().map(ToString::to_string),
        meaning: &parameter.meaning,
    });
    let row = Row {
        name: &query.name,
        title: &query.title,
        description: &query.description,
        parameters: parameters.collect(),
        since: query.since.to_string(),
        tables: &query.tables,
        tags: &query.tags,
        techniques: &query.techniques,
        source: source(&query.origin),
        sql: &query.sql,
    };
    output::print_record(&row, format)?;
    Ok(Exit::Done)
}

async fn answer(context: &Context, arguments: &RunArguments) -> Result<Exit, Failure> {
    let library = library(context)?;
    let saved = library.find(&arguments.name)?;
    let bound = saved.bind(&arguments.parameters, arguments.since, arguments.until, Utc::now())?;
    let session = query::session(context, None).await?;
    query::answer(context, &session, &saved.sql, &bound.as_parameters(), arguments.wanted).await
}

async fn check(context: &Context, paths: &[PathBuf]) -> Result<Exit, Failure> {
    let Library { queries, problems } = match paths {
        [] => saved::load(&context.config.queries.paths())?,
        paths => Library { queries: saved::read_files(paths)?, problems: Vec::new() },
    };
    let mut wrong = problems.len();
    for problem in &problems {
        tracing::error!("{problem}");
    }
    for query in &queries {
        if let Err(error) = saved::check(query).await {
            wrong += 1;
            tracing::error!("{}: {error}", place(query));
        }
    }
    let all = queries.len() + problems.len();
    if wrong > 0 {
        return Err(Failure::said(
            Exit::Wrong,
            format!("saved queries: {wrong} of {all} are wrong"),
        ));
    }
    tracing::info!("saved queries: all {all} are right");
    Ok(Exit::Done)
}

fn place(query: &SavedQuery) -> String {
    match &query.origin {
        Origin::BuiltIn => format!("{}.sql (built in)", query.name),
        Origin::File { path, .. } => path.display().to_string(),
    }
}

impl From<SavedError> for Failure {
    fn from(error: SavedError) -> Self {
        Self::new(Exit::Wrong, error.into())
    }
}

impl From<saved::UseError> for Failure {
    fn from(error: saved::UseError) -> Self {
        Self::new(Exit::Usage, error.into())
    }
}
