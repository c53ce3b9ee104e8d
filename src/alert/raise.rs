//! A rule over everything that it has not evaluated: alerts and the ledger, in two commits.
//!
//! Alerts are committed before the ledger says that their slices are done. A run that dies in
//! between is repeated, and raises nothing twice, because the ids are the same. Both commits carry
//! a `txn` of the rule, so that of two schedulers at the same rule only one gets through.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, stream};
use serde::Deserialize;

use super::Alert;
use super::record::alerts;
use crate::detect::{
    DetectError, Evaluation, Ledger, Outcome, Pending, Period, Rule, RuleRun, Slice, evaluate,
};
use crate::lake::{Advance, Lake};
use crate::query::{Limits, ScalarValue, Session};
use crate::table::{RULE_RUNS, SECURITY_ALERT, from_batches, to_batch};

/// Slices that are evaluated at the same time.
const CONCURRENT: usize = 4;

/// What a run of a rule did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct RuleSummary {
    /// Slices that were evaluated.
    pub slices: u64,
    /// Slices that could not be evaluated and stay pending.
    pub failed: u64,
    /// The first reason for that.
    pub error: Option<String>,
    /// Findings in them.
    pub findings: u64,
    /// Alerts that did not exist before.
    pub raised: u64,
    /// Findings that raised nothing because of `suppressionDuration`.
    pub suppressed: u64,
}

/// Evaluates what is pending for a rule up to `until`, each slice within limits, and raises its alerts.
///
/// `progress` is called after each slice with the number of slices done and to do.
///
/// # Errors
/// The lake cannot be read or written, or another scheduler runs the rule. A slice whose
/// evaluation fails is no error: it stays pending, and the summary says so.
pub async fn run_rule(
    lake: &Lake,
    rule: &Arc<Rule>,
    limits: Limits,
    until: DateTime<Utc>,
    mut progress: impl FnMut(usize, usize),
) -> Result<RuleSummary, DetectError> {
    let source_id = format!("rule/{}", rule.id);
    let alert_position = lake.position(&SECURITY_ALERT, &source_id).await?;
    let ledger_position = lake.position(&RULE_RUNS, &source_id).await?;
    let ledger = Ledger::read(lake, rule).await?;
    let pending = ledger.pending(lake, rule, until).await?;
    if pending.due.is_empty() && pending.open.is_empty() {
        return Ok(RuleSummary::default());
    }

    let mut known = KnownAlerts::read(lake, rule).await?;
    let now = Utc::now();
    let versions = serde_json::to_string(&pending.versions).unwrap_or_default();
    let mut summary = RuleSummary::default();
    let mut runs = Vec::new();
    let mut raised = Vec::new();
    let total = pending.due.len();
    let mut evaluations = stream::iter(pending.due.clone())
        .map(|slice| timed(lake, rule, slice, limits))
        .buffered(CONCURRENT);
    while let Some((slice, result, duration_ms)) = evaluations.next().await {
        let mut run = row(rule, slice, now, &versions);
        run.duration_ms = duration_ms;
        summary.slices += 1;
        match result {
            Ok(evaluation) => {
                for alert in alerts(rule, slice, &evaluation.findings, now) {
                    match known.judge(rule, &alert) {
                        Judgement::New => {
                            known.add(&alert);
                            raised.push(alert);
                            run.alerts_raised += 1;
                        }
                        Judgement::Suppressed => run.suppressed += 1,
                        Judgement::Same => {}
                    }
                }
                run.findings = i64::try_from(evaluation.findings.len()).unwrap_or(i64::MAX);
                run.outcome = Outcome::Succeeded;
                summary.findings += evaluation.findings.len() as u64;
                summary.suppressed += run.suppressed.unsigned_abs();
            }
            Err(error) => {
                run.outcome = Outcome::Failed;
                run.error = Some(error.to_string());
                summary.failed += 1;
                summary.error.get_or_insert_with(|| error.to_string());
            }
        }
        runs.push(run);
        progress(runs.len(), total);
    }
    drop(evaluations);
    runs.extend(open_rows(rule, &pending, now, &versions));

    summary.raised = raised.len() as u64;
    if !raised.is_empty() {
        let advance = next(&source_id, alert_position);
        lake.commit(&SECURITY_ALERT, Some(to_batch(&SECURITY_ALERT, &raised)?), vec![advance])
            .await?;
    }
    let advance = next(&source_id, ledger_position);
    lake.commit(&RULE_RUNS, Some(to_batch(&RULE_RUNS, &runs)?), vec![advance]).await?;
    Ok(summary)
}

async fn timed(
    lake: &Lake,
    rule: &Arc<Rule>,
    slice: Slice,
    limits: Limits,
) -> (Slice, Result<Evaluation, DetectError>, i64) {
    let begun = Instant::now();
    let (lake, rule) = (lake.clone(), Arc::clone(rule));
    // A task of its own, so that slices use all cores.
    let task = tokio::spawn(async move { evaluate(&lake, &rule, slice, limits).await });
    let result = match task.await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    };
    (slice, result, i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX))
}

fn open_rows(rule: &Rule, pending: &Pending, now: DateTime<Utc>, versions: &str) -> Vec<RuleRun> {
    pending.open.iter().map(|slice| row(rule, *slice, now, versions)).collect()
}

fn row(rule: &Rule, slice: Slice, now: DateTime<Utc>, versions: &str) -> RuleRun {
    RuleRun {
        time_generated: now,
        rule_id: rule.id.clone(),
        rule_version: rule.version.clone(),
        slice_start: slice.start,
        slice_end: slice.end,
        window_start: slice.window(rule.query_period).start,
        outcome: Outcome::Open,
        findings: 0,
        alerts_raised: 0,
        suppressed: 0,
        duration_ms: 0,
        error: None,
        table_versions: Some(versions.to_owned()),
    }
}

fn next(source_id: &str, from: Option<i64>) -> Advance {
    Advance { source_id: source_id.to_owned(), from, to: from.unwrap_or(0) + 1 }
}

/// The alerts that a rule has raised so far.
#[derive(Debug, Default)]
struct KnownAlerts {
    ids: HashSet<String>,
    /// Entities and end of each.
    entities: Vec<(String, DateTime<Utc>)>,
}

#[derive(Debug, PartialEq, Eq)]
enum Judgement {
    New,
    /// Raised already.
    Same,
    /// The same was found within `suppressionDuration`.
    Suppressed,
}

impl KnownAlerts {
    async fn read(lake: &Lake, rule: &Rule) -> Result<Self, DetectError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Row {
            system_alert_id: String,
            entities: String,
            end_time: DateTime<Utc>,
        }
        let failed = |source| DetectError::Query { rule: rule.id.clone(), source };
        let sql = "SELECT SystemAlertId, Entities, EndTime FROM SecurityAlert WHERE _RuleId = $id";
        let session = Session::new(lake).map_err(failed)?;
        let id = ScalarValue::from(rule.id.as_str());
        let answer = session.query_with(sql, &[("id", id)]).await.map_err(failed)?;
        let mut known = Self::default();
        for row in from_batches::<Row>(&answer.batches)? {
            known.ids.insert(row.system_alert_id);
            known.entities.push((row.entities, row.end_time));
        }
        Ok(known)
    }

    fn judge(&self, rule: &Rule, alert: &Alert) -> Judgement {
        if self.ids.contains(&alert.system_alert_id) {
            return Judgement::Same;
        }
        let quiet = rule.suppression_duration.map_or(TimeDelta::zero(), Period::delta);
        // Late rows make earlier slices come after later ones: nearness counts, not order.
        let near = |(entities, end): &(String, DateTime<Utc>)| {
            *entities == alert.entities && (alert.end_time - *end).abs() < quiet
        };
        if self.entities.iter().any(near) { Judgement::Suppressed } else { Judgement::New }
    }

    fn add(&mut self, alert: &Alert) {
        self.ids.insert(alert.system_alert_id.clone());
        self.entities.push((alert.entities.clone(), alert.end_time));
    }
}
