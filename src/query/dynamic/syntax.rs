//! Where in a statement a value out of a dynamic column stands, and what it has to be there.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Distinct, Expr, FunctionArguments, Ident, NamedWindowExpr, ObjectNamePart,
    OrderByKind, Query, Select, SelectItem, SetExpr, Statement, TableFactor, UnaryOperator, Value,
    Visit, VisitMut, Visitor, VisitorMut,
};

use super::call::{
    COLUMN, ELEMENTS, PLAIN, SORT_KEY, SORTED, TEXT, VALUE, arguments, call, cast, is_json,
    name_of, number, plain, replace, truth,
};
use super::names::{self, Names};
use super::paths::{bind_path, in_brackets, path_of, unnested, value};
use super::places::{between, case, compare, conditions, in_function, of_one_type, operands, sort};
use super::scopes::{gives_json, is_written_json, mark, unmark};
use crate::query::statement::Own;

/// Gives every value of JSON in a statement the form that its place asks for, and functions the
/// case of their names.
pub(in crate::query) fn rewrite(statement: &mut Statement) {
    let names = Names::of(statement);
    if let Statement::Query(query) = statement {
        mark(query, &names);
    }
    let mut paths = Paths { names, depth: 0, sets: 0, titles: Vec::new(), marked: Vec::new() };
    let _ = VisitMut::visit(statement, &mut paths);
    unmark(statement);
}

struct Paths {
    names: Names,
    /// How many queries are around; what the outermost gives out is JSON.
    depth: usize,
    /// How many of them are of several selects, whose values are held against each other, so that they are plain.
    sets: usize,
    /// What the columns without a name are in the selects around.
    titles: Vec<Vec<Option<String>>>,
    /// Which columns of the last select are such of queries inside.
    marked: Vec<bool>,
}

impl VisitorMut for Paths {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        self.sets += usize::from(is_set(query));
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        self.sets -= usize::from(is_set(query));
        let marked = match query.body.as_ref() {
            SetExpr::Select(_) => std::mem::take(&mut self.marked),
            _ => Vec::new(),
        };
        let select = first_select(&query.body);
        let is_distinct =
            select.is_some_and(|select| matches!(select.distinct, Some(Distinct::Distinct)));
        let items = select.map(|select| select.projection.clone());
        if let Some(order) = &mut query.order_by
            && let OrderByKind::Expressions(exprs) = &mut order.kind
        {
            for by in exprs {
                sort(by);
                if let Some(items) = items.as_deref()
                    && let Some(place) = place_of(items, &by.expr)
                    && let Some(item) = items.get(place)
                    && let Some(key) = sorted_by(item, marked.get(place) == Some(&true))
                {
                    by.expr = key;
                }
                if let Some(items) = items.as_deref().filter(|_| is_distinct) {
                    by_name(items, &mut by.expr);
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let title = |item: &SelectItem| match item {
            SelectItem::UnnamedExpr(expr) => {
                let mut written = expr.clone();
                unmark(&mut written);
                Some(written.to_string())
            }
            _ => None,
        };
        self.titles.push(select.projection.iter().map(title).collect());
        // What is given out under these names is JSON text, and conditions are on the values.
        let mut values = HashMap::new();
        for item in &select.projection {
            if let SelectItem::ExprWithAlias { expr, alias } = item
                && !names::is_column(alias)
                && is_written_json(expr, &self.names)
            {
                values.insert(alias.value.clone(), expr.clone());
            }
        }
        if !values.is_empty() {
            let mut aliases = Own::new(|expr| {
                if let Expr::Identifier(name) = expr
                    && let Some(value) = values.get(&name.value)
                {
                    *expr = Expr::Nested(Box::new(value.clone()));
                }
            });
            let _ = VisitMut::visit(&mut select.having, &mut aliases);
            let _ = VisitMut::visit(&mut select.qualify, &mut aliases);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for condition in [&mut select.selection, &mut select.having, &mut select.qualify] {
            condition.iter_mut().for_each(truth);
        }
        for tables in &mut select.from {
            conditions(&mut tables.joins);
        }
        for window in &mut select.named_window {
            if let NamedWindowExpr::WindowSpec(spec) = &mut window.1 {
                spec.order_by.iter_mut().for_each(sort);
            }
        }
        self.marked = select.projection.iter().map(is_marked).collect();
        let titles = self.titles.pop().unwrap_or_default();
        let mut taken = HashSet::new();
        for (item, title) in select.projection.iter_mut().zip(titles) {
            let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item
            else {
                continue;
            };
            if self.depth > 1 || self.sets > 0 {
                plain(expr);
            }
            unmark(expr);
            // What was put in is nobody's idea of a column's name, and neither is `bin(t.x, Utf8("1h"))`.
            let title = title.filter(|_| self.depth == 1 && !is_column(expr, &self.names));
            let title = title.map(|written| if is_ours(expr) { written } else { expr.to_string() });
            if let Some(title) = title.filter(|title| taken.insert(title.clone())) {
                let alias = Ident::with_quote('"', title);
                let null = Expr::value(Value::Null);
                *item = SelectItem::ExprWithAlias { expr: std::mem::replace(expr, null), alias };
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: Some(_), .. } = factor
            && let [ObjectNamePart::Identifier(name)] = name.0.as_mut_slice()
        {
            name.value = name.value.to_lowercase();
        }
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::NestedJoin { table_with_joins, .. } => {
                conditions(&mut table_with_joins.joins);
            }
            TableFactor::UNNEST { array_exprs, .. } => array_exprs.iter_mut().for_each(elements),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        bind_path(expr);
        if let Expr::Function(function) = expr
            && let [ObjectNamePart::Identifier(name)] = function.name.0.as_mut_slice()
            // Without parentheses it may be a column, such as `User`.
            && !matches!(function.args, FunctionArguments::None)
        {
            if name.quote_style.is_none() {
                name.value = name.value.to_lowercase();
            }
            // It gives the union of the types of JSON, which compares by the form of its values.
            if name.value == "json_get" {
                name.value = VALUE.into();
            }
        }
        ControlFlow::Continue(())
    }

    /// From the inside out: what stands below is done.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some(path) = path_of(expr, &self.names) {
            *expr = path;
            return ControlFlow::Continue(());
        }
        in_brackets(expr);
        match expr {
            Expr::BinaryOp { left, op, right } => match op {
                BinaryOperator::Arrow | BinaryOperator::HashArrow => {
                    *expr = value(VALUE, left, right);
                }
                BinaryOperator::LongArrow | BinaryOperator::HashLongArrow if is_json(left) => {
                    *expr = value(TEXT, left, right);
                }
                BinaryOperator::Question => {}
                _ => operands(left, op, right),
            },
            Expr::UnaryOp { op, expr } => match op {
                UnaryOperator::Not => truth(expr),
                _ => number(expr),
            },
            Expr::IsTrue(expr)
            | Expr::IsNotTrue(expr)
            | Expr::IsFalse(expr)
            | Expr::IsNotFalse(expr)
            | Expr::IsUnknown(expr)
            | Expr::IsNotUnknown(expr) => truth(expr),
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                compare(left, right, false);
            }
            Expr::InList { expr: of, list, .. } => {
                of_one_type(std::iter::once(of.as_mut()).chain(list));
            }
            Expr::InSubquery { expr, .. } | Expr::InUnnest { expr, .. } => plain(expr),
            Expr::Between { expr: of, negated, low, high }
                if [of.as_ref(), low, high].into_iter().any(is_json) =>
            {
                *expr = between(of, *negated, low, high);
            }
            Expr::Like { expr, pattern, .. }
            | Expr::ILike { expr, pattern, .. }
            | Expr::SimilarTo { expr, pattern, .. }
            | Expr::RLike { expr, pattern, .. } => {
                plain(expr);
                plain(pattern);
            }
            Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } => {
                plain(left);
                plain(right);
            }
            Expr::Cast { expr: of, data_type, .. } if is_json(of) => {
                let to = data_type.clone();
                cast(of, to);
                replace(expr, |cast| match cast {
                    Expr::Cast { expr, .. } => *expr,
                    other => other,
                });
            }
            Expr::Ceil { expr, .. } | Expr::Floor { expr, .. } => number(expr),
            Expr::AtTimeZone { timestamp: expr, .. }
            | Expr::Extract { expr, .. }
            | Expr::Substring { expr, .. }
            | Expr::Trim { expr, .. }
            | Expr::Collate { expr, .. }
            | Expr::Convert { expr, .. } => plain(expr),
            Expr::Position { expr, r#in } => {
                plain(expr);
                plain(r#in);
            }
            Expr::Overlay { expr, overlay_what, .. } => {
                plain(expr);
                plain(overlay_what);
            }
            Expr::Array(array) => array.elem.iter_mut().for_each(plain),
            Expr::Tuple(exprs) => exprs.iter_mut().for_each(plain),
            Expr::Case { operand, conditions, else_result, .. } => {
                let gives_json = conditions.iter().any(|when| is_json(&when.result));
                case(operand.as_deref_mut(), conditions, else_result.as_deref_mut());
                let is_text = conditions.iter().all(|when| !is_cast(&when.result));
                if gives_json && is_text {
                    replace(expr, |case| call(COLUMN, vec![case]));
                }
            }
            Expr::Function(_) => {
                let gives_json = gives_json(expr);
                let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
                let is_key = in_function(function);
                if name_of(function) == "unnest" {
                    arguments(function).into_iter().for_each(elements);
                }
                let is_typed = arguments(function).first().is_some_and(|first| is_cast(first));
                if is_key {
                    replace(expr, |value| call(SORTED, vec![value]));
                }
                if gives_json && !is_json(expr) && !is_typed {
                    replace(expr, |value| call(COLUMN, vec![value]));
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Whether a query is several selects in one.
fn is_set(query: &Query) -> bool {
    matches!(query.body.as_ref(), SetExpr::SetOperation { .. })
}

fn is_marked(item: &SelectItem) -> bool {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
            matches!(expr, Expr::Function(function) if name_of(function) == COLUMN)
        }
        _ => false,
    }
}

/// Makes a list of an array of JSON, of which rows are made.
fn elements(array: &mut Expr) {
    plain(array);
    replace(array, |array| call(ELEMENTS, vec![array]));
}

fn is_plain(expr: &Expr) -> bool {
    matches!(expr, Expr::Function(function) if name_of(function) == PLAIN)
}

fn is_cast(expr: &Expr) -> bool {
    matches!(expr, Expr::Cast { .. })
}

/// Whether an expression is a column as such, and not a path into one.
fn is_column(expr: &Expr, names: &Names) -> bool {
    match unnested(expr) {
        Expr::Identifier(_) => true,
        Expr::CompoundIdentifier(parts) => parts.len() == 2 && names.is_relation(&parts[0]),
        _ => false,
    }
}

/// Whether something of ours was put into an expression.
fn is_ours(expr: &Expr) -> bool {
    struct Ours(bool);
    impl Visitor for Ours {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            let name = match expr {
                Expr::Function(function) => name_of(function),
                _ => return ControlFlow::Continue(()),
            };
            self.0 |= [VALUE, TEXT, PLAIN, SORT_KEY, ELEMENTS].contains(&name.as_str());
            ControlFlow::Continue(())
        }
    }
    let mut ours = Ours(false);
    let _ = Visit::visit(expr, &mut ours);
    ours.0
}

fn first_select(body: &SetExpr) -> Option<&Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::Query(query) => first_select(&query.body),
        SetExpr::SetOperation { left, .. } => first_select(left),
        _ => None,
    }
}

/// Names the column that a `SELECT DISTINCT` is sorted by: rows have nothing else then.
fn by_name(items: &[SelectItem], by: &mut Expr) {
    if let Expr::Function(function) = by
        && name_of(function) == SORT_KEY
    {
        arguments(function).into_iter().for_each(|of| by_name(items, of));
        return;
    }
    let name = items.iter().find_map(|item| match item {
        SelectItem::ExprWithAlias { expr, alias } if expr == by => Some(alias.value.clone()),
        _ => None,
    });
    if let Some(name) = name {
        *by = Expr::Identifier(Ident::with_quote('"', name));
    }
}

/// The item that an `ORDER BY` names by its alias or place.
fn place_of(items: &[SelectItem], by: &Expr) -> Option<usize> {
    match by {
        Expr::Identifier(name) => items.iter().position(
            |item| matches!(item, SelectItem::ExprWithAlias { alias, .. } if alias.value == name.value),
        ),
        Expr::Value(value) => match &value.value {
            Value::Number(place, _) => place.parse::<usize>().ok()?.checked_sub(1),
            _ => None,
        },
        _ => None,
    }
}

/// What an item of JSON is sorted by; `is_marked` if it is one of a query inside.
fn sorted_by(item: &SelectItem, is_marked: bool) -> Option<Expr> {
    let key = match item {
        SelectItem::ExprWithAlias { expr, .. } | SelectItem::UnnamedExpr(expr) if is_marked => {
            expr.clone()
        }
        // In a set it is plain already, and has no other name.
        SelectItem::ExprWithAlias { expr, alias } if is_json(expr) || is_plain(expr) => {
            Expr::Identifier(Ident::with_quote('"', alias.value.clone()))
        }
        SelectItem::UnnamedExpr(expr) if is_json(expr) => expr.clone(),
        _ => return None,
    };
    Some(call(SORT_KEY, vec![key]))
}
