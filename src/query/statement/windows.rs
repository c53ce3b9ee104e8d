//! Windows by name: `lag(IPAddress) OVER w … WINDOW w AS (PARTITION BY UserId ORDER BY TimeGenerated)`.
//!
//! DataFusion knows them only in what is selected, and passes over a name in parentheses, `OVER (w ORDER BY …)`. So the window
//! stands in the place of its name.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, NamedWindowExpr, Query, Select, SetExpr, Statement, VisitMut, VisitorMut, WindowSpec,
    WindowType,
};

use super::own::Own;

/// Puts windows in the place of their names.
pub(super) fn rewrite(statement: &mut Statement) {
    let _ = VisitMut::visit(statement, &mut Windows);
}

struct Windows;

impl VisitorMut for Windows {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let SetExpr::Select(select) = query.body.as_mut() {
            let named = Named::of(select);
            let _ = query.order_by.visit(&mut Own::new(|expr| named.put_into(expr)));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let named = Named::of(select);
        let mut named = Own::new(|expr| named.put_into(expr));
        let _ = select.projection.visit(&mut named);
        let _ = select.qualify.visit(&mut named);
        ControlFlow::Continue(())
    }
}

/// The windows of a select by their names.
struct Named {
    windows: HashMap<String, WindowSpec>,
}

impl Named {
    fn of(select: &Select) -> Self {
        let mut named = Self { windows: HashMap::new() };
        for definition in &select.named_window {
            let window = match &definition.1 {
                NamedWindowExpr::WindowSpec(spec) => named.whole(spec),
                NamedWindowExpr::NamedWindow(other) => named.windows.get(&other.value).cloned(),
            };
            named.windows.extend(window.map(|window| (definition.0.value.clone(), window)));
        }
        named
    }

    /// A window with what it takes from the one that it names; `None` if there is no such one.
    fn whole(&self, spec: &WindowSpec) -> Option<WindowSpec> {
        let Some(name) = &spec.window_name else { return Some(spec.clone()) };
        let mut whole = self.windows.get(&name.value)?.clone();
        if !spec.order_by.is_empty() {
            whole.order_by.clone_from(&spec.order_by);
        }
        if spec.window_frame.is_some() {
            whole.window_frame.clone_from(&spec.window_frame);
        }
        Some(whole)
    }

    /// Puts the window that a function names in the place of its name.
    fn put_into(&self, expr: &mut Expr) {
        let Expr::Function(function) = expr else { return };
        let window = match &function.over {
            Some(WindowType::NamedWindow(name)) => self.windows.get(&name.value).cloned(),
            Some(WindowType::WindowSpec(spec)) => match (&spec.window_name, self.whole(spec)) {
                (Some(_), Some(whole)) => Some(whole),
                // DataFusion says that there is none of this name.
                (Some(name), None) => {
                    function.over = Some(WindowType::NamedWindow(name.clone()));
                    None
                }
                (None, _) => None,
            },
            None => None,
        };
        if let Some(window) = window {
            function.over = Some(WindowType::WindowSpec(window));
        }
    }
}
