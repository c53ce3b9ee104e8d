//! `lag` and `lead` a batch at a time.
//!
//! DataFusion evaluates them row by row, which takes a quarter of a query that compares each sign-in of an account with the one
//! before. Where all functions of a window are these, with a literal offset and no default, [`ShiftExec`] stands in its place;
//! with anything else, such as `IGNORE NULLS`, nothing is changed.

mod exec;
mod rows;

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult as _, TreeNode as _};
use datafusion::common::{Result, ScalarValue};
use datafusion::functions_window::lead_lag::{WindowShift, WindowShiftKind};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_expr::window::{StandardWindowExpr, WindowExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowUDFExpr};
use datafusion::physical_plan::{ExecutionPlan, InputOrderMode};

use self::exec::ShiftExec;

/// Rows that a value may come from before or after: so many are kept between two batches.
const FARTHEST: u64 = 1_024;

/// Puts [`ShiftExec`] in the place of DataFusion's window, after its own rules.
#[derive(Debug)]
pub(super) struct Shifts;

impl PhysicalOptimizerRule for Shifts {
    fn name(&self) -> &'static str {
        "shifts"
    }

    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| {
            let window = plan.downcast_ref::<BoundedWindowAggExec>();
            Ok(match window.and_then(shifted) {
                Some(shifted) => Transformed::yes(Arc::new(shifted) as _),
                None => Transformed::no(plan),
            })
        })
        .data()
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// A value of another row of the same partition.
#[derive(Debug, Clone)]
struct Shift {
    value: Arc<dyn PhysicalExpr>,
    /// How many rows before; after, if it is negative.
    back: i64,
}

fn shifted(window: &BoundedWindowAggExec) -> Option<ShiftExec> {
    if window.input_order_mode != InputOrderMode::Sorted {
        return None;
    }
    let exprs = window.window_expr();
    if exprs.iter().any(|expr| expr.partition_by() != exprs[0].partition_by()) {
        return None;
    }
    let shifts =
        exprs.iter().map(|expr| shift(expr.as_ref(), window)).collect::<Option<Vec<_>>>()?;
    Some(ShiftExec::new(Arc::new(window.clone()), shifts))
}

fn shift(expr: &dyn WindowExpr, window: &BoundedWindowAggExec) -> Option<Shift> {
    let expr = expr.as_any().downcast_ref::<StandardWindowExpr>()?;
    let function = expr.get_standard_func_expr();
    let call = function.as_any().downcast_ref::<WindowUDFExpr>()?;
    let kind = call.fun().inner().downcast_ref::<WindowShift>()?.kind();
    // Only the name tells of nulls that are passed over. A function of rows that are sorted the other way round keeps its
    // name, too, but has another frame; it is left to DataFusion.
    let (name, frame) = (function.name(), expr.get_window_frame());
    let is_default = frame.start_bound.is_unbounded() && !frame.end_bound.is_unbounded();
    let rest = name.strip_prefix(call.fun().name())?;
    if !is_default
        || !name.ends_with(&frame.to_string())
        || !rest.starts_with('(')
        || rest.contains("IGNORE NULLS")
    {
        return None;
    }
    let (value, options) = call.args().split_first()?;
    let literal = |at: usize| match options.get(at) {
        Some(option) => option.downcast_ref::<Literal>().map(|literal| Some(literal.value())),
        None => Some(None),
    };
    let by = match literal(0)? {
        Some(ScalarValue::Int64(Some(by))) if by.unsigned_abs() <= FARTHEST => *by,
        Some(_) => return None,
        None => 1,
    };
    if literal(1)?.is_some_and(|default| !default.is_null()) {
        return None;
    }
    // A null that is given as the value has the type of the default.
    let is_as_given =
        *expr.field().ok()?.data_type() == value.data_type(&window.input().schema()).ok()?;
    let back = match kind {
        WindowShiftKind::Lag => by,
        WindowShiftKind::Lead => -by,
    };
    is_as_given.then(|| Shift { value: Arc::clone(value), back })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::AsArray as _;
    use arrow::datatypes::UInt64Type;

    use crate::query::{config, context_of};

    /// On one CPU a window does not ask for its rows by partition, and rows that are sorted are not sorted again.
    #[tokio::test]
    async fn partitions_are_told_apart_whatever_the_plan() {
        let sql = "SELECT lag(n) OVER (PARTITION BY k ORDER BY n) AS before, n
                   FROM (SELECT k, row_number() OVER (PARTITION BY k ORDER BY v) AS n
                         FROM (VALUES ('a', 10), ('a', 20), ('b', 30), ('b', 40), ('b', 50)) t(k, v))";
        for cpus in [1, 2, 8] {
            let context =
                context_of(config().with_target_partitions(cpus), Arc::default()).unwrap();
            let frame = context.sql(sql).await.unwrap();
            let plan = frame.clone().create_physical_plan().await.unwrap();
            let shown = datafusion::physical_plan::displayable(plan.as_ref()).indent(false);
            assert!(shown.to_string().contains("ShiftExec"), "{shown}");
            let mut rows = Vec::new();
            for batch in frame.collect().await.unwrap() {
                let before = batch.column(0).as_primitive::<UInt64Type>().iter();
                let n = batch.column(1).as_primitive::<UInt64Type>();
                rows.extend(n.iter().zip(before));
            }
            rows.sort();
            let first = (Some(1), None);
            let expected =
                [first, first, (Some(2), Some(1)), (Some(2), Some(1)), (Some(3), Some(2))];
            assert_eq!(rows, expected, "{cpus}");
        }
    }
}
