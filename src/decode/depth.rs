//! How deep JSON is nested, before anything recurses into it.
//!
//! The JSON reader takes a piece of the stack for each level, so a body of nothing but opening
//! brackets would end the process. Real records have about ten levels.

use memchr::memchr2;

/// Levels that are read; what is nested deeper is rejected.
pub(crate) const DEEPEST: usize = 128;

/// Whether objects and arrays are nested deeper than [`DEEPEST`]. Looks at brackets and strings
/// alone, so it says the same of text that is not JSON.
pub(crate) fn is_too_deep(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut place, mut depth) = (0, 0_usize);
    while let Some(byte) = bytes.get(place) {
        place += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => place = after_string(bytes, place),
            _ => {}
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

/// The place after the string whose content begins at `place`.
fn after_string(bytes: &[u8], mut place: usize) -> usize {
    while let Some(found) = bytes.get(place..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        place += found + 1;
        if bytes[place - 1] == b'"' {
            return place;
        }
        // What follows a backslash is not the end.
        place += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_counted_outside_of_strings() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(!is_too_deep(&nested(DEEPEST)));
        assert!(is_too_deep(&nested(DEEPEST + 1)));
        assert!(!is_too_deep(&format!("[{:?}]", nested(1000))));
        assert!(!is_too_deep(&format!(r#"["\\\"{}"]"#, "[".repeat(1000))));
        assert!(is_too_deep(&format!(r#"["\\"{}"#, "{".repeat(1000))));
        assert!(!is_too_deep(&"[]".repeat(1000)));
    }
}
