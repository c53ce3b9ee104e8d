//! A list that is unnested beside the table that it is of.
//!
//! DataFusion plans that as a query for each row of the table, and then cannot run it. What such a query does is done to the
//! rows of the table instead, whose columns it takes along.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult as _, TreeNode as _};
use datafusion::common::{Column, DFSchema, NullHandling, Result, ScalarValue, TableReference};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{
    Expr, Filter, Join, JoinType, LogicalPlan, Projection, SubqueryAlias, Unnest,
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
    let (query, alias) = match join.right.as_ref() {
        LogicalPlan::SubqueryAlias(named) => (named.input.as_ref(), Some(&named.alias)),
        query => (query, None),
    };
    let LogicalPlan::Subquery(query) = query else { return Ok(None) };
    let rows = Rows { of: &join.left, keeps_all };
    let Some(mut plan) = rows.through(&query.subquery)? else { return Ok(None) };
    if let Some(alias) = alias {
        plan = rows.named(plan, alias)?;
    }
    Ok(Some(match condition {
        Some(condition) => LogicalPlan::Filter(Filter::try_new(condition, Arc::new(plan))?),
        None => plan,
    }))
}

fn is_true(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(ScalarValue::Boolean(Some(true)), _))
}

/// The rows that a query is made for, one by one.
struct Rows<'a> {
    of: &'a Arc<LogicalPlan>,
    /// Whether a row without values is one as well.
    keeps_all: bool,
}

impl Rows<'_> {
    /// The rows with the columns of a query over each; `None` if the query does more than lists ask for.
    fn through(&self, query: &LogicalPlan) -> Result<Option<LogicalPlan>> {
        let input = match query {
            LogicalPlan::EmptyRelation(one) if one.produce_one_row => {
                return Ok(Some(self.of.as_ref().clone()));
            }
            LogicalPlan::Subquery(inner) => return self.through(&inner.subquery),
            LogicalPlan::Projection(Projection { input, .. })
            | LogicalPlan::Unnest(Unnest { input, .. })
            | LogicalPlan::SubqueryAlias(SubqueryAlias { input, .. }) => input,
            // It would take rows away that are kept.
            LogicalPlan::Filter(Filter { input, .. }) if !self.keeps_all => input,
            _ => return Ok(None),
        };
        let Some(input) = self.through(input)? else { return Ok(None) };
        let is_known = |expr: &Expr| is_of(expr, self.of.schema());
        Ok(match query {
            LogicalPlan::Projection(Projection { expr, .. }) if expr.iter().all(is_known) => {
                // Of a row that has no value, all of them are null.
                let is_value = |expr: &Expr| matches!(expr.clone().unalias(), Expr::Column(_));
                let is_list = matches!(query.inputs()[0], LogicalPlan::EmptyRelation(_));
                if self.keeps_all && !is_list && !expr.iter().all(is_value) {
                    return Ok(None);
                }
                let exprs = expr.iter().map(inlined).collect::<Result<Vec<_>>>()?;
                Some(self.with(exprs, input)?)
            }
            LogicalPlan::Filter(Filter { predicate, .. }) if is_known(predicate) => {
                Some(LogicalPlan::Filter(Filter::try_new(inlined(predicate)?, Arc::new(input))?))
            }
            LogicalPlan::SubqueryAlias(SubqueryAlias { alias, .. }) => {
                Some(self.named(input, alias)?)
            }
            LogicalPlan::Unnest(unnest) => {
                let null_handling = match self.keeps_all {
                    true => NullHandling::PreserveAndExpandEmpty,
                    false => NullHandling::Drop,
                };
                let options = unnest.options.clone().with_null_handling(null_handling);
                let columns = unnest.exec_columns.clone();
                Some(LogicalPlan::Unnest(Unnest::try_new(Arc::new(input), columns, options)?))
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

    /// The same, with another name for where the columns of the query are from.
    fn named(&self, plan: LogicalPlan, alias: &TableReference) -> Result<LogicalPlan> {
        let columns = plan.schema().columns().into_iter().skip(self.of.schema().fields().len());
        let names: Vec<_> = columns.clone().map(|column| column.name).collect();
        // A column that is there under both names is ambiguous.
        let (exprs, input) = match plan {
            LogicalPlan::Projection(Projection { expr, input, .. }) => {
                (expr.into_iter().skip(self.of.schema().fields().len()).collect(), input)
            }
            plan => (columns.map(Expr::Column).collect::<Vec<_>>(), Arc::new(plan)),
        };
        let named = exprs.into_iter().zip(names);
        let named =
            named.map(|(expr, name)| expr.unalias().alias_qualified(Some(alias.clone()), name));
        let named = named.collect();
        self.with(named, Arc::unwrap_or_clone(input))
    }
}

/// Whether all that an expression takes from outside its query is of these columns.
fn is_of(expr: &Expr, schema: &DFSchema) -> bool {
    let has = |column: &Column| schema.has_column(column);
    !expr
        .exists(|expr| Ok(matches!(expr, Expr::OuterReferenceColumn(_, column) if !has(column))))
        .unwrap_or(true)
}

/// An expression for the row itself.
fn inlined(expr: &Expr) -> Result<Expr> {
    let name = expr.schema_name().to_string();
    let inlined = expr.clone().transform(|expr| {
        Ok(match expr {
            Expr::OuterReferenceColumn(_, column) => Transformed::yes(Expr::Column(column)),
            other => Transformed::no(other),
        })
    });
    let inlined = inlined.data()?;
    // Others call it by the name that it had.
    let is_as_before = inlined.schema_name().to_string() == name;
    Ok(if is_as_before { inlined } else { inlined.alias(name) })
}
