//! DataFusion's optimizer rules, with ours among them.

use std::sync::Arc;

use datafusion::optimizer::OptimizerRule;
use datafusion::optimizer::optimizer::Optimizer;

use super::derived_columns::DerivedColumns;
use super::distinct::DistinctAggregates;
use super::unnest::LateralUnnest;

/// All rules in their order.
pub(super) fn rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let mut rules = Optimizer::new().rules;
    let mut before = |name: &str, rule: Arc<dyn OptimizerRule + Send + Sync>| {
        let place = rules.iter().position(|rule| rule.name() == name);
        rules.insert(place.unwrap_or(rules.len()), rule);
    };
    // What DataFusion's own rule takes is left to it.
    before("single_distinct_aggregation_to_group_by", Arc::new(DistinctAggregates::new()));
    // Once more when expressions have been moved down to the scans, before the columns that nothing uses are dropped
    // there.
    before("optimize_projections", Arc::new(DerivedColumns));
    // First on the query as it was written.
    rules.insert(0, Arc::new(DerivedColumns));
    rules.insert(0, Arc::new(LateralUnnest));
    rules
}
