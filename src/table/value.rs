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
            let value: f64 = member.text()?.parse().ok()?;
            value.is_finite().then_some(Value::Real(value))
        }
        ColumnType::Boolean => match &*member.text()? {
            "true" | "True" => Some(Value::Boolean(true)),
            "false" | "False" => Some(Value::Boolean(false)),
            _ => None,
        },
        ColumnType::Time => parse_time(&member.text()?).map(Value::Time),
        ColumnType::Binary => None,
    }
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
