//! A statement as it is read: in which dialect, what of it is not answered, and how DataFusion is to read it.

mod dialect;
mod own;
mod refused;
mod size;
mod spelling;
mod string_agg;
pub(super) mod titles;
mod using;
mod windows;

use std::ops::ControlFlow;

use datafusion::common::{DataFusionError, plan_err};
use datafusion::execution::session_state::SessionState;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{Select, SelectItem, Statement as Sql, Visit as _, Visitor};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

pub(crate) use self::dialect::SqlDialect;
pub(super) use self::own::Own;
use super::{dynamic, unnest};

/// Reads a statement.
pub(super) fn read(state: &SessionState, sql: &str) -> Result<Statement, DataFusionError> {
    let tokens = Tokenizer::new(&SqlDialect, sql).tokenize_with_location();
    let tokens = tokens.map_err(ParserError::from)?;
    size::check_tokens(&tokens)?;
    if is_kusto(&tokens) {
        return plan_err!(
            "this is KQL, and queries are SQL here: SELECT … FROM SigninLogs WHERE … GROUP BY …; many of KQL's functions \
             are there, such as ago('7d') and bin(TimeGenerated, '1h')"
        );
    }
    let limit = state.config_options().sql_parser.recursion_limit.get();
    let parser = DFParserBuilder::new(tokens).with_dialect(&SqlDialect).with_recursion_limit(limit);
    let mut statements = parser.build()?.parse_statements()?;
    if statements.len() > 1 {
        return plan_err!("a query is a single SQL statement: remove what follows the first `;`");
    }
    let Some(statement) = statements.pop_front() else {
        return plan_err!("there is no statement");
    };
    if let Some(statement) = sql_of(&statement) {
        size::check(statement)?;
        if let Some(reason) = refused::reason(statement) {
            return plan_err!("{reason}");
        }
    }
    Ok(statement)
}

/// The names that a statement gives to what it selects; none of one that cannot be read.
pub(super) fn aliases(sql: &str) -> Vec<String> {
    let statements = Parser::parse_sql(&SqlDialect, sql).unwrap_or_default();
    let mut aliases = Aliases(Vec::new());
    let _ = statements.visit(&mut aliases);
    aliases.0
}

struct Aliases(Vec<String>);

impl Visitor for Aliases {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        self.0.extend(select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
            _ => None,
        }));
        ControlFlow::Continue(())
    }
}

/// Whether a statement begins as one of Kusto's does: `SigninLogs | where …`.
fn is_kusto(tokens: &[TokenWithSpan]) -> bool {
    let tokens = tokens.iter().map(|token| &token.token);
    let mut tokens = tokens.filter(|token| !matches!(token, Token::Whitespace(_)));
    matches!(
        (tokens.next(), tokens.next()),
        (Some(Token::Word(word)), Some(Token::Pipe)) if word.keyword == Keyword::NoKeyword
    )
}

/// The SQL of a statement, also of one that is to be explained.
fn sql_of(statement: &Statement) -> Option<&Sql> {
    match statement {
        Statement::Statement(sql) => Some(sql),
        Statement::Explain(explain) => sql_of(&explain.statement),
        _ => None,
    }
}

/// Writes a statement as DataFusion reads it.
pub(super) fn rewrite(statement: &mut Statement) {
    match statement {
        Statement::Statement(sql) => {
            spelling::rewrite(sql);
            using::rewrite(sql);
            unnest::rewrite(sql);
            // What is selected has its name after this, however it is written then.
            dynamic::rewrite(sql);
            string_agg::rewrite(sql);
            windows::rewrite(sql);
        }
        Statement::Explain(explain) => rewrite(&mut explain.statement),
        _ => {}
    }
}
