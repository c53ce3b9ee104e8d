//! Delivery: what is not delivered yet, destination by destination, with retry and an end to it.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::Alert;
use super::webhook::{Reply, WebhookDestination};
use crate::lake::{Lake, LakeError};
use crate::query::{QueryError, ScalarValue, Session};
use crate::table::{ALERT_DELIVERIES, RowsError, from_batches, to_batch};

/// Wait after the first failed attempt; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// Attempts whose rows are committed together: a crash sends these again.
const BATCH: usize = 50;

/// Why nothing could be delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The lake could not be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The lake could not be written; what was sent is sent again.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A row of ours could not be read.
    #[error(transparent)]
    Rows(#[from] RowsError),
}

/// A row of `AlertDeliveries`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attempt {
    /// When the attempt ended.
    pub time_generated: DateTime<Utc>,
    /// The alert.
    pub system_alert_id: String,
    /// The destination.
    pub destination: String,
    /// Which attempt it was, from 1.
    pub attempt: i64,
    /// `delivered`, `failed` (it is tried again) or `dead` (it is not).
    pub outcome: String,
    /// HTTP status, when there was an answer.
    pub status_code: Option<i64>,
    /// What went wrong.
    pub error: Option<String>,
    /// When it is tried again, at the earliest.
    pub next_attempt: Option<DateTime<Utc>>,
    /// The key that every attempt carries.
    pub idempotency_key: String,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
}

/// What one pass did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Alerts delivered.
    pub delivered: u64,
    /// Attempts that failed and are repeated later.
    pub failed: u64,
    /// Alerts given up.
    pub dead: u64,
    /// When the next attempt is due.
    pub next_attempt: Option<DateTime<Utc>>,
    /// The last failure in words.
    pub error: Option<String>,
}

/// Tries every alert that a destination has not taken and whose time has come, once.
///
/// When it is cancelled, the attempt that is on its way ends and is recorded, since an alert that was taken
/// and not recorded would be sent again; that takes no longer than the destination's time-out.
///
/// # Errors
/// The lake cannot be read or written. A destination that does not answer is no error: it is
/// tried again later.
pub async fn deliver_pending(
    lake: &Lake,
    destinations: &[WebhookDestination],
    cancel: &CancellationToken,
) -> Result<Delivered, DeliverError> {
    let mut summary = Delivered::default();
    let mut attempts = Vec::new();
    for destination in destinations {
        for (alert, before) in pending(lake, destination).await? {
            if cancel.is_cancelled() {
                break;
            }
            if let Some(due) = before.next_attempt.filter(|due| *due > Utc::now()) {
                summary.note_next(due);
                continue;
            }
            let attempt = attempt(destination, &alert, before.attempts + 1).await;
            match attempt.outcome.as_str() {
                DELIVERED => summary.delivered += 1,
                DEAD => summary.dead += 1,
                _ => summary.failed += 1,
            }
            if let Some(due) = attempt.next_attempt {
                summary.note_next(due);
            }
            if let Some(error) = &attempt.error {
                summary.error = Some(format!("{}: {error}", destination.name));
            }
            attempts.push(attempt);
            if attempts.len() >= BATCH {
                record(lake, &mut attempts).await?;
            }
        }
    }
    record(lake, &mut attempts).await?;
    Ok(summary)
}

const DELIVERED: &str = "delivered";
const FAILED: &str = "failed";
const DEAD: &str = "dead";

/// Earlier attempts at one alert.
struct Before {
    attempts: i64,
    next_attempt: Option<DateTime<Utc>>,
}

impl Delivered {
    fn note_next(&mut self, due: DateTime<Utc>) {
        self.next_attempt = Some(self.next_attempt.map_or(due, |next| next.min(due)));
    }
}

/// Wait after so many failed attempts.
fn wait(attempts: i64) -> TimeDelta {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let wait = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    TimeDelta::from_std(wait).unwrap_or(TimeDelta::hours(1))
}

/// Alerts that a destination has neither taken nor been given up for, oldest first.
async fn pending(
    lake: &Lake,
    destination: &WebhookDestination,
) -> Result<Vec<(Alert, Before)>, DeliverError> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(flatten)]
        alert: Alert,
        attempts: Option<i64>,
        next_attempt: Option<DateTime<Utc>>,
    }
    let sql = format!(
        "SELECT a.*, d.attempts AS attempts, d.next_attempt AS next_attempt FROM SecurityAlert a LEFT JOIN (
           SELECT SystemAlertId, max(Attempt) AS attempts, max(NextAttempt) AS next_attempt,
                  bool_or(Outcome <> '{FAILED}') AS done
           FROM AlertDeliveries WHERE Destination = $destination GROUP BY SystemAlertId
         ) d ON a.SystemAlertId = d.SystemAlertId
         WHERE d.done IS NOT TRUE ORDER BY a.TimeGenerated, a.SystemAlertId"
    );
    let name = ScalarValue::from(destination.name.as_str());
    let answer = Session::new(lake)?.query_with(&sql, &[("destination", name)]).await?;
    let rows: Vec<Row> = from_batches(&answer.batches)?;
    let split = |row: Row| {
        let before = Before { attempts: row.attempts.unwrap_or(0), next_attempt: row.next_attempt };
        (row.alert, before)
    };
    Ok(rows.into_iter().map(split).collect())
}

async fn attempt(destination: &WebhookDestination, alert: &Alert, number: i64) -> Attempt {
    let begun = Instant::now();
    let (status, error, asked) = match destination.send(alert).await {
        Reply::Accepted(status) => (Some(status), None, None),
        Reply::Refused { status, reason, retry_after } => {
            let error = format!("HTTP {status} {reason}").trim_end().to_owned();
            (Some(status), Some(error), retry_after)
        }
        Reply::Unreachable(reason) => (None, Some(reason), None),
    };
    let outcome = match error {
        None => DELIVERED,
        Some(_) if number >= i64::from(destination.max_attempts) => DEAD,
        Some(_) => FAILED,
    };
    let now = Utc::now();
    // A receiver may ask for a longer wait, but not for a longer one than we would ever take.
    let asked = asked.map_or(TimeDelta::zero(), |wait| {
        TimeDelta::from_std(wait.min(LONGEST_WAIT)).unwrap_or(TimeDelta::zero())
    });
    Attempt {
        time_generated: now,
        system_alert_id: alert.system_alert_id.clone(),
        destination: destination.name.clone(),
        attempt: number,
        outcome: outcome.into(),
        status_code: status.map(i64::from),
        error,
        next_attempt: (outcome == FAILED).then(|| now + wait(number).max(asked)),
        idempotency_key: alert.system_alert_id.clone(),
        duration_ms: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX),
    }
}

async fn record(lake: &Lake, attempts: &mut Vec<Attempt>) -> Result<(), DeliverError> {
    if !attempts.is_empty() {
        let rows = to_batch(&ALERT_DELIVERIES, attempts)?;
        lake.commit(&ALERT_DELIVERIES, Some(rows), Vec::new()).await?;
        attempts.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end_at_an_hour() {
        let seconds: Vec<_> = [1, 2, 3, 10, 100].map(|n| wait(n).num_seconds()).into();
        assert_eq!(seconds, [5, 10, 20, 2560, 3600]);
    }
}
