//! The ways to write `UNNEST`, in the one that DataFusion reads.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, Ident, Join, JoinConstraint, JoinOperator,
    Query, Select, SetExpr, Statement, TableAliasColumnDef, TableFactor, TableWithJoins, Value,
    VisitMut, VisitorMut,
};

use crate::query::statement::titles;

/// Names each list that rows are made of, and its values.
pub(in crate::query) fn rewrite(statement: &mut Statement) {
    let mut lists = Lists { has_some: false };
    let _ = VisitMut::visit(statement, &mut lists);
    if lists.has_some {
        let _ = VisitMut::visit(statement, &mut Values { scopes: Vec::new() });
    }
}

/// Makes all lists `UNNEST(…) AS list(value)`.
struct Lists {
    has_some: bool,
}

impl VisitorMut for Lists {
    type Break = ();

    /// `FROM a, UNNEST(a.x) AS t(d) JOIN b ON …`: the list is of what stands before the comma.
    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let mut from: Vec<TableWithJoins> = Vec::new();
        for tables in std::mem::take(&mut select.from) {
            match from.last_mut() {
                Some(before) if is_beside(&tables) => {
                    let join_operator = JoinOperator::CrossJoin(JoinConstraint::None);
                    let relation = tables.relation;
                    before.joins.push(Join { relation, global: false, join_operator });
                    before.joins.extend(tables.joins);
                }
                _ => from.push(tables),
            }
        }
        select.from = from;
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let Some(unnest) = as_unnest(factor) {
            *factor = unnest;
        }
        if let TableFactor::UNNEST { alias: Some(alias), array_exprs, .. } = factor {
            self.has_some = true;
            if alias.columns.is_empty() && array_exprs.len() == 1 {
                let name = alias.name.clone();
                alias.columns.push(TableAliasColumnDef { name, data_type: None });
            }
        }
        ControlFlow::Continue(())
    }
}

/// Whether what stands after a comma is a list, with joins that keep all of its rows or take some away.
fn is_beside(tables: &TableWithJoins) -> bool {
    use JoinOperator as Of;
    let is_list = matches!(tables.relation, TableFactor::UNNEST { .. })
        || as_unnest(&tables.relation).is_some();
    let is_of_left = |join: &Join| {
        matches!(
            join.join_operator,
            Of::CrossJoin(_) | Of::Inner(_) | Of::Join(_) | Of::Left(_) | Of::LeftOuter(_)
        )
    };
    is_list && !tables.joins.is_empty() && tables.joins.iter().all(is_of_left)
}

/// `LATERAL UNNEST(…)`, which is read as any other function of a table.
fn as_unnest(factor: &TableFactor) -> Option<TableFactor> {
    let TableFactor::Function { name, args, with_ordinality: false, alias, .. } = factor else {
        return None;
    };
    let [name] = name.0.as_slice() else { return None };
    if !name.as_ident()?.value.eq_ignore_ascii_case("unnest") {
        return None;
    }
    let array = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(array)) => Some(array.clone()),
        _ => None,
    };
    Some(TableFactor::UNNEST {
        alias: alias.clone(),
        array_exprs: args.iter().map(array).collect::<Option<_>>()?,
        with_offset: false,
        with_offset_alias: None,
        with_ordinality: false,
    })
}

/// What a select reads from, by name.
#[derive(Debug, Default)]
struct Scope {
    /// Lists, with the names of their values.
    lists: HashMap<String, HashSet<String>>,
    tables: HashSet<String>,
}

impl Scope {
    fn of(select: &Select) -> Self {
        let mut scope = Self::default();
        select.from.iter().for_each(|tables| scope.add(tables));
        scope
    }

    fn add(&mut self, tables: &TableWithJoins) {
        let joined = tables.joins.iter().map(|join| &join.relation);
        for factor in std::iter::once(&tables.relation).chain(joined) {
            match factor {
                TableFactor::UNNEST { alias: Some(alias), .. } => {
                    let values = alias.columns.iter().map(|column| column.name.value.clone());
                    self.lists.insert(alias.name.value.clone(), values.collect());
                }
                TableFactor::NestedJoin { table_with_joins, .. } => self.add(table_with_joins),
                TableFactor::Table { alias: Some(alias), .. }
                | TableFactor::Derived { alias: Some(alias), .. } => {
                    self.tables.insert(alias.name.value.clone());
                }
                TableFactor::Table { name, .. } => {
                    let name = name.0.last().and_then(|part| part.as_ident());
                    self.tables.extend(name.map(|name| name.value.clone()));
                }
                _ => {}
            }
        }
    }

    fn has_value(&self, name: &Ident) -> bool {
        self.lists.values().any(|values| values.contains(&name.value))
    }
}

/// Reaches into the values.
struct Values {
    /// Of the queries around, the innermost last.
    scopes: Vec<Scope>,
}

impl VisitorMut for Values {
    type Break = ();

    /// What a query is sorted by is of its select, too.
    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.scopes.push(match query.body.as_ref() {
            SetExpr::Select(select) => Scope::of(select),
            _ => Scope::default(),
        });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        self.scopes.push(Scope::of(select));
        titles::keep(select, self);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &mut Select) -> ControlFlow<()> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    /// In a list of a list, `UNNEST(Target.modifiedProperties)`, DataFusion does not look into what is of another table.
    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::UNNEST { array_exprs, .. } = factor {
            for array in array_exprs {
                if let Expr::CompoundIdentifier(parts) = array
                    && let Some(path) = self.path(parts)
                {
                    *array = path;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// `d.succeeded` is of the value `d`, and not a column of the list `d`.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && let [list, key, ..] = parts.as_slice()
            && let Some(values) = self.scope_of(list).and_then(|scope| scope.lists.get(&list.value))
            && values.contains(&list.value)
            && !values.contains(&key.value)
        {
            parts.insert(0, list.clone());
        }
        ControlFlow::Continue(())
    }
}

impl Values {
    /// The innermost scope that has a name.
    fn scope_of(&self, name: &Ident) -> Option<&Scope> {
        let has = |scope: &&Scope| {
            scope.tables.contains(&name.value)
                || scope.lists.contains_key(&name.value)
                || scope.has_value(name)
        };
        self.scopes.iter().rev().find(has)
    }

    /// What `d.key` or `t.d.key` is, with arrows.
    fn path(&self, parts: &[Ident]) -> Option<Expr> {
        let (first, rest) = parts.split_first()?;
        let scope = self.scope_of(first)?;
        let values = scope.lists.get(&first.value);
        let (column, keys) = match rest.split_first() {
            Some((value, keys)) if values.is_some_and(|own| own.contains(&value.value)) => {
                (Expr::CompoundIdentifier(vec![first.clone(), value.clone()]), keys)
            }
            _ if scope.has_value(first) && !scope.tables.contains(&first.value) => {
                (Expr::Identifier(first.clone()), rest)
            }
            _ => return None,
        };
        let reach = |of: Expr, key: &Ident| Expr::BinaryOp {
            left: Box::new(of),
            op: BinaryOperator::Arrow,
            right: Box::new(Expr::value(Value::SingleQuotedString(key.value.clone()))),
        };
        (!keys.is_empty()).then(|| keys.iter().fold(column, reach))
    }
}
