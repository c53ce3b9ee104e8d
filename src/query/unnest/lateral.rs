//! A list that is unnested beside the table that it is of.
//!
//! DataFusion plans that as a query for each row of the table, and then cannot run it. What such a query does is done to the
//! rows of the table instead, whose columns it takes along.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult as _, TreeNode as _};
use datafusion::common::{Column, DFSchema, NullHandling, Result, ScalarValue, TableReference};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{
    BinaryExpr, Expr, Filter, Join, JoinType, LogicalPlan, Operator, Projection, SubqueryAlias,
    Unnest,
};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// Takes the list of a row apart where the row is.
#[derive(Debug)]
pub(in crate::query) struct LateralUnnest;

impl OptimizerRule for LateralUnnest {
    fn name(&self) -> &'static str {
        "lateral_unnest"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Join(join) = &plan else { return Ok(Transformed::no(plan)) };
        Ok(match beside(join)? {
            Some(unnested) => Transformed::yes(unnested),
            None => Transformed::no(plan),
        })
    }
}

/// The left side of a join with the rows of its lists; `None` for any other join.
fn beside(join: &Join) -> Result<Option<LogicalPlan>> {
    let equal = join.on.iter().map(|(left, right)| left.clone().eq(right.clone()));
    let condition = conjunction(equal.chain(join.filter.clone())).filter(|all| !is_true(all));
    let keeps_all = match join.join_type {
        JoinType::Inner => false,
        JoinType::Left if condition.is_none() => true,
        _ => return Ok(None),
    };
    if !join.right.exists(|part| Ok(matches!(part, LogicalPlan::Subquery(_))))? {
        return Ok(None);
    }
    let rows = Rows { of: &join.left, keeps_all };
    let Some(plan) = rows.through(&join.right, None)? else { return Ok(None) };
    Ok(Some(match condition {
        Some(condition) => LogicalPlan::Filter(Filter::try_new(condition, Arc::new(plan))?),
        None => plan,
    }))
}

/// Whether a condition is one only to please the grammar: `true`, or `1 = 1`.
fn is_true(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(ScalarValue::Boolean(Some(true)), _) => true,
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
            matches!(left.as_ref(), Expr::Literal(value, _) if !value.is_null()) && left == right
        }
        _ => false,
    }
}

/// The rows that a query is made for, one by one.
struct Rows<'a> {
    of: &'a Arc<LogicalPlan>,
    /// Whether a row without values is one as well.
    keeps_all: bool,
}

impl Rows<'_> {
    /// The rows with the columns of a query over each, of a table of this name if it has one; `None` if the query does more
    /// than lists ask for.
    fn through(
        &self,
        query: &LogicalPlan,
        name: Option<&TableReference>,
    ) -> Result<Option<LogicalPlan>> {
        let is_known = |expr: &Expr| is_of(expr, self.of.schema());
        Ok(match query {
            LogicalPlan::EmptyRelation(one) if one.produce_one_row => {
                Some(self.of.as_ref().clone())
            }
            LogicalPlan::Subquery(inner) => self.through(&inner.subquery, name)?,
            LogicalPlan::SubqueryAlias(SubqueryAlias { input, alias, .. }) => {
                self.through(input, Some(name.unwrap_or(alias)))?
            }
            LogicalPlan::Projection(Projection { expr, input, .. })
                if expr.iter().all(is_known) && (!self.keeps_all || may_be_null(expr, input)) =>
            {
                let Some(input) = self.through(input, None)? else { return Ok(None) };
                let exprs = expr.iter().map(|expr| inlined(expr, name));
                let exprs = exprs.collect::<Result<Vec<_>>>()?;
                Some(self.with(exprs, input)?)
            }
            // Of rows that are kept, it would take some away.
            LogicalPlan::Filter(Filter { predicate, input, .. })
                if !self.keeps_all && is_known(predicate) =>
            {
                let Some(input) = self.through(input, None)? else { return Ok(None) };
                let predicate = inlined(predicate, None)?.unalias();
                let filter = Filter::try_new(predicate, Arc::new(input))?;
                Some(self.named(LogicalPlan::Filter(filter), name)?)
            }
            LogicalPlan::Unnest(unnest) => {
                let has_list = |part: &LogicalPlan| Ok(matches!(part, LogicalPlan::Unnest(_)));
                if self.keeps_all && unnest.input.exists(has_list)? {
                    return Ok(None);
                }
                let Some(input) = self.through(&unnest.input, None)? else { return Ok(None) };
                let mut options = unnest.options.clone();
                if self.keeps_all {
                    options.null_handling = NullHandling::PreserveAndExpandEmpty;
                }
                let columns = unnest.exec_columns.clone();
                let unnest = Unnest::try_new(Arc::new(input), columns, options)?;
                Some(self.named(LogicalPlan::Unnest(unnest), name)?)
            }
            _ => None,
        })
    }

    /// The columns of the rows, and what is made of them.
    fn with(&self, exprs: Vec<Expr>, input: LogicalPlan) -> Result<LogicalPlan> {
        let columns = self.of.schema().columns().into_iter().map(Expr::Column);
        let exprs = columns.chain(exprs).collect();
        Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(input))?))
    }

    /// The same, with the columns of the query under the name of a table.
    fn named(&self, plan: LogicalPlan, name: Option<&TableReference>) -> Result<LogicalPlan> {
        let Some(name) = name else { return Ok(plan) };
        let columns = plan.schema().columns().into_iter().skip(self.of.schema().fields().len());
        let named = columns.map(|column| {
            let title = column.name.clone();
            Expr::Column(column).alias_qualified(Some(name.clone()), title)
        });
        let named = named.collect();
        self.with(named, plan)
    }
}

/// Whether what is selected of a list is null for a row without values: columns as such are.
fn may_be_null(exprs: &[Expr], input: &LogicalPlan) -> bool {
    let is_column = |expr: &Expr| matches!(expr.clone().unalias(), Expr::Column(_));
    matches!(input, LogicalPlan::EmptyRelation(_)) || exprs.iter().all(is_column)
}

/// Whether all that an expression takes from outside its query is of these columns.
fn is_of(expr: &Expr, schema: &DFSchema) -> bool {
    let has = |column: &Column| schema.has_column(column);
    !expr
        .exists(|expr| Ok(matches!(expr, Expr::OuterReferenceColumn(_, column) if !has(column))))
        .unwrap_or(true)
}

/// An expression for the row itself, of a table of this name if it has one.
fn inlined(expr: &Expr, table: Option<&TableReference>) -> Result<Expr> {
    let (relation, name) = expr.qualified_name();
    let inlined = expr.clone().unalias().transform(|expr| {
        Ok(match expr {
            Expr::OuterReferenceColumn(_, column) => Transformed::yes(Expr::Column(column)),
            other => Transformed::no(other),
        })
    });
    // Others call it by the name that it had.
    Ok(inlined.data()?.alias_qualified(table.cloned().or(relation), name))
}
