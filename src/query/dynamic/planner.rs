//! What only the types in a statement tell: brackets and dots after text reach into JSON, text beside a
//! truth value is one, text that is calculated with is a number, and text beside text is joined within bounds.

use arrow::datatypes::{DataType, Field};
use datafusion::common::{Column, DFSchema, Result, TableReference};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{
    ExprPlanner, PlannerResult, RawBinaryExpr, RawFieldAccessExpr,
};
use datafusion::logical_expr::{Expr, ExprSchemable as _, GetFieldAccess, lit, try_cast};
use datafusion::sql::sqlparser::ast::BinaryOperator as Op;
use datafusion_functions_json::udfs::json_as_text_udf;

use crate::query::functions::joined;

/// Asked before DataFusion's own.
#[derive(Debug)]
pub(in crate::query) struct Planner;

impl ExprPlanner for Planner {
    /// `AuthenticationDetails[0]['succeeded']`: text columns that hold JSON, and what a query around
    /// another calls otherwise.
    fn plan_field_access(
        &self,
        raw: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        if !raw.expr.get_type(schema)?.is_string() {
            return Ok(PlannerResult::Original(raw));
        }
        let step = match &raw.field_access {
            GetFieldAccess::NamedStructField { name } => lit(name.clone()),
            GetFieldAccess::ListIndex { key } => key.as_ref().clone(),
            GetFieldAccess::ListRange { .. } => return Ok(PlannerResult::Original(raw)),
        };
        let args = match raw.expr {
            Expr::ScalarFunction(inner) if inner.func == json_as_text_udf() => {
                inner.args.into_iter().chain([step]).collect()
            }
            expr => vec![expr, step],
        };
        let text = ScalarFunction { func: json_as_text_udf(), args };
        Ok(PlannerResult::Planned(Expr::ScalarFunction(text)))
    }

    /// `Detail.succeeded`, where `Detail` is text that holds JSON, such as a value in an array.
    fn plan_compound_identifier(
        &self,
        field: &Field,
        qualifier: Option<&TableReference>,
        path: &[String],
    ) -> Result<PlannerResult<Vec<Expr>>> {
        let column = Expr::Column(Column::from((qualifier, field)));
        if !field.data_type().is_string() {
            return Ok(PlannerResult::Original(vec![column]));
        }
        let steps = path.iter().map(|step| lit(step.clone()));
        let args = std::iter::once(column).chain(steps).collect();
        let text = ScalarFunction { func: json_as_text_udf(), args };
        Ok(PlannerResult::Planned(Expr::ScalarFunction(text)))
    }

    fn plan_binary_op(
        &self,
        mut raw: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        if raw.op == Op::StringConcat
            && raw.left.get_type(schema).is_ok_and(|kind| kind.is_string())
            && raw.right.get_type(schema).is_ok_and(|kind| kind.is_string())
        {
            let joined = ScalarFunction { func: joined(), args: vec![raw.left, raw.right] };
            return Ok(PlannerResult::Planned(Expr::ScalarFunction(joined)));
        }
        if matches!(raw.op, Op::Eq | Op::NotEq) {
            let (left, right) = (raw.left.get_type(schema), raw.right.get_type(schema));
            match (left, right) {
                (Ok(DataType::Boolean), Ok(text)) if text.is_string() => {
                    raw.right = try_cast(raw.right, DataType::Boolean);
                }
                (Ok(text), Ok(DataType::Boolean)) if text.is_string() => {
                    raw.left = try_cast(raw.left, DataType::Boolean);
                }
                _ => {}
            }
        }
        if matches!(raw.op, Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo) {
            let is_number = |side: &Expr| side.get_type(schema).is_ok_and(|kind| kind.is_numeric());
            // One that is spelt out is for DataFusion to read.
            let is_text = |side: &Expr| {
                !matches!(side, Expr::Literal(..))
                    && side.get_type(schema).is_ok_and(|kind| kind.is_string())
            };
            if is_number(&raw.left) && is_text(&raw.right) {
                raw.right = try_cast(raw.right, DataType::Float64);
            } else if is_text(&raw.left) && is_number(&raw.right) {
                raw.left = try_cast(raw.left, DataType::Float64);
            }
        }
        Ok(PlannerResult::Original(raw))
    }
}
