//! Columns of queries in a query that hold values of JSON under a name: `WITH a AS (SELECT Status->'errorCode' AS Code …)`.
//!
//! What such a query gives is plain text, of which the query around it must still know that it may spell a number: the
//! greatest of `9` and `10` is `10`. So what names such a column is [marked](super::call::COLUMN) as a value of
//! JSON, gets the form that its place asks for, and is [unmarked](unmark) at the end.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, OrderByExpr, OrderByKind, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, VisitMut, VisitorMut,
};

use super::call::{COLUMN, arguments, call, is_json, name_of, replace};
use super::names::Names;
use super::paths::{path_of, unnested};
use super::places::condition;

/// Functions that give one of the values that they are given first.
const OF_VALUES: &[&str] = &[
    "any_value",
    "coalesce",
    "first_value",
    "greatest",
    "ifnull",
    "lag",
    "last_value",
    "lead",
    "least",
    "max",
    "min",
    "nth_value",
    "nullif",
    "nvl",
];

/// Names of columns that hold values of JSON.
type Columns = HashSet<String>;

/// Marks in a query what names such columns.
pub(super) fn mark(query: &mut Query, names: &Names) {
    Scope { names, queries: HashMap::new() }.query(query);
}

/// Whether an expression, as it is written, is a value of JSON, or gives one.
pub(super) fn is_written_json(expr: &Expr, names: &Names) -> bool {
    let mut written = expr.clone();
    let _ = written.visit(&mut Written { names });
    names.is_value(expr) || gives_json(&written)
}

/// Takes the marks away.
pub(super) fn unmark<T: VisitMut>(of: &mut T) {
    struct Unmark;
    impl VisitorMut for Unmark {
        type Break = ();
        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            while let Expr::Function(function) = expr
                && name_of(function) == COLUMN
                && let [argument] = arguments(function).as_mut_slice()
            {
                *expr = argument.clone();
            }
            ControlFlow::Continue(())
        }
    }
    let _ = of.visit(&mut Unmark);
}

/// Whether an expression is a value of JSON, or gives one that it is given.
pub(super) fn gives_json(expr: &Expr) -> bool {
    match unnested(expr) {
        Expr::Function(function) if OF_VALUES.contains(&name_of(function).as_str()) => {
            first_argument(function).is_some_and(|first| gives_json(&first))
        }
        Expr::Case { conditions, else_result, .. } => {
            let results = conditions.iter().map(|condition| &condition.result);
            results.chain(else_result.as_deref()).any(gives_json)
        }
        other => is_json(other),
    }
}

fn first_argument(function: &Function) -> Option<Expr> {
    arguments(&mut function.clone()).into_iter().next().map(|first| first.clone())
}

/// What a query gives out.
#[derive(Debug, Default)]
struct Given {
    /// Its columns, each with its name and whether it holds values of JSON.
    columns: Vec<(Option<String>, bool)>,
    /// Whether these are all of them, in their order: `*` gives more than is known here.
    is_all: bool,
}

impl Given {
    /// The columns that hold values of JSON, under the names of an alias if it has some.
    fn named(&self, alias: Option<&TableAlias>) -> Columns {
        let anew = alias.map_or(&[][..], |alias| &alias.columns);
        if anew.is_empty() {
            return self.json().filter_map(|(name, _)| name.clone()).collect();
        }
        let anew =
            anew.iter().zip(&self.columns).filter(|(_, (_, is_json))| self.is_all && *is_json);
        anew.map(|(column, _)| column.name.value.clone()).collect()
    }

    fn json(&self) -> impl Iterator<Item = &(Option<String>, bool)> {
        self.columns.iter().filter(|(_, is_json)| *is_json)
    }

    /// What it gives together with another query, under the names of this one.
    fn with(mut self, other: &Self) -> Self {
        if self.is_all && other.is_all {
            for ((_, is_json), (_, other)) in self.columns.iter_mut().zip(&other.columns) {
                *is_json |= other;
            }
        }
        self
    }
}

#[derive(Clone)]
struct Scope<'a> {
    names: &'a Names,
    /// The queries of `WITH` that can be named.
    queries: HashMap<String, Columns>,
}

impl Scope<'_> {
    /// Marks what is in a query.
    fn query(&self, query: &mut Query) -> Given {
        let mut inside = self.clone();
        for of_with in query.with.iter_mut().flat_map(|with| &mut with.cte_tables) {
            let given = inside.query(&mut of_with.query);
            let name = of_with.alias.name.value.clone();
            inside.queries.insert(name, given.named(Some(&of_with.alias)));
        }
        let mut none = Vec::new();
        let order = match query.order_by.as_mut().map(|order| &mut order.kind) {
            Some(OrderByKind::Expressions(order)) => order,
            _ => &mut none,
        };
        inside.body(&mut query.body, order)
    }

    fn body(&self, body: &mut SetExpr, order: &mut [OrderByExpr]) -> Given {
        match body {
            SetExpr::Select(select) => self.select(select, order),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, right, .. } => {
                let right = self.body(right, &mut []);
                self.body(left, &mut []).with(&right)
            }
            _ => Given::default(),
        }
    }

    fn select(&self, select: &mut Select, order: &mut [OrderByExpr]) -> Given {
        let mut sources = Vec::new();
        for table in &mut select.from {
            self.source(&mut table.relation, &mut sources);
            for join in &mut table.joins {
                self.source(&mut join.relation, &mut sources);
            }
        }
        let mut marker = Marker { scope: self, sources, depth: 0 };
        for table in &mut select.from {
            for join in &mut table.joins {
                if let Some(condition) = condition(&mut join.join_operator) {
                    let _ = condition.visit(&mut marker);
                }
            }
        }
        let _ = select.projection.visit(&mut marker);
        let _ = select.selection.visit(&mut marker);
        let _ = select.group_by.visit(&mut marker);
        let _ = select.having.visit(&mut marker);
        let _ = select.qualify.visit(&mut marker);
        let _ = select.named_window.visit(&mut marker);
        for by in order {
            let _ = by.visit(&mut marker);
        }
        let sources = marker.sources;
        let mut given = Given { columns: Vec::new(), is_all: true };
        let all =
            |of: &Columns| of.iter().map(|name| (Some(name.clone()), true)).collect::<Vec<_>>();
        for item in &select.projection {
            match item {
                SelectItem::ExprWithAlias { expr, alias } => {
                    given.columns.push((Some(alias.value.clone()), self.gives_json(expr)));
                }
                SelectItem::UnnamedExpr(expr) => {
                    given.columns.push((name(expr), self.gives_json(expr)));
                }
                SelectItem::Wildcard(_) => {
                    given.is_all = false;
                    given.columns.extend(sources.iter().flat_map(|(_, columns)| all(columns)));
                }
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(wanted),
                    _,
                ) => {
                    given.is_all = false;
                    let wanted = wanted.to_string();
                    let of = sources.iter().filter(|(name, _)| *name == wanted);
                    given.columns.extend(of.flat_map(|(_, columns)| all(columns)));
                }
                _ => given.is_all = false,
            }
        }
        given
    }

    /// Whether an expression is a value of JSON as it is written, or gives one.
    fn gives_json(&self, expr: &Expr) -> bool {
        if let Expr::Subquery(query) = expr {
            let given = self.query(&mut query.clone());
            return given.columns.first().is_some_and(|(_, is_json)| *is_json);
        }
        is_written_json(expr, self.names)
    }

    fn source(&self, factor: &mut TableFactor, sources: &mut Vec<(String, Columns)>) {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let [part] = name.0.as_slice() else { return };
                let Some(name) = part.as_ident() else { return };
                let Some(columns) = self.queries.get(&name.value) else { return };
                let name = alias.as_ref().map_or(&name.value, |alias| &alias.name.value);
                // Which of them an alias names anew is not known here.
                let is_renamed = alias.as_ref().is_some_and(|alias| !alias.columns.is_empty());
                let columns = if is_renamed { Columns::new() } else { columns.clone() };
                sources.push((name.clone(), columns));
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let given = self.query(subquery);
                let name = alias.as_ref().map(|alias| alias.name.value.clone());
                sources.push((name.unwrap_or_default(), given.named(alias.as_ref())));
            }
            TableFactor::UNNEST { alias: Some(alias), array_exprs, .. } => {
                let columns = alias.columns.iter().zip(array_exprs);
                let values = columns.filter(|(_, array)| self.names.is_array(array));
                let values = values.map(|(column, _)| column.name.value.clone());
                sources.push((alias.name.value.clone(), values.collect()));
            }
            TableFactor::NestedJoin { table_with_joins, .. } => {
                self.source(&mut table_with_joins.relation, sources);
                for join in &mut table_with_joins.joins {
                    self.source(&mut join.relation, sources);
                }
            }
            _ => {}
        }
    }
}

fn name(expr: &Expr) -> Option<String> {
    match unnested(expr) {
        Expr::Identifier(name) => Some(name.value.clone()),
        Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.clone()),
        Expr::Function(function) if name_of(function) == COLUMN => {
            first_argument(function).and_then(|column| name(&column))
        }
        _ => None,
    }
}

/// Marks the columns of a select's sources.
struct Marker<'a> {
    scope: &'a Scope<'a>,
    sources: Vec<(String, Columns)>,
    /// How many queries in an expression are around.
    depth: usize,
}

impl VisitorMut for Marker<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if self.depth == 0 {
            self.scope.query(query);
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let is_marked = match expr {
            // In a query in an expression a name alone may be of its own tables.
            Expr::Identifier(name) if self.depth == 0 => {
                self.sources.iter().any(|(_, columns)| columns.contains(&name.value))
            }
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [source, column] => self
                    .sources
                    .iter()
                    .any(|(name, of)| *name == source.value && of.contains(&column.value)),
                _ => false,
            },
            _ => false,
        };
        if is_marked {
            replace(expr, |column| call(COLUMN, vec![column]));
        }
        ControlFlow::Continue(())
    }
}

/// Writes paths as values of JSON, to tell what an expression gives.
struct Written<'a> {
    names: &'a Names,
}

impl VisitorMut for Written<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let is_path = match &*expr {
            Expr::BinaryOp { op: BinaryOperator::Arrow | BinaryOperator::HashArrow, .. } => true,
            Expr::Function(function) => name_of(function) == "json_get",
            other => path_of(other, self.names).is_some(),
        };
        if is_path {
            replace(expr, |path| call(COLUMN, vec![path]));
        }
        ControlFlow::Continue(())
    }
}
