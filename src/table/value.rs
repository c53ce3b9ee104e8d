//! A JSON value as the value of a column, when it fits without loss.

use std::borrow::Cow;

use super::ColumnType;
use crate::decode::{Kind, Member, is_json, parse_time};

/// A value on its way into a column.
pub(super) enum Value<'a> {
    Text(Cow<'a, str>),
    Long(i64),
    Real(f64),
    Boolean(bool),
    Time(i64),
}

/// A value as its column's type; `None` when it does not fit without loss.
pub(super) fn convert<'a>(member: &Member<'a>, kind: ColumnType) -> Option<Value<'a>> {
    match kind {
        ColumnType::Text => match member.kind {
            Kind::Object | Kind::Array => Some(Value::Text(Cow::Borrowed(member.json))),
            _ => member.text().map(Value::Text),
        },
        ColumnType::Dynamic if member.kind == Kind::Null => None,
        ColumnType::Dynamic => Some(Value::Text(dynamic(member))),
        ColumnType::Long => {
            let text = member.text()?;
            let value: i64 = text.parse().ok()?;
            (value.to_string() == text).then_some(Value::Long(value))
        }
        ColumnType::Real => {
            let text = member.text()?;
            let value: f64 = text.parse().ok()?;
            is_exact(&text, value).then_some(Value::Real(value))
        }
        ColumnType::Boolean => match &*member.text()? {
            // As JSON, Python and the portal's CSV write it.
            "true" | "True" | "TRUE" => Some(Value::Boolean(true)),
            "false" | "False" | "FALSE" => Some(Value::Boolean(false)),
            _ => None,
        },
        ColumnType::Time => parse_time(&member.text()?).map(Value::Time),
        ColumnType::Binary => None,
    }
}

/// Whether the number keeps every digit of its text: up to 15 always fit.
fn is_exact(text: &str, value: f64) -> bool {
    const ALWAYS_EXACT: usize = 15;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    value.is_finite() && (digits <= ALWAYS_EXACT || value.to_string() == text)
}

/// Dynamic columns hold JSON: a string that itself holds an object or array is that value.
fn dynamic<'a>(member: &Member<'a>) -> Cow<'a, str> {
    if matches!(member.kind, Kind::Text | Kind::EscapedText)
        && let Some(text) = member.text()
        && text.starts_with(['{', '['])
        && is_json(&text)
    {
        return text;
    }
    Cow::Borrowed(member.json)
}
