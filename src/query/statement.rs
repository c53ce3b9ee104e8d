//! A statement as it is read: in which dialect, and how much it may be.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::common::{DataFusionError, plan_err};
use datafusion::config::Dialect;
use datafusion::execution::session_state::SessionState;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{Expr, Query, TableFactor, Visit as _, Visitor};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

/// In this dialect `a->>'b' = 'c'` compares what `->>` gives; in DataFusion's own it would compare
/// first.
pub(super) const DIALECT: Dialect = Dialect::PostgreSQL;

/// Operators that a statement may have. They nest, one in the other, as deep as there are many.
const MOST_OPERATORS: usize = 3_000;

/// Reads a statement.
pub(super) fn read(state: &SessionState, sql: &str) -> Result<Statement, DataFusionError> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize().unwrap_or_default();
    let is_operator = |token: &&Token| match token {
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
    };
    let operators = tokens.iter().filter(is_operator).count();
    if operators > MOST_OPERATORS {
        return plan_err!(
            "the statement has {operators} operators, and may have {MOST_OPERATORS}; write many alternatives as IN (…)"
        );
    }
    let statement = state.sql_to_statement(sql, &DIALECT)?;
    if let Statement::Statement(statement) = &statement {
        let mut size = Size::default();
        let _ = statement.visit(&mut size);
        size.check()?;
    }
    Ok(statement)
}

/// Tables that a statement may read once its `WITH` queries stand in the place of their names. Each may name the one
/// before twice, and a few dozen of them are more than any memory holds.
const MOST_TABLES: u64 = 2_000;

/// Groupings that a `CUBE` may be, which has two for each column.
const MOST_GROUPINGS: u64 = 1_024;

/// How much there is to plan of a statement that looks small.
#[derive(Debug, Default)]
struct Size {
    /// Tables of the queries of `WITH`, by their names.
    queries: HashMap<String, u64>,
    tables: u64,
    groupings: u64,
}

impl Size {
    fn check(&self) -> Result<(), DataFusionError> {
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
        for of_with in query.with.iter().flat_map(|with| &with.cte_tables) {
            let queries = std::mem::take(&mut self.queries);
            let mut size = Self { queries, ..Self::default() };
            let _ = of_with.query.visit(&mut size);
            self.queries = size.queries;
            self.queries.insert(of_with.alias.name.value.clone(), size.tables.max(1));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, .. } = factor {
            let known = match name.0.as_slice() {
                [part] => part.as_ident().and_then(|name| self.queries.get(&name.value)),
                _ => None,
            };
            self.tables = self.tables.saturating_add(known.copied().unwrap_or(1));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Cube(columns) = expr {
            let groupings = 1_u64.checked_shl(u32::try_from(columns.len()).unwrap_or(u32::MAX));
            self.groupings = self.groupings.max(1).saturating_mul(groupings.unwrap_or(u64::MAX));
        }
        ControlFlow::Continue(())
    }
}
