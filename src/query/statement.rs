//! A statement as it is read: in which dialect, and how long it may be.

use datafusion::common::{DataFusionError, plan_err};
use datafusion::config::Dialect;
use datafusion::execution::session_state::SessionState;
use datafusion::sql::parser::Statement;
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
    state.sql_to_statement(sql, &DIALECT)
}
