//! What ends a query that takes too much: a clock, and the memory of the process.
//!
//! The memory pool counts what operators keep, and not what they copy while they spill or emit, nor what a plan takes. A query
//! for which the process grows far beyond that is ended as well, where the system tells how much a process has.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::error::{QueryError, out_of_memory};
use super::limits::Limits;

/// How often the memory of the process is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Bytes beyond twice its memory for which a query is not ended: ingestion and other queries take some, too.
const OTHERS: u64 = 512 << 20;

/// What a query must stay within, from its start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    limits: Limits,
    until: Option<Instant>,
    /// Bytes that the process may have.
    most: Option<u64>,
}

impl Bounds {
    /// Of a query that starts now.
    pub(super) fn new(limits: Limits) -> Self {
        let most = |now: u64| now.saturating_add(2 * limits.memory as u64).saturating_add(OTHERS);
        let until = limits.timeout.map(|span| Instant::now() + span);
        Self { limits, until, most: resident().map(most) }
    }

    /// The outcome of a step of it, or that it took too much.
    pub(super) async fn hold<T>(&self, step: impl Future<Output = T>) -> Result<T, QueryError> {
        tokio::select! {
            biased;
            outcome = step => Ok(outcome),
            () = until(self.until) => Err(self.late()),
            () = outgrown(self.most) => Err(out_of_memory(self.limits)),
        }
    }

    fn late(&self) -> QueryError {
        let span = self.limits.timeout.unwrap_or_default();
        QueryError::Failed(format!(
            "it took longer than {span:?}; ask for less, such as a shorter time, or give it longer by \
             `--timeout` or `query.timeout`"
        ))
    }
}

async fn until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}

/// Returns once the process has more bytes.
async fn outgrown(most: Option<u64>) {
    let Some(most) = most else { return std::future::pending().await };
    while resident().is_none_or(|now| now <= most) {
        sleep(LOOK).await;
    }
}

/// Bytes of memory that this process has, as Linux counts them.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes << 10)
}
