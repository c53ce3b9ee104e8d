//! `count(DISTINCT x)` and `array_agg(DISTINCT x)` over many groups.
//!
//! DataFusion keeps a hash set for each group when other aggregates stand beside such a one: with half a
//! million groups that takes a hundred times the time and the memory of the query without it
//! (<https://github.com/apache/datafusion/issues/25116>). This rule puts functions in their place that keep
//! [one set for all groups](set::DistinctGroups). Where DataFusion makes two groupings of it, which is faster still,
//! and where its functions are good, nothing is changed.

mod set;

use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::tree_node::Transformed;
use datafusion::common::{HashSet, Result, ScalarValue};
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, Aggregate, AggregateUDF, AggregateUDFImpl, EmitTo, Expr, ExprSchemable as _,
    GroupsAccumulator, LogicalPlan, Signature, Volatility,
};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

use self::set::DistinctGroups;

/// Puts [`DistinctAggregate`]s in the place of DataFusion's.
#[derive(Debug)]
pub(super) struct DistinctAggregates {
    count: Arc<AggregateUDF>,
    list: Arc<AggregateUDF>,
}

impl DistinctAggregates {
    pub(super) fn new() -> Self {
        let function = |result| Arc::new(AggregateUDF::from(DistinctAggregate::new(result)));
        Self { count: function(Outcome::Count), list: function(Outcome::List) }
    }

    /// Ours in the place of an aggregate of DataFusion's, under the same name.
    fn replaced(&self, expr: Expr, input: &LogicalPlan) -> Result<Transformed<Expr>> {
        let Some(function) = self.function_for(&expr, input)? else {
            return Ok(Transformed::no(expr));
        };
        let name = expr.schema_name().to_string();
        let (aggregate, alias) = match expr {
            Expr::Alias(alias) => (*alias.expr, Some((alias.relation, alias.name))),
            aggregate => (aggregate, None),
        };
        let Expr::AggregateFunction(AggregateFunction { params, .. }) = aggregate else {
            return Ok(Transformed::no(aggregate));
        };
        let params = AggregateFunctionParams { distinct: false, order_by: Vec::new(), ..params };
        let ours =
            Expr::AggregateFunction(AggregateFunction { func: Arc::clone(function), params });
        let (relation, name) = alias.unwrap_or((None, name));
        Ok(Transformed::yes(ours.alias_qualified(relation, name)))
    }

    fn function_for(&self, expr: &Expr, input: &LogicalPlan) -> Result<Option<&Arc<AggregateUDF>>> {
        let Some(AggregateFunction { func, params }) = aggregate(expr) else { return Ok(None) };
        let [argument] = params.args.as_slice() else { return Ok(None) };
        if !params.distinct || params.null_treatment.is_some() {
            return Ok(None);
        }
        // Lists come in this order in any case.
        let is_in_order = match params.order_by.as_slice() {
            [] => true,
            [sort] => sort.asc && !sort.nulls_first && sort.expr == *argument,
            _ => false,
        };
        let data_type = argument.get_type(input.schema())?;
        Ok(match func.name() {
            // DataFusion has one set for all groups of these itself.
            "count" if data_type.is_integer() => None,
            "count" if params.order_by.is_empty() => Some(&self.count),
            "array_agg" if is_in_order => Some(&self.list),
            _ => None,
        })
    }
}

impl OptimizerRule for DistinctAggregates {
    fn name(&self) -> &'static str {
        "distinct_aggregates"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Aggregate(aggregate) = plan else { return Ok(Transformed::no(plan)) };
        if aggregate.group_expr.is_empty() || becomes_two_groupings(&aggregate) {
            return Ok(Transformed::no(LogicalPlan::Aggregate(aggregate)));
        }
        let Aggregate { input, group_expr, aggr_expr, .. } = aggregate.clone();
        let mut has_changed = false;
        let mut replaced = Vec::with_capacity(aggr_expr.len());
        for expr in aggr_expr {
            let expr = self.replaced(expr, &input)?;
            has_changed |= expr.transformed;
            replaced.push(expr.data);
        }
        if !has_changed {
            return Ok(Transformed::no(LogicalPlan::Aggregate(aggregate)));
        }
        let plan = Aggregate::try_new(input, group_expr, replaced)?;
        Ok(Transformed::yes(LogicalPlan::Aggregate(plan)))
    }
}

/// Whether DataFusion groups by the distinct values first and counts them then: it does where all is distinct over one
/// expression, but for sums, minima and maxima.
fn becomes_two_groupings(plan: &Aggregate) -> bool {
    let mut distinct = HashSet::new();
    for expr in &plan.aggr_expr {
        // It does not look into aliases.
        let Expr::AggregateFunction(AggregateFunction { func, params }) = expr else {
            return false;
        };
        if params.filter.is_some() || !params.order_by.is_empty() {
            return false;
        }
        if params.distinct {
            distinct.extend(&params.args);
        } else if !matches!(func.name(), "sum" | "min" | "max") {
            return false;
        }
    }
    let has_sets = plan.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_)));
    distinct.len() == 1 && !has_sets
}

fn aggregate(expr: &Expr) -> Option<&AggregateFunction> {
    match expr {
        Expr::AggregateFunction(aggregate) => Some(aggregate),
        Expr::Alias(alias) => aggregate(&alias.expr),
        _ => None,
    }
}

/// What an aggregate says of the distinct values of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Outcome {
    /// How many there are; null is none.
    Count,
    /// All of them in their order, and null as the last.
    List,
}

/// An aggregate over the distinct values of each group.
#[derive(Debug, PartialEq, Eq, Hash)]
struct DistinctAggregate {
    outcome: Outcome,
    signature: Signature,
}

impl DistinctAggregate {
    fn new(outcome: Outcome) -> Self {
        Self { outcome, signature: Signature::any(1, Volatility::Immutable) }
    }

    fn groups(&self, args: &AccumulatorArgs<'_>) -> Result<DistinctGroups> {
        DistinctGroups::new(args.expr_fields[0].data_type().clone(), self.outcome)
    }
}

impl AggregateUDFImpl for DistinctAggregate {
    fn name(&self) -> &str {
        match self.outcome {
            Outcome::Count => "count_distinct",
            Outcome::List => "array_agg_distinct",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        Ok(match self.outcome {
            Outcome::Count => DataType::Int64,
            Outcome::List => DataType::List(list_field(&arguments[0])),
        })
    }

    fn is_nullable(&self) -> bool {
        self.outcome == Outcome::List
    }

    fn default_value(&self, data_type: &DataType) -> Result<ScalarValue> {
        match self.outcome {
            Outcome::Count => Ok(ScalarValue::Int64(Some(0))),
            Outcome::List => ScalarValue::try_from(data_type),
        }
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let list = DataType::List(list_field(args.input_fields[0].data_type()));
        Ok(vec![Arc::new(Field::new(format_state_name(args.name, "values"), list, false))])
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(OneGroup::new(self.groups(&args)?)))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(self.groups(&args)?))
    }
}

fn list_field(values: &DataType) -> FieldRef {
    Arc::new(Field::new_list_field(values.clone(), true))
}

/// For a grouping of which DataFusion finds out that there is only one group.
///
/// Accumulators may be looked at by several threads, which the set is not made for.
#[derive(Debug)]
struct OneGroup(Mutex<DistinctGroups>);

impl OneGroup {
    fn new(groups: DistinctGroups) -> Self {
        Self(Mutex::new(groups))
    }

    fn groups(&mut self) -> &mut DistinctGroups {
        let groups = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        groups.see_groups(1);
        groups
    }
}

impl Accumulator for OneGroup {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.groups().update_batch(values, &vec![0; values[0].len()], None, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&self.groups().evaluate(EmitTo::All)?, 0)
    }

    fn size(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let state = self.groups().state(EmitTo::All)?;
        state.iter().map(|array| ScalarValue::try_from_array(array, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.groups().merge_batch(states, &vec![0; states[0].len()], 1)
    }
}

#[cfg(test)]
mod tests;
