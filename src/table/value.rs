//! JSON text to the value of a column, when it fits without loss.

use std::borrow::Cow;

use super::ColumnType;
use crate::decode::{is_too_deep, parse_time, text_of};

/// A JSON value as its column's type; `None` when it does not fit without loss.
pub(super) fn convert(json: &str, kind: ColumnType) -> Option<Value<'_>> {
    match kind {
        ColumnType::Text => Some(Value::Text(match json.as_bytes().first()? {
            b'{' | b'[' => Cow::Borrowed(json),
            _ => text_of(json)?,
        })),
        ColumnType::Dynamic => Some(Value::Text(dynamic(json))),
        ColumnType::Long => {
            let text = text_of(json)?;
            let value: i64 = text.parse().ok()?;
            (value.to_string() == text).then_some(Value::Long(value))
        }
        ColumnType::Real => {
            let value: f64 = text_of(json)?.parse().ok()?;
            value.is_finite().then_some(Value::Real(value))
        }
        ColumnType::Boolean => match &*text_of(json)? {
            "true" | "True" => Some(Value::Boolean(true)),
            "false" | "False" => Some(Value::Boolean(false)),
            _ => None,
        },
        ColumnType::Time => parse_time(&text_of(json)?).map(Value::Time),
        ColumnType::Binary => None,
    }
}

/// Dynamic columns hold JSON: a string that itself holds an object or array is that value.
fn dynamic(json: &str) -> Cow<'_, str> {
    if json.starts_with('"')
        && let Some(text) = text_of(json)
        && text.starts_with(['{', '['])
        && !is_too_deep(&text)
        && serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok()
    {
        return text;
    }
    Cow::Borrowed(json)
}

/// A value on its way into a column.
pub(super) enum Value<'a> {
    Text(Cow<'a, str>),
    Long(i64),
    Real(f64),
    Boolean(bool),
    Time(i64),
}
