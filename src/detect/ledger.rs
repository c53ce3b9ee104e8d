//! What each rule has evaluated, and which slices that leaves to do.
//!
//! The ledger is read anew for every run, so that any process can continue any other's work.
//! Which rows are new is told by the Delta log: the last row of a rule notes the versions of the
//! tables that it had seen, and files that were added since hold the new rows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};

use super::{DetectError, Rule, Slice};
use crate::lake::Lake;
use crate::query::{QueryError, ScalarValue, Session};
use crate::table::{self, Table, from_batches};

/// How the evaluation of a slice ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It has rows, but its time is not over.
    Open,
    /// It was evaluated.
    Succeeded,
    /// It could not be evaluated and is tried again.
    Failed,
}

/// A row of `RuleRuns`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RuleRun {
    /// When the run was.
    pub time_generated: DateTime<Utc>,
    /// The rule.
    pub rule_id: String,
    /// Its version.
    pub rule_version: String,
    /// The slice.
    pub slice_start: DateTime<Utc>,
    /// The slice.
    pub slice_end: DateTime<Utc>,
    /// Where the query's window began.
    pub window_start: DateTime<Utc>,
    /// How it ended.
    pub outcome: Outcome,
    /// Findings of the slice.
    pub findings: i64,
    /// Alerts that did not exist before.
    pub alerts_raised: i64,
    /// Findings that raised nothing because the same was found shortly before.
    pub suppressed: i64,
    /// How long the evaluation took, in milliseconds.
    pub duration_ms: i64,
    /// Why it failed.
    pub error: Option<String>,
    /// Versions of the tables that the run saw, as a JSON object.
    pub table_versions: Option<String>,
}

/// Slices that have to be evaluated, and the table versions that say so.
#[derive(Debug)]
pub struct Pending {
    /// Slices whose time is over.
    pub due: Vec<Slice>,
    /// Slices with rows whose time is not over yet and that are not noted as open.
    pub open: Vec<Slice>,
    /// Versions of the rule's tables that were looked at.
    pub versions: BTreeMap<String, u64>,
}

/// The ledger of one rule.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The last outcome of each slice.
    outcomes: BTreeMap<Slice, Outcome>,
    /// Table versions that the last run saw.
    versions: BTreeMap<String, u64>,
}

impl Ledger {
    /// Reads a rule's ledger.
    ///
    /// # Errors
    /// The lake cannot be read.
    pub async fn read(lake: &Lake, rule: &Rule) -> Result<Self, DetectError> {
        let session = Session::new(lake).map_err(|error| failed(rule, error))?;
        let sql = "SELECT * FROM RuleRuns WHERE RuleId = $id ORDER BY TimeGenerated";
        let id = ScalarValue::from(rule.id.as_str());
        let answer = session.query_with(sql, &[("id", id)]).await;
        let answer = answer.map_err(|error| failed(rule, error))?;
        let mut ledger = Self::default();
        for run in from_batches::<RuleRun>(&answer.batches)? {
            let slice = Slice { start: run.slice_start, end: run.slice_end };
            ledger.outcomes.insert(slice, run.outcome);
            let versions = run.table_versions.and_then(|text| serde_json::from_str(&text).ok());
            if let Some(versions) = versions {
                ledger.versions = versions;
            }
        }
        Ok(ledger)
    }

    /// What is to be done up to `until`.
    ///
    /// # Errors
    /// The lake cannot be read, or the rule's query is wrong.
    pub async fn pending(
        &self,
        lake: &Lake,
        rule: &Rule,
        until: DateTime<Utc>,
    ) -> Result<Pending, DetectError> {
        let mut slices: BTreeSet<Slice> = self
            .outcomes
            .iter()
            .filter(|(_, outcome)| **outcome != Outcome::Succeeded)
            .map(|(slice, _)| *slice)
            .collect();
        let mut versions = BTreeMap::new();
        for table in event_tables(lake, rule)? {
            let since = self.versions.get(table.name).copied();
            let (fresh, version) = fresh_slices(lake, rule, table, since).await?;
            if let Some(version) = version {
                versions.insert(table.name.to_owned(), version);
            }
            for slice in fresh {
                slices.insert(slice);
                slices.extend(self.evaluated_windows_over(rule, slice));
            }
        }
        let (due, open) = slices.into_iter().partition(|slice: &Slice| slice.end <= until);
        let open = Vec::into_iter(open)
            .filter(|slice| self.outcomes.get(slice) != Some(&Outcome::Open))
            .collect();
        Ok(Pending { due, open, versions })
    }

    /// Later slices whose windows hold the rows of `slice` and that were evaluated without them.
    fn evaluated_windows_over(&self, rule: &Rule, slice: Slice) -> impl Iterator<Item = Slice> {
        let reach = slice.start + rule.query_period.delta();
        self.outcomes
            .range(slice..)
            .map(|(slice, _)| *slice)
            .take_while(move |later| later.start < reach)
    }
}

/// The tables of events that the rule's query reads.
fn event_tables(lake: &Lake, rule: &Rule) -> Result<Vec<&'static Table>, DetectError> {
    let session = Session::new(lake).map_err(|error| failed(rule, error))?;
    let names = session.tables_of(&rule.query).map_err(|error| failed(rule, error))?;
    let tables = names.iter().filter_map(|name| table::by_name(name));
    Ok(tables.filter(|table| table.is_log()).collect())
}

/// Slices in which rows were added since a version, and the version that was looked at.
async fn fresh_slices(
    lake: &Lake,
    rule: &Rule,
    table: &'static Table,
    since: Option<u64>,
) -> Result<(Vec<Slice>, Option<u64>), DetectError> {
    #[derive(Deserialize)]
    struct Row {
        slice: i64,
    }

    let rows = lake.table(table).await?;
    let version = rows.version();
    if version.is_none() || version == since {
        return Ok((Vec::new(), version));
    }
    let rows = match since {
        Some(since) => rows.added_after(since).await?,
        None => rows,
    };
    let length = rule.query_frequency.delta().num_seconds();
    // Most files are of one slice, and the log says so.
    let micros = length * 1_000_000;
    let slice_of = move |time: i64| time.div_euclid(micros);
    let (times, rows) =
        rows.without_files(move |first, last| slice_of(first) == slice_of(last)).await?;
    let mut slices: BTreeSet<i64> = times.into_iter().map(|(first, _)| slice_of(first)).collect();
    // Whole slices since the epoch, rounded down also before it.
    let sql = format!(
        "SELECT DISTINCT CAST(floor(CAST(CAST(\"TimeGenerated\" AS BIGINT) AS DOUBLE) / {length}000000.0) AS BIGINT) AS slice FROM scratch.rows"
    );
    let session = Session::new(lake).map_err(|error| failed(rule, error))?;
    let answer = session.query_table(rows, &sql).await.map_err(|error| failed(rule, error))?;
    slices.extend(from_batches::<Row>(&answer.batches)?.into_iter().map(|row| row.slice));
    let slices = slices
        .into_iter()
        .filter_map(|slice| DateTime::from_timestamp(slice.checked_mul(length)?, 0))
        .map(|start| Slice::containing(start, rule.query_frequency))
        .filter(can_be_noted)
        .collect();
    Ok((slices, version))
}

/// Whether the ledger can hold a slice: its times are RFC 3339, which knows the years 0 to 9999. Slices beyond
/// never come due.
fn can_be_noted(slice: &Slice) -> bool {
    const YEARS: std::ops::RangeInclusive<i32> = 0..=9999;
    YEARS.contains(&slice.start.year()) && YEARS.contains(&slice.end.year())
}

fn failed(rule: &Rule, source: QueryError) -> DetectError {
    DetectError::Query { rule: rule.id.clone(), source }
}
