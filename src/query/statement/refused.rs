//! What DataFusion plans and answers otherwise than SQL does: said instead of answered.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    JoinConstraint, JoinOperator, Query, Select, SetExpr, SetOperator, SetQuantifier, Statement,
    TableFactor, TableWithJoins, Value, Visit as _, Visitor,
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

/// DataFusion looks for a key of this name.
const JSON_PATH: &str = "paths such as '$.a.b' and '{a,b}' are not supported: write column->'a'->>'b', column['a']['b'] or column.a.b";

/// DataFusion joins each row with each.
const UNCONDITIONAL: &str = "JOIN asks for ON or USING: write CROSS JOIN for each row with each";

struct Refused;

impl Visitor for Refused {
    type Break = &'static str;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        if has_all(&query.body) { ControlFlow::Break(OF_ALL) } else { ControlFlow::Continue(()) }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        select.from.iter().try_for_each(joins)
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        match factor {
            TableFactor::NestedJoin { table_with_joins, .. } => joins(table_with_joins),
            TableFactor::Table { sample: Some(_), .. }
            | TableFactor::Derived { sample: Some(_), .. } => ControlFlow::Break(SAMPLE),
            TableFactor::Table { with_ordinality: true, .. }
            | TableFactor::UNNEST { with_ordinality: true, .. }
            | TableFactor::Function { with_ordinality: true, .. } => ControlFlow::Break(ORDINALITY),
            TableFactor::Table { version: Some(_), .. } => ControlFlow::Break(VERSION),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::SimilarTo { .. } => ControlFlow::Break(SIMILAR),
            Expr::BinaryOp {
                op: BinaryOperator::HashArrow | BinaryOperator::HashLongArrow,
                ..
            } => ControlFlow::Break(JSON_PATH),
            Expr::BinaryOp {
                op: BinaryOperator::Arrow | BinaryOperator::LongArrow, right, ..
            } if is_json_path(right) => ControlFlow::Break(JSON_PATH),
            Expr::Function(function) if has_json_path(function) => ControlFlow::Break(JSON_PATH),
            _ => ControlFlow::Continue(()),
        }
    }
}

fn joins(tables: &TableWithJoins) -> ControlFlow<&'static str> {
    use JoinOperator::{FullOuter, Inner, Join, Left, LeftOuter, Right, RightOuter};
    for join in &tables.joins {
        let (FullOuter(constraint)
        | Right(constraint)
        | RightOuter(constraint)
        | Inner(constraint)
        | Join(constraint)
        | Left(constraint)
        | LeftOuter(constraint)) = &join.join_operator
        else {
            continue;
        };
        let is_of_right = matches!(join.join_operator, FullOuter(_) | Right(_) | RightOuter(_));
        match constraint {
            JoinConstraint::Using(_) | JoinConstraint::Natural if is_of_right => {
                return ControlFlow::Break(OF_SIDES);
            }
            JoinConstraint::None => return ControlFlow::Break(UNCONDITIONAL),
            _ => {}
        }
    }
    ControlFlow::Continue(())
}

/// Whether a key is a path of other databases.
fn is_json_path(key: &Expr) -> bool {
    let Expr::Value(value) = key else { return false };
    let Value::SingleQuotedString(text) = &value.value else { return false };
    text.starts_with("$.") || text.starts_with("$[")
}

/// Whether a function of JSON is given such a path.
fn has_json_path(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    let is_path = |argument: &FunctionArg| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(key)) => is_json_path(key),
        _ => false,
    };
    function.name.to_string().to_lowercase().starts_with("json") && list.args.iter().any(is_path)
}

/// Queries in parentheses are visited by themselves.
fn has_all(body: &SetExpr) -> bool {
    let SetExpr::SetOperation { op, set_quantifier, left, right } = body else { return false };
    let is_all = matches!(set_quantifier, SetQuantifier::All | SetQuantifier::AllByName);
    (is_all && *op != SetOperator::Union) || has_all(left) || has_all(right)
}
