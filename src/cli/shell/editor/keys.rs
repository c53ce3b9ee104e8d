//! What a terminal sends, as keys: UTF-8, control characters and escape sequences.

use std::io::{BufRead, Result};

/// A key, or text that was pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// A character that is typed.
    Char(char),
    /// A letter with Ctrl, in lower case.
    Ctrl(char),
    /// A letter with Alt, in lower case.
    Alt(char),
    Enter,
    /// Enter with Alt: a new line in any case.
    NewLine,
    Tab,
    BackTab,
    Backspace,
    /// Backspace with Alt or Ctrl.
    WordBackspace,
    Delete,
    WordDelete,
    Left,
    Right,
    WordLeft,
    WordRight,
    Up,
    Down,
    Home,
    End,
    /// Text between the marks of a paste.
    Paste(String),
    /// Anything else.
    Other,
}

/// Pasted text ends with this, and begins with the same of 200.
const PASTE_END: &[u8] = b"\x1b[201~";

/// The next key; `None` when the terminal is gone.
pub(super) fn next(input: &mut impl BufRead) -> Result<Option<Key>> {
    let Some(byte) = byte(input)? else { return Ok(None) };
    Ok(Some(match byte {
        b'\r' | b'\n' => Key::Enter,
        b'\t' => Key::Tab,
        0x7f | 0x08 => Key::Backspace,
        0x1b => return escape(input),
        0x1f => Key::Ctrl('_'),
        1..=26 => Key::Ctrl(char::from(byte - 1 + b'a')),
        0..=0x1f => Key::Other,
        first => character(first, input)?,
    }))
}

fn byte(input: &mut impl BufRead) -> Result<Option<u8>> {
    let byte = loop {
        match input.fill_buf() {
            Ok(bytes) => break bytes.first().copied(),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    };
    if byte.is_some() {
        input.consume(1);
    }
    Ok(byte)
}

fn character(first: u8, input: &mut impl BufRead) -> Result<Key> {
    let length = match first {
        0..0x80 => 1,
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => return Ok(Key::Other),
    };
    let mut bytes = vec![first];
    while bytes.len() < length {
        // Only what continues the character is taken: what follows a torn one is a key of its own.
        let next = input.fill_buf()?.first().copied().filter(|next| next & 0xc0 == 0x80);
        let Some(next) = next else { return Ok(Key::Other) };
        input.consume(1);
        bytes.push(next);
    }
    let letter = std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next());
    Ok(letter.map_or(Key::Other, Key::Char))
}

/// What follows an escape. Escape by itself is the beginning of the next key, as in Emacs.
fn escape(input: &mut impl BufRead) -> Result<Option<Key>> {
    let Some(byte) = byte(input)? else { return Ok(None) };
    Ok(Some(match byte {
        b'[' => return sequence(input),
        b'O' => match self::byte(input)? {
            Some(letter) => named(letter, ""),
            None => return Ok(None),
        },
        b'\r' | b'\n' => Key::NewLine,
        0x7f | 0x08 => Key::WordBackspace,
        letter if letter.is_ascii_graphic() => match letter.to_ascii_lowercase() {
            b'b' => Key::WordLeft,
            b'f' => Key::WordRight,
            b'd' => Key::WordDelete,
            letter => Key::Alt(char::from(letter)),
        },
        _ => Key::Other,
    }))
}

/// `ESC [ parameters letter`.
fn sequence(input: &mut impl BufRead) -> Result<Option<Key>> {
    let mut parameters = String::new();
    loop {
        let Some(byte) = byte(input)? else { return Ok(None) };
        match byte {
            0x20..=0x3f if parameters.len() < 32 => parameters.push(char::from(byte)),
            b'~' if parameters == "200" => return paste(input),
            letter => return Ok(Some(named(letter, &parameters))),
        }
    }
}

fn named(letter: u8, parameters: &str) -> Key {
    // `1;5` is with Ctrl, `1;3` with Alt.
    let mut numbers = parameters.split(';');
    let number = numbers.next().unwrap_or_default();
    let by_word = matches!(numbers.next(), Some("3" | "5" | "7"));
    match (letter, number) {
        (b'A', _) => Key::Up,
        (b'B', _) => Key::Down,
        (b'C', _) if by_word => Key::WordRight,
        (b'D', _) if by_word => Key::WordLeft,
        (b'C', _) => Key::Right,
        (b'D', _) => Key::Left,
        (b'H', _) | (b'~', "1" | "7") => Key::Home,
        (b'F', _) | (b'~', "4" | "8") => Key::End,
        (b'~', "3") if by_word => Key::WordDelete,
        (b'~', "3") => Key::Delete,
        (b'Z', _) => Key::BackTab,
        _ => Key::Other,
    }
}

fn paste(input: &mut impl BufRead) -> Result<Option<Key>> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(PASTE_END) {
        let Some(byte) = byte(input)? else { return Ok(None) };
        bytes.push(byte);
    }
    bytes.truncate(bytes.len() - PASTE_END.len());
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(Key::Paste(text.replace("\r\n", "\n").replace('\r', "\n"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(mut sent: &[u8]) -> Vec<Key> {
        std::iter::from_fn(|| next(&mut sent).unwrap()).collect()
    }

    #[test]
    fn what_terminals_send_is_known() {
        assert_eq!(keys("aë日😀".as_bytes()), ['a', 'ë', '日', '😀'].map(Key::Char));
        assert_eq!(keys(b"\x01\x03\x1a\x1f"), ['a', 'c', 'z', '_'].map(Key::Ctrl));
        assert_eq!(
            keys(b"\r\n\t\x7f\x08\x1b\r"),
            [Key::Enter, Key::Enter, Key::Tab, Key::Backspace, Key::Backspace, Key::NewLine]
        );
        assert_eq!(keys(b"\x1b[A\x1bOB\x1b[C\x1b[D"), [Key::Up, Key::Down, Key::Right, Key::Left]);
        assert_eq!(
            keys(b"\x1b[H\x1b[4~\x1bOF\x1b[3~\x1b[Z"),
            [Key::Home, Key::End, Key::End, Key::Delete, Key::BackTab]
        );
        assert_eq!(
            keys(b"\x1b[1;5C\x1bb\x1bd\x1b\x7f\x1bX"),
            [Key::WordRight, Key::WordLeft, Key::WordDelete, Key::WordBackspace, Key::Alt('x')]
        );
    }

    #[test]
    fn pasted_text_is_one_key() {
        assert_eq!(
            keys(b"\x1b[200~a\rb\x1b[A;\x1b[201~c"),
            [Key::Paste("a\nb\u{1b}[A;".into()), Key::Char('c')]
        );
    }

    #[test]
    fn broken_input_is_no_key() {
        assert_eq!(keys(b"\xffa"), [Key::Other, Key::Char('a')]);
        assert_eq!(keys(b"\xe6\x97a"), [Key::Other, Key::Char('a')]);
        assert_eq!(keys(b"\x1b[99;99"), []);
        assert_eq!(keys(b"\x1b[?1;2ca"), [Key::Other, Key::Char('a')]);
    }
}
