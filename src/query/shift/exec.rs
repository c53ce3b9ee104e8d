//! The step of a plan that [shifts](super::rows) values.

use std::fmt;
use std::future::ready;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{OrderingRequirements, PhysicalExpr};
use datafusion::physical_plan::metrics::{
    BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet, RecordOutput as _,
};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::BoundedWindowAggExec;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan,
    InputDistributionRequirements, PlanProperties, ReplaceChildrenOptions,
};
use futures::stream::once;
use futures::{StreamExt as _, TryStreamExt as _};

use super::Shift;
use super::rows::Rows;

/// What a window of DataFusion's asks for and gives, evaluated in another way.
#[derive(Debug)]
pub(super) struct ShiftExec {
    window: Arc<BoundedWindowAggExec>,
    shifts: Vec<Shift>,
    metrics: ExecutionPlanMetricsSet,
}

impl ShiftExec {
    /// In the place of `window`, whose functions are the shifts.
    pub(super) fn new(window: Arc<BoundedWindowAggExec>, shifts: Vec<Shift>) -> Self {
        Self { window, shifts, metrics: ExecutionPlanMetricsSet::new() }
    }
}

impl DisplayAs for ShiftExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.window.window_expr().iter().map(|expr| expr.name()).collect();
        write!(f, "ShiftExec: wdw=[{}]", names.join(", "))
    }
}

impl ExecutionPlan for ShiftExec {
    fn name(&self) -> &'static str {
        "ShiftExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.window.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.window.children()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.window.apply_expressions(f)
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        self.window.input_distribution_requirements()
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        self.window.required_input_ordering()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        self.window.maintains_input_order()
    }

    /// The same columns stand in other children of the same schema.
    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let window = Arc::clone(&self.window).replace_children(children, options)?;
        Ok(match window.downcast_ref::<BoundedWindowAggExec>() {
            Some(window) => Arc::new(Self::new(Arc::new(window.clone()), self.shifts.clone())),
            None => window,
        })
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        self.replace_children(children, options)
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let batches = self.window.input().execute(partition, context)?;
        // Those that the window asks its input for are none where there is one partition anyway.
        let keys = self.window.window_expr()[0].partition_by().to_vec();
        let mut rows = Rows::new(keys, self.shifts.clone(), self.schema());
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let steps = batches.map_ok(Some).chain(once(ready(Ok(None))));
        let given = steps.map(move |step| {
            let step = step?;
            let _timer = metrics.elapsed_compute().timer();
            let given = match step {
                Some(batch) => rows.add(&batch),
                None => rows.finish(),
            }?;
            Ok(given.map(|given| given.record_output(&metrics)))
        });
        let given = given.try_filter_map(|given| ready(Ok(given)));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), given)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}
