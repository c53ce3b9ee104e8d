//! Moments at the resolution of Entra's logs, and when in a week people sign in.

use std::fmt;

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};
use serde::{Serialize, Serializer};

use super::draw::{Rng, quantile};

/// Ticks of 100 ns, the unit of the seven fractional digits in every record.
pub(super) const SECOND: i64 = 10_000_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// Ticks since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(pub(super) i64);

impl Moment {
    pub(super) fn after(self, ticks: i64) -> Self {
        Self(self.0 + ticks)
    }

    pub(super) fn utc(self) -> DateTime<Utc> {
        let nanos = self.0.rem_euclid(SECOND) as u32 * 100;
        DateTime::from_timestamp(self.0.div_euclid(SECOND), nanos).unwrap_or_default()
    }

    pub(super) fn date(self) -> NaiveDate {
        self.utc().date_naive()
    }

    /// The hour since 1970, for counting by clock hour.
    pub(super) fn hour(self) -> i64 {
        self.0.div_euclid(HOUR)
    }

    fn write(self, out: &mut impl fmt::Write, zone: &str) -> fmt::Result {
        let at = self.utc();
        write!(
            out,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}{zone}",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            self.0.rem_euclid(SECOND)
        )
    }
}

impl From<DateTime<Utc>> for Moment {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp() * SECOND + i64::from(at.timestamp_subsec_nanos()) / 100)
    }
}

/// A moment as `time` is written: `2026-01-05T08:15:30.1234567Z`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Zulu(pub(super) Moment);

impl fmt::Display for Zulu {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(out, "Z")
    }
}

impl Serialize for Zulu {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A moment as `createdDateTime` is written inside `properties`, with `+00:00` for the same zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offset(pub(super) Moment);

impl fmt::Display for Offset {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(out, "+00:00")
    }
}

impl Serialize for Offset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How long after the sign-in the record is written: half within two and a half minutes, some
/// after most of an hour, which is what makes records arrive out of order.
const LAG: &[(i64, i64)] = &[
    (0, 15 * SECOND),
    (250, 75 * SECOND),
    (500, 150 * SECOND),
    (750, 280 * SECOND),
    (900, 560 * SECOND),
    (970, 20 * MINUTE),
    (995, 40 * MINUTE),
    (1000, 59 * MINUTE),
];

/// A lag between `createdDateTime` and `time`, in ticks.
pub(super) fn lag(rng: &mut Rng) -> i64 {
    quantile(rng, LAG)
}

/// How busy each hour of a working day is, by local time, against 100 at the peak.
const WORKDAY: [u64; 24] =
    [3, 2, 2, 2, 3, 6, 18, 52, 96, 100, 92, 84, 62, 78, 88, 82, 70, 50, 26, 17, 14, 11, 8, 5];
const WEEKEND: [u64; 24] =
    [2, 1, 1, 1, 1, 2, 3, 5, 8, 11, 12, 12, 10, 9, 9, 9, 8, 8, 9, 10, 10, 8, 5, 3];

/// How busy the hour that begins at `hour_start` is for people whose clocks are `offset` minutes
/// ahead of UTC. Sydney's Monday begins on London's Sunday, so the weekday is a local one too.
pub(super) fn busyness(hour_start: Moment, offset: i64) -> u64 {
    let local = hour_start.after(offset * MINUTE).utc();
    let hour = local.hour() as usize;
    if is_weekend(local) { WEEKEND[hour] } else { WORKDAY[hour] }
}

pub(super) fn is_weekend(at: DateTime<Utc>) -> bool {
    at.weekday().num_days_from_monday() >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_with_seven_digits() {
        let at: DateTime<Utc> = "2026-01-05T08:15:30.0234567Z".parse().unwrap();
        assert_eq!(Zulu(at.into()).to_string(), "2026-01-05T08:15:30.0234567Z");
        assert_eq!(Offset(at.into()).to_string(), "2026-01-05T08:15:30.0234567+00:00");
        assert_eq!(Moment::from(at).utc(), at);
    }

    #[test]
    fn sydney_works_while_seattle_has_its_sunday() {
        let at: DateTime<Utc> = "2026-01-04T22:00:00Z".parse().unwrap();
        assert!(busyness(at.into(), 660) > 5 * busyness(at.into(), -480));
    }
}
