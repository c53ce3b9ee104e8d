//! One rule over one slice: rows of its query to findings.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{Rule, RuleError, Slice};
use crate::decode::parse_time;
use crate::lake::{Lake, LakeError};
use crate::query::{Limits, QueryError, Session, time_value};
use crate::table::{RowsError, from_batches};

/// Why a rule could not be evaluated; its slices stay pending.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// The rule file is broken.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The query is wrong or failed.
    #[error("rule {rule}: {source}")]
    Query {
        /// The rule's id.
        rule: String,
        /// The reason.
        source: QueryError,
    },
    /// The result lacks what the rule says it has.
    #[error("rule {rule}, key `{key}`: {reason}")]
    Result {
        /// The rule's id.
        rule: String,
        /// Key in the rule file.
        key: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The lake could not be read or written.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A row of ours could not be read.
    #[error(transparent)]
    Rows(#[from] RowsError),
}

/// Somebody or something that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entity {
    /// `Account`, `IP`, …
    pub kind: String,
    /// Identifiers and their values, in the order of the rule.
    pub identifiers: Vec<(String, String)>,
}

/// A row of a rule's result that belongs to the evaluated slice.
#[derive(Debug, Clone)]
pub struct Finding {
    /// When what was found began.
    pub start: DateTime<Utc>,
    /// When it ended; decides the slice.
    pub end: DateTime<Utc>,
    /// Whom it is about.
    pub entities: Vec<Entity>,
    /// The row, column by column.
    pub row: Map<String, Value>,
}

/// What the evaluation of one slice gave.
#[derive(Debug)]
pub struct Evaluation {
    /// The slice.
    pub slice: Slice,
    /// Findings that end in it; empty when the trigger is not met.
    pub findings: Vec<Finding>,
}

/// Runs a rule's query over the window of a slice, within limits.
///
/// A result row belongs to the slice in which its `EndTime` (else its `TimeGenerated`, else the
/// end of the slice) lies; rows of other slices are left to those.
///
/// # Errors
/// The query is wrong or fails, or lacks a column that the rule names.
pub async fn evaluate(
    lake: &Lake,
    rule: &Rule,
    slice: Slice,
    limits: Limits,
) -> Result<Evaluation, DetectError> {
    let failed = |source| DetectError::Query { rule: rule.id.clone(), source };
    let window = slice.window(rule.query_period);
    let session = Session::within(lake, window, limits).map_err(failed)?;
    let parameters =
        [("slice_start", slice.start), ("slice_end", slice.end), ("window_start", window.start)]
            .map(|(name, time)| (name, time_value(time)));
    let answer = session.query_with(&rule.query, &parameters).await.map_err(failed)?;
    check_columns(rule, |name| answer.schema.column_with_name(name).is_some())?;

    let rows: Vec<Map<String, Value>> = from_batches(&answer.batches)?;
    let mut findings: Vec<_> = rows
        .into_iter()
        .map(|row| finding(rule, slice, row))
        .filter(|finding| slice.contains(finding.end))
        .collect();
    if !rule.trigger_operator.is_met(findings.len() as u64, rule.trigger_threshold) {
        findings.clear();
    }
    Ok(Evaluation { slice, findings })
}

/// Plans a rule's query over an empty lake and checks the columns that the rule names.
///
/// # Errors
/// The query is wrong, or lacks a column that the rule names.
pub async fn check_query(rule: &Rule) -> Result<(), DetectError> {
    let slice = Slice::containing(DateTime::UNIX_EPOCH, rule.query_frequency);
    evaluate(&Lake::in_memory(), rule, slice, Limits::default()).await.map(|_| ())
}

/// Columns that the rule names must be in the result.
fn check_columns(rule: &Rule, exists: impl Fn(&str) -> bool) -> Result<(), DetectError> {
    let entities = rule.entity_mappings.iter().flat_map(|mapping| &mapping.field_mappings);
    let named = entities
        .map(|field| ("entityMappings", &field.column_name))
        .chain(rule.custom_details.values().map(|column| ("customDetails", column)));
    for (key, column) in named {
        if !exists(column) {
            let reason = format!("the query's result has no column {column:?}");
            return Err(DetectError::Result { rule: rule.id.clone(), key, reason });
        }
    }
    Ok(())
}

fn finding(rule: &Rule, slice: Slice, row: Map<String, Value>) -> Finding {
    // The end of a slice is not part of it: what has no time of its own ends just before.
    let last = slice.end - chrono::TimeDelta::microseconds(1);
    let end = time(&row, "EndTime").or_else(|| time(&row, "TimeGenerated")).unwrap_or(last);
    let start =
        time(&row, "StartTime").or_else(|| time(&row, "TimeGenerated")).unwrap_or(slice.start);
    let entities = rule
        .entity_mappings
        .iter()
        .filter_map(|mapping| {
            let identifiers: Vec<_> = mapping
                .field_mappings
                .iter()
                .filter_map(|field| {
                    let value = text(row.get(&field.column_name)?)?;
                    Some((field.identifier.clone(), value))
                })
                .collect();
            let kind = mapping.entity_type.clone();
            (!identifiers.is_empty()).then_some(Entity { kind, identifiers })
        })
        .collect();
    Finding { start, end, entities, row }
}

fn time(row: &Map<String, Value>, column: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(parse_time(row.get(column)?.as_str()?)?)
}

/// A value as an identifier; nothing for what is not there.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
