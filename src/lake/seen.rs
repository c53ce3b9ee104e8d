//! When a version was seen to be the newest, so that nobody commits on one that is long past.
//!
//! A commit takes the next version after the one that it is based on, and the store refuses it if that is
//! taken. But a log is cleaned up: a version from before that looks free, and a commit there would be lost
//! without anyone noticing. So a version may be committed on only shortly after it was seen, and who was
//! held up in between, as a stopped process is, looks again.

use std::time::{Duration, Instant, SystemTime};

/// For so long a version may be committed on. Logs are kept for an hour at least.
const LATELY: Duration = Duration::from_secs(10 * 60);

/// An instant, by both clocks: one does not run while a machine sleeps, the other can be set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    instant: Instant,
    time: SystemTime,
}

impl Seen {
    pub(crate) fn now() -> Self {
        Self { instant: Instant::now(), time: SystemTime::now() }
    }

    /// How long ago it was; a clock that was set back counts as very long.
    pub(crate) fn ago(self) -> Duration {
        let by_time = self.time.elapsed().unwrap_or(Duration::MAX);
        self.instant.elapsed().max(by_time)
    }

    pub(super) fn is_stale(self) -> bool {
        self.ago() > LATELY
    }
}

#[cfg(test)]
impl Seen {
    /// Too long ago.
    pub(super) fn long_ago() -> Self {
        Self::now().before(LATELY * 2)
    }

    /// Longer ago by the clock that can be set.
    pub(crate) fn before(self, duration: Duration) -> Self {
        Self { time: self.time - duration, ..self }
    }

    /// As if that clock was set back since.
    pub(crate) fn after(self, duration: Duration) -> Self {
        Self { time: self.time + duration, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_clock_can_say_that_it_was_long_ago() {
        let now = Seen::now();
        assert!(!now.is_stale());
        assert!(Seen::long_ago().is_stale());
        assert!(Seen { time: now.time + LATELY, ..now }.is_stale(), "the clock was set back");
        if let Some(instant) = now.instant.checked_sub(LATELY * 2) {
            assert!(Seen { instant, ..now }.is_stale());
        }
    }
}
