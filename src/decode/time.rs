//! Every form in which Entra has been seen to write a time.
//!
//! ISO 8601 with 0 to 9 fractional digits, `T` or a space, one-digit hours, an offset, `Z` or
//! nothing (then UTC); and the US form `8/22/2022 6:11:52 PM` of the risk, service-principal and
//! AD FS logs, which the exports of the Azure portal write with a comma after the date.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// The first and the last second of the years 1 to 9999, which every reader of a lake can write as
/// a date.
const WRITABLE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Microseconds since the Unix epoch; digits past the microsecond are cut.
#[must_use]
pub fn parse_time(text: &str) -> Option<i64> {
    let mut reader = Reader(text.trim().as_bytes());
    let first = reader.number(1, 4)?;
    let has_slashes = reader.take(b'/');
    let date = if has_slashes {
        let day = reader.number(1, 2)?;
        reader.expect(b'/')?;
        NaiveDate::from_ymd_opt(i32::try_from(reader.number(4, 4)?).ok()?, first, day)?
    } else {
        reader.expect(b'-')?;
        let month = reader.number(1, 2)?;
        reader.expect(b'-')?;
        NaiveDate::from_ymd_opt(i32::try_from(first).ok()?, month, reader.number(1, 2)?)?
    };
    let is_of_portal = has_slashes && reader.take(b',');
    if !(reader.take(b'T') || reader.take(b't')) {
        reader.expect(b' ')?;
        reader.spaces();
    }
    let hour = reader.number(1, 2)?;
    reader.expect(b':')?;
    let minute = reader.number(2, 2)?;
    let second = if reader.take(b':') { reader.number(2, 2)? } else { 0 };
    let micros = if reader.take(b'.') { reader.fraction()? } else { 0 };
    reader.spaces();
    let hour = match reader.word() {
        // The portal writes in the language of its user, and only American English has `AM` and
        // the month first; elsewhere the first number may be the day.
        b"am" | b"pm" | b"" | b"Z" | b"z" | b"UTC" if is_of_portal => return None,
        b"AM" | b"am" if (1..=12).contains(&hour) => hour % 12,
        b"PM" | b"pm" if (1..=12).contains(&hour) => hour % 12 + 12,
        b"" | b"Z" | b"z" | b"UTC" => hour,
        _ => return None,
    };
    reader.spaces();
    let offset_minutes = reader.offset()?;
    // A leap second is written as second 60: it belongs to the minute that it ends.
    let second = if second == 60 { 59 } else { second };
    let time = NaiveTime::from_hms_opt(hour, minute, second)?;
    let utc = NaiveDateTime::new(date, time).and_utc().timestamp() - offset_minutes * 60;
    WRITABLE.contains(&utc).then_some(utc * 1_000_000 + micros)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.0 = &self.0[1..];
        }
        found
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    /// Passes over spaces, also those that browsers put before `AM`.
    fn spaces(&mut self) {
        const SPACES: [&[u8]; 3] = [b" ", "\u{202f}".as_bytes(), "\u{a0}".as_bytes()];
        while let Some(rest) = SPACES.iter().find_map(|space| self.0.strip_prefix(*space)) {
            self.0 = rest;
        }
    }

    fn digits(&self, most: usize) -> usize {
        self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count()
    }

    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let count = self.digits(most);
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        (count >= least)
            .then(|| digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
    }

    fn fraction(&mut self) -> Option<i64> {
        let count = self.digits(usize::MAX);
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        let micros = digits.iter().chain(b"000000").take(6);
        (count > 0).then(|| micros.fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
    }

    fn word(&mut self) -> &[u8] {
        let count = self.0.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, rest) = self.0.split_at(count);
        self.0 = rest;
        word
    }

    /// The offset from UTC in minutes at the end of the text; 0 when there is none.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.0.first() {
            None => return Some(0),
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return None,
        };
        self.0 = &self.0[1..];
        let hours = i64::from(self.number(2, 2)?);
        self.take(b':');
        let minutes = if self.0.is_empty() { 0 } else { i64::from(self.number(2, 2)?) };
        let is_offset = self.0.is_empty() && hours < 24 && minutes < 60;
        is_offset.then_some(sign * (hours * 60 + minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(text: &str) -> Option<String> {
        let time = chrono::DateTime::from_timestamp_micros(parse_time(text)?)?;
        Some(time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
    }

    #[test]
    fn every_form_seen_in_real_records_is_read_to_the_microsecond() {
        for (text, expected) in [
            ("2025-01-15T08:45:30.1234567Z", "2025-01-15T08:45:30.123456Z"),
            ("2025-01-15T08:45:30.123456789Z", "2025-01-15T08:45:30.123456Z"),
            ("2025-01-15 09:30:45.123", "2025-01-15T09:30:45.123000Z"),
            ("2025-01-15T08:45:30Z", "2025-01-15T08:45:30.000000Z"),
            ("2025-01-15T08:45:30+02:00", "2025-01-15T06:45:30.000000Z"),
            ("2025-01-15T08:45:30.5-0530", "2025-01-15T14:15:30.500000Z"),
            ("2022-09-09T9:59:27.958Z", "2022-09-09T09:59:27.958000Z"),
            ("11/14/2025 1:48:53 AM", "2025-11-14T01:48:53.000000Z"),
            ("12/12/2025 3:03:58 PM", "2025-12-12T15:03:58.000000Z"),
            ("12/12/2025 12:03:58 AM", "2025-12-12T00:03:58.000000Z"),
            ("12/12/2025 12:03:58 PM +00:00", "2025-12-12T12:03:58.000000Z"),
            ("8/22/2022 6:11:52.25 PM", "2022-08-22T18:11:52.250000Z"),
            ("1/5/2026, 10:00:00.123 PM", "2026-01-05T22:00:00.123000Z"),
            ("1/5/2026, 10:00:00\u{202f}AM", "2026-01-05T10:00:00.000000Z"),
            ("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000000Z"),
            ("0001-01-01T00:00:00", "0001-01-01T00:00:00.000000Z"),
            ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(iso(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2025-13-01T00:00:00Z",
            "2025-02-30T00:00:00Z",
            "2025-01-15",
            "2025-01-15T25:00:00Z",
            "13/13/2025 1:00:00 AM",
            "12/12/2025 13:00:00 PM",
            "2025-01-15T08:45:30.Z",
            "2025-01-15T08:45:30Zjunk",
            "2025-01-15T08:45:30+02:00x",
            "12/12/2025 0:00:00 AM",
            "05/01/2026, 10:00:00.123",
            "05/01/2026, 10:00:00.123 am",
            "99999999999999-01-01T00:00:00Z",
            // Found by fuzzing: these are in the years 0 and 10000.
            "0000-12-31T23:59:59Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "2025-01-15T08:45:61Z",
            "2025-01-15T08:45:30+24:00",
            "2025-01-15T08:45:30+02:60",
        ] {
            assert_eq!(iso(text), None, "{text}");
        }
    }
}
