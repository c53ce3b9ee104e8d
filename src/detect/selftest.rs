//! A rule's own tests, run through the same evaluation as the rule itself.
//!
//! A test gives rows by column name and expects findings. The rows go into a lake in memory, and
//! every slice that has rows is evaluated.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{DetectError, Finding, Ledger, Period, Rule, evaluate};
use crate::lake::Lake;
use crate::query::Limits;
use crate::table::{self, to_batch};

/// A test in a rule file.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleTest {
    /// What it shows, as a sentence.
    pub name: String,
    /// Rows by table.
    pub rows: std::collections::BTreeMap<String, Vec<RowTemplate>>,
    /// What must be found: each entry matches one finding by the columns that it names. Empty for
    /// a near miss.
    pub expect: Vec<Map<String, Value>>,
}

/// A row, or many that differ by a number.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowTemplate {
    /// How many rows to make; `{n}` in any text is the row's number, from 0.
    #[serde(default)]
    repeat: Option<u32>,
    /// How far apart they are.
    #[serde(default)]
    every: Option<Period>,
    /// Columns and values.
    #[serde(flatten)]
    columns: Map<String, Value>,
}

/// How a test ended.
#[derive(Debug)]
pub struct TestReport {
    /// The test's name.
    pub name: String,
    /// What was wrong; `None` when it passed.
    pub failure: Option<String>,
}

/// Runs all tests of a rule.
pub async fn run_tests(rule: &Rule) -> Vec<TestReport> {
    let mut reports = Vec::new();
    for test in &rule.tests {
        let failure = match run(rule, test).await {
            Ok(failure) => failure,
            Err(error) => Some(error.to_string()),
        };
        reports.push(TestReport { name: test.name.clone(), failure });
    }
    reports
}

async fn run(rule: &Rule, test: &RuleTest) -> Result<Option<String>, DetectError> {
    let lake = Lake::in_memory();
    for (name, templates) in &test.rows {
        let Some(table) = table::by_name(name) else {
            return Ok(Some(format!("the lake has no table {name:?}")));
        };
        let mut rows = Vec::new();
        for template in templates {
            match expand(template) {
                Ok(expanded) => rows.extend(expanded),
                Err(reason) => return Ok(Some(format!("row of {name}: {reason}"))),
            }
        }
        lake.commit(table, Some(to_batch(table, &rows)?), Vec::new()).await?;
    }
    let pending = Ledger::default().pending(&lake, rule, DateTime::<Utc>::MAX_UTC).await?;
    let mut found = Vec::new();
    for slice in pending.due {
        found.extend(evaluate(&lake, rule, slice, Limits::default()).await?.findings);
    }
    Ok(compare(&test.expect, &found))
}

fn expand(template: &RowTemplate) -> Result<Vec<Map<String, Value>>, String> {
    let count = template.repeat.unwrap_or(1);
    let step = template.every.map_or(TimeDelta::zero(), Period::delta);
    (0..count)
        .map(|number| {
            let mut row = Map::new();
            for (column, value) in &template.columns {
                let value = match value {
                    Value::String(text) => Value::from(text.replace("{n}", &number.to_string())),
                    // Dynamic columns hold JSON text; in a rule file it is written as YAML.
                    Value::Object(_) | Value::Array(_) => Value::from(value.to_string()),
                    other => other.clone(),
                };
                row.insert(column.clone(), value);
            }
            let Some(time) = row.get("TimeGenerated").and_then(Value::as_str) else {
                return Err("it has no TimeGenerated".to_owned());
            };
            let time: DateTime<Utc> = time.parse().map_err(|_| {
                format!("TimeGenerated {time:?} is not a time; write 2026-01-05T12:00:00Z")
            })?;
            let time = time + step * i32::try_from(number).unwrap_or(i32::MAX);
            row.insert("TimeGenerated".into(), time.to_rfc3339().into());
            Ok(row)
        })
        .collect()
}

/// What differs between expectation and findings, in words.
fn compare(expected: &[Map<String, Value>], found: &[Finding]) -> Option<String> {
    let found: Vec<Arc<Map<String, Value>>> =
        found.iter().map(|finding| Arc::new(finding.row.clone())).collect();
    let mut unmatched: BTreeSet<usize> = (0..found.len()).collect();
    let mut missing = Vec::new();
    for wanted in expected {
        let hit = unmatched.iter().copied().find(|index| matches(wanted, &found[*index]));
        match hit {
            Some(index) => {
                unmatched.remove(&index);
            }
            None => missing.push(Value::Object(wanted.clone()).to_string()),
        }
    }
    let extra: Vec<_> =
        unmatched.iter().map(|index| Value::Object((*found[*index]).clone()).to_string()).collect();
    let mut lines = Vec::new();
    lines.extend(missing.iter().map(|row| format!("expected, not found: {row}")));
    lines.extend(extra.iter().map(|row| format!("found, not expected: {row}")));
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn matches(wanted: &Map<String, Value>, row: &Map<String, Value>) -> bool {
    wanted.iter().all(|(column, value)| row.get(column) == Some(value))
}
