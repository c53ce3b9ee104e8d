//! Parameters of saved queries: their types, and texts as values of these types.

use std::fmt;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use chrono::{DateTime, Utc};
use datafusion::common::utils::SingleRowListArrayBuilder;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::period::{Period, instant};
use crate::query::{ScalarValue, time_value};

/// A value that a saved query is given when it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// `name` of `$name`.
    pub name: String,
    /// What it is.
    pub kind: Type,
    /// The value of one that is left out, as the file has it; `None` when it must be given.
    pub default: Option<Value>,
    /// What it means.
    pub meaning: String,
}

/// Types of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// One value.
    One(Scalar),
    /// Any number of values.
    List(Scalar),
}

/// Types of single values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// Text.
    String,
    /// A whole number of 64 bits.
    Int,
    /// A number.
    Real,
    /// `true` or `false`.
    Bool,
    /// An instant: RFC 3339, a day for its beginning, or `7d` for so long before now.
    Datetime,
    /// A span of time: `1h`, `7d`.
    Timespan,
}

const SCALARS: [(Scalar, &str); 6] = [
    (Scalar::String, "string"),
    (Scalar::Int, "int"),
    (Scalar::Real, "real"),
    (Scalar::Bool, "bool"),
    (Scalar::Datetime, "datetime"),
    (Scalar::Timespan, "timespan"),
];

impl Parameter {
    /// The value that stands for a parameter that is left out; `None` when it must be given.
    ///
    /// # Errors
    /// The default is not of the type.
    pub fn default_value(&self, now: DateTime<Utc>) -> Result<Option<ScalarValue>, String> {
        self.default.as_ref().map(|default| self.kind.of_yaml(default, now)).transpose()
    }
}

impl Type {
    /// The value that a text of the command line is.
    ///
    /// # Errors
    /// What is wrong with it and what to write.
    pub fn of_text(self, text: &str, now: DateTime<Utc>) -> Result<ScalarValue, String> {
        match self {
            Self::One(scalar) => scalar.of_text(text, now),
            Self::List(scalar) if text.trim_start().starts_with('[') => {
                let values: Vec<Value> = serde_json::from_str(text).map_err(|error| {
                    format!("{text:?} is no list: {error}; write FIRST,SECOND or a JSON array")
                })?;
                scalar.list(values.iter().map(|value| scalar.of_yaml(value, now)))
            }
            Self::List(scalar) => {
                scalar.list(text.split(',').map(|value| scalar.of_text(value.trim(), now)))
            }
        }
    }

    /// A text that is a value of the type.
    pub(super) fn example(self) -> &'static str {
        match self {
            // Some must be an address, and any text may be one.
            Self::One(Scalar::String) | Self::List(Scalar::String) => "198.51.100.1",
            Self::One(Scalar::Int) | Self::List(Scalar::Int) => "1",
            Self::One(Scalar::Real) | Self::List(Scalar::Real) => "0.5",
            Self::One(Scalar::Bool) | Self::List(Scalar::Bool) => "true",
            Self::One(_) | Self::List(_) => "1d",
        }
    }

    fn of_yaml(self, value: &Value, now: DateTime<Utc>) -> Result<ScalarValue, String> {
        match (self, value) {
            (_, Value::Null) => {
                ScalarValue::try_from(&self.data_type()).map_err(|error| error.to_string())
            }
            (Self::One(scalar), value) => scalar.of_yaml(value, now),
            (Self::List(scalar), Value::Array(values)) => {
                scalar.list(values.iter().map(|value| scalar.of_yaml(value, now)))
            }
            (Self::List(_), other) => Err(format!("{other} is no list")),
        }
    }

    fn data_type(self) -> DataType {
        match self {
            Self::One(scalar) => scalar.data_type(),
            Self::List(scalar) => DataType::new_list(scalar.data_type(), true),
        }
    }
}

impl Scalar {
    fn name(self) -> &'static str {
        SCALARS.iter().find(|(scalar, _)| *scalar == self).map_or("", |(_, name)| name)
    }

    fn data_type(self) -> DataType {
        match self {
            Self::String => DataType::Utf8,
            Self::Int => DataType::Int64,
            Self::Real => DataType::Float64,
            Self::Bool => DataType::Boolean,
            Self::Datetime => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Timespan => DataType::Interval(IntervalUnit::MonthDayNano),
        }
    }

    fn of_text(self, text: &str, now: DateTime<Utc>) -> Result<ScalarValue, String> {
        match self {
            // A shell variable that is not set gives this, and a query that finds nothing misleads.
            Self::String if text.is_empty() => {
                Err("it is empty; leave the parameter out where it has a default".into())
            }
            Self::String => Ok(ScalarValue::from(text)),
            Self::Int => text
                .parse::<i64>()
                .map(ScalarValue::from)
                .map_err(|_| format!("{text:?} is no int; write a whole number such as 5")),
            Self::Real => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(ScalarValue::from(number)),
                _ => Err(format!("{text:?} is no real; write a number such as 0.5")),
            },
            Self::Bool => text
                .parse::<bool>()
                .map(ScalarValue::from)
                .map_err(|_| format!("{text:?} is no bool; write true or false")),
            Self::Datetime => instant(text, now).map(time_value),
            Self::Timespan => {
                let nanoseconds =
                    Period::parse(text).and_then(|span| span.delta().num_nanoseconds());
                nanoseconds
                    .map(|nanoseconds| ScalarValue::new_interval_mdn(0, 0, nanoseconds))
                    .ok_or_else(|| format!("{text:?} is no timespan; write 30m, 24h or 7d"))
            }
        }
    }

    fn of_yaml(self, value: &Value, now: DateTime<Utc>) -> Result<ScalarValue, String> {
        match (self, value) {
            (Self::String | Self::Datetime | Self::Timespan, Value::String(text)) => {
                self.of_text(text, now)
            }
            (Self::Int | Self::Real, Value::Number(number)) => {
                self.of_text(&number.to_string(), now)
            }
            (Self::Bool, Value::Bool(truth)) => Ok(ScalarValue::from(*truth)),
            _ => Err(format!("{value} is no {}", self.name())),
        }
    }

    fn list(
        self,
        values: impl Iterator<Item = Result<ScalarValue, String>>,
    ) -> Result<ScalarValue, String> {
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let values: ArrayRef = if values.is_empty() {
            arrow::array::new_empty_array(&self.data_type())
        } else {
            ScalarValue::iter_to_array(values).map_err(|error| error.to_string())?
        };
        Ok(SingleRowListArrayBuilder::new(values).build_list_scalar())
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(scalar) => f.write_str(scalar.name()),
            Self::List(scalar) => write!(f, "list of {}", scalar.name()),
        }
    }
}

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (is_list, name) = match text.strip_prefix("list of ") {
            Some(name) => (true, name),
            None => (false, text.as_str()),
        };
        let scalar = SCALARS.iter().find(|(_, known)| *known == name).ok_or_else(|| {
            let known: Vec<_> = SCALARS.iter().map(|(_, known)| *known).collect();
            let known = known.join(", ");
            D::Error::custom(format!(
                "{text:?} is no type; write one of {known}, or list of string"
            ))
        })?;
        Ok(if is_list { Self::List(scalar.0) } else { Self::One(scalar.0) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-01-08T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_text_is_a_value_of_its_type_or_an_error_that_says_what_to_write() {
        for (scalar, right, wrong) in [
            (Scalar::Int, "-5", "five"),
            (Scalar::Int, "9223372036854775807", "9223372036854775808"),
            (Scalar::Int, "0", "1.5"),
            (Scalar::Real, "0.5", "half"),
            (Scalar::Real, "1e3", "NaN"),
            (Scalar::Real, "-1", "inf"),
            (Scalar::Bool, "true", "yes"),
            (Scalar::Datetime, "7d", "last week"),
            (Scalar::Datetime, "2026-01-01T00:00:00+01:00", "2026-01-01T00:00"),
            (Scalar::Datetime, "2026-01-01", "2026-02-30"),
            (Scalar::Timespan, "24h", "24"),
            (Scalar::String, "' OR 1=1 --", ""),
        ] {
            let value = scalar.of_text(right, now()).unwrap();
            assert_eq!(value.data_type(), scalar.data_type(), "{right}");
            let error = scalar.of_text(wrong, now()).unwrap_err();
            assert!(error.contains("write") || wrong.is_empty(), "{error}");
        }
    }

    #[test]
    fn a_list_is_written_with_commas_or_as_json_when_a_value_has_one() {
        let list =
            |text: &str| Type::List(Scalar::String).of_text(text, now()).map(|v| v.to_string());
        assert_eq!(list("a, b").unwrap(), list(r#"["a","b"]"#).unwrap());
        assert_ne!(list(r#"["a,b"]"#).unwrap(), list("a,b").unwrap());
        assert!(list("a,,b").is_err());
        assert!(list("[a").unwrap_err().contains("JSON"));
        assert!(list("[1]").unwrap_err().contains("1 is no string"));
        assert!(Type::List(Scalar::Int).of_text("1,two", now()).unwrap_err().contains("\"two\""));
    }

    #[test]
    fn null_and_an_empty_list_are_values_of_the_type_too() {
        for (scalar, _) in SCALARS {
            for kind in [Type::One(scalar), Type::List(scalar)] {
                let null = kind.of_yaml(&Value::Null, now()).unwrap();
                assert!(null.is_null(), "{kind}");
                assert_eq!(null.data_type(), kind.data_type(), "{kind}");
            }
            let empty = Type::List(scalar).of_yaml(&json!([]), now()).unwrap();
            assert!(!empty.is_null());
            assert_eq!(empty.data_type(), Type::List(scalar).data_type());
        }
    }
}
