//! Answers from derived columns what a query asks of the columns that they are made of.
//!
//! `Status->>'errorCode'` reads and parses all of `Status`; `_Status_errorCode` is the same value in a
//! column of its own, which is much less to read. Row groups are left out by it where it has bounds:
//! numbers and truth values do, text that differs from row to row does not. The analyst need not know:
//! this rule puts the column in the place of the expression, where it can prove that both say the same: the
//! columns that the expression is over and the derived column must come, unchanged and side by side,
//! from one scan of a table of the lake.

use std::collections::HashSet;

use datafusion::catalog::default_table_source::source_as_provider;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, JoinType, Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Distinct, Expr, Join, LogicalPlan, TableScan};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};
use datafusion_functions_json::udfs::json_as_text_udf;

use super::functions::fact_of;
use crate::decode::Step;
use crate::facts::Function;
use crate::lake::LakeTable;
use crate::table::{self, Derivation, Derived};

/// Puts the derived column in the place of an expression that it answers.
#[derive(Debug)]
pub(super) struct DerivedColumns;

impl OptimizerRule for DerivedColumns {
    fn name(&self) -> &'static str {
        "derived_columns"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        if !is_understood(&plan) || !plan.expressions().iter().any(asks) {
            return Ok(Transformed::no(plan));
        }
        let inputs: Vec<_> = plan.inputs().into_iter().cloned().collect();
        // The filters of a scan see all of its columns, also those that it does not give out.
        let scan = match &plan {
            LogicalPlan::TableScan(_) => Some(plan.clone()),
            _ => None,
        };
        let names = NamePreserver::new(&plan);
        let rewritten = plan.map_expressions(|expr| {
            let name = names.save(&expr);
            let answered = expr.transform_up(|expr| {
                let Some(asked) = Asked::of(&expr) else { return Ok(Transformed::no(expr)) };
                let column = match &scan {
                    Some(scan) => asked.column_of_scan(scan),
                    None => asked.column_of_inputs(&inputs),
                };
                Ok(column.map_or_else(
                    || Transformed::no(expr),
                    |column| Transformed::yes(Expr::Column(column)),
                ))
            })?;
            Ok(answered.update_data(|expr| name.restore(expr)))
        })?;
        if rewritten.transformed {
            rewritten.map_data(LogicalPlan::recompute_schema)
        } else {
            Ok(rewritten)
        }
    }
}

/// Whether the expressions of a node are over the columns of its inputs, row by row.
fn is_understood(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Window(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Join(_)
        | LogicalPlan::TableScan(_) => true,
        // The sets of a grouping have names of their own.
        LogicalPlan::Aggregate(aggregate) => {
            !aggregate.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_)))
        }
        _ => false,
    }
}

/// Whether an expression asks for something that some table has a column for.
fn asks(expr: &Expr) -> bool {
    expr.exists(|expr| Ok(Asked::of(expr).is_some())).unwrap_or(false)
}

/// An expression that a derived column may answer.
struct Asked<'a> {
    what: What<'a>,
    /// The columns that it is over.
    columns: Vec<&'a Column>,
}

enum What<'a> {
    Path(Vec<&'a ScalarValue>),
    Fact(&'static Function),
}

impl<'a> Asked<'a> {
    fn of(expr: &'a Expr) -> Option<Self> {
        let Expr::ScalarFunction(ScalarFunction { func, args }) = expr else { return None };
        let asked = if *func == json_as_text_udf() {
            let (source, steps) = args.split_first()?;
            let step = |step: &'a Expr| match step {
                Expr::Literal(value, _) => Some(value),
                _ => None,
            };
            let steps = steps.iter().map(step).collect::<Option<_>>()?;
            Self { what: What::Path(steps), columns: vec![column(source)?] }
        } else {
            let columns = args.iter().map(column).collect::<Option<_>>()?;
            Self { what: What::Fact(fact_of(func)?), columns }
        };
        let is_answered = asked.names().next().is_some();
        is_answered.then_some(asked)
    }

    /// Whether a derived column says what is asked for, of whichever columns.
    fn is(&self, derivation: Derivation) -> bool {
        match (&self.what, derivation) {
            (What::Path(asked), Derivation::Path(path)) => {
                asked.len() == path.len()
                    && asked.iter().zip(path).all(|(asked, step)| is_step(asked, *step))
            }
            (What::Fact(asked), Derivation::Function { function, .. }) => *asked == function,
            _ => false,
        }
    }

    /// Names of the derived columns that say what is asked for, in any table.
    fn names(&self) -> impl Iterator<Item = &'static str> {
        table::logs()
            .iter()
            .flat_map(|table| table.derived())
            .filter(|derived| self.is(derived.derivation))
            .map(|derived| derived.column.name)
    }

    /// Whether a derived column says what is asked for of columns with these names.
    fn is_of(&self, derived: &Derived, names: &[&str]) -> bool {
        self.is(derived.derivation) && derived.arguments() == names
    }

    /// The column of a scan that answers.
    fn column_of_scan(&self, scan: &LogicalPlan) -> Option<Column> {
        let LogicalPlan::TableScan(scan) = scan else { return None };
        let names: Vec<_> = self.columns.iter().map(|column| column.name()).collect();
        let derived = derived_of(scan)?;
        let derived = derived.iter().find(|derived| self.is_of(derived, &names))?;
        Some(Column::new(self.columns[0].relation.clone(), derived.column.name))
    }

    /// The column of one of the inputs that answers.
    fn column_of_inputs(&self, inputs: &[LogicalPlan]) -> Option<Column> {
        let mut of = inputs.iter().filter(|input| {
            self.columns.iter().any(|column| input.schema().maybe_index_of_column(column).is_some())
        });
        // Columns that only together come from one place, or could come from two.
        let (Some(input), None) = (of.next(), of.next()) else { return None };
        let schema = input.schema();
        let sources =
            self.columns.iter().map(|column| place(schema, column)).collect::<Option<Vec<_>>>()?;
        let names: HashSet<_> = self.names().collect();
        let answer = (0..schema.fields().len())
            .filter(|place| names.contains(schema.field(*place).name().as_str()))
            .find(|place| self.is_answered(input, &sources, *place))?;
        Some(Column::from(schema.qualified_field(answer)))
    }

    /// Whether the column at `answer` says what is asked for of the columns at `sources`: whether all
    /// of them come unchanged and side by side from one scan.
    fn is_answered(&self, plan: &LogicalPlan, sources: &[usize], answer: usize) -> bool {
        let through = |plan: &LogicalPlan, shift: usize| {
            let sources: Vec<_> = sources.iter().map(|source| source - shift).collect();
            self.is_answered(plan, &sources, answer - shift)
        };
        let all = || sources.iter().copied().chain([answer]);
        match plan {
            LogicalPlan::TableScan(scan) => {
                let name = |place: usize| scan.projected_schema.field(place).name().as_str();
                let names: Vec<_> = sources.iter().map(|source| name(*source)).collect();
                derived_of(scan).is_some_and(|derived| {
                    derived.iter().any(|derived| {
                        derived.column.name == name(answer) && self.is_of(derived, &names)
                    })
                })
            }
            LogicalPlan::Filter(filter) => through(&filter.input, 0),
            LogicalPlan::Sort(sort) => through(&sort.input, 0),
            LogicalPlan::Limit(limit) => through(&limit.input, 0),
            LogicalPlan::SubqueryAlias(alias) => through(&alias.input, 0),
            LogicalPlan::Distinct(Distinct::All(input)) => through(input, 0),
            LogicalPlan::Union(union) => union.inputs.iter().all(|input| through(input, 0)),
            // The columns of the input come first.
            LogicalPlan::Window(window) => {
                let columns = window.input.schema().fields().len();
                all().all(|place| place < columns) && through(&window.input, 0)
            }
            LogicalPlan::Projection(projection) => {
                let input =
                    |at: usize| place(projection.input.schema(), column(&projection.expr[at])?);
                let sources =
                    sources.iter().map(|source| input(*source)).collect::<Option<Vec<_>>>();
                match (sources, input(answer)) {
                    (Some(sources), Some(answer)) => {
                        self.is_answered(&projection.input, &sources, answer)
                    }
                    _ => false,
                }
            }
            // A side that an outer join leaves empty is empty in all of its columns, and every
            // function gives null of nulls.
            LogicalPlan::Join(join) => match columns_of(join) {
                (left, _) if all().all(|place| place < left) => through(&join.left, 0),
                (left, right) if all().all(|place| (left..left + right).contains(&place)) => {
                    through(&join.right, left)
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// The column that an expression is, under whatever name.
fn column(expr: &Expr) -> Option<&Column> {
    match expr {
        Expr::Column(column) => Some(column),
        Expr::Alias(alias) => column(&alias.expr),
        _ => None,
    }
}

/// The place of a column, if it can be only one.
fn place(schema: &DFSchema, column: &Column) -> Option<usize> {
    if column.relation.is_none() && schema.fields_with_unqualified_name(&column.name).len() > 1 {
        return None;
    }
    schema.maybe_index_of_column(column)
}

fn is_step(asked: &ScalarValue, step: Step) -> bool {
    match step {
        Step::Key(key) => asked.try_as_str() == Some(Some(key)),
        Step::Index(index) => match asked {
            ScalarValue::Int64(Some(asked)) => usize::try_from(*asked) == Ok(index),
            ScalarValue::UInt64(Some(asked)) => usize::try_from(*asked) == Ok(index),
            _ => false,
        },
    }
}

/// The derived columns of a scan of the lake.
fn derived_of(scan: &TableScan) -> Option<Vec<Derived>> {
    let provider = source_as_provider(&scan.source).ok()?;
    Some(provider.downcast_ref::<LakeTable>()?.table().derived())
}

/// How many columns of its left and its right side a join gives out.
fn columns_of(join: &Join) -> (usize, usize) {
    let (left, right) = (join.left.schema().fields().len(), join.right.schema().fields().len());
    match join.join_type {
        JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => (left, right),
        JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => (left, 0),
        JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => (0, right),
    }
}

#[cfg(test)]
mod tests;
