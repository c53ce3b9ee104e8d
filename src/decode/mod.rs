//! Message bodies to records.
//!
//! A body that Azure diagnostic settings put into Event Hubs is `{"records":[…]}`; exports and
//! forwarders also send bare arrays, single records and several values one after the other. What
//! cannot be read is handed on as [`Rejected`] with its bytes, so that nothing is dropped here:
//! the good records of a body that was cut off are kept, and only the rest is rejected.

mod depth;
mod json;
mod time;

use std::borrow::Cow;

pub(crate) use depth::is_too_deep;
pub use json::{Field, fields, text_of};
pub use time::parse_time;

/// One log record, split into its top-level fields; values are still JSON text.
#[derive(Debug)]
pub struct Record<'a> {
    /// Place in the body, counted from 0 over good and rejected records alike.
    pub index: usize,
    /// The record as it was written.
    pub json: &'a str,
    /// Top-level fields in the order in which they were written.
    pub fields: Vec<Field<'a>>,
}

impl Record<'_> {
    /// The log category (`SignInLogs`, `AuditLogs`, …) that decides the table.
    #[must_use]
    pub fn category(&self) -> Option<Cow<'_, str>> {
        let field = self.fields.iter().find(|field| field.key.eq_ignore_ascii_case("category"))?;
        text_of(&field.json)
    }
}

/// A part of a body that is not a record, with the reason.
#[derive(Debug, PartialEq, Eq)]
pub struct Rejected<'a> {
    /// Place in the body, counted like [`Record::index`].
    pub index: usize,
    /// The bytes as they came.
    pub bytes: &'a [u8],
    /// What is wrong, as a class.
    pub reason: Reason,
    /// What is wrong, in words, with the place in the body.
    pub detail: String,
}

/// Why something went to `DeadLetters`; the text is what the `Reason` column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The bytes are not UTF-8.
    InvalidUtf8,
    /// The bytes are not JSON from some place on.
    InvalidJson,
    /// Objects or arrays nested without reason.
    TooDeep,
    /// JSON, but not an object.
    NotARecord,
    /// A record without `category`.
    MissingCategory,
    /// A record of a category that has no table.
    UnknownCategory,
    /// A record with no time that could be read.
    NoTime,
}

impl Reason {
    /// The value of the `Reason` column.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidUtf8 => "invalid_utf8",
            Self::InvalidJson => "invalid_json",
            Self::TooDeep => "too_deep",
            Self::NotARecord => "not_a_record",
            Self::MissingCategory => "missing_category",
            Self::UnknownCategory => "unknown_category",
            Self::NoTime => "no_time",
        }
    }
}

/// Splits a message body into records and rejected parts, in the order of the body.
#[must_use]
pub fn decode(body: &[u8]) -> Vec<Result<Record<'_>, Rejected<'_>>> {
    let mut out = Vec::new();
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(error) => {
            out.push(Err(Rejected {
                index: 0,
                bytes: body,
                reason: Reason::InvalidUtf8,
                detail: format!("not UTF-8 at byte {}", error.valid_up_to()),
            }));
            return out;
        }
    };
    if is_too_deep(text) {
        let detail = format!("nested deeper than {} levels", depth::DEEPEST);
        reject_rest(text, Reason::TooDeep, detail, &mut out);
        return out;
    }
    let mut rest = text.trim_start_matches('\u{feff}').trim();
    while !rest.is_empty() {
        let taken = match rest.as_bytes()[0] {
            b'{' => object(rest, &mut out),
            b'[' => array(rest, &mut out),
            _ => reject_rest(
                rest,
                Reason::InvalidJson,
                "neither an object nor an array".into(),
                &mut out,
            ),
        };
        rest = rest[taken..].trim_start();
    }
    out
}

type Decoded<'a> = Vec<Result<Record<'a>, Rejected<'a>>>;

/// Takes one object from the front of `text`: an envelope of records, or a record.
fn object<'a>(text: &'a str, out: &mut Decoded<'a>) -> usize {
    match fields(text) {
        Ok((fields, length)) => {
            match fields.iter().find(|field| is_records(field)) {
                Some(records) => {
                    array(records.borrowed_in(text), out);
                }
                None => out.push(Ok(Record { index: out.len(), json: &text[..length], fields })),
            }
            length
        }
        Err(error) => match records_array_start(text) {
            Some(start) => start + array(&text[start..], out),
            None => reject_rest(text, Reason::InvalidJson, error.to_string(), out),
        },
    }
}

/// Takes one array of records from the front of `text`; after a syntax error, all of it.
fn array<'a>(text: &'a str, out: &mut Decoded<'a>) -> usize {
    let mut end = 1;
    for element in sonic_rs::to_array_iter(text) {
        match element {
            Ok(value) => {
                let raw = value.as_raw_cow();
                end = json::end_in(text, &raw);
                let json = &text[end - raw.len()..end];
                out.push(record(json, out.len()));
            }
            Err(error) => {
                let rest = text[end..].trim_start_matches([',', ' ', '\n', '\r', '\t']);
                if !rest.is_empty() {
                    reject_rest(rest, Reason::InvalidJson, json::message(&error), out);
                }
                return text.len();
            }
        }
    }
    json::after_closing(text, end, b']').unwrap_or(text.len())
}

fn record(json: &str, index: usize) -> Result<Record<'_>, Rejected<'_>> {
    if !json.starts_with('{') {
        return Err(Rejected {
            index,
            bytes: json.as_bytes(),
            reason: Reason::NotARecord,
            detail: "an element of `records` that is not an object".into(),
        });
    }
    match fields(json) {
        Ok((fields, _)) => Ok(Record { index, json, fields }),
        Err(error) => Err(Rejected {
            index,
            bytes: json.as_bytes(),
            reason: Reason::InvalidJson,
            detail: json::message(&error),
        }),
    }
}

fn reject_rest<'a>(rest: &'a str, reason: Reason, detail: String, out: &mut Decoded<'a>) -> usize {
    out.push(Err(Rejected { index: out.len(), bytes: rest.as_bytes(), reason, detail }));
    rest.len()
}

fn is_records(field: &Field<'_>) -> bool {
    field.key == "records" && field.json.starts_with('[')
}

/// Where the array of an envelope begins that cannot be read to its end.
fn records_array_start(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('{')?.trim_start().strip_prefix("\"records\"")?;
    let array = inside.trim_start().strip_prefix(':')?.trim_start();
    array.starts_with('[').then(|| text.len() - array.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(body: &str) -> Vec<Result<String, (Reason, String)>> {
        decode(body.as_bytes())
            .into_iter()
            .map(|item| match item {
                Ok(record) => Ok(record.json.to_owned()),
                Err(rejected) => {
                    Err((rejected.reason, String::from_utf8(rejected.bytes.to_vec()).unwrap()))
                }
            })
            .collect()
    }

    #[test]
    fn every_shape_of_body_gives_its_records() {
        let two = vec![Ok(r#"{"a":1}"#.to_owned()), Ok(r#"{"b":[2]}"#.to_owned())];
        assert_eq!(shape(r#"{"records":[{"a":1},{"b":[2]}]}"#), two);
        assert_eq!(shape(r#" { "records" : [ {"a":1} , {"b":[2]} ] } "#), two);
        assert_eq!(shape(r#"[{"a":1},{"b":[2]}]"#), two);
        assert_eq!(shape("{\"a\":1}\n{\"b\":[2]}\n"), two);
        assert_eq!(shape("\u{feff}{\"records\":[{\"a\":1}]}\r\n[{\"b\":[2]}]"), two);
        assert_eq!(shape(r#"{"records":[]}"#), vec![]);
        assert_eq!(shape("  "), vec![]);
    }

    #[test]
    fn a_truncated_body_keeps_its_good_records() {
        assert_eq!(
            shape(r#"{"records":[{"a":1},{"b":2},{"c":"cut"#),
            vec![
                Ok(r#"{"a":1}"#.to_owned()),
                Ok(r#"{"b":2}"#.to_owned()),
                Err((Reason::InvalidJson, r#"{"c":"cut"#.to_owned())),
            ]
        );
    }

    #[test]
    fn what_is_not_a_record_is_rejected_with_its_bytes() {
        assert_eq!(shape("nonsense"), vec![Err((Reason::InvalidJson, "nonsense".into()))]);
        assert_eq!(shape(r#"[7]"#), vec![Err((Reason::NotARecord, "7".into()))]);
        let body = b"{\"records\":[{\"a\":\"\xff\"}]}";
        let rejected = decode(body).remove(0).unwrap_err();
        assert_eq!((rejected.reason, rejected.bytes), (Reason::InvalidUtf8, body.as_slice()));
        assert_eq!(rejected.detail, "not UTF-8 at byte 18");
    }

    #[test]
    fn what_follows_a_value_is_not_lost() {
        assert_eq!(
            shape(r#"{"a":1} trailing"#),
            vec![Ok(r#"{"a":1}"#.to_owned()), Err((Reason::InvalidJson, "trailing".into()))]
        );
        assert_eq!(
            shape(r#"{"records":[{"a":1}]} ]"#),
            vec![Ok(r#"{"a":1}"#.to_owned()), Err((Reason::InvalidJson, "]".into()))]
        );
    }

    #[test]
    fn the_category_is_found_in_any_case() {
        for body in [r#"{"category":"AuditLogs"}"#, r#"{"Category":"AuditLogs"}"#] {
            let decoded = decode(body.as_bytes());
            assert_eq!(decoded[0].as_ref().unwrap().category().unwrap(), "AuditLogs");
        }
    }
}
