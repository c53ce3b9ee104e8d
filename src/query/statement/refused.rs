//! What DataFusion plans and answers otherwise than SQL does: said instead of answered.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, JoinConstraint, JoinOperator, Query, Select, SetExpr, SetOperator, SetQuantifier,
    Statement, TableFactor, TableWithJoins, Visit as _, Visitor,
};

/// Why a statement gets no answer, if it gets none.
pub(super) fn reason(statement: &Statement) -> Option<&'static str> {
    match statement.visit(&mut Refused) {
        ControlFlow::Break(reason) => Some(reason),
        ControlFlow::Continue(()) => None,
    }
}

/// DataFusion keeps each row that the other side lacks, however often it comes.
const OF_ALL: &str = "EXCEPT ALL and INTERSECT ALL are not supported: leave ALL out, or count the rows of both sides with GROUP BY \
                      and join the counts";

/// DataFusion gives the left side's value, which is null in the rows that only the right side has.
const OF_SIDES: &str = "RIGHT and FULL JOIN are not supported with USING or NATURAL: write ON a.x = b.x, and coalesce(a.x, b.x) for \
                        the column of both";

/// DataFusion takes it for a regular expression that may begin anywhere.
const SIMILAR: &str =
    "SIMILAR TO is not supported: write LIKE, or a regular expression, as in Location ~ '^(D|A)'";

/// DataFusion reads all rows.
const SAMPLE: &str = "TABLESAMPLE is not supported: write WHERE random() < 0.1";

/// DataFusion leaves the number out.
const ORDINALITY: &str =
    "WITH ORDINALITY is not supported: number the rows with row_number() OVER (ORDER BY …)";

/// DataFusion reads the newest version.
const VERSION: &str =
    "a table is read as it is now: ask for rows by TimeGenerated, or by _IngestedAt";

struct Refused;

impl Visitor for Refused {
    type Break = &'static str;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        if has_all(&query.body) { ControlFlow::Break(OF_ALL) } else { ControlFlow::Continue(()) }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        select.from.iter().try_for_each(sides)
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        match factor {
            TableFactor::NestedJoin { table_with_joins, .. } => sides(table_with_joins),
            TableFactor::Table { sample: Some(_), .. }
            | TableFactor::Derived { sample: Some(_), .. } => ControlFlow::Break(SAMPLE),
            TableFactor::Table { with_ordinality: true, .. } => ControlFlow::Break(ORDINALITY),
            TableFactor::Table { version: Some(_), .. } => ControlFlow::Break(VERSION),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::SimilarTo { .. } => ControlFlow::Break(SIMILAR),
            _ => ControlFlow::Continue(()),
        }
    }
}

fn sides(tables: &TableWithJoins) -> ControlFlow<&'static str> {
    use JoinOperator::{FullOuter, Right, RightOuter};
    let has_sides = tables.joins.iter().any(|join| match &join.join_operator {
        FullOuter(constraint) | Right(constraint) | RightOuter(constraint) => {
            matches!(constraint, JoinConstraint::Using(_) | JoinConstraint::Natural)
        }
        _ => false,
    });
    if has_sides { ControlFlow::Break(OF_SIDES) } else { ControlFlow::Continue(()) }
}

/// Queries in parentheses are visited by themselves.
fn has_all(body: &SetExpr) -> bool {
    let SetExpr::SetOperation { op, set_quantifier, left, right } = body else { return false };
    let is_all = matches!(set_quantifier, SetQuantifier::All | SetQuantifier::AllByName);
    (is_all && *op != SetOperator::Union) || has_all(left) || has_all(right)
}
