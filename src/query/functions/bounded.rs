//! Functions that make much out of little, with an end: `repeat('x', 1000000000)`.
//!
//! What a function returns is not counted against the memory of a query, so these are asked
//! beforehand how much it will be.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _};
use arrow::compute::cast;
use arrow::compute::kernels::concat_elements::concat_elements_utf8;
use arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

/// Bytes that one call may make of a batch of rows.
const LIMIT: f64 = (128 << 20) as f64;

/// How much a function makes of its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Growth {
    /// The first, as often as the second says.
    Repeated,
    /// As many bytes or values as the second says.
    Sized,
    /// The numbers from the first to the second, or from 0 to the only one.
    Counted,
    /// The first, with the third in the place of the second.
    Replaced,
    /// The first, with the third in the place of what a pattern finds, which may be each of its letters.
    Rewritten,
    /// All of them, one after the other.
    Joined,
    /// All but the first, with the first between them.
    JoinedBy,
    /// The values of the first, with the second between them.
    ListJoined,
}

const BOUNDED: &[(&str, Growth)] = &[
    ("repeat", Growth::Repeated),
    ("array_repeat", Growth::Repeated),
    ("lpad", Growth::Sized),
    ("rpad", Growth::Sized),
    ("array_resize", Growth::Sized),
    ("range", Growth::Counted),
    ("generate_series", Growth::Counted),
    ("replace", Growth::Replaced),
    ("regexp_replace", Growth::Rewritten),
    ("concat", Growth::Joined),
    ("array_concat", Growth::Joined),
    ("concat_ws", Growth::JoinedBy),
    ("array_to_string", Growth::ListJoined),
];

/// The bounded ones in the place of DataFusion's own.
pub(super) fn all(find: impl Fn(&str) -> Option<Arc<ScalarUDF>>) -> Vec<ScalarUDF> {
    let bounded = |(name, growth): &(&str, Growth)| {
        let inner = find(name)?;
        Some(ScalarUDF::from(Bounded { inner, growth: *growth }))
    };
    BOUNDED.iter().filter_map(bounded).collect()
}

/// What `||` does with text, of which an operator of DataFusion's own would make as much as it is told to.
pub(in crate::query) fn joined() -> Arc<ScalarUDF> {
    let inner = Joined(Signature::string(2, Volatility::Immutable));
    let bounded = Bounded { inner: Arc::new(ScalarUDF::from(inner)), growth: Growth::Joined };
    Arc::new(ScalarUDF::from(bounded))
}

/// Two texts, one after the other; null if one of them is.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Joined(Signature);

impl ScalarUDFImpl for Joined {
    fn name(&self) -> &'static str {
        "string_concat"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let text = |at: usize| -> Result<ArrayRef> {
            Ok(cast(&args.args[at].to_array(args.number_rows)?, &DataType::Utf8)?)
        };
        let (left, right) = (text(0)?, text(1)?);
        let joined = concat_elements_utf8(left.as_string::<i32>(), right.as_string::<i32>())?;
        Ok(ColumnarValue::Array(Arc::new(joined)))
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    growth: Growth,
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(types)
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        match self.growth {
            // They join what is known beforehand, and nobody asks how much that is.
            Growth::Joined | Growth::JoinedBy => Ok(ExprSimplifyResult::Original(args)),
            _ => self.inner.simplify(args, info),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_scalar = |value: &ColumnarValue| matches!(value, ColumnarValue::Scalar(_));
        let rows = if args.args.iter().all(is_scalar) { 1 } else { args.number_rows };
        let bytes: f64 = (0..rows).map(|row| self.growth.bytes(&args.args, row)).sum();
        if bytes > LIMIT {
            return plan_err!(
                "{} would make {:.0} MB of {rows} rows, and may make {:.0} MB",
                self.name(),
                bytes / f64::from(1 << 20),
                LIMIT / f64::from(1 << 20)
            );
        }
        self.inner.invoke_with_args(args)
    }
}

impl Growth {
    fn bytes(self, args: &[ColumnarValue], row: usize) -> f64 {
        let number = |at: usize| args.get(at).and_then(|value| number(value, row));
        let length = |at: usize| args.get(at).map_or(0.0, |value| length(value, row));
        match self {
            Self::Repeated => length(0).max(1.0) * number(1).unwrap_or(0.0).max(0.0),
            Self::Sized => number(1).unwrap_or(0.0).max(0.0),
            Self::Counted => {
                let (first, last) = match number(1) {
                    Some(last) => (number(0).unwrap_or(0.0), last),
                    None => (0.0, number(0).unwrap_or(0.0)),
                };
                let step = number(2).unwrap_or(1.0).abs().max(1.0);
                8.0 * ((last - first).abs() / step)
            }
            Self::Replaced => {
                let found = length(0) / length(1).max(1.0);
                length(0) + found * length(2)
            }
            Self::Rewritten => {
                let is_everywhere = args.get(3).is_some_and(|flags| is_global(flags, row));
                let found = if is_everywhere { length(0) + 1.0 } else { 1.0 };
                // Patterns find a small part of that mostly.
                (length(0) + found * length(2)) / 4.0
            }
            Self::Joined => (0..args.len()).map(length).sum(),
            Self::JoinedBy => (1..args.len()).map(|at| length(at) + length(0)).sum(),
            Self::ListJoined => {
                let values = args.first().map_or(0.0, |list| values(list, row));
                length(0) + values * length(1)
            }
        }
    }
}

/// Whether the flags of a pattern say that all places count, and not only the first.
fn is_global(flags: &ColumnarValue, row: usize) -> bool {
    match flags {
        ColumnarValue::Scalar(scalar) => {
            scalar.try_as_str().flatten().is_some_and(|flags| flags.contains('g'))
        }
        ColumnarValue::Array(array) => match ScalarValue::try_from_array(array, row) {
            Ok(flags) => flags.try_as_str().flatten().is_some_and(|flags| flags.contains('g')),
            Err(_) => true,
        },
    }
}

/// How many values the list of a row has.
fn values(list: &ColumnarValue, row: usize) -> f64 {
    let array = match list {
        ColumnarValue::Scalar(scalar) => scalar.to_array().ok(),
        ColumnarValue::Array(array) => Some(array.slice(row, 1)),
    };
    let count = |array: ArrayRef| match array.data_type() {
        DataType::List(_) => array.as_list::<i32>().value(0).len(),
        DataType::LargeList(_) => array.as_list::<i64>().value(0).len(),
        DataType::FixedSizeList(..) => array.as_fixed_size_list().value(0).len(),
        _ => 0,
    };
    array.map_or(0, count) as f64
}

/// A number of a row; times are their microseconds, and so are spans.
fn number(value: &ColumnarValue, row: usize) -> Option<f64> {
    let scalar = match value {
        ColumnarValue::Scalar(scalar) => scalar.clone(),
        ColumnarValue::Array(array) => ScalarValue::try_from_array(array, row).ok()?,
    };
    if let ScalarValue::IntervalMonthDayNano(Some(span)) = scalar {
        let days = f64::from(span.months) * 30.0 + f64::from(span.days);
        return Some(days * 86.4e9 + span.nanoseconds as f64 / 1e3);
    }
    let micros = DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None);
    let scalar = match scalar.data_type() {
        kind if kind.is_temporal() => scalar.cast_to(&micros).ok()?,
        _ => scalar,
    };
    let array = cast(&scalar.to_array().ok()?, &DataType::Int64).ok()?;
    let array = array.as_primitive::<Int64Type>();
    array.is_valid(0).then(|| array.value(0) as f64)
}

/// Bytes of the text of a row; of anything else those of a value.
fn length(value: &ColumnarValue, row: usize) -> f64 {
    let bytes = match value {
        ColumnarValue::Scalar(scalar) => match scalar.try_as_str() {
            Some(text) => text.map_or(0, str::len),
            None => scalar.size(),
        },
        ColumnarValue::Array(array) => match array.data_type() {
            DataType::Utf8 => array.as_string::<i32>().value(row).len(),
            DataType::LargeUtf8 => array.as_string::<i64>().value(row).len(),
            DataType::Utf8View => array.as_string_view().value(row).len(),
            DataType::List(_) => {
                let values = array.as_list::<i32>().value(row).to_data();
                values.get_slice_memory_size().unwrap_or_default()
            }
            _ => array.get_array_memory_size() / array.len().max(1),
        },
    };
    bytes as f64
}
