//! JSON scalars as text.

use std::borrow::Cow;

use super::scan::{DEEPEST, Scanner};
use super::{Kind, Member};

/// The text of a JSON scalar: an unescaped string, or a number or boolean as written.
///
/// `None` for objects, arrays, null, and strings that are not Unicode when unescaped.
#[must_use]
pub fn text_of(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes().first()? {
        b'"' if json.contains('\\') => unescaped(json).map(Cow::Owned),
        b'"' => Some(Cow::Borrowed(&json[1..json.len() - 1])),
        b'{' | b'[' | b'n' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

/// The text of a JSON string with escapes; `None` for half of a surrogate pair.
pub(super) fn unescaped(json: &str) -> Option<String> {
    serde_json::from_str(json).ok()
}

impl<'a> Member<'a> {
    /// The value as [`text_of`] gives it.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match self.kind {
            Kind::Text => Some(Cow::Borrowed(&self.json[1..self.json.len() - 1])),
            Kind::EscapedText => unescaped(self.json).map(Cow::Owned),
            Kind::Number | Kind::Boolean => Some(Cow::Borrowed(self.json)),
            Kind::Null | Kind::Object | Kind::Array => None,
        }
    }
}

/// Whether a text is one JSON value, and nothing else.
#[must_use]
pub fn is_json(text: &str) -> bool {
    let mut scanner = Scanner::new(text.as_bytes());
    scanner.skip_space();
    if scanner.value(DEEPEST).is_err() {
        return false;
    }
    scanner.skip_space();
    scanner.peek().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_become_text_and_containers_do_not() {
        assert_eq!(text_of(r#""a\"b\u00e9""#).unwrap(), "a\"bé");
        assert_eq!(text_of(r#""plain""#).unwrap(), "plain");
        assert_eq!(text_of("12.50").unwrap(), "12.50");
        assert_eq!(text_of("true").unwrap(), "true");
        assert!(text_of("null").is_none());
        assert!(text_of("{}").is_none());
        assert!(text_of(r#""\ud83e""#).is_none());
    }
}
