//! Lengths of time held against intervals: `TimeGenerated - Before > INTERVAL '1 day'`.
//!
//! The difference of two times is a duration. DataFusion makes an interval of it to compare the two, with no days in
//! it however long it is, and intervals are compared by their months and days first: thirty days would be less than
//! one. So intervals are made durations instead, and two of them are compared by their lengths, too. The parts of a
//! duration are those of an interval: of 49 hours and a half the hour is 1 and the minute 30.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, DurationMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result, ScalarValue, exec_datafusion_err, plan_err};
use datafusion::logical_expr::expr::{Between, BinaryExpr, InList, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::FunctionRewrite;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable as _, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility, cast as cast_expr, lit,
};

use super::dynamic::is_comparison;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 24 * 60 * 60 * MICROS_PER_SECOND;

/// Days of a month, as `PostgreSQL` compares intervals.
const DAYS_PER_MONTH: i64 = 30;

/// Compares durations and intervals as durations.
#[derive(Debug)]
pub(super) struct Durations {
    /// Of an interval beside a duration.
    length: Arc<ScalarUDF>,
    /// Of an interval beside another one.
    about: Arc<ScalarUDF>,
}

impl Durations {
    pub(super) fn new() -> Self {
        let function = |has_months| {
            let signature = Signature::any(1, Volatility::Immutable);
            Arc::new(ScalarUDF::from(Length { has_months, signature }))
        };
        Self { length: function(false), about: function(true) }
    }

    /// Values that are held against each other, as durations; `None` if there is no interval among them, or anything
    /// else.
    fn lengths(&self, exprs: &[&Expr], schema: &DFSchema) -> Option<Vec<Expr>> {
        let kinds: Vec<_> =
            exprs.iter().map(|expr| expr.get_type(schema).unwrap_or(DataType::Null)).collect();
        let is_duration = |kind: &DataType| matches!(kind, DataType::Duration(_));
        let is_interval = |kind: &DataType| matches!(kind, DataType::Interval(_));
        let is_length = |kind: &DataType| is_duration(kind) || is_interval(kind) || kind.is_null();
        if !kinds.iter().any(is_interval) || !kinds.iter().all(is_length) {
            return None;
        }
        let function = if kinds.iter().any(is_duration) { &self.length } else { &self.about };
        let length = |(expr, kind): (&&Expr, &DataType)| {
            let expr = (*expr).clone();
            match is_interval(kind) {
                true => Expr::ScalarFunction(ScalarFunction {
                    func: Arc::clone(function),
                    args: vec![expr],
                }),
                false => expr,
            }
        };
        Some(exprs.iter().zip(&kinds).map(length).collect())
    }

    fn rewritten(&self, expr: &Expr, schema: &DFSchema) -> Option<Expr> {
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_comparison(*op) => {
                let [left, right] = self.lengths(&[left, right], schema)?.try_into().ok()?;
                let (left, right) = (Box::new(left), Box::new(right));
                Some(Expr::BinaryExpr(BinaryExpr { left, op: *op, right }))
            }
            Expr::Between(Between { expr, negated, low, high }) => {
                let [expr, low, high] =
                    self.lengths(&[expr, low, high], schema)?.try_into().ok()?;
                let [expr, low, high] = [expr, low, high].map(Box::new);
                Some(Expr::Between(Between { expr, negated: *negated, low, high }))
            }
            Expr::InList(InList { expr, list, negated }) => {
                let all: Vec<_> = std::iter::once(expr.as_ref()).chain(list).collect();
                let mut list = self.lengths(&all, schema)?;
                let expr = Box::new(list.remove(0));
                Some(Expr::InList(InList { expr, list, negated: *negated }))
            }
            Expr::ScalarFunction(ScalarFunction { func, args }) => match func.name() {
                "greatest" | "least" => {
                    let args = self.lengths(&args.iter().collect::<Vec<_>>(), schema)?;
                    let func = Arc::clone(func);
                    let one = Expr::ScalarFunction(ScalarFunction { func, args });
                    Some(cast_expr(one, DataType::Interval(IntervalUnit::MonthDayNano)))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// A part of a duration, as of an interval of days and less; `None` for a part of anything else.
fn part(args: &[Expr], schema: &DFSchema) -> Result<Option<Expr>> {
    let [Expr::Literal(name, _), duration] = args else { return Ok(None) };
    let Some(Some(name)) = name.try_as_str() else { return Ok(None) };
    if !matches!(duration.get_type(schema), Ok(DataType::Duration(_))) {
        return Ok(None);
    }
    let micros = cast_expr(duration.clone(), DataType::Duration(TimeUnit::Microsecond));
    let micros = cast_expr(micros, DataType::Int64);
    let field = match name.to_lowercase().trim_end_matches('s') {
        "epoch" => {
            let seconds = cast_expr(micros, DataType::Float64) / lit(MICROS_PER_SECOND as f64);
            return Ok(Some(seconds));
        }
        "day" => micros / lit(MICROS_PER_DAY),
        "hour" => micros / lit(3_600 * MICROS_PER_SECOND) % lit(24_i64),
        "minute" => micros / lit(60 * MICROS_PER_SECOND) % lit(60_i64),
        "second" => micros / lit(MICROS_PER_SECOND) % lit(60_i64),
        // Those of its second.
        "millisecond" => micros % lit(60 * MICROS_PER_SECOND) / lit(1_000_i64),
        "microsecond" => micros % lit(60 * MICROS_PER_SECOND),
        _ => {
            return plan_err!(
                "a difference of times has no {name}: it has days, hours, minutes, seconds, milliseconds, microseconds, \
                 and an epoch, which is all of it in seconds"
            );
        }
    };
    Ok(Some(cast_expr(field, DataType::Int32)))
}

impl FunctionRewrite for Durations {
    fn name(&self) -> &'static str {
        "durations"
    }

    fn rewrite(
        &self,
        expr: Expr,
        schema: &DFSchema,
        _: &ConfigOptions,
    ) -> Result<Transformed<Expr>> {
        let part = match &expr {
            Expr::ScalarFunction(call) if call.func.name() == "date_part" => {
                part(&call.args, schema)?
            }
            _ => None,
        };
        Ok(match part.or_else(|| self.rewritten(&expr, schema)) {
            Some(rewritten) => Transformed::yes(rewritten),
            None => Transformed::no(expr),
        })
    }
}

/// An interval as a duration. Beside one, a month has no length.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Length {
    has_months: bool,
    signature: Signature,
}

impl ScalarUDFImpl for Length {
    fn name(&self) -> &'static str {
        if self.has_months { "about_length_of_interval" } else { "length_of_interval" }
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
                if interval.months != 0 && !self.has_months {
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
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&lengths, 0)?));
        }
        Ok(ColumnarValue::Array(lengths))
    }
}

/// Microseconds of an interval; `None` if there are too many.
pub(super) fn length(interval: IntervalMonthDayNano) -> Option<i64> {
    let days = i64::from(interval.months) * DAYS_PER_MONTH + i64::from(interval.days);
    days.checked_mul(MICROS_PER_DAY)?.checked_add(interval.nanoseconds / 1_000)
}
