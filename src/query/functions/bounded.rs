//! Functions that make much out of little, with an end: `repeat('x', 1000000000)`.
//!
//! What a function returns is not counted against the memory of a query, so these are asked
//! beforehand how much it will be.

use std::sync::Arc;

use arrow::array::Array as _;
use arrow::array::AsArray as _;
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
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
];

/// The bounded ones in the place of DataFusion's own.
pub(super) fn all(find: impl Fn(&str) -> Option<Arc<ScalarUDF>>) -> Vec<ScalarUDF> {
    let bounded = |(name, growth): &(&str, Growth)| {
        let inner = find(name)?;
        Some(ScalarUDF::from(Bounded { inner, growth: *growth }))
    };
    BOUNDED.iter().filter_map(bounded).collect()
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
        self.inner.simplify(args, info)
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
        }
    }
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
            _ => array.get_array_memory_size() / array.len().max(1),
        },
    };
    bytes as f64
}
