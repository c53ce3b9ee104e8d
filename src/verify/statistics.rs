//! Whether the rows of a file are as the statistics of the log claim.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::compute::{max, max_boolean, max_string, min, min_boolean, min_string};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What the log claims of a file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Claims {
    pub(super) num_records: Option<u64>,
    min_values: Map<String, Value>,
    max_values: Map<String, Value>,
    null_count: Map<String, Value>,
    tight_bounds: Option<bool>,
}

impl Claims {
    /// The columns that something is claimed of.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        let columns = self.min_values.keys().chain(self.max_values.keys());
        columns.chain(self.null_count.keys()).map(String::as_str)
    }

    /// What is wrong about what is claimed of a column.
    pub(super) fn check(&self, column: &str, seen: &Seen) -> Option<String> {
        let is_tight = self.tight_bounds.unwrap_or(true);
        if let Some(nulls) = self.null_count.get(column).and_then(Value::as_u64)
            && (is_tight || nulls != 0)
            && nulls != seen.nulls
        {
            return Some(format!("{} nulls of {column} where the log says {nulls}", seen.nulls));
        }
        for (end, claims, bound) in
            [(End::Min, &self.min_values, &seen.min), (End::Max, &self.max_values, &seen.max)]
        {
            let Some(claim) = claims.get(column).filter(|claim| !claim.is_null()) else { continue };
            let holds = bound.as_ref().is_some_and(|bound| bound.fits(claim, end, is_tight));
            if !holds {
                let bound = bound.as_ref().map_or_else(|| "nothing".to_owned(), Bound::to_string);
                let end = if end == End::Min { "least" } else { "greatest" };
                return Some(format!("the {end} {column} is {bound} where the log says {claim}"));
            }
        }
        None
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Min,
    Max,
}

/// What the rows of a column are.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    nulls: u64,
    min: Option<Bound>,
    max: Option<Bound>,
}

/// A value of a column that has an order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Bound {
    /// Microseconds since the epoch.
    Time(i64),
    Long(i64),
    Real(f64),
    Text(String),
    Boolean(bool),
}

/// Delta cuts times in statistics to milliseconds.
const MICROS_CUT: i64 = 999;

/// Characters that writers keep at least of long text: Delta keeps 32.
const LEAST_KEPT: usize = 16;

impl Bound {
    /// Whether a claim is a bound of this value at that end, and no wider one than it has to be.
    fn fits(&self, claim: &Value, end: End, is_tight: bool) -> bool {
        match (self, claim) {
            (Self::Time(micros), Value::String(claim)) => {
                let Ok(claim) = DateTime::parse_from_rfc3339(claim) else { return false };
                let off =
                    (claim.timestamp_micros() - micros) * if end == End::Min { -1 } else { 1 };
                off >= -MICROS_CUT && (!is_tight || off <= MICROS_CUT)
            }
            (Self::Long(value), claim) => {
                claim.as_i64().is_some_and(|claim| in_order(&claim, value, end, is_tight))
            }
            (Self::Real(value), claim) => {
                claim.as_f64().is_some_and(|claim| in_order(&claim, value, end, is_tight))
            }
            (Self::Boolean(value), claim) => {
                claim.as_bool().is_some_and(|claim| in_order(&claim, value, end, is_tight))
            }
            (Self::Text(value), Value::String(claim)) => {
                // Long text is cut; at the upper end a character is put in the place of the rest.
                let kept = match end {
                    End::Min => claim.as_str(),
                    End::Max => claim.char_indices().last().map_or("", |(last, _)| &claim[..last]),
                };
                let is_cut = kept.chars().count() >= LEAST_KEPT && value.starts_with(kept);
                let is_near = claim == value || is_cut;
                in_order(claim, value, end, false) && (!is_tight || is_near)
            }
            _ => false,
        }
    }
}

fn in_order<T: PartialOrd>(claim: &T, value: &T, end: End, is_tight: bool) -> bool {
    let wide = if end == End::Min { Ordering::Less } else { Ordering::Greater };
    match claim.partial_cmp(value) {
        Some(Ordering::Equal) => true,
        order => !is_tight && order == Some(wide),
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Time(micros) => match DateTime::from_timestamp_micros(*micros) {
                Some(time) => write!(f, "{}", time.to_rfc3339()),
                None => write!(f, "{micros}"),
            },
            Self::Long(value) => write!(f, "{value}"),
            Self::Real(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Boolean(value) => write!(f, "{value}"),
        }
    }
}

impl Seen {
    /// Takes in the next rows.
    pub(super) fn add(&mut self, values: &ArrayRef) {
        self.nulls += values.null_count() as u64;
        let (least, greatest) = bounds(values);
        self.min = pick(self.min.take(), least, Ordering::Less);
        self.max = pick(self.max.take(), greatest, Ordering::Greater);
    }

    /// The least and the greatest time, in microseconds since the epoch.
    pub(super) fn times(&self) -> Option<(i64, i64)> {
        match (&self.min, &self.max) {
            (Some(Bound::Time(min)), Some(Bound::Time(max))) => Some((*min, *max)),
            _ => None,
        }
    }
}

fn pick(own: Option<Bound>, other: Option<Bound>, wanted: Ordering) -> Option<Bound> {
    match (own, other) {
        (Some(own), Some(other)) => {
            Some(if other.order(&own) == Some(wanted) { other } else { own })
        }
        (own, other) => own.or(other),
    }
}

impl Bound {
    fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Time(a), Self::Time(b)) | (Self::Long(a), Self::Long(b)) => a.partial_cmp(b),
            (Self::Real(a), Self::Real(b)) => a.partial_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.partial_cmp(b),
            (Self::Boolean(a), Self::Boolean(b)) => a.partial_cmp(b),
            _ => None,
        }
    }
}

fn bounds(values: &ArrayRef) -> (Option<Bound>, Option<Bound>) {
    match values.data_type() {
        DataType::Timestamp(_, _) => {
            let values = values.as_primitive::<TimestampMicrosecondType>();
            (min(values).map(Bound::Time), max(values).map(Bound::Time))
        }
        DataType::Int64 => {
            let values = values.as_primitive::<Int64Type>();
            (min(values).map(Bound::Long), max(values).map(Bound::Long))
        }
        DataType::Float64 => {
            let values = values.as_primitive::<Float64Type>();
            (min(values).map(Bound::Real), max(values).map(Bound::Real))
        }
        DataType::Utf8 => {
            let values = values.as_string::<i32>();
            let text = |text: &str| Bound::Text(text.to_owned());
            (min_string(values).map(text), max_string(values).map(text))
        }
        DataType::Boolean => {
            let values: &BooleanArray = values.as_boolean();
            (min_boolean(values).map(Bound::Boolean), max_boolean(values).map(Bound::Boolean))
        }
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray, TimestampMicrosecondArray};

    use super::*;

    fn claims(text: &str) -> Claims {
        serde_json::from_str(text).unwrap()
    }

    fn seen(values: &ArrayRef) -> Seen {
        let mut seen = Seen::default();
        seen.add(&values.slice(0, 1));
        seen.add(&values.slice(1, values.len() - 1));
        seen
    }

    #[test]
    fn bounds_that_hold_are_no_finding_and_others_are() {
        let numbers =
            seen(&(Arc::new(Int64Array::from(vec![Some(3), None, Some(-1)])) as ArrayRef));
        let right = r#"{"minValues":{"a":-1},"maxValues":{"a":3},"nullCount":{"a":1}}"#;
        assert_eq!(claims(right).check("a", &numbers), None);
        for (wrong, said) in [
            (r#"{"minValues":{"a":0}}"#, "the least a is -1 where the log says 0"),
            (r#"{"minValues":{"a":-2}}"#, "the least a is -1 where the log says -2"),
            (r#"{"maxValues":{"a":4}}"#, "the greatest a is 3 where the log says 4"),
            (r#"{"maxValues":{"a":"x"}}"#, "the greatest a is 3 where the log says \"x\""),
            (r#"{"nullCount":{"a":0}}"#, "1 nulls of a where the log says 0"),
        ] {
            assert_eq!(claims(wrong).check("a", &numbers).as_deref(), Some(said));
        }
        let wide = r#"{"minValues":{"a":-2},"maxValues":{"a":4},"tightBounds":false}"#;
        assert_eq!(claims(wide).check("a", &numbers), None);
    }

    #[test]
    fn times_are_cut_to_milliseconds_and_long_text_to_its_beginning() {
        let times =
            TimestampMicrosecondArray::from(vec![1_700_000_000_123_456, 1_700_000_001_000_001]);
        let times = seen(&(Arc::new(times.with_timezone("UTC")) as ArrayRef));
        let right = r#"{"minValues":{"t":"2023-11-14T22:13:20.123Z"},"maxValues":{"t":"2023-11-14T22:13:21.000Z"}}"#;
        assert_eq!(claims(right).check("t", &times), None);
        assert!(claims(&right.replace("20.123", "20.124")).check("t", &times).is_none());
        assert!(claims(&right.replace("20.123", "20.125")).check("t", &times).is_some());
        assert!(claims(&right.replace("21.000", "20.999")).check("t", &times).is_some());

        let long = "x".repeat(40);
        let texts = seen(&(Arc::new(StringArray::from(vec!["b", long.as_str()])) as ArrayRef));
        let cut = format!(
            r#"{{"minValues":{{"s":"b"}},"maxValues":{{"s":"{}\u007f"}}}}"#,
            "x".repeat(32)
        );
        assert_eq!(claims(&cut).check("s", &texts), None);
        assert!(claims(&cut.replace("\"b\"", "\"c\"")).check("s", &texts).is_some());
        assert!(claims(r#"{"maxValues":{"s":"y"}}"#).check("s", &texts).is_some());
        let none_kept = cut.replace(&"x".repeat(32), "x");
        assert!(claims(&none_kept).check("s", &texts).is_some());
    }
}
