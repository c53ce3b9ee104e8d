//! The time of day, and the time that a clock shows: `TimeGenerated::time`, `(TimeGenerated AT TIME ZONE 'Europe/Berlin')::timestamp`.
//!
//! DataFusion leaves out row groups by the times of day of their first and their last row, as if these were in order. And it takes
//! a time without a zone for one in UTC, where `PostgreSQL` takes the time in the zone. Functions stand in the place of the casts.
//! A time that is written without seconds gets them, `'2026-01-10 09:00'`.

use arrow::compute::cast as cast_array;
use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result};
use datafusion::functions::datetime::to_local_time;
use datafusion::logical_expr::expr::{Between, BinaryExpr, Cast, InList};
use datafusion::logical_expr::expr_rewriter::FunctionRewrite;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable as _, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility, binary_expr, cast, in_list, lit,
};

use super::dynamic::is_comparison;

/// Puts the functions there.
#[derive(Debug)]
pub(super) struct Clock;

impl FunctionRewrite for Clock {
    fn name(&self) -> &'static str {
        "clock"
    }

    fn rewrite(
        &self,
        expr: Expr,
        schema: &DFSchema,
        _: &ConfigOptions,
    ) -> Result<Transformed<Expr>> {
        let Expr::Cast(Cast { expr: of, field }) = &expr else {
            return Ok(match in_full(&expr, schema) {
                Some(full) => Transformed::yes(full),
                None => Transformed::no(expr),
            });
        };
        Ok(match (of.get_type(schema), field.data_type()) {
            (Ok(DataType::Timestamp(..)), to @ (DataType::Time32(_) | DataType::Time64(_))) => {
                let signature = Signature::any(1, Volatility::Immutable);
                let time = ScalarUDF::from(TimeOfDay { to: to.clone(), signature });
                Transformed::yes(time.call(vec![of.as_ref().clone()]))
            }
            (Ok(DataType::Timestamp(_, Some(zone))), to @ DataType::Timestamp(_, None))
                if !is_utc(&zone) =>
            {
                let shown = to_local_time().call(vec![of.as_ref().clone()]);
                Transformed::yes(cast(shown, to.clone()))
            }
            (_, DataType::Timestamp(..)) => match with_seconds(of) {
                Some(full) => Transformed::yes(cast(full, field.data_type().clone())),
                None => Transformed::no(expr),
            },
            _ => Transformed::no(expr),
        })
    }
}

/// Whether the clock of a zone shows UTC, by the names that DataFusion gives it.
pub(super) fn is_utc(zone: &str) -> bool {
    matches!(zone, "UTC" | "+00:00" | "Z")
}

/// A comparison of a time with times that are spelt out; `None` if all of them have their seconds.
fn in_full(expr: &Expr, schema: &DFSchema) -> Option<Expr> {
    let is_time = |of: &Expr| matches!(of.get_type(schema), Ok(DataType::Timestamp(..)));
    let full = |of: &Expr| with_seconds(of).unwrap_or_else(|| of.clone());
    let full = match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if is_comparison(*op) && (is_time(left) || is_time(right)) =>
        {
            binary_expr(full(left), *op, full(right))
        }
        Expr::Between(Between { expr, negated, low, high }) if is_time(expr) => {
            let (low, high) = (Box::new(full(low)), Box::new(full(high)));
            Expr::Between(Between { expr: expr.clone(), negated: *negated, low, high })
        }
        Expr::InList(InList { expr, list, negated }) if is_time(expr) => {
            in_list(expr.as_ref().clone(), list.iter().map(full).collect(), *negated)
        }
        _ => return None,
    };
    (full != *expr).then_some(full)
}

/// `'2026-01-10 09:00:00'` of `'2026-01-10 09:00'`; `None` for anything else.
fn with_seconds(expr: &Expr) -> Option<Expr> {
    const FORM: &[u8] = b"0000-00-00 00:00";
    let Expr::Literal(value, _) = expr else { return None };
    let text = value.try_as_str()??;
    let (minutes, rest) = text.split_at_checked(FORM.len())?;
    let is_as = |(letter, form): (u8, &u8)| match form {
        b'0' => letter.is_ascii_digit(),
        b' ' => matches!(letter, b' ' | b'T'),
        other => letter == *other,
    };
    let is_time = minutes.bytes().zip(FORM).all(is_as) && !rest.starts_with(':');
    is_time.then(|| lit(format!("{minutes}:00{rest}")))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct TimeOfDay {
    to: DataType,
    signature: Signature,
}

impl ScalarUDFImpl for TimeOfDay {
    fn name(&self) -> &'static str {
        "time_of_day"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.to.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let times = args.args[0].to_array(args.number_rows)?;
        Ok(ColumnarValue::Array(cast_array(&times, &self.to)?))
    }
}
