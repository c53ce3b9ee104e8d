//! Spans of time in SQL: `90s`, `15m`, `24h`, `7d`, `1w`, as Kusto writes them.

/// Microseconds of a span; a number alone is none.
pub(super) fn micros(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        "w" => 604_800_000_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(unit)
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
        for text in ["", "7", "d", "-7d", "7 d", "7x", "1.5h", "99999999999999d"] {
            assert_eq!(micros(text), None, "{text}");
        }
    }
}
