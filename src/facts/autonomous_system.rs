//! Numbers of autonomous systems, which Log Analytics keeps as text.

/// The number; at most 32 bits, as RFC 6793 has it.
pub(super) fn number(text: &str) -> Option<i64> {
    let number: u32 = text.trim().parse().ok()?;
    Some(i64::from(number))
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn only_numbers_of_32_bits_are_taken() {
        for (text, expected) in [
            ("3320", Some(3320)),
            (" 8075 ", Some(8075)),
            ("0", Some(0)),
            ("4294967295", Some(4_294_967_295)),
            ("4294967296", None),
            ("-1", None),
            ("3320.0", None),
            ("AS3320", None),
            ("", None),
        ] {
            assert_eq!(number(text), expected, "{text:?}");
        }
    }
}
