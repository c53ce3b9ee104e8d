//! Spans of time in SQL, as Kusto writes them: those of a [`Period`], and milliseconds.

use crate::period::Period;

/// Microseconds of a span; a number alone is none.
pub(super) fn micros(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.strip_suffix("ms") {
        Some(number) => number.parse::<u32>().ok().map(|number| i64::from(number) * 1_000),
        None => Period::parse(text)?.delta().num_microseconds(),
    }
}

#[cfg(test)]
mod tests {
    use super::micros;

    #[test]
    fn a_span_is_a_number_and_its_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("24h", 86_400), ("7d", 604_800)] {
            assert_eq!(micros(text), Some(seconds * 1_000_000), "{text}");
        }
        assert_eq!(micros("1w"), micros("7d"));
        assert_eq!(micros("250ms"), Some(250_000));
        for text in ["", "7", "d", "-7d", "7 d", "7x", "1.5h", "99999999999999d"] {
            assert_eq!(micros(text), None, "{text}");
        }
    }
}
