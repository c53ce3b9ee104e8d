//! The daemon: ingests, runs each rule when one of its slices is over, delivers, keeps the lake in
//! shape, until it is asked to stop.
//!
//! The four are loops of their own that meet only in the lake: each reads there what the others
//! have committed, so any of them can fail, wait and go on without the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::alert::{RuleSummary, WebhookDestination, deliver_pending, run_rule};
use crate::detect::Rule;
use crate::ingest::{Deduplication, FlushLimits, Hub, IngestError, Ingester, Run, ingest_hubs};
use crate::lake::{Eagerness, Lake, LakeError};
use crate::maintenance::{self, Done, Policy};
use crate::metrics::{self, Metrics};
use crate::query::Limits;
use crate::source::eventhub::EventHubError;
use crate::table::{self, Table};

/// How often rules are asked whether a slice is over.
const RULE_INTERVAL: Duration = Duration::from_secs(10);

/// How often deliveries are looked for that are due again.
const DELIVERY_INTERVAL: Duration = Duration::from_secs(5);

/// How often days past their retention are removed, and what nobody needs is deleted.
const CLEANING_INTERVAL: Duration = Duration::from_secs(6 * 60 * 60);

/// Ingestion is busy from so many rows a second on, as it is while it catches up.
const BUSY: u64 = 2_000;

/// Over how long that is measured.
const LOOK: Duration = Duration::from_secs(5);

/// Maintenance waits no longer than this for a quiet moment: many small files make everything slow.
const LONGEST_BUSY: Duration = Duration::from_secs(60 * 60);

/// Waits after ingestion has failed.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What the daemon works on.
pub struct Service {
    /// The lake.
    pub lake: Lake,
    /// Hubs that are read; without any, only rules and deliveries run.
    pub hubs: Vec<Hub>,
    /// When rows are committed.
    pub limits: FlushLimits,
    /// How repeated records are recognized, if at all.
    pub deduplication: Option<Deduplication>,
    /// Rules that run.
    pub rules: Vec<Arc<Rule>>,
    /// What a query of theirs may take.
    pub queries: Limits,
    /// Where alerts go.
    pub destinations: Vec<WebhookDestination>,
    /// Where Prometheus may ask, when it may.
    pub metrics: Option<TcpListener>,
    /// How the lake is maintained and how often small files are looked for, when it is at all.
    pub maintenance: Option<(Policy, Duration)>,
}

impl Service {
    /// Runs until `cancel`; what was taken in is committed before it returns.
    ///
    /// # Errors
    /// Only what waiting cannot mend: a hub that was made anew.
    pub async fn run(mut self, cancel: &CancellationToken) -> Result<(), IngestError> {
        let raised = Notify::new();
        let metrics = Metrics::default();
        let rows = AtomicU64::new(0);
        let listener = self.metrics.take();
        if listener.is_some() {
            self.lake.observe(Arc::new(metrics.clone()));
        }
        let (ingested, (), (), (), ()) = tokio::join!(
            async {
                let result = self.ingest(&metrics, &rows, cancel).await;
                // Without its source the daemon is of no use.
                cancel.cancel();
                result
            },
            self.detect(&metrics, cancel, &raised),
            self.deliver(cancel, &raised),
            self.maintain(&metrics, &rows, cancel),
            async {
                if let Some(listener) = listener {
                    metrics::answer(listener, metrics.clone(), cancel).await;
                }
            },
        );
        ingested
    }

    async fn ingest(
        &self,
        metrics: &Metrics,
        rows: &AtomicU64,
        cancel: &CancellationToken,
    ) -> Result<(), IngestError> {
        if self.hubs.is_empty() {
            cancel.cancelled().await;
            return Ok(());
        }
        let mut wait = FIRST_WAIT;
        loop {
            let mut ingester = Ingester::new(self.lake.clone(), self.limits)
                .with_deduplication(self.deduplication)
                .with_readings(metrics.readings());
            let (mut committed, mut repeated) = (0, 0);
            let result =
                ingest_hubs(&mut ingester, &self.hubs, Run::Continuous, cancel, |ingester| {
                    let counts = ingester.counts();
                    let before = std::mem::replace(&mut committed, counts.total());
                    rows.fetch_add(committed - before, Ordering::Relaxed);
                    metrics.repeated(
                        counts.repeated - std::mem::replace(&mut repeated, counts.repeated),
                    );
                })
                .await;
            match result {
                Ok(()) => return Ok(()),
                Err(error) if is_final(&error) => return Err(error),
                Err(error) => tracing::error!("ingestion stopped, trying again: {error}"),
            }
            if let Err(error) = ingester.stop().await {
                tracing::error!("the last commit before that failed: {error}");
            }
            wait = if committed > 0 { FIRST_WAIT } else { (wait * 2).min(LONGEST_WAIT) };
            if sleep(wait, cancel).await {
                return Ok(());
            }
        }
    }

    async fn detect(&self, metrics: &Metrics, cancel: &CancellationToken, raised: &Notify) {
        loop {
            for rule in &self.rules {
                if cancel.is_cancelled() {
                    return;
                }
                // A run that is cut short has committed nothing, or is repeated with the same ids.
                let run = run_rule(&self.lake, rule, self.queries, Utc::now(), |_, _| {});
                let Some(result) = cancel.run_until_cancelled(run).await else { return };
                match result {
                    Ok(summary) => {
                        say(rule, &summary);
                        if summary.error.is_some() {
                            metrics.rule_failed(&rule.id);
                        }
                        if summary.raised > 0 {
                            raised.notify_one();
                        }
                    }
                    Err(error) => {
                        metrics.rule_failed(&rule.id);
                        tracing::error!(rule = rule.id, "rule did not run: {error}");
                    }
                }
            }
            if sleep(RULE_INTERVAL, cancel).await {
                return;
            }
        }
    }

    async fn deliver(&self, cancel: &CancellationToken, raised: &Notify) {
        while !cancel.is_cancelled() && !self.destinations.is_empty() {
            match deliver_pending(&self.lake, &self.destinations, cancel).await {
                Ok(done) if done.delivered + done.failed + done.dead > 0 => tracing::info!(
                    delivered = done.delivered,
                    failed = done.failed,
                    dead = done.dead,
                    error = done.error,
                    "alerts"
                ),
                Ok(_) => {}
                Err(error) => tracing::error!("alerts could not be delivered: {error}"),
            }
            tokio::select! {
                () = raised.notified() => {}
                _ = sleep(DELIVERY_INTERVAL, cancel) => {}
            }
        }
    }
}

impl Service {
    /// Merges small files whenever ingestion is not busy, and cleans up a few times a day.
    async fn maintain(&self, metrics: &Metrics, rows: &AtomicU64, cancel: &CancellationToken) {
        let Some((policy, every)) = &self.maintenance else { return };
        let mut cleaned: Option<Instant> = None;
        while !sleep(*every, cancel).await {
            let is_due = cleaned.is_none_or(|cleaned| cleaned.elapsed() >= CLEANING_INTERVAL);
            for table in table::all() {
                // What is cut short leaves at most a file that no commit names.
                let work = self.maintain_table(table, policy, is_due, metrics, rows);
                match cancel.run_until_cancelled(work).await {
                    Some(Ok(())) => {}
                    Some(Err(error)) => {
                        metrics.maintenance_failed(table);
                        tracing::error!("the lake could not be maintained: {error}");
                    }
                    None => return,
                }
            }
            if is_due {
                cleaned = Some(Instant::now());
            }
        }
    }

    async fn maintain_table(
        &self,
        table: &'static Table,
        policy: &Policy,
        with_cleaning: bool,
        metrics: &Metrics,
        rows: &AtomicU64,
    ) -> Result<(), LakeError> {
        let said = |done: Done| {
            metrics.maintained(&done);
            tracing::info!(
                table = done.table.name,
                day = done.day.map(tracing::field::display),
                files = done.files,
                bytes = done.bytes,
                into_bytes = (done.into_bytes > 0).then_some(done.into_bytes),
                "{}",
                done.action.as_str()
            );
        };
        let ready = async || quiet(rows).await;
        // What cannot be merged must not outlive its retention.
        let mut result =
            maintenance::compact(&self.lake, table, Eagerness::WhereItPays, ready, said).await;
        if with_cleaning {
            let retained = maintenance::retain(&self.lake, table, &policy.retention, said).await;
            result = result.and(retained);
            result = result.and(maintenance::clean(&self.lake, table, policy, said).await);
        }
        result
    }
}

/// Waits until few rows come in.
async fn quiet(rows: &AtomicU64) {
    let begun = Instant::now();
    let mut before = rows.load(Ordering::Relaxed);
    while begun.elapsed() < LONGEST_BUSY {
        tokio::time::sleep(LOOK).await;
        let now = rows.load(Ordering::Relaxed);
        if now - before < BUSY * LOOK.as_secs() {
            return;
        }
        before = now;
    }
}

fn say(rule: &Rule, summary: &RuleSummary) {
    if let Some(error) = &summary.error {
        tracing::error!(rule = rule.id, failed = summary.failed, "slices stay pending: {error}");
    }
    if summary.slices > 0 {
        let RuleSummary { slices, findings, raised, .. } = *summary;
        tracing::info!(rule = rule.id, slices, findings, raised, "evaluated");
    }
}

/// Whether trying again cannot help.
fn is_final(error: &IngestError) -> bool {
    matches!(error, IngestError::EventHub(EventHubError::Recreated { .. }))
}

/// Waits; true when the wait was cut short by `cancel`.
async fn sleep(duration: Duration, cancel: &CancellationToken) -> bool {
    tokio::time::timeout(duration, cancel.cancelled()).await.is_ok()
}
