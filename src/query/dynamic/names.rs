//! What the names in a statement stand for, as far as that can be seen without its tables.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Ident, Query, Select, SelectItem, Statement, TableFactor, Value, Visit,
    Visitor,
};

use super::call::{arguments, name_of};
use super::paths::unnested;
use crate::table::{self, ColumnType};

/// Names of a statement.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Those that columns may be qualified with.
    relations: HashSet<String>,
    /// Of columns whose values are out of arrays of JSON: `UNNEST(AuthenticationDetails) AS t(Detail)`.
    values: HashSet<String>,
}

impl Names {
    pub(super) fn of(statement: &Statement) -> Self {
        let mut names = Self::default();
        // An array may be of what has its name further on.
        let _ = Visit::visit(statement, &mut names);
        let _ = Visit::visit(statement, &mut names);
        names
    }

    pub(super) fn is_relation(&self, name: &Ident) -> bool {
        self.relations.contains(&name.value)
    }

    /// Whether a column holds JSON: a dynamic one, or one of values out of arrays.
    pub(super) fn is_dynamic(&self, column: &Ident) -> bool {
        let is_of = |own: &&table::Column| own.name == column.value;
        let mut columns = table::all().iter().flat_map(|table| table.all_columns());
        self.values.contains(&column.value)
            || columns.any(|own| own.kind == ColumnType::Dynamic && is_of(&own))
    }

    /// Whether rows that are made of an expression are values of JSON: it is no list by itself, as `ARRAY[1, 2]` is.
    pub(super) fn is_array(&self, expr: &Expr) -> bool {
        match unnested(expr) {
            Expr::Identifier(column) => self.values.contains(&column.value) || is_column(column),
            Expr::CompoundIdentifier(parts) => {
                parts.iter().any(|part| self.values.contains(&part.value) || is_column(part))
            }
            Expr::CompoundFieldAccess { root, .. } => self.is_array(root),
            Expr::BinaryOp { op: BinaryOperator::Arrow | BinaryOperator::LongArrow, .. } => true,
            Expr::Function(function) => name_of(function).starts_with("json_"),
            Expr::Value(value) => matches!(value.value, Value::SingleQuotedString(_)),
            _ => false,
        }
    }

    /// Whether an expression makes rows of such an array.
    pub(super) fn is_value(&self, expr: &Expr) -> bool {
        let Expr::Function(function) = unnested(expr) else { return false };
        let mut function = function.clone();
        name_of(&function) == "unnest"
            && arguments(&mut function).first().is_some_and(|array| self.is_array(array))
    }
}

/// Whether some table has a column of this name.
pub(super) fn is_column(name: &Ident) -> bool {
    table::all().iter().any(|table| table.all_columns().any(|own| own.name == name.value))
}

impl Visitor for Names {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let expressions = query.with.iter().flat_map(|with| &with.cte_tables);
        self.relations.extend(expressions.map(|table| table.alias.name.value.clone()));
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for item in &select.projection {
            if let SelectItem::ExprWithAlias { expr, alias } = item
                && self.is_value(expr)
            {
                self.values.insert(alias.value.clone());
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let alias = match factor {
            TableFactor::Table { name, alias, .. } => {
                let parts = name.0.iter().filter_map(|part| part.as_ident());
                self.relations.extend(parts.map(|ident| ident.value.clone()));
                alias
            }
            TableFactor::UNNEST { alias, array_exprs, .. } => {
                let columns = alias.iter().flat_map(|alias| &alias.columns);
                for (column, array) in columns.zip(array_exprs) {
                    if self.is_array(array) {
                        self.values.insert(column.name.value.clone());
                    }
                }
                alias
            }
            TableFactor::Derived { alias, .. }
            | TableFactor::TableFunction { alias, .. }
            | TableFactor::Function { alias, .. }
            | TableFactor::NestedJoin { alias, .. } => alias,
            _ => return ControlFlow::Continue(()),
        };
        self.relations.extend(alias.iter().map(|alias| alias.name.value.clone()));
        ControlFlow::Continue(())
    }
}
