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
    let exprs = window.window_expr().iter();
    let shifts = exprs.map(|expr| shift(expr.as_ref(), window)).collect::<Option<Vec<_>>>()?;
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
