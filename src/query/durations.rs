//! Lengths of time held against intervals: `TimeGenerated - Before > INTERVAL '1 day'`.
//!
//! The difference of two times is a duration. DataFusion makes an interval of it to compare the two, with no days in
//! it however long it is, and intervals are compared by their months and days first: thirty days would be less than
//! one. So the interval is made a duration instead.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, DurationMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
};
use datafusion::common::{DFSchema, Result, exec_datafusion_err};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};

use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable as _, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility,
};
use datafusion::sql::sqlparser::ast::BinaryOperator;

const MICROS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Compares durations with intervals as durations.
#[derive(Debug)]
pub(super) struct Durations {
    length: Arc<ScalarUDF>,
}

impl Durations {
    pub(super) fn new() -> Self {
        let length = Length { signature: Signature::any(1, Volatility::Immutable) };
        Self { length: Arc::new(ScalarUDF::from(length)) }
    }

    fn length(&self, interval: Expr) -> Expr {
        let args = vec![interval];
        Expr::ScalarFunction(ScalarFunction { func: Arc::clone(&self.length), args })
    }
}

impl ExprPlanner for Durations {
    fn plan_binary_op(
        &self,
        mut expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
        if matches!(expr.op, Eq | NotEq | Lt | LtEq | Gt | GtEq) {
            let kind = |expr: &Expr| expr.get_type(schema).unwrap_or(DataType::Null);
            match (kind(&expr.left), kind(&expr.right)) {
                (DataType::Duration(_), DataType::Interval(_)) => {
                    expr.right = self.length(expr.right);
                }
                (DataType::Interval(_), DataType::Duration(_)) => {
                    expr.left = self.length(expr.left);
                }
                _ => {}
            }
        }
        Ok(PlannerResult::Original(expr))
    }
}

/// An interval as a duration; a month has no length.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Length {
    signature: Signature,
}

impl ScalarUDFImpl for Length {
    fn name(&self) -> &'static str {
        "length_of_interval"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Duration(TimeUnit::Microsecond))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let intervals = args.args[0].to_array(args.number_rows)?;
        let intervals = cast(&intervals, &DataType::Interval(IntervalUnit::MonthDayNano))?;
        let lengths = intervals
            .as_primitive::<IntervalMonthDayNanoType>()
            .iter()
            .map(|interval| {
                let Some(interval) = interval else { return Ok(None) };
                if interval.months != 0 {
                    return Err(exec_datafusion_err!(
                        "a length of time is compared with an interval of months, which are not all as long: \
                         write days"
                    ));
                }
                Ok(length(interval))
            })
            .collect::<Result<DurationMicrosecondArray>>()?;
        let lengths: ArrayRef = Arc::new(lengths);
        if args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_))) {
            let scalar = datafusion::scalar::ScalarValue::try_from_array(&lengths, 0)?;
            return Ok(ColumnarValue::Scalar(scalar));
        }
        Ok(ColumnarValue::Array(lengths))
    }
}

/// Microseconds of the days and the time of an interval; `None` if there are too many.
pub(super) fn length(interval: IntervalMonthDayNano) -> Option<i64> {
    i64::from(interval.days).checked_mul(MICROS_PER_DAY)?.checked_add(interval.nanoseconds / 1_000)
}
