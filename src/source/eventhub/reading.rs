//! How far each partition has been read and how far it goes: its lag, known at any moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// What is known of all partitions that are read; clones know the same.
#[derive(Debug, Clone, Default)]
pub struct Readings(Arc<Mutex<BTreeMap<PartitionName, Arc<Reading>>>>);

/// Which partition it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartitionName {
    /// The namespace: its host, with the port if one was given.
    pub namespace: String,
    /// The hub.
    pub hub: String,
    /// The id of the partition.
    pub partition: String,
}

/// Why a partition was opened anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reopened {
    /// The client began again at an earlier event, after a connection that it had lost.
    WentBack,
    /// Events were missing.
    Gap,
    /// Events were enqueued, and none came.
    Stalled,
    /// The connection or the service failed.
    Failed,
}

impl Reopened {
    /// The reason in one word, for labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WentBack => "went_back",
            Self::Gap => "gap",
            Self::Stalled => "stalled",
            Self::Failed => "failed",
        }
    }
}

/// How a partition came to be read here, or not to be any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moved {
    /// It was free, or its ingester gone.
    Claimed,
    /// Given up to another ingester, or at the end.
    Released,
    /// Another ingester claimed it while this one was held up.
    Lost,
    /// Another one has moved its position in the lake.
    Fenced,
    /// Another one has opened it with a higher owner level.
    Displaced,
}

impl Moved {
    /// The reason in one word, for labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Released => "released",
            Self::Lost => "lost",
            Self::Fenced => "fenced",
            Self::Displaced => "displaced",
        }
    }
}

/// What is known of one partition.
#[derive(Debug, Default)]
pub struct Reading(Mutex<State>);

/// A look at one partition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// Events that the hub was last heard to have and that were not read yet.
    pub events: u64,
    /// No event that was not read yet is older than this; zero when there is none.
    pub age: Duration,
    /// How often it was opened anew.
    pub reopened: BTreeMap<Reopened, u64>,
    /// Events that retention has removed before they could be read.
    pub lost_to_retention: u64,
    /// Whether it is read here now.
    pub is_read: bool,
    /// How often it came and went.
    pub moved: BTreeMap<Moved, u64>,
}

#[derive(Debug, Default)]
struct State {
    /// Last sequence number that was read, and the last one that the hub was heard to have. The first
    /// is -1 before anything was read, as the other is in a hub where nothing was ever enqueued.
    read: i64,
    enqueued: i64,
    /// What was not read yet was enqueued after this. Until it is known, the newest event stands in.
    waiting_since: Option<SystemTime>,
    newest: Option<SystemTime>,
    reopened: BTreeMap<Reopened, u64>,
    lost_to_retention: u64,
    is_read: bool,
    moved: BTreeMap<Moved, u64>,
}

impl Readings {
    /// The reading of a partition; counts go on where an earlier reader of it has ended.
    #[must_use]
    pub fn partition(&self, namespace: &str, hub: &str, partition: &str) -> Arc<Reading> {
        let name = PartitionName {
            namespace: namespace.to_owned(),
            hub: hub.to_owned(),
            partition: partition.to_owned(),
        };
        Arc::clone(lock(&self.0).entry(name).or_default())
    }

    /// A look at all partitions at this moment.
    #[must_use]
    pub fn progress(&self) -> Vec<(PartitionName, Progress)> {
        let now = SystemTime::now();
        let readings = lock(&self.0);
        readings.iter().map(|(name, reading)| (name.clone(), reading.progress(now))).collect()
    }
}

impl Reading {
    /// A reader begins after a position, in a partition that ends at `enqueued`.
    pub(crate) fn begin(&self, after: Option<i64>, enqueued: i64) {
        let mut state = lock(&self.0);
        state.read = after.unwrap_or(-1);
        state.enqueued = enqueued;
        state.waiting_since = None;
        state.newest = None;
        state.is_read = true;
    }

    /// Its reader has ended: how far it is behind is not known here any more.
    pub(crate) fn end(&self) {
        let mut state = lock(&self.0);
        state.is_read = false;
        state.enqueued = state.read;
    }

    /// It came, or went.
    pub(crate) fn moved(&self, how: Moved) {
        *lock(&self.0).moved.entry(how).or_default() += 1;
    }

    /// An event was read.
    pub(super) fn read(&self, number: i64, enqueued_at: Option<SystemTime>) {
        let mut state = lock(&self.0);
        state.read = number;
        state.enqueued = state.enqueued.max(number);
        state.waiting_since = state.waiting_since.max(enqueued_at);
    }

    /// The hub was asked at a time, and said where the partition ends.
    pub(super) fn ends_at(&self, enqueued: i64, newest: Option<SystemTime>, asked_at: SystemTime) {
        let mut state = lock(&self.0);
        state.enqueued = enqueued.max(state.read);
        state.newest = newest;
        if enqueued <= state.read {
            state.waiting_since = state.waiting_since.max(Some(asked_at));
        }
    }

    /// The partition holds nothing any more that was not read.
    pub(super) fn emptied(&self) {
        let mut state = lock(&self.0);
        state.enqueued = state.read;
    }

    pub(super) fn reopened(&self, why: Reopened) {
        *lock(&self.0).reopened.entry(why).or_default() += 1;
    }

    pub(super) fn lost_to_retention(&self, events: u64) {
        lock(&self.0).lost_to_retention += events;
    }

    fn progress(&self, now: SystemTime) -> Progress {
        let state = lock(&self.0);
        let events = u64::try_from(state.enqueued - state.read).unwrap_or(0);
        let since = state.waiting_since.or(state.newest).filter(|_| events > 0);
        Progress {
            events,
            // A clock that is behind that of the hub makes no lag.
            age: since.and_then(|since| now.duration_since(since).ok()).unwrap_or_default(),
            reopened: state.reopened.clone(),
            lost_to_retention: state.lost_to_retention,
            is_read: state.is_read,
            moved: state.moved.clone(),
        }
    }
}

/// Every critical section here is a few plain updates, which no panic leaves half-done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn lag(reading: &Reading, seconds: u64) -> (u64, u64) {
        let lag = reading.progress(at(seconds));
        (lag.events, lag.age.as_secs())
    }

    #[test]
    fn a_backlog_is_as_old_as_the_event_that_was_read_last() {
        let reading = Reading::default();
        reading.begin(Some(9), 109);
        assert_eq!(lag(&reading, 1000), (100, 0), "nothing is known of its age");
        reading.ends_at(119, Some(at(990)), at(1000));
        assert_eq!(lag(&reading, 1000), (110, 10), "its newest event is that old at least");
        reading.read(10, Some(at(400)));
        assert_eq!(lag(&reading, 1000), (109, 600));
        reading.read(119, Some(at(990)));
        assert_eq!(lag(&reading, 1000), (0, 0));
    }

    #[test]
    fn what_waits_in_a_quiet_partition_is_no_older_than_the_last_look() {
        let reading = Reading::default();
        reading.begin(None, -1);
        reading.read(0, Some(at(100)));
        // Hours of silence are no lag.
        reading.ends_at(0, Some(at(100)), at(9000));
        assert_eq!(lag(&reading, 9004), (0, 0));
        reading.ends_at(3, Some(at(9003)), at(9005));
        assert_eq!(lag(&reading, 9005), (3, 5));
        assert_eq!(lag(&reading, 9060), (3, 60), "it grows without another look");
    }

    #[test]
    fn an_answer_that_is_overtaken_by_events_makes_no_lag() {
        let reading = Reading::default();
        reading.begin(None, 5);
        reading.read(7, Some(at(100)));
        reading.ends_at(6, Some(at(99)), at(98));
        assert_eq!(lag(&reading, 200), (0, 0));
    }

    #[test]
    fn counts_go_on_when_a_reader_begins_again() {
        let readings = Readings::default();
        let reading = readings.partition("n", "h", "0");
        reading.reopened(Reopened::Stalled);
        reading.lost_to_retention(7);
        readings.partition("n", "h", "0").begin(Some(3), 3);
        let progress = readings.progress();
        assert_eq!(progress.len(), 1);
        assert_eq!(progress[0].1.reopened, [(Reopened::Stalled, 1)].into());
        assert_eq!(progress[0].1.lost_to_retention, 7);
    }
}
