//! `string_agg(DISTINCT Location, ', ' ORDER BY Location)`, as often as one wants.
//!
//! DataFusion sorts the rows of an aggregation once, and so refuses two of its functions that ask for different orders. A text that
//! is sorted by itself needs no order of the rows: its values are gathered, and the list is sorted.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, OrderByExpr, Statement, Value, VisitMut, VisitorMut,
};

use crate::query::dynamic::call;

/// Sorts lists in the place of rows where that gives the same.
pub(super) fn rewrite(statement: &mut Statement) {
    let _ = VisitMut::visit(statement, &mut Lists);
}

/// What is selected has its name by then.
struct Lists;

impl VisitorMut for Lists {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr
            && let Some(sorted) = sorted(function)
        {
            *expr = sorted;
        }
        ControlFlow::Continue(())
    }
}

/// The same by a sorted list, of a call that is sorted by its own value.
fn sorted(function: &Function) -> Option<Expr> {
    let is_string_agg = function.name.to_string().eq_ignore_ascii_case("string_agg");
    let FunctionArguments::List(list) = &function.args else { return None };
    if !is_string_agg || function.over.is_some() {
        return None;
    }
    let [value, between] = list.args.as_slice() else { return None };
    let [FunctionArgumentClause::OrderBy(order)] = list.clauses.as_slice() else { return None };
    let ([OrderByExpr { expr, options, with_fill: None }], Some(value)) =
        (order.as_slice(), plain(value))
    else {
        return None;
    };
    if !is_same(expr, value) {
        return None;
    }
    let is_there = Expr::IsNotNull(Box::new(value.clone()));
    let filter = match &function.filter {
        Some(filter) => {
            let filter = Box::new(Expr::Nested(filter.clone()));
            let right = Box::new(is_there);
            Expr::BinaryOp { left: filter, op: BinaryOperator::And, right }
        }
        None => is_there,
    };
    let mut values = call("array_agg", vec![value.clone()]);
    if let Expr::Function(values) = &mut values {
        values.filter = Some(Box::new(filter));
        if let FunctionArguments::List(arguments) = &mut values.args {
            arguments.duplicate_treatment = list.duplicate_treatment;
        }
    }
    let mut sorted = vec![values];
    if options.asc == Some(false) {
        sorted.push(Expr::value(Value::SingleQuotedString("DESC".into())));
    }
    Some(call("array_to_string", vec![call("array_sort", sorted), plain(between)?.clone()]))
}

/// Whether two expressions are one, also if only one of them says of which table a column is.
fn is_same(one: &Expr, other: &Expr) -> bool {
    let column = |expr: &Expr| match expr {
        Expr::Identifier(name) => Some((None, name.value.clone())),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [table, name] => Some((Some(table.value.clone()), name.value.clone())),
            _ => None,
        },
        _ => None,
    };
    match (one, other) {
        (Expr::Nested(inner), other) | (other, Expr::Nested(inner)) => is_same(inner, other),
        _ => match (column(one), column(other)) {
            (Some((of, one)), Some((of_other, other))) => {
                one == other && (of.is_none() || of_other.is_none() || of == of_other)
            }
            _ => one == other,
        },
    }
}

fn plain(argument: &FunctionArg) -> Option<&Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    }
}
