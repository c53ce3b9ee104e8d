//! Columns that a join with `USING` says are in both tables: in a condition DataFusion cannot tell of which one they are.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, Ident, JoinConstraint, JoinOperator, ObjectName, Select, Statement, TableFactor,
    TableWithJoins, VisitMut, VisitorMut,
};

use super::own::Own;
use super::titles;

/// Says in each `WHERE` that they are of the first table, and where several tables are joined so, everywhere.
pub(super) fn rewrite(statement: &mut Statement) {
    let _ = VisitMut::visit(statement, &mut Conditions);
}

struct Conditions;

impl VisitorMut for Conditions {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        if let [tables] = select.from.as_slice()
            && let Some((of, names)) = shared(tables)
        {
            let are_several = tables.joins.len() > 1;
            let mut qualified = Own::new(|expr| {
                if let Expr::Identifier(name) = expr
                    && names.contains(&name.value)
                {
                    *expr = Expr::CompoundIdentifier(vec![of.clone(), name.clone()]);
                }
            });
            let _ = select.selection.visit(&mut qualified);
            if are_several {
                titles::keep(select, &mut qualified);
                let _ = select.projection.visit(&mut qualified);
                let _ = select.group_by.visit(&mut qualified);
                let _ = select.having.visit(&mut qualified);
                let _ = select.qualify.visit(&mut qualified);
            }
        }
        ControlFlow::Continue(())
    }
}

/// The first table of a select, and the columns that the first join says are in both.
fn shared(tables: &TableWithJoins) -> Option<(Ident, HashSet<String>)> {
    let of = match &tables.relation {
        TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. } => alias.name.clone(),
        TableFactor::Table { name, .. } => name.0.last()?.as_ident()?.clone(),
        _ => return None,
    };
    use JoinOperator::{Inner, Join, Left, LeftOuter};
    let (Join(constraint) | Inner(constraint) | Left(constraint) | LeftOuter(constraint)) =
        &tables.joins.first()?.join_operator
    else {
        return None;
    };
    let JoinConstraint::Using(names) = constraint else { return None };
    let name = |name: &ObjectName| {
        name.0.last().and_then(|part| part.as_ident()).map(|name| name.value.clone())
    };
    Some((of, names.iter().filter_map(name).collect()))
}
