//! The ways to write `UNNEST`, in the one that DataFusion reads.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, Ident, Select, SelectItem, Statement,
    TableAliasColumnDef, TableFactor, Value, VisitMut, VisitorMut,
};

/// Names each list that rows are made of, and its values.
pub(in crate::query) fn rewrite(statement: &mut Statement) {
    let mut lists = Lists::default();
    let _ = VisitMut::visit(statement, &mut lists);
    if !lists.values.is_empty() {
        let _ = VisitMut::visit(statement, &mut Values(lists));
    }
}

/// The lists of a statement.
#[derive(Debug, Default)]
struct Lists {
    /// Those whose only name is that of their values, too: `UNNEST(…) AS d`.
    of_one_name: HashSet<String>,
    /// Names of the columns of values.
    values: HashSet<String>,
}

impl VisitorMut for Lists {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let Some(unnest) = as_unnest(factor) {
            *factor = unnest;
        }
        if let TableFactor::UNNEST { alias: Some(alias), array_exprs, .. } = factor {
            if alias.columns.is_empty() && array_exprs.len() == 1 {
                self.of_one_name.insert(alias.name.value.clone());
                let name = alias.name.clone();
                alias.columns.push(TableAliasColumnDef { name, data_type: None });
            }
            self.values.extend(alias.columns.iter().map(|column| column.name.value.clone()));
        }
        ControlFlow::Continue(())
    }
}

/// `LATERAL UNNEST(…)`, which is read as any other function of a table.
fn as_unnest(factor: &TableFactor) -> Option<TableFactor> {
    let TableFactor::Function { name, args, with_ordinality: false, alias, .. } = factor else {
        return None;
    };
    let [name] = name.0.as_slice() else { return None };
    if !name.as_ident()?.value.eq_ignore_ascii_case("unnest") {
        return None;
    }
    let array = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(array)) => Some(array.clone()),
        _ => None,
    };
    Some(TableFactor::UNNEST {
        alias: alias.clone(),
        array_exprs: args.iter().map(array).collect::<Option<_>>()?,
        with_offset: false,
        with_offset_alias: None,
        with_ordinality: false,
    })
}

/// Reaches into the values.
struct Values(Lists);

impl VisitorMut for Values {
    type Break = ();

    /// In a list of a list, `UNNEST(Target.modifiedProperties)`, DataFusion does not look into what is of another table.
    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::UNNEST { array_exprs, .. } = factor {
            for array in array_exprs {
                if let Expr::CompoundIdentifier(parts) = array
                    && let Some(path) = self.path(parts)
                {
                    *array = path;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// What is selected is called as it was written.
    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for item in &mut select.projection {
            let SelectItem::UnnamedExpr(expr) = item else { continue };
            let written = expr.to_string();
            let _ = expr.visit(self);
            if expr.to_string() != written {
                let alias = Ident::with_quote('"', written);
                *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
            }
        }
        ControlFlow::Continue(())
    }

    /// `d.succeeded` is of the column `d`, and not a column of the list `d`.
    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && let [first, second, ..] = parts.as_slice()
            && self.0.of_one_name.contains(&first.value)
            && first.value != second.value
        {
            parts.insert(0, first.clone());
        }
        ControlFlow::Continue(())
    }
}

impl Values {
    /// What `d.key` or `t.d.key` is, with arrows.
    fn path(&self, parts: &[Ident]) -> Option<Expr> {
        let is_value = |name: &Ident| self.0.values.contains(&name.value);
        let (column, keys) = match parts {
            [column, keys @ ..] if is_value(column) => (Expr::Identifier(column.clone()), keys),
            [list, column, keys @ ..] if is_value(column) => {
                (Expr::CompoundIdentifier(vec![list.clone(), column.clone()]), keys)
            }
            _ => return None,
        };
        let reach = |of: Expr, key: &Ident| Expr::BinaryOp {
            left: Box::new(of),
            op: BinaryOperator::Arrow,
            right: Box::new(Expr::value(Value::SingleQuotedString(key.value.clone()))),
        };
        (!keys.is_empty()).then(|| keys.iter().fold(column, reach))
    }
}
