//! Text beside something of another type: the type decides, and what is not of it is null.
//!
//! DataFusion casts the text to the very type, and one row that cannot be cast ends the query: of
//! `ResultType = 0` a row with `Failure`, of `Status->>'errorCode' > 50` one with `50.5`.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue::Int64;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::{Between, BinaryExpr, InList, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::FunctionRewrite;
use datafusion::logical_expr::{Expr, ExprSchemable as _, Operator, in_list, not, try_cast};
use datafusion_functions_json::udfs::json_as_text_udf;

use super::call::{PLAIN, VALUE, fits_float};

#[derive(Debug)]
pub(super) struct Typing;

impl FunctionRewrite for Typing {
    fn name(&self) -> &'static str {
        "typing"
    }

    fn rewrite(
        &self,
        expr: Expr,
        schema: &DFSchema,
        _: &ConfigOptions,
    ) -> Result<Transformed<Expr>> {
        let typed = match expr {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_comparison(op) => {
                let as_left = typed(&left, &right, schema);
                let as_right = typed(&right, &left, schema);
                let is_changed = as_left.is_some() || as_right.is_some();
                let left = as_left.map_or(left, Box::new);
                let right = as_right.map_or(right, Box::new);
                (Expr::BinaryExpr(BinaryExpr { left, op, right }), is_changed)
            }
            Expr::InList(of) if of.list.iter().any(is_word) => match by_kind(&of, schema) {
                Some(both) => (both, true),
                None => (Expr::InList(of), false),
            },
            Expr::InList(InList { expr, list, negated }) => {
                let by = list.iter().find_map(|other| typed(&expr, other, schema));
                let is_changed = by.is_some();
                let expr = by.map_or(expr, Box::new);
                (Expr::InList(InList { expr, list, negated }), is_changed)
            }
            Expr::Between(Between { expr, negated, low, high }) => {
                let by = typed(&expr, &low, schema).or_else(|| typed(&expr, &high, schema));
                let is_changed = by.is_some();
                let expr = by.map_or(expr, Box::new);
                (Expr::Between(Between { expr, negated, low, high }), is_changed)
            }
            Expr::ScalarFunction(function) => match as_text(&function) {
                Some(text) => (text, true),
                None => (Expr::ScalarFunction(function), false),
            },
            other => (other, false),
        };
        Ok(match typed {
            (expr, true) => Transformed::yes(expr),
            (expr, false) => Transformed::no(expr),
        })
    }
}

/// Text as what it is compared with; `None` if that is text too, or it is spelt out in the query.
fn typed(text: &Expr, other: &Expr, schema: &DFSchema) -> Option<Expr> {
    if matches!(text, Expr::Literal(..) | Expr::Placeholder(_))
        || !text.get_type(schema).ok()?.is_string()
    {
        return None;
    }
    let to = match other.get_type(schema).ok()? {
        DataType::Boolean => DataType::Boolean,
        DataType::Int64 if matches!(other, Expr::Literal(Int64(Some(n)), _) if !fits_float(*n)) => {
            DataType::Int64
        }
        number if number.is_numeric() => DataType::Float64,
        time if time.is_temporal() => time,
        _ => return None,
    };
    Some(try_cast(text.clone(), to))
}

/// `ResultType IN (0, 'None')`: text is held against texts as such, and against numbers as a number. `None` for what is no
/// text, or a list without numbers.
fn by_kind(of: &InList, schema: &DFSchema) -> Option<Expr> {
    if !of.expr.get_type(schema).ok()?.is_string() {
        return None;
    }
    let is_number = |of: &Expr| of.get_type(schema).is_ok_and(|kind| kind.is_numeric());
    let (numbers, texts): (Vec<_>, Vec<_>) = of.list.iter().cloned().partition(is_number);
    let number = typed(&of.expr, numbers.first()?, schema)?;
    // What is no number is none of them.
    let either = in_list(of.expr.as_ref().clone(), texts, false)
        .or(in_list(number, numbers, false).is_true());
    Some(if of.negated { not(either) } else { either })
}

/// Whether an expression is text, spelt out, that is no number.
fn is_word(expr: &Expr) -> bool {
    let Expr::Literal(value, _) = expr else { return false };
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    value.try_as_str().flatten().is_some_and(|text| number(text).is_none())
}

/// Whether an operator holds one value against another.
pub(in crate::query) fn is_comparison(op: Operator) -> bool {
    use Operator as Op;
    matches!(op, Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq)
        || matches!(op, Op::IsDistinctFrom | Op::IsNotDistinctFrom)
}

/// The plain value at a path in one step, which derived columns answer.
fn as_text(function: &ScalarFunction) -> Option<Expr> {
    let [argument] = function.args.as_slice() else { return None };
    if function.name() != PLAIN {
        return None;
    }
    match argument {
        Expr::ScalarFunction(inner) if inner.name() == VALUE => {
            let args = inner.args.clone();
            Some(Expr::ScalarFunction(ScalarFunction { func: json_as_text_udf(), args }))
        }
        _ => None,
    }
}
