//! Text of strangers, so that a terminal only shows it.
//!
//! A log is written by whoever signs in. An escape sequence in a user agent must not move the
//! cursor, colour the screen or set a clipboard, and text must not run backwards (Unicode's
//! directional controls) or hide in characters that have no width: all of these are written as
//! escapes.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write;

/// The text in one line, with what a terminal would act on as escapes: `\n`, `\x1b`, `\u{202e}`.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            letter if !acts(letter) => shown.push(letter),
            // Writing to a string does not fail.
            letter if letter.is_ascii() => {
                let _ = write!(shown, "\\x{:02x}", u32::from(letter));
            }
            letter => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(letter));
            }
        }
    }
    Cow::Owned(shown)
}

/// The same in lines: where one ends, there is a mark.
pub(super) fn visible_lines(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') {
        return visible(text);
    }
    let lines: Vec<_> = text.split('\n').map(visible).collect();
    Cow::Owned(lines.join("↵\n"))
}

/// Whether a terminal does something else with a character than to show it.
fn acts(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            // Soft hyphen, marks and controls of direction, separators of lines.
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{e0000}'..='\u{e0fff}')
}

/// A terminal that gets JSON or CSV: what it would act on is written as JSON's `\u001b`.
pub(super) struct Tamed<W>(pub(super) W);

impl<W: Write> Write for Tamed<W> {
    /// Text must come in whole characters, as every form here writes it.
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let mut shown = String::with_capacity(text.len());
        let mut units = [0; 2];
        for letter in text.chars() {
            if matches!(letter, '\n' | '\t') || !acts(letter) {
                shown.push(letter);
                continue;
            }
            for unit in letter.encode_utf16(&mut units) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        }
        self.0.write_all(shown.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_shown_as_an_escape() {
        assert_eq!(visible("Zoë \u{1f600} 日本"), "Zoë \u{1f600} 日本");
        assert_eq!(visible("a\nb\tc\r"), "a\\nb\\tc\\r");
        assert_eq!(visible("\u{1b}]52;c;eA==\u{7}"), "\\x1b]52;c;eA==\\x07");
        assert_eq!(visible("\u{9b}31m\u{7f}"), "\\u{9b}31m\\x7f");
        assert_eq!(visible("a\u{202e}b\u{200b}c\u{e0041}"), "a\\u{202e}b\\u{200b}c\\u{e0041}");
    }

    #[test]
    fn json_on_a_terminal_says_the_same_as_in_a_file() {
        let mut out = Vec::new();
        Tamed(&mut out).write_all("{\"a\":\"\u{9b}31m\u{e0041}\"}\n".as_bytes()).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(shown, "{\"a\":\"\\u009b31m\\udb40\\udc41\"}\n");
        let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(value["a"], "\u{9b}31m\u{e0041}");
    }
}
