//! `entralog lake compact|retain|vacuum`: what `serve` does in quiet moments, now.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{SecondsFormat, Utc};
use serde::Serialize;

use super::super::{Context, Exit, Failure, output, span_argument, table};
use crate::lake::{Eagerness, LakeError, Unneeded};
use crate::maintenance::{self, Done, GRACE, LEAST_LOG_RETENTION, Retention};
use crate::table::Table;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CompactArguments {
    /// Names of tables [default: all]
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
    /// Only say what would be merged
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RetainArguments {
    /// Names of tables [default: all that have a retention]
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
    /// Keep so long, such as 90d, instead of what is configured; needs names of tables
    #[arg(long, value_name = "DAYS", requires = "tables", value_parser = days)]
    keep: Option<u32>,
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct VacuumArguments {
    /// Names of tables [default: all]
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
    /// Spare files that were replaced or removed within this time [default: 7d, or what is configured]
    #[arg(long, value_name = "TIME", value_parser = period)]
    grace: Option<Duration>,
    /// Spare log entries of this time [default: 2d, or what is configured]
    #[arg(long, value_name = "TIME", value_parser = period)]
    log_retention: Option<Duration>,
    /// Take a grace of less than 7d: queries that began earlier may find their files gone
    #[arg(long)]
    allow_short_grace: bool,
    /// Only say what would be deleted
    #[arg(long)]
    dry_run: bool,
}

/// What was done to a table, or would be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    table: &'static str,
    action: &'static str,
    day: Option<String>,
    files: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    into_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<u64>,
}

impl From<Done> for Row {
    fn from(done: Done) -> Self {
        Self {
            table: done.table.name,
            action: done.action.as_str(),
            day: done.day.map(|day| day.to_string()),
            files: done.files,
            bytes: done.bytes,
            into_bytes: Some(done.into_bytes),
            rows: Some(done.rows),
        }
    }
}

pub(super) async fn compact(
    context: &Context,
    arguments: &CompactArguments,
) -> Result<Exit, Failure> {
    let tables = table::all_or(&arguments.tables)?;
    let lake = context.existing_lake().await?;
    let mut rows = Vec::new();
    let mut failures = Failures::default();
    for table in tables {
        let result = if arguments.dry_run {
            lake.mergeable(table, Eagerness::Everything).await.map(|groups| {
                rows.extend(groups.iter().map(|group| Row {
                    table: table.name,
                    action: "to merge",
                    day: Some(group.day().to_string()),
                    files: group.files() as u64,
                    bytes: group.bytes(),
                    into_bytes: None,
                    rows: None,
                }));
            })
        } else {
            let done = |done: Done| {
                tracing::debug!(table = done.table.name, files = done.files, "merged");
                rows.push(Row::from(done));
            };
            maintenance::compact(&lake, table, Eagerness::Everything, async || {}, done).await
        };
        failures.note(result)?;
    }
    output::print_rows(&rows, context.format())?;
    failures.exit()
}

pub(super) async fn retain(
    context: &Context,
    arguments: &RetainArguments,
) -> Result<Exit, Failure> {
    let mut retention = context.config.policy()?.retention;
    let tables = table::all_or(&arguments.tables)?;
    if let Some(keep) = arguments.keep {
        if let Some(table) = tables.iter().find(|table| !Retention::applies_to(table)) {
            let message = format!(
                "rows of {} are entralog's own books, and they stay as long as they are needed",
                table.name
            );
            return Err(Failure::said(Exit::Usage, message));
        }
        let tables: BTreeMap<_, _> = tables.iter().map(|table| (table.name, keep)).collect();
        retention = Retention { default: None, tables, ..retention };
    }
    if retention.default.is_none() && retention.tables.is_empty() {
        let message = "no retention is configured: write `retention: {default: 400d}` in entralog.yaml, or \
                       name tables with --keep";
        if !arguments.tables.is_empty() {
            return Err(Failure::said(Exit::Usage, message));
        }
        tracing::warn!("only what recognizes repeated records goes: {message}");
    }
    let lake = context.existing_lake().await?;
    let mut rows = Vec::new();
    for table in tables {
        if !arguments.dry_run {
            let done = |done: Done| rows.push(Row { into_bytes: None, ..Row::from(done) });
            maintenance::retain(&lake, table, &retention, done).await?;
            continue;
        }
        let Some(first) = retention.first_day(table, Utc::now().date_naive()) else { continue };
        rows.extend(lake.days_before(table, first).await?.into_iter().map(|day| Row {
            table: table.name,
            action: "to remove",
            day: Some(day.day.to_string()),
            files: day.files,
            bytes: day.bytes,
            into_bytes: None,
            rows: Some(day.rows),
        }));
    }
    output::print_rows(&rows, context.format())?;
    Ok(Exit::Done)
}

pub(super) async fn vacuum(
    context: &Context,
    arguments: &VacuumArguments,
) -> Result<Exit, Failure> {
    let mut policy = context.config.policy()?;
    policy.grace = arguments.grace.unwrap_or(policy.grace);
    policy.log_retention = arguments.log_retention.unwrap_or(policy.log_retention);
    if arguments.grace.is_some_and(|grace| grace < GRACE) && !arguments.allow_short_grace {
        let message = "a grace of less than 7d takes the files from under queries that began before it, and \
                       from who reads an earlier version; --allow-short-grace if there are none";
        return Err(Failure::said(Exit::Usage, message));
    }
    if policy.log_retention < LEAST_LOG_RETENTION {
        let message =
            "--log-retention: give 1h or more: who commits must find the log that it has seen";
        return Err(Failure::said(Exit::Usage, message));
    }
    let tables = table::all_or(&arguments.tables)?;
    let lake = context.existing_lake().await?;
    if arguments.dry_run {
        return list_unneeded(context, &lake, &tables, &policy).await;
    }
    let mut rows = Vec::new();
    for table in tables {
        let done = |done: Done| rows.push(Row { into_bytes: None, rows: None, ..Row::from(done) });
        maintenance::clean(&lake, table, &policy, done).await?;
    }
    output::print_rows(&rows, context.format())?;
    Ok(Exit::Done)
}

async fn list_unneeded(
    context: &Context,
    lake: &crate::lake::Lake,
    tables: &[&'static Table],
    policy: &maintenance::Policy,
) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    struct Row {
        table: &'static str,
        path: String,
        bytes: u64,
        since: Option<String>,
        why: &'static str,
    }
    let mut rows = Vec::new();
    for table in tables {
        let files = lake.vacuum(table, policy.grace, true).await?.files;
        rows.extend(files.into_iter().map(|file| Row {
            table: table.name,
            path: file.path,
            bytes: file.bytes,
            since: Some(file.since.to_rfc3339_opts(SecondsFormat::Secs, true)),
            why: match file.why {
                Unneeded::Removed => "replaced or removed",
                Unneeded::Unnamed => "in no commit",
                Unneeded::HalfStored => "half stored",
            },
        }));
        let log = lake.clean_log(table, policy.log_retention, true).await?;
        if let Some(begins_at) = log.begins_at {
            rows.push(Row {
                table: table.name,
                path: format!("{} log entries before version {begins_at}", log.files),
                bytes: log.bytes,
                since: None,
                why: "covered by a checkpoint",
            });
        }
    }
    output::print_rows(&rows, context.format())?;
    Ok(Exit::Done)
}

/// Tables that cannot be compacted do not keep others from it.
#[derive(Debug, Default)]
struct Failures(bool);

impl Failures {
    fn note(&mut self, result: Result<(), LakeError>) -> Result<(), Failure> {
        match result {
            Err(error @ LakeError::ForeignColumn { .. }) => {
                tracing::error!("{error}");
                self.0 = true;
                Ok(())
            }
            result => Ok(result?),
        }
    }

    fn exit(&self) -> Result<Exit, Failure> {
        Ok(if self.0 { Exit::Findings } else { Exit::Done })
    }
}

fn period(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    span_argument(text)
}

fn days(text: &str) -> Result<u32, String> {
    const DAY: u64 = 24 * 60 * 60;
    let seconds = period(text)?.as_secs();
    let days = u32::try_from(seconds / DAY).ok().filter(|days| *days > 0 && seconds % DAY == 0);
    days.ok_or_else(|| "write a number of whole days such as 90d".to_owned())
}
