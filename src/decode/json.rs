//! One level of a JSON object at a time: keys and values as they stand in the text.
//!
//! Values stay text until a column asks for them, so a record is walked once and nothing is built
//! that no column wants.

use std::borrow::Cow;

/// A key and its value as JSON text.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    /// The key, unescaped.
    pub key: Cow<'a, str>,
    /// The value as it was written.
    pub json: Cow<'a, str>,
}

impl<'a> Field<'a> {
    /// The value as a slice of the text that it was read from.
    pub(super) fn borrowed_in(&self, text: &'a str) -> &'a str {
        let end = end_in(text, &self.json);
        &text[end - self.json.len()..end]
    }
}

/// The fields of the object at the front of `text`, and the length of the object.
///
/// # Errors
/// The text is not a JSON object.
pub fn fields(text: &str) -> Result<(Vec<Field<'_>>, usize), sonic_rs::Error> {
    let mut fields = Vec::with_capacity(24);
    let mut end = 1;
    for entry in sonic_rs::to_object_iter(text) {
        let (key, value) = entry?;
        let json = value.as_raw_cow();
        end = end_in(text, &json);
        fields.push(Field { key, json });
    }
    let length = after_closing(text, end, b'}').unwrap_or(text.len());
    Ok((fields, length))
}

/// Where the slice `part` of `text` ends in it.
pub(super) fn end_in(text: &str, part: &str) -> usize {
    part.as_ptr() as usize + part.len() - text.as_ptr() as usize
}

/// The place after the bracket that closes what ends at `end`.
pub(super) fn after_closing(text: &str, end: usize, bracket: u8) -> Option<usize> {
    let gap = text.as_bytes()[end..].iter().position(|byte| *byte == bracket)?;
    Some(end + gap + 1)
}

/// The reader's message on one line, without its picture of the surrounding text.
pub(super) fn message(error: &sonic_rs::Error) -> String {
    error
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .trim_end_matches([',', '.', ' '])
        .to_owned()
}

/// The text of a JSON scalar: an unescaped string, or a number or boolean as written.
///
/// `None` for objects, arrays, null, and strings that are not Unicode when unescaped.
#[must_use]
pub fn text_of(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes().first()? {
        b'"' => {
            let inner = &json[1..json.len() - 1];
            if inner.contains('\\') {
                sonic_rs::from_str(json).ok().map(Cow::Owned)
            } else {
                Some(Cow::Borrowed(inner))
            }
        }
        b'{' | b'[' | b'n' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_the_text_as_written() {
        let text = r#"{"a": 1, "b\n":{"c": [1, 2]} , "d":null}  tail"#;
        let (fields, length) = fields(text).unwrap();
        let pairs: Vec<_> = fields.iter().map(|f| (&*f.key, &*f.json)).collect();
        assert_eq!(pairs, [("a", "1"), ("b\n", r#"{"c": [1, 2]}"#), ("d", "null")]);
        assert_eq!(&text[length..], "  tail");
    }

    #[test]
    fn an_empty_object_has_a_length() {
        assert_eq!(fields("{ }x").unwrap().1, 3);
    }

    #[test]
    fn scalars_become_text_and_containers_do_not() {
        assert_eq!(text_of(r#""a\"b\u00e9""#).unwrap(), "a\"bé");
        assert_eq!(text_of(r#""plain""#).unwrap(), "plain");
        assert_eq!(text_of("12.50").unwrap(), "12.50");
        assert_eq!(text_of("true").unwrap(), "true");
        assert!(text_of("null").is_none());
        assert!(text_of("{}").is_none());
    }
}
