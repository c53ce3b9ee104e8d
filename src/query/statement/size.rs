//! How much a statement may be, also one that looks small.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::common::{DataFusionError, plan_err};
use datafusion::sql::sqlparser::ast::{Expr, Query, Statement, TableFactor, Visit as _, Visitor};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

/// Whether there is no more to plan of a statement than any memory holds.
pub(super) fn check(statement: &Statement) -> Result<(), DataFusionError> {
    let mut size = Size::default();
    let _ = statement.visit(&mut size);
    size.check()
}

/// Operators that a statement may have. They nest, one in the other, as deep as there are many.
const MOST_OPERATORS: usize = 3_000;

/// Whether a statement that is not parsed yet has no more operators.
pub(super) fn check_tokens(tokens: &[TokenWithSpan]) -> Result<(), DataFusionError> {
    let operators = tokens.iter().filter(|token| is_operator(&token.token)).count();
    if operators > MOST_OPERATORS {
        return plan_err!(
            "the statement has {operators} operators, and may have {MOST_OPERATORS}; write many alternatives as IN (…)"
        );
    }
    Ok(())
}

fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AND
                | Keyword::OR
                | Keyword::NOT
                | Keyword::IS
                | Keyword::IN
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::BETWEEN
                | Keyword::COLLATE
                | Keyword::AT
                | Keyword::UNION
                | Keyword::EXCEPT
                | Keyword::INTERSECT
        ),
        Token::Comma | Token::Number(..) | Token::SingleQuotedString(_) | Token::Whitespace(_) => {
            false
        }
        Token::Period | Token::LParen | Token::RParen | Token::SemiColon | Token::EOF => false,
        _ => true,
    }
}

/// Tables that a statement may read once its `WITH` queries stand in the place of their names. Each may name the one
/// before twice, and a few dozen of them are more than any memory holds.
const MOST_TABLES: u64 = 2_000;

/// Groupings that a `CUBE` may be, which has two for each column.
const MOST_GROUPINGS: u64 = 1_024;

/// How deep a `WITH` may stand in queries of others. DataFusion looks for tables in each twice, and in what is in it four times.
const MOST_DEEP: usize = 10;

/// How much there is to plan of a statement that looks small. Each of its queries is visited once.
#[derive(Debug, Default)]
struct Size {
    /// Tables of the queries of `WITH`, by their names.
    named: HashMap<String, u64>,
    /// The queries around, the innermost last.
    around: Vec<Counted>,
    /// Of the whole statement.
    tables: u64,
    /// Of the query that has most.
    groupings: u64,
    /// Of the query that is in most queries of `WITH`.
    depth: usize,
}

/// A query that is being visited.
#[derive(Debug, Default)]
struct Counted {
    /// Names of the queries of its `WITH` that come next, which are visited before all else, the first one last.
    to_come: Vec<String>,
    tables: u64,
    groupings: u64,
}

impl Size {
    fn check(&self) -> Result<(), DataFusionError> {
        if self.depth > MOST_DEEP {
            return plan_err!(
                "queries of WITH stand {} deep in each other, and may {MOST_DEEP}; write them one after the other in one WITH",
                self.depth
            );
        }
        if self.tables > MOST_TABLES {
            return plan_err!(
                "the statement reads {} tables, counting each as often as it is named, and may read {MOST_TABLES}",
                self.tables
            );
        }
        if self.groupings > MOST_GROUPINGS {
            return plan_err!(
                "the statement groups in {} ways, and may in {MOST_GROUPINGS}; name those that count with GROUPING SETS",
                self.groupings
            );
        }
        Ok(())
    }
}

impl Visitor for Size {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let named = query.with.iter().flat_map(|with| &with.cte_tables);
        let to_come = named.rev().map(|of_with| of_with.alias.name.value.clone()).collect();
        self.around.push(Counted { to_come, ..Counted::default() });
        let is_within = |query: &&Counted| !query.to_come.is_empty();
        self.depth = self.depth.max(self.around.iter().filter(is_within).count());
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        let Some(Counted { tables, groupings, .. }) = self.around.pop() else {
            return ControlFlow::Continue(());
        };
        self.groupings = self.groupings.max(groupings);
        match self.around.last_mut() {
            // It counts where it is named.
            Some(around) => match around.to_come.pop() {
                Some(name) => drop(self.named.insert(name, tables.max(1))),
                None => around.tables = around.tables.saturating_add(tables),
            },
            None => self.tables = self.tables.saturating_add(tables),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, .. } = factor
            && let Some(query) = self.around.last_mut()
        {
            let known = match name.0.as_slice() {
                [part] => part.as_ident().and_then(|name| self.named.get(&name.value)),
                _ => None,
            };
            query.tables = query.tables.saturating_add(known.copied().unwrap_or(1));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Cube(columns) = expr
            && let Some(query) = self.around.last_mut()
        {
            let groupings = 1_u64.checked_shl(u32::try_from(columns.len()).unwrap_or(u32::MAX));
            query.groupings = query.groupings.max(1).saturating_mul(groupings.unwrap_or(u64::MAX));
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::parser::Parser;

    use super::*;
    use crate::query::SqlDialect;

    fn size(sql: &str) -> (u64, u64, usize) {
        let statements = Parser::parse_sql(&SqlDialect, sql).unwrap();
        let mut size = Size::default();
        let _ = statements.visit(&mut size);
        (size.tables, size.groupings, size.depth)
    }

    #[test]
    fn a_query_of_with_counts_as_often_as_it_is_named() {
        assert_eq!(size("SELECT 1"), (0, 0, 0));
        assert_eq!(size("SELECT * FROM t, (SELECT * FROM u, v) x"), (3, 0, 0));
        assert_eq!(
            size("WITH a AS (SELECT 1), b AS (SELECT * FROM a, a x) SELECT * FROM b, b y"),
            (4, 0, 1)
        );
        assert_eq!(
            size("WITH a AS (WITH b AS (SELECT * FROM t, u) SELECT * FROM b, b c) SELECT * FROM a"),
            (4, 0, 2)
        );
        assert_eq!(
            size("SELECT * FROM t WHERE x IN (SELECT x FROM u) GROUP BY CUBE(a, b, c)"),
            (2, 8, 0)
        );
        assert_eq!(
            size("SELECT 1 FROM (SELECT 1 FROM t GROUP BY CUBE(a, b)) GROUP BY CUBE(c, d)"),
            (1, 4, 0)
        );
    }

    #[test]
    fn with_in_with_is_visited_once() {
        let nested = (0..40).fold("SELECT * FROM t".to_owned(), |inner, n| {
            format!("WITH a{n} AS ({inner}) SELECT * FROM a{n}")
        });
        let begun = std::time::Instant::now();
        assert_eq!(size(&nested), (1, 0, 40));
        assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    }
}
