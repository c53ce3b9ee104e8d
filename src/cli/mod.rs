//! The command line: one file a command, all of the same shape.
//!
//! Data goes to standard output, everything else to standard error.

mod alert;
mod dead;
#[cfg(feature = "devhub")]
mod demo;
#[cfg(feature = "devhub")]
mod devhub;
mod exit;
mod explain;
mod generate;
mod ingest;
mod lake;
mod output;
mod progress;
mod query;
mod rule;
mod saved;
mod serve;
mod shell;
mod sql;
mod stop;
mod table;
mod waiting;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};

pub use exit::{Exit, Failure};
use output::Format;

use crate::config::{Config, EventHubs};
use crate::detect::{Rule, load_rules};
use crate::ingest::Hub;
use crate::lake::Lake;
use crate::period::{Period, instant};

/// An open pipeline for Microsoft Entra ID logs: Event Hubs to a Delta lake, detections, alerts.
///
/// Reads sign-in and audit logs from Azure Event Hubs or files, keeps them in open Delta tables
/// under Log Analytics' names, runs detections over them and delivers alerts to a webhook.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  entralog demo                                    see all of it at work
  entralog ingest --from ./logs --lake ./lake      take in files
  entralog query 'SELECT count(*) FROM SigninLogs' ask the lake
  entralog saved list                              what others have asked before you
  entralog rule run --lake ./lake                  run the detections
Exit codes: 0 done, 1 failed checks or tests, 2 wrong query or rule,
3 wrong configuration or usage, 4 source, lake or destination not reachable";

#[derive(Debug, clap::Args)]
struct Global {
    /// Configuration file [default: ./entralog.yaml, then /etc/entralog/entralog.yaml]
    #[arg(long, global = true, env = "ENTRALOG_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The lake: a directory or a URL [default: ./entralog-lake]
    #[arg(long, global = true, env = "ENTRALOG_LAKE", value_name = "URL")]
    lake: Option<String>,
    /// Form of the output [default: table on a terminal, else ndjson]
    #[arg(short, long, global = true, value_enum, value_name = "FORM")]
    output: Option<Format>,
    /// Say more on standard error; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// See all of it at work on this machine, with sample logs and planted attacks
    #[cfg(feature = "devhub")]
    Demo(demo::Arguments),
    /// Ingest, run detections and deliver alerts until stopped
    Serve,
    /// Take logs into the lake, from files or from Event Hubs
    Ingest(ingest::Arguments),
    /// Run one SQL statement over the lake, or open a shell for many
    Query(query::Arguments),
    /// List, show, run and check saved queries
    #[command(subcommand)]
    Saved(saved::Command),
    /// List, check, test and run detections
    #[command(subcommand)]
    Rule(rule::Command),
    /// List the tables and show their columns
    #[command(subcommand)]
    Table(table::Command),
    /// Show how the lake is, check it, and keep it in shape
    #[command(subcommand)]
    Lake(lake::Command),
    /// List and show alerts
    #[command(subcommand)]
    Alert(alert::Command),
    /// List and show what could not be decoded, and decode it again
    #[command(subcommand)]
    Dead(dead::Command),
    /// Run an Event Hubs namespace on this machine, to try things without Azure
    #[cfg(feature = "devhub")]
    Devhub(devhub::Arguments),
    /// Write plausible sample logs with planted attacks
    Generate(generate::Arguments),
}

/// What every command gets.
struct Context {
    config: Config,
    output: Option<Format>,
}

impl Context {
    fn lake(&self) -> Result<Lake, Failure> {
        Ok(Lake::open_with(&self.config.lake, &self.config.storage.options()?)?)
    }

    /// The form of the output.
    fn format(&self) -> Format {
        Format::or_default(self.output)
    }

    /// The rules that run.
    fn enabled_rules(&self) -> Result<Vec<Rule>, Failure> {
        let mut rules = load_rules(&self.config.rules.paths)?;
        for id in &self.config.rules.disabled {
            if !rules.iter().any(|rule| rule.id == *id) {
                return Err(Failure::said(
                    Exit::Usage,
                    format!("configuration key `rules.disabled`: there is no rule {id:?}"),
                ));
            }
        }
        rules.retain(|rule| !self.config.rules.disabled.contains(&rule.id));
        Ok(rules)
    }

    /// The hubs of the configuration, of which there must be some.
    fn hubs(&self) -> Result<Vec<Hub>, Failure> {
        let hubs = self.config.event_hubs.iter().map(EventHubs::open);
        let hubs: Vec<Hub> = hubs.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        if hubs.is_empty() {
            return Err(Failure::said(
                Exit::Usage,
                "no Event Hubs are configured: set ENTRALOG_EVENT_HUBS_CONNECTION_STRING (and \
                 ENTRALOG_EVENT_HUBS), list them under `eventHubs` in entralog.yaml, or take in \
                 files with --from",
            ));
        }
        Ok(hubs)
    }

    /// The lake, which must be there.
    async fn existing_lake(&self) -> Result<Lake, Failure> {
        let lake = self.lake()?;
        if !lake.exists().await? {
            let location = lake.location();
            return Err(crate::lake::LakeError::NoLake { location }.into());
        }
        Ok(lake)
    }
}

/// A time in full, or by how long ago it was.
fn time_argument(text: &str) -> Result<DateTime<Utc>, String> {
    instant(text, Utc::now())
}

/// A span of time.
fn span_argument(text: &str) -> Result<Duration, String> {
    let period = Period::parse(text).and_then(|period| period.delta().to_std().ok());
    period.ok_or_else(|| format!("{text:?} is no span of time; write 30s, 12h or 7d"))
}

/// An argument that begins with a comment of SQL, as a statement from a file may, is no option.
fn no_option(argument: OsString) -> OsString {
    let comment = argument.to_str().and_then(|text| text.strip_prefix("--"));
    match comment {
        Some(comment) if comment.starts_with(char::is_whitespace) => {
            let mut statement = OsString::from(" ");
            statement.push(argument);
            statement
        }
        _ => argument,
    }
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse_from(std::env::args_os().map(no_option)) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers, not mistakes.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _ = error.print();
            return exit.into();
        }
    };
    start_log(arguments.global.verbose, matches!(arguments.command, Command::Serve));
    // Two crypto providers are linked; rustls takes none by itself then.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&Failure::new(Exit::Unreachable, error.into())),
    };
    let result = runtime.block_on(run(arguments));
    // Readers of standard input and stuck connections must not hold the process up, and a log that is still being read for a
    // query that has ended must not find itself without threads, which it would report as a crash.
    std::mem::forget(runtime);
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => exit::report(&failure),
    }
}

async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let mut config = Config::load(arguments.global.config.as_deref())?;
    if let Some(lake) = arguments.global.lake {
        config.lake = lake;
    }
    crate::watchlist::use_directory(&config.watchlists);
    let context = Context { config, output: arguments.global.output };
    match arguments.command {
        #[cfg(feature = "devhub")]
        Command::Demo(arguments) => demo::run(&context, &arguments).await,
        #[cfg(feature = "devhub")]
        Command::Devhub(arguments) => devhub::run(&context, &arguments).await,
        Command::Serve => serve::run(&context).await,
        Command::Ingest(arguments) => ingest::run(&context, arguments).await,
        Command::Query(arguments) => query::run(&context, arguments).await,
        Command::Saved(command) => saved::run(&context, command).await,
        Command::Rule(command) => rule::run(&context, command).await,
        Command::Table(command) => table::run(&context, &command).await,
        Command::Lake(command) => lake::run(&context, command).await,
        Command::Alert(command) => alert::run(&context, command).await,
        Command::Dead(command) => dead::run(&context, command).await,
        Command::Generate(arguments) => generate::run(&context, &arguments),
    }
}

/// A daemon's lines carry their time; those of a command are read as they come.
fn start_log(verbose: u8, with_time: bool) {
    use tracing_subscriber::EnvFilter;

    let default = match verbose {
        // Errors of the libraries come back to us and are said once, in our words.
        0 => "off,entralog=info",
        1 => "warn,entralog=debug",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_env("ENTRALOG_LOG").unwrap_or_else(|_| default.into());
    let color = std::io::IsTerminal::is_terminal(&std::io::stderr()) && output::colors();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(color)
        .with_target(false);
    if with_time { log.init() } else { log.without_time().init() }
}
