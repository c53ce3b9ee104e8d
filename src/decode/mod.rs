//! Message bodies to records.
//!
//! A body that Azure diagnostic settings put into Event Hubs is `{"records":[…]}`; exports and
//! forwarders also send bare arrays, single records and several values one after the other. What
//! cannot be read is handed on as [`Rejected`] with its bytes, so that nothing is dropped here:
//! the good records of a body that was cut off are kept, a record that is broken in itself is
//! repaired or rejected alone, and only what follows a place without an end is rejected as a whole.
//!
//! | file | is |
//! |---|---|
//! | `scan` | JSON text in one pass, with its depth bounded |
//! | `body` | envelopes, arrays and records in a body |
//! | `record` | what came out of it |
//! | `repair` | JSON that was broken on its way |
//! | `path` | values at known paths of a JSON text |
//! | `objects` | the objects in a JSON array |
//! | `json`, `time` | scalars as text, and as time |

mod body;
mod json;
mod objects;
mod path;
mod record;
mod repair;
mod scan;
mod time;

pub use json::{is_json, text_of};
pub use objects::objects;
pub use path::{Found, Step, find};
pub use record::{Decoded, Fields, Member, Record};
pub use scan::Kind;
pub use time::parse_time;

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
pub fn decode(body: &[u8]) -> Decoded<'_> {
    Decoded::of(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(body: &str) -> Vec<Result<String, (Reason, String)>> {
        decode(body.as_bytes())
            .iter()
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
    }

    #[test]
    fn a_record_that_is_broken_in_itself_is_rejected_alone() {
        let body = b"{\"records\":[{\"a\":\"\xff\"},{\"b\":1}]}";
        let decoded = decode(body);
        let rejected = decoded.iter().next().unwrap().unwrap_err();
        let bytes: &[u8] = b"{\"a\":\"\xff\"}";
        assert_eq!((rejected.reason, rejected.bytes), (Reason::InvalidUtf8, bytes));
        assert_eq!(rejected.detail, "not UTF-8 at byte 18");
        assert_eq!(decoded.iter().nth(1).unwrap().unwrap().json, r#"{"b":1}"#);
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        assert_eq!(
            shape(&format!(r#"[{{"a":01}},{deep},{{"b":2}},7]"#)),
            vec![
                Err((Reason::InvalidJson, r#"{"a":01}"#.to_owned())),
                Err((Reason::TooDeep, deep)),
                Ok(r#"{"b":2}"#.to_owned()),
                Err((Reason::NotARecord, "7".to_owned())),
            ]
        );
    }

    #[test]
    fn what_was_broken_on_its_way_is_repaired() {
        let a = vec![Ok(r#"{"a":"x\ny"}"#.to_owned()), Ok(r#"{"b":2}"#.to_owned())];
        assert_eq!(shape("{\"records\":[{\"a\":\"x\ny\"},{\"b\":2}]}"), a);
        assert_eq!(shape("{'records':[{'a':'x\ny'},{'b':2}]}"), a);
        assert_eq!(shape("{'a':'x\ny'}\n{\"b\":2}"), a);
        assert_eq!(shape("{'a':nonsense}")[0], Err((Reason::InvalidJson, "{'a':nonsense}".into())));
    }

    #[test]
    fn what_stands_beside_the_records_is_kept_too() {
        let decoded = shape(r#"{"count":1,"none":null,"records":[{"a":1}],"next":{"b":2}}"#);
        let beside = |text: &str| Err((Reason::NotARecord, text.to_owned()));
        let expected =
            vec![beside(r#""count":1"#), Ok(r#"{"a":1}"#.to_owned()), beside(r#""next":{"b":2}"#)];
        assert_eq!(decoded, expected);
        // Found by fuzzing.
        let decoded = shape(r#"{"a":1,"properties":{"b":1},"c":2,"records":[{"a":1}]}"#);
        let expected = [r#""a":1"#, r#""properties":{"b":1}"#, r#""c":2"#].map(beside);
        assert_eq!((&decoded[..3], decoded.len()), (&expected[..], 4));
    }

    #[test]
    fn properties_are_walked_also_inside_text() {
        let body = br#"{"a":1,"Properties":{"b":2,"c":[3]}}{"a":1,"properties":"{\"b\":2}"}"#;
        let decoded = decode(body);
        for record in decoded.iter() {
            let record = record.unwrap();
            assert_eq!(record.fields.iter().map(|f| f.raw_key).collect::<Vec<_>>(), ["a"]);
            let b = record.properties.get(0).unwrap();
            assert_eq!((b.raw_key, b.json, b.kind), ("b", "2", Kind::Number));
        }
    }

    #[test]
    fn a_place_is_counted_in_the_body() {
        let decoded = decode(br#"{"records":[{"a":1},{"b":!"#);
        let rejected = decoded.iter().nth(1).unwrap().unwrap_err();
        assert_eq!(rejected.detail, "unexpected `!` at byte 25");
    }

    #[test]
    fn hostile_bodies_cost_no_stack() {
        for opening in ["[", "{\"a\":", "[{\"records\":[", "{\"records\":["] {
            let body = opening.repeat((1 << 20) / opening.len());
            let decoded = decode(body.as_bytes());
            let rejected: Vec<_> = decoded.iter().filter_map(Result::err).collect();
            assert_eq!(rejected.len(), 1, "{opening}");
            assert_eq!(rejected[0].reason, Reason::TooDeep, "{opening}");
        }
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

    /// Found by fuzzing: white space of ASCII that is none of JSON.
    #[test]
    fn a_form_feed_is_no_white_space() {
        assert_eq!(shape("[\u{c} "), vec![Err((Reason::InvalidJson, "\u{c}".into()))]);
        assert_eq!(shape("{\"a\":1}\u{c}").len(), 2);
    }

    #[test]
    fn the_category_is_found_in_any_case() {
        for body in [r#"{"category":"AuditLogs"}"#, r#"{"Category":"AuditLogs"}"#] {
            let decoded = decode(body.as_bytes());
            let record = decoded.iter().next().unwrap().unwrap();
            assert_eq!(record.category().unwrap(), "AuditLogs");
        }
    }
}
