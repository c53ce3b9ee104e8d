//! Slices: the pieces of time in which each row is fresh exactly once.

use chrono::{DateTime, TimeDelta, Utc};

use super::Period;
use crate::query::Window;

/// One piece of a rule's time; the end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slice {
    /// First instant.
    pub start: DateTime<Utc>,
    /// First instant after it.
    pub end: DateTime<Utc>,
}

impl Slice {
    /// The slice of a rule with this frequency that holds an instant. Slices are counted from the
    /// Unix epoch, so every process cuts them alike.
    #[must_use]
    pub fn containing(time: DateTime<Utc>, frequency: Period) -> Self {
        let length = frequency.delta().num_seconds();
        let start = time.timestamp().div_euclid(length) * length;
        let start = DateTime::from_timestamp(start, 0).unwrap_or_default();
        Self { start, end: start + frequency.delta() }
    }

    /// The slice after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self { start: self.end, end: self.end + (self.end - self.start) }
    }

    /// Whether an instant is in the slice.
    #[must_use]
    pub fn contains(self, time: DateTime<Utc>) -> bool {
        self.start <= time && time < self.end
    }

    /// What a rule's query sees: the `queryPeriod` that ends with the slice.
    #[must_use]
    pub fn window(self, period: Period) -> Window {
        // A period shorter than the slice would leave rows that no window shows.
        let length: TimeDelta = period.delta().max(self.end - self.start);
        Window { start: self.end - length, end: self.end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_meet_without_gap_or_overlap() {
        let frequency = Period::parse("7h").unwrap();
        let time: DateTime<Utc> = "2026-01-05T12:34:56Z".parse().unwrap();
        let slice = Slice::containing(time, frequency);
        assert!(slice.contains(time) && !slice.contains(slice.end));
        assert_eq!(Slice::containing(slice.end, frequency), slice.next());
        assert_eq!(Slice::containing(slice.end - TimeDelta::microseconds(1), frequency), slice);
    }

    #[test]
    fn a_window_is_never_shorter_than_its_slice() {
        let slice = Slice::containing(Utc::now(), Period::parse("1h").unwrap());
        let window = slice.window(Period::parse("5m").unwrap());
        assert_eq!((window.start, window.end), (slice.start, slice.end));
        let day = slice.window(Period::parse("1d").unwrap());
        assert_eq!(day.end - day.start, TimeDelta::days(1));
    }
}
