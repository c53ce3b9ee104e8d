//! Whether a saved query can run: its parameters are those of its SQL, and the SQL can be planned.

use std::collections::BTreeSet;

use chrono::Utc;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::SavedQuery;
use super::query::OF_TIME;
use crate::lake::Lake;
use crate::query::{QueryError, Session, SqlDialect};

/// Plans a query over an empty lake, as a dry run.
///
/// # Errors
/// What is wrong, with the line of the file where it is known.
pub async fn check(query: &SavedQuery) -> Result<(), QueryError> {
    let wrong = |reason: String| Err(QueryError::Wrong(reason));
    let asked = placeholders(&query.sql).map_err(QueryError::Wrong)?;
    let declared: BTreeSet<_> = query.parameters.iter().map(|p| p.name.as_str()).collect();
    for (name, line) in &asked {
        if !declared.contains(name.as_str()) && !OF_TIME.contains(&name.as_str()) {
            return wrong(format!("line {line}: `${name}` is no parameter of the header"));
        }
    }
    for name in declared.iter().chain(&OF_TIME) {
        if !asked.iter().any(|(asked, _)| asked == name) {
            return wrong(format!("parameter `{name}`: the SQL does not use it"));
        }
    }
    let session = Session::new(&Lake::in_memory())?;
    let now = Utc::now();
    // A value of each type will do: what is right of one is right of all.
    let examples: Vec<_> = query
        .parameters
        .iter()
        .filter(|parameter| parameter.default.is_none())
        .map(|parameter| (parameter.name.clone(), parameter.kind.example().to_owned()))
        .collect();
    let bound = query
        .bind(&examples, None, Some(now), now)
        .map_err(|error| QueryError::Wrong(error.to_string()))?;
    session.query_with(&query.sql, &bound.as_parameters()).await?;
    let read: BTreeSet<_> = session.tables_of(&query.sql)?.into_iter().collect();
    // What is no table of the lake, such as a view, is for people.
    let is_table = |name: &&String| crate::table::by_name(name).is_some();
    let listed: BTreeSet<_> = query.tables.iter().filter(is_table).cloned().collect();
    if read != listed {
        let read = read.into_iter().collect::<Vec<_>>().join(", ");
        return wrong(format!("key `tables`: the SQL reads [{read}]"));
    }
    Ok(())
}

/// The names of `$name` in a statement, each with its line.
fn placeholders(sql: &str) -> Result<Vec<(String, u64)>, String> {
    let tokens = Tokenizer::new(&SqlDialect, sql)
        .tokenize_with_location()
        .map_err(|error| format!("cannot read the SQL: {error}"))?;
    let name = |token: &Token| match token {
        Token::Placeholder(name) => name.strip_prefix('$').map(str::to_owned),
        _ => None,
    };
    Ok(tokens
        .iter()
        .filter_map(|token| Some((name(&token.token)?, token.span.start.line)))
        .collect())
}
