//! What `PostgreSQL` reads and DataFusion does not, written as DataFusion reads it.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Fetch, LimitClause, Offset, OrderBy, OrderByExpr, OrderByKind, Query,
    Select, SelectItem, SetExpr, Statement, Value, ValueWithSpan, VisitMut, VisitorMut,
};

use super::titles;

/// Writes a statement in other words.
pub(super) fn rewrite(statement: &mut Statement) {
    let _ = VisitMut::visit(statement, &mut Spelling);
}

struct Spelling;

impl VisitorMut for Spelling {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        fetch_as_limit(query);
        by_all(query);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        titles::keep(select, self);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => {
                if let Some(list) = elements(right) {
                    *expr = Expr::InList { expr: left.clone(), list, negated: false };
                }
            }
            Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => {
                if let Some(list) = elements(right) {
                    *expr = Expr::InList { expr: left.clone(), list, negated: true };
                }
            }
            Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. } => {
                with_backslashes(pattern, escape_char);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// `FETCH FIRST 10 ROWS ONLY` as `LIMIT 10`.
fn fetch_as_limit(query: &mut Query) {
    let Some(Fetch { with_ties: false, percent: false, quantity }) = &query.fetch else { return };
    let offset: Option<Offset> = match &query.limit_clause {
        None => None,
        Some(LimitClause::LimitOffset { limit: None, offset, limit_by }) if limit_by.is_empty() => {
            offset.clone()
        }
        Some(_) => return,
    };
    let one = || Expr::value(Value::Number("1".into(), false));
    let limit = Some(quantity.clone().unwrap_or_else(one));
    query.limit_clause = Some(LimitClause::LimitOffset { limit, offset, limit_by: Vec::new() });
    query.fetch = None;
}

/// `ORDER BY ALL` as `ORDER BY 1, 2, …`, where the columns can be counted: DataFusion sorts by columns as such only.
fn by_all(query: &mut Query) {
    let SetExpr::Select(select) = query.body.as_ref() else { return };
    let Some(OrderBy { kind, .. }) = &mut query.order_by else { return };
    let OrderByKind::All(options) = &*kind else { return };
    let is_column = |item: &SelectItem| {
        matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. })
    };
    if select.projection.iter().all(is_column) {
        let options = *options;
        let place = |at: usize| Expr::value(Value::Number(at.to_string(), false));
        let by = |at| OrderByExpr { expr: place(at), options, with_fill: None };
        *kind = OrderByKind::Expressions((1..=select.projection.len()).map(by).collect());
    }
}

/// What is in `ARRAY[…]`.
fn elements(array: &Expr) -> Option<Vec<Expr>> {
    match array {
        Expr::Nested(inner) => elements(inner),
        Expr::Array(array) if !array.elem.is_empty() => Some(array.elem.clone()),
        _ => None,
    }
}

/// Escapes the signs of a pattern with backslashes, instead of with what `ESCAPE` names.
fn with_backslashes(pattern: &mut Expr, escape: &mut Option<ValueWithSpan>) {
    let Some(Value::SingleQuotedString(sign)) = escape.as_ref().map(|escape| &escape.value) else {
        return;
    };
    let mut signs = sign.chars();
    let (sign, None) = (signs.next(), signs.next()) else { return };
    let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) = pattern else {
        return;
    };
    let mut escaped = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let literal = match letter {
            letter if Some(letter) == sign => letters.next().unwrap_or(letter),
            '\\' => letter,
            letter => {
                escaped.push(letter);
                continue;
            }
        };
        if matches!(literal, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(literal);
    }
    *text = escaped;
    *escape = None;
}
