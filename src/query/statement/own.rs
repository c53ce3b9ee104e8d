//! The expressions of a query that are not of a query inside, which has tables, windows and names of its own.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Query, VisitorMut};

/// Changes each such expression, from the inside out.
pub(in crate::query) struct Own<F> {
    change: F,
    /// How many queries are around.
    depth: usize,
}

impl<F: FnMut(&mut Expr)> Own<F> {
    pub(in crate::query) fn new(change: F) -> Self {
        Self { change, depth: 0 }
    }
}

impl<F: FnMut(&mut Expr)> VisitorMut for Own<F> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.depth == 0 {
            (self.change)(expr);
        }
        ControlFlow::Continue(())
    }
}
