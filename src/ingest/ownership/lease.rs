//! How long what was seen of the claims may be relied on, and what an ingester may commit meanwhile.
//!
//! A lease runs from the moment when its last renewal *began*, by both clocks of this process. Another ingester
//! counts by its own clock from the moment when it saw the heartbeat change, which is later, and waits longer: so
//! no two clocks are ever compared, and setting one costs a look at the claims.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::lake::{Advance, Permit, Seen, Withdrawn};

/// For so long after a renewal an ingester relies on its claims.
pub(super) const LEASE: Duration = Duration::from_secs(5);

/// How long a commit waits for a renewal that is late: the store may be slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// A partition that is this ingester's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest) struct Holding {
    /// The number of the claim.
    pub(in crate::ingest) number: u64,
    /// The owner level for Event Hubs.
    pub(in crate::ingest) level: i64,
    /// Whether another ingester waits for it.
    pub(in crate::ingest) is_wanted: bool,
}

/// Partitions by the id of their source.
pub(in crate::ingest) type Holdings = BTreeMap<Arc<str>, Holding>;

/// What is held, and since when that is known.
#[derive(Debug)]
pub(super) struct Lease {
    /// All partitions that are shared.
    partitions: BTreeSet<Arc<str>>,
    state: Mutex<State>,
    renewed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    renewed: Option<Seen>,
    held: Holdings,
    /// Why it could not be renewed.
    failure: Option<String>,
    has_ended: bool,
}

impl Lease {
    pub(super) fn new(partitions: BTreeSet<Arc<str>>) -> Self {
        Self { partitions, state: Mutex::default(), renewed: Condvar::new() }
    }

    /// What is held was looked at, by a look that began then.
    pub(super) fn renew(&self, began: Seen, held: &Holdings) {
        let mut state = self.lock();
        state.renewed = Some(began);
        state.held.clone_from(held);
        state.failure = None;
        drop(state);
        self.renewed.notify_all();
    }

    /// What is held has changed by our own doing.
    pub(super) fn update(&self, held: &Holdings) {
        self.lock().held.clone_from(held);
    }

    pub(super) fn failed(&self, reason: String) {
        self.lock().failure = Some(reason);
    }

    /// Nothing is held any more.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.has_ended = true;
        state.held.clear();
        drop(state);
        self.renewed.notify_all();
    }

    pub(super) fn held(&self) -> Holdings {
        self.lock().held.clone()
    }

    /// How long ago it was renewed.
    pub(super) fn age(&self) -> Duration {
        self.lock().renewed.map_or(Duration::MAX, Seen::ago)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every critical section is a few plain updates, which no panic leaves half-done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit for Lease {
    fn ask(&self, advances: &[Advance]) -> Result<(), Withdrawn> {
        let sources = advances.iter().map(|advance| advance.source_id.as_str());
        let mut shared = sources.filter(|source| self.partitions.contains(*source)).peekable();
        let Some(&first) = shared.peek() else { return Ok(()) };
        let withdrawn =
            |source: &str, reason: String| Withdrawn { source_id: source.to_owned(), reason };

        let began = Instant::now();
        let mut state = self.lock();
        while !state.has_ended && state.renewed.is_none_or(|renewed| renewed.ago() >= LEASE) {
            if began.elapsed() >= PATIENCE {
                let why = state.failure.as_deref().unwrap_or("the store does not answer");
                let reason = format!(
                    "may be another ingester's by now: its claim could not be renewed for {} s ({why})",
                    PATIENCE.as_secs()
                );
                return Err(withdrawn(first, reason));
            }
            let wait = self.renewed.wait_timeout(state, Duration::from_millis(500));
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        match shared.find(|source| !state.held.contains_key(*source)) {
            Some(source) => Err(withdrawn(source, "is another ingester's by now".into())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advance(source: &str) -> [Advance; 1] {
        [Advance { source_id: source.into(), from: None, to: 7 }]
    }

    fn holding(source: &str) -> Holdings {
        [(source.into(), Holding { number: 1, level: 5, is_wanted: false })].into()
    }

    #[test]
    fn only_what_is_held_may_be_committed() {
        let lease = Lease::new(["n/h/0".into(), "n/h/1".into()].into());
        lease.renew(Seen::now(), &holding("n/h/0"));
        assert_eq!(lease.ask(&advance("n/h/0")), Ok(()));
        assert_eq!(lease.ask(&advance("n/h/1")).unwrap_err().source_id, "n/h/1");
        assert_eq!(lease.ask(&advance("file:/somewhere")), Ok(()), "files are nobody's");
        lease.end();
        assert!(lease.ask(&advance("n/h/0")).is_err());
    }

    #[test]
    fn after_a_stop_or_a_clock_that_was_set_the_claims_are_looked_at_first() {
        for late in [Seen::now().before(LEASE), Seen::now().after(Duration::from_secs(3600))] {
            let lease = Arc::new(Lease::new(["n/h/0".into()].into()));
            lease.renew(late, &holding("n/h/0"));
            let asking = Arc::clone(&lease);
            let answer = std::thread::spawn(move || asking.ask(&advance("n/h/0")));
            std::thread::sleep(Duration::from_millis(300));
            assert!(!answer.is_finished(), "it did not wait for a look");
            // The look finds the partition with somebody else.
            lease.renew(Seen::now(), &Holdings::new());
            assert_eq!(answer.join().unwrap().unwrap_err().source_id, "n/h/0");
        }
    }
}
