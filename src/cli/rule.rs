//! `entralog rule`: list, check, test and run detections.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::progress::Progress;
use super::{Context, Exit, Failure, output};
use crate::alert::run_rule;
use crate::detect::{Rule, RuleError, check_query, load_rules, run_tests};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List the rules: the built-in ones and those of the configuration
    List,
    /// Read rule files and plan their queries, without running them
    Check(Files),
    /// Run the tests that rule files hold
    Test(Files),
    /// Evaluate what is pending, raise alerts, and say what was found
    Run(RunArguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct Files {
    /// Rule files or directories [default: all rules]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct RunArguments {
    /// Ids of rules [default: all that are not disabled]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Evaluate slices that end up to here: `24h`, `7d` before now, a day, or RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", value_parser = crate::cli::time_argument)]
    until: Option<DateTime<Utc>>,
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List => list(context),
        Command::Check(files) => check(context, &files.paths).await,
        Command::Test(files) => test(context, &files.paths).await,
        Command::Run(arguments) => run_rules(context, &arguments).await,
    }
}

fn list(context: &Context) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Row<'a> {
        id: &'a str,
        name: &'a str,
        severity: &'a str,
        query_frequency: String,
        query_period: String,
        enabled: bool,
        version: &'a str,
        path: String,
    }
    let rules = load_rules(&context.config.rules.paths)?;
    let rows: Vec<_> = rules
        .iter()
        .map(|rule| Row {
            id: &rule.id,
            name: &rule.name,
            severity: rule.severity.as_str(),
            query_frequency: rule.query_frequency.to_string(),
            query_period: rule.query_period.to_string(),
            enabled: !context.config.rules.disabled.contains(&rule.id),
            version: &rule.version,
            path: rule.path.display().to_string(),
        })
        .collect();
    output::print_rows(&rows, context.format())?;
    Ok(Exit::Done)
}

/// Rules of the given files alone, else all of them.
fn chosen(context: &Context, paths: &[PathBuf]) -> Result<Vec<Rule>, RuleError> {
    if paths.is_empty() {
        return load_rules(&context.config.rules.paths);
    }
    let rules = load_rules(paths)?;
    let rules: Vec<_> =
        rules.into_iter().filter(|rule| paths.iter().any(|p| rule.path.starts_with(p))).collect();
    Ok(rules)
}

async fn check(context: &Context, paths: &[PathBuf]) -> Result<Exit, Failure> {
    let rules = chosen(context, paths)?;
    let mut wrong = 0;
    for rule in &rules {
        if let Err(error) = check_query(rule).await {
            wrong += 1;
            tracing::error!("{}: {error}", rule.path.display());
        }
    }
    if wrong > 0 {
        return Err(Failure::said(
            Exit::Wrong,
            format!("{wrong} of {} rules are wrong", rules.len()),
        ));
    }
    tracing::info!("{} rules are right", rules.len());
    Ok(Exit::Done)
}

async fn test(context: &Context, paths: &[PathBuf]) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Row {
        rule: String,
        test: String,
        result: &'static str,
        failure: Option<String>,
    }
    let mut rows = Vec::new();
    for rule in chosen(context, paths)? {
        for report in run_tests(&rule).await {
            rows.push(Row {
                rule: rule.id.clone(),
                test: report.name,
                result: if report.failure.is_none() { "passed" } else { "failed" },
                failure: report.failure,
            });
        }
    }
    output::print_rows(&rows, context.format())?;
    let failed = rows.iter().any(|row| row.failure.is_some());
    Ok(if failed { Exit::Findings } else { Exit::Done })
}

async fn run_rules(context: &Context, arguments: &RunArguments) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Row {
        rule: String,
        slices: u64,
        failed: u64,
        findings: u64,
        suppressed: u64,
        alerts_raised: u64,
        error: Option<String>,
    }
    let lake = context.existing_lake().await?;
    let rules = context.enabled_rules()?;
    for id in &arguments.ids {
        if !rules.iter().any(|rule| rule.id == *id) {
            let hint = crate::suggest::closest(id, rules.iter().map(|rule| rule.id.as_str()));
            let hint = hint.map(|hint| format!("; did you mean {hint:?}?")).unwrap_or_default();
            return Err(Failure::said(Exit::Usage, format!("no rule {id:?} is enabled{hint}")));
        }
    }
    let until = arguments.until.unwrap_or_else(Utc::now);
    let limits = context.config.query.limits(None);
    let mut rows = Vec::new();
    for rule in rules {
        if !arguments.ids.is_empty() && !arguments.ids.contains(&rule.id) {
            continue;
        }
        let rule = Arc::new(rule);
        let progress = Progress::new(&rule.id);
        let done = |done, all| progress.set(done, all);
        let summary = run_rule(&lake, &rule, limits, until, done).await?;
        progress.finish();
        rows.push(Row {
            rule: rule.id.clone(),
            slices: summary.slices,
            failed: summary.failed,
            findings: summary.findings,
            suppressed: summary.suppressed,
            alerts_raised: summary.raised,
            error: summary.error,
        });
    }
    output::print_rows(&rows, context.format())?;
    let failed = rows.iter().any(|row| row.failed > 0);
    Ok(if failed { Exit::Wrong } else { Exit::Done })
}
