//! Spans of time as Sentinel writes them: `1h`, `14d`, or ISO 8601 `PT1H`, `P14D`; and times as
//! people name them, by such a span or in full.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A positive span of whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(TimeDelta);

impl Period {
    /// As a `chrono` span.
    #[must_use]
    pub fn delta(self) -> TimeDelta {
        self.0
    }

    /// Reads `30s`, `5m`, `1h`, `14d` or `PT5M`, `P1D`, `P1DT12H`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let seconds = match text.strip_prefix('P') {
            Some(iso) => iso_seconds(iso)?,
            None => {
                let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
                number.parse::<i64>().ok()?.checked_mul(unit_seconds(unit, true)?)?
            }
        };
        let delta = TimeDelta::try_seconds(seconds)?;
        (seconds > 0).then_some(Self(delta))
    }
}

/// A time in full as RFC 3339, a day for its beginning in UTC, or by how long before `now` it was.
///
/// # Errors
/// What is wrong and what to write instead.
pub(crate) fn instant(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    if let Some(period) = Period::parse(text) {
        return now
            .checked_sub_signed(period.delta())
            .ok_or_else(|| format!("{text:?} is longer than time itself"));
    }
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    DateTime::parse_from_rfc3339(text).map(Into::into).map_err(|_| {
        format!(
            "{text:?} is no time; write 24h, 7d, 2026-01-05 or a time such as 2026-01-05T10:00:00Z"
        )
    })
}

fn iso_seconds(text: &str) -> Option<i64> {
    let mut total = 0_i64;
    let mut in_time = false;
    let mut number = String::new();
    for letter in text.chars() {
        match letter {
            'T' if !in_time && number.is_empty() => in_time = true,
            '0'..='9' => number.push(letter),
            unit => {
                let unit = unit_seconds(&unit.to_lowercase().to_string(), in_time)?;
                total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(unit)?)?;
                number.clear();
            }
        }
    }
    number.is_empty().then_some(total)
}

/// `in_time` tells minutes from months, which have no fixed length and are refused.
fn unit_seconds(unit: &str, in_time: bool) -> Option<i64> {
    match unit {
        "s" if in_time => Some(1),
        "m" if in_time => Some(60),
        "h" if in_time => Some(3_600),
        "d" => Some(86_400),
        "w" => Some(7 * 86_400),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "{text:?} is not a span of time; write 5m, 1h, 14d or PT5M, P14D"
            ))
        })
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.0.num_seconds();
        for (unit, length) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
            if seconds % length == 0 {
                return write!(f, "{}{unit}", seconds / length);
            }
        }
        write!(f, "{seconds}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_of_sentinels_forms_are_read() {
        for (text, shown) in [
            ("5m", "5m"),
            ("PT5M", "5m"),
            ("1h", "1h"),
            ("P1D", "1d"),
            ("P1DT12H", "36h"),
            ("P2W", "14d"),
            ("90s", "90s"),
        ] {
            assert_eq!(Period::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn a_time_is_written_in_full_or_by_how_long_ago_it_was() {
        let now = "2026-01-05T10:00:00Z".parse().unwrap();
        for (text, meant) in [
            ("24h", "2026-01-04T10:00:00Z"),
            ("7d", "2025-12-29T10:00:00Z"),
            ("2026-01-05T10:00:00+02:00", "2026-01-05T08:00:00Z"),
            ("2026-01-03", "2026-01-03T00:00:00Z"),
        ] {
            assert_eq!(instant(text, now), Ok(meant.parse().unwrap()), "{text}");
        }
        for text in ["", "yesterday", "2026-02-30", "2026-01-05 10:00:00", "9999999999d"] {
            assert!(instant(text, now).is_err(), "{text}");
        }
    }

    #[test]
    fn what_has_no_length_is_refused() {
        for text in
            ["", "5", "P1M", "P1Y", "0h", "-1h", "1x", "PT", "h", "P5", "é", "99999999999999999d"]
        {
            assert!(Period::parse(text).is_none(), "{text}");
        }
    }
}
