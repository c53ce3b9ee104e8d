//! The time that the logs cover, and how a record finds its place in it.

use rand::RngExt as _;

use super::clock::{DAY, MINUTE, Moment, lag};
use super::draw::Rng;
use super::event::{Event, What};

/// The days that the logs cover.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: Moment,
    pub(super) end: Moment,
    pub(super) days: u32,
}

impl Span {
    pub(super) fn new(start: Moment, days: u32) -> Self {
        Self { start, end: start.after(DAY * i64::from(days)), days }
    }

    /// The start of a day.
    pub(super) fn day(self, day: u32) -> Moment {
        self.start.after(DAY * i64::from(day))
    }

    /// A moment `per_mille` thousandths into the logs.
    pub(super) fn part(self, per_mille: i64) -> Moment {
        self.start.after(DAY / 1000 * per_mille * i64::from(self.days))
    }

    /// An event that happened at `created` and is written some time after. What would be written
    /// after the end is written sooner, so that the end is the same in every file.
    pub(super) fn late(self, rng: &mut Rng, created: Moment, what: What) -> Event {
        // The last minute is kept free, so that there is a moment left in which to write.
        let latest = self.end.after(-MINUTE - rng.random_range(0..MINUTE));
        let created = created.clamp(self.start, latest);
        let time = created.after(lag(rng));
        let last = created.after((self.end.0 - created.0) / 2);
        Event { time: if time < self.end { time } else { last }, created, what }
    }
}
