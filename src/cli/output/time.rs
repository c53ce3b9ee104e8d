//! Times as RFC 3339 in UTC, spans of time as ISO 8601, whatever Arrow keeps them as.
//!
//! A time without a zone is UTC here as everywhere in the lake. Microseconds are always written, so
//! that times of one column have one width; nanoseconds where there are some. What no calendar has
//! is written as the number that it is.

use arrow::datatypes::{IntervalDayTime, IntervalMonthDayNano, TimeUnit};
use chrono::{DateTime, Days, NaiveDate};

const NANOS: i128 = 1_000_000_000;

/// Nanoseconds of a number of units.
fn nanos(value: i64, unit: TimeUnit) -> i128 {
    i128::from(value)
        * match unit {
            TimeUnit::Second => NANOS,
            TimeUnit::Millisecond => 1_000_000,
            TimeUnit::Microsecond => 1_000,
            TimeUnit::Nanosecond => 1,
        }
}

/// An instant, as units since 1970.
pub(super) fn instant(value: i64, unit: TimeUnit) -> String {
    let nanos = nanos(value, unit);
    let (seconds, rest) = (nanos.div_euclid(NANOS), nanos.rem_euclid(NANOS));
    let time = i64::try_from(seconds).ok().zip(u32::try_from(rest).ok());
    match time.and_then(|(seconds, rest)| DateTime::from_timestamp(seconds, rest)) {
        Some(time) if rest % 1_000 == 0 => time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        Some(time) => time.format("%Y-%m-%dT%H:%M:%S%.9fZ").to_string(),
        None => value.to_string(),
    }
}

/// A day, as days since 1970.
pub(super) fn day(value: i64) -> String {
    let epoch = NaiveDate::default();
    let distance = Days::new(value.unsigned_abs());
    let day = match value {
        0.. => epoch.checked_add_days(distance),
        _ => epoch.checked_sub_days(distance),
    };
    day.map_or_else(|| value.to_string(), |day| day.format("%Y-%m-%d").to_string())
}

/// A time of day, as units since midnight.
pub(super) fn time_of_day(value: i64, unit: TimeUnit) -> String {
    let nanos = nanos(value, unit);
    let (seconds, rest) = (nanos.div_euclid(NANOS), nanos.rem_euclid(NANOS));
    if !(0..=86_400).contains(&seconds) {
        return value.to_string();
    }
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match rest % 1_000 {
        0 => format!("{hours:02}:{minutes:02}:{seconds:02}.{:06}", rest / 1_000),
        _ => format!("{hours:02}:{minutes:02}:{seconds:02}.{rest:09}"),
    }
}

/// A length of time.
pub(super) fn duration(value: i64, unit: TimeUnit) -> String {
    span(0, 0, nanos(value, unit))
}

/// An interval of months.
pub(super) fn months(value: i32) -> String {
    span(value.into(), 0, 0)
}

/// An interval of days and milliseconds.
pub(super) fn days_and_time(value: IntervalDayTime) -> String {
    span(0, value.days.into(), nanos(value.milliseconds.into(), TimeUnit::Millisecond))
}

/// An interval of months, days and nanoseconds.
pub(super) fn months_days_and_time(value: IntervalMonthDayNano) -> String {
    span(value.months.into(), value.days.into(), value.nanoseconds.into())
}

/// `P1Y2M3DT4H5M6.5S`. A part that is negative is written so, as `PostgreSQL` does.
fn span(months: i64, days: i64, nanos: i128) -> String {
    let part = |value: i128, letter: &str| match value {
        0 => String::new(),
        value => format!("{value}{letter}"),
    };
    let seconds = nanos / NANOS;
    let dates =
        [part((months / 12).into(), "Y"), part((months % 12).into(), "M"), part(days.into(), "D")];
    let times = [
        part(seconds / 3_600, "H"),
        part(seconds / 60 % 60, "M"),
        part_of_seconds(seconds % 60, nanos % NANOS),
    ];
    match (dates.concat(), times.concat()) {
        (dates, times) if times.is_empty() && dates.is_empty() => "PT0S".into(),
        (dates, times) if times.is_empty() => format!("P{dates}"),
        (dates, times) => format!("P{dates}T{times}"),
    }
}

fn part_of_seconds(seconds: i128, nanos: i128) -> String {
    if seconds == 0 && nanos == 0 {
        return String::new();
    }
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{:09}", seconds.unsigned_abs(), nanos.unsigned_abs());
    format!("{}S", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_only_the_parts_that_it_has() {
        assert_eq!(duration(0, TimeUnit::Second), "PT0S");
        assert_eq!(duration(90, TimeUnit::Second), "PT1M30S");
        assert_eq!(duration(10 * 3_600, TimeUnit::Second), "PT10H");
        assert_eq!(duration(-1_500, TimeUnit::Millisecond), "PT-1.5S");
        assert_eq!(months(14), "P1Y2M");
        let interval = IntervalMonthDayNano { months: 1, days: -2, nanoseconds: 1 };
        assert_eq!(months_days_and_time(interval), "P1M-2DT0.000000001S");
    }

    #[test]
    fn a_time_that_no_calendar_has_is_written_as_its_number() {
        assert_eq!(instant(0, TimeUnit::Second), "1970-01-01T00:00:00.000000Z");
        assert_eq!(instant(-1, TimeUnit::Nanosecond), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(instant(i64::MAX, TimeUnit::Second), i64::MAX.to_string());
        assert_eq!(day(i64::MIN), i64::MIN.to_string());
        assert_eq!(time_of_day(86_399_999, TimeUnit::Millisecond), "23:59:59.999000");
        assert_eq!(time_of_day(-1, TimeUnit::Second), "-1");
    }
}
