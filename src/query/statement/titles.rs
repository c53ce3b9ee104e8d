//! What is selected is called as it was written, also when it is written otherwise before it is planned.

use datafusion::sql::sqlparser::ast::{Ident, Select, SelectItem, VisitMut as _, VisitorMut};

/// Lets a visitor change what is selected, under the names that it had.
pub(in crate::query) fn keep(select: &mut Select, visitor: &mut impl VisitorMut) {
    for item in &mut select.projection {
        let SelectItem::UnnamedExpr(expr) = item else { continue };
        let written = expr.to_string();
        let _ = expr.visit(visitor);
        if expr.to_string() != written {
            let alias = Ident::with_quote('"', written);
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
        }
    }
}
