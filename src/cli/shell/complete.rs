//! What the word before the cursor may become: a table behind `FROM`, a column of the statement's
//! tables elsewhere, and functions and keywords.

use std::collections::HashSet;

use super::command;
use super::keywords::{KEYWORDS, is_keyword};
use super::names::Names;
use crate::cli::sql::lexer::{self, Kind, Token};

/// What a word may become.
#[derive(Debug, Default)]
pub(super) struct Completion {
    /// Where the word begins.
    pub(super) start: usize,
    /// The words, the likeliest first.
    pub(super) words: Vec<String>,
}

/// Completes the word that ends at `cursor`.
pub(super) fn complete(names: &Names, text: &str, cursor: usize) -> Completion {
    let before = &text[..cursor];
    if before.trim_start().starts_with('\\') {
        return command::complete(names, before);
    }
    let statement = lexer::statement_at(text, cursor);
    let tokens = lexer::tokens(&text[statement.clone()]);
    let inside = cursor - statement.start;
    let is_inside = |token: &Token| {
        let ends_here = token.range.end == inside && !token.is_open;
        matches!(token.kind, Kind::Text | Kind::Comment | Kind::Number)
            && token.range.start < inside
            && inside <= token.range.end
            && !(ends_here && token.kind == Kind::Text)
    };
    if tokens.iter().any(is_inside) {
        return Completion { start: cursor, words: Vec::new() };
    }
    let start = word_start(before);
    let statement = Statement { text: &text[statement], tokens };
    let typed = &before[start..];
    let context = statement.context(start - (cursor - inside), names);
    let mut words = matching(typed, &context);
    // What is typed may look like the alias of a table, which is no help.
    words.retain(|word| word != typed);
    Completion { start, words }
}

/// Where the word begins that a text ends with.
pub(super) fn word_start(text: &str) -> usize {
    text.trim_end_matches(|letter: char| letter.is_alphanumeric() || letter == '_').len()
}

/// Of groups of words those that begin like the typed one, in any case; when there are none, those that
/// contain it.
pub(super) fn matching(typed: &str, groups: &[Vec<String>]) -> Vec<String> {
    let typed = typed.to_lowercase();
    let pick = |is_like: &dyn Fn(&str) -> bool| {
        let mut seen = HashSet::new();
        let words = groups.iter().flatten().filter(|word| is_like(&word.to_lowercase()));
        words.filter(|word| seen.insert((*word).clone())).cloned().collect::<Vec<_>>()
    };
    let begin = pick(&|word| word.starts_with(&typed));
    match begin.is_empty() && typed.len() > 2 {
        true => pick(&|word| word.contains(&typed)),
        false => begin,
    }
}

struct Statement<'a> {
    text: &'a str,
    tokens: Vec<Token>,
}

impl Statement<'_> {
    fn word(&self, token: &Token) -> &str {
        match token.kind {
            Kind::Name => self.text[token.range.clone()].trim_matches('"'),
            _ => &self.text[token.range.clone()],
        }
    }

    /// Groups of words that may stand at a place, the likeliest first.
    fn context(&self, place: usize, names: &Names) -> Vec<Vec<String>> {
        let before: Vec<_> = self
            .tokens
            .iter()
            .filter(|token| token.kind != Kind::Comment && token.range.end <= place)
            .collect();
        let words: Vec<_> = before.iter().map(|token| self.word(token)).collect();
        let tables = || names.tables.keys().cloned().collect::<Vec<_>>();
        match words.as_slice() {
            [.., qualifier, "."] => vec![self.columns_of(qualifier, names)],
            [.., last] if is_one_of(last, &["FROM", "JOIN", "DESCRIBE", "TABLE"]) => {
                let selects = vec!["SELECT".to_owned()];
                vec![tables(), self.ctes(), selects]
            }
            [.., ","] if self.clause(&words) == Some("FROM") => vec![tables(), self.ctes()],
            [] => {
                let begin = ["SELECT", "WITH", "EXPLAIN", "DESCRIBE", "SHOW", "VALUES"];
                vec![begin.map(str::to_owned).to_vec()]
            }
            _ => {
                let used = self.tables();
                let mut columns = Vec::new();
                for (_, table) in &used {
                    columns.extend(names.tables.get(table).into_iter().flatten().cloned());
                }
                if used.is_empty() {
                    columns.extend(names.tables.values().flatten().cloned());
                }
                let aliases = used.into_iter().map(|(alias, _)| alias).collect();
                let functions = names.functions.iter().map(|name| format!("{name}("));
                let keywords = KEYWORDS.iter().map(|&word| word.to_owned()).collect();
                vec![columns, aliases, functions.collect(), keywords, tables()]
            }
        }
    }

    /// The last keyword that begins a clause.
    fn clause<'w>(&self, words: &[&'w str]) -> Option<&'w str> {
        let begin = ["SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "ON", "LIMIT"];
        let last = words.iter().rev().find(|word| is_one_of(word, &begin));
        last.copied().filter(|word| word.eq_ignore_ascii_case("FROM")).map(|_| "FROM")
    }

    /// Tables of the statement, each under its alias.
    fn tables(&self) -> Vec<(String, String)> {
        let tokens: Vec<_> =
            self.tokens.iter().filter(|token| token.kind != Kind::Comment).collect();
        let is_name = |token: &&&Token| matches!(token.kind, Kind::Word | Kind::Name);
        let mut tables = Vec::new();
        let mut in_from = false;
        for (at, token) in tokens.iter().enumerate() {
            let word = self.word(token);
            if is_one_of(word, &["WHERE", "GROUP", "HAVING", "ORDER", "ON", "SELECT", "LIMIT"]) {
                in_from = false;
            }
            let begins = is_one_of(word, &["FROM", "JOIN"]);
            in_from |= begins;
            if !(begins || (in_from && word == ",")) {
                continue;
            }
            let mut next = tokens[at + 1..].iter().peekable();
            let Some(name) = next.next().filter(is_name) else { continue };
            let mut name = self.word(name).to_owned();
            // Of a name with a schema before it, the last part is the table's own.
            while next.next_if(|token| self.word(token) == ".").is_some() {
                let Some(part) = next.next().filter(is_name) else { break };
                name = self.word(part).to_owned();
            }
            next.next_if(|token| self.word(token).eq_ignore_ascii_case("AS"));
            let alias = next.next().filter(is_name).map(|token| self.word(token));
            let alias = alias.filter(|alias| !is_keyword(alias)).unwrap_or(&name).to_owned();
            tables.push((alias, name));
        }
        tables
    }

    /// Names that `WITH` gave to queries.
    fn ctes(&self) -> Vec<String> {
        let words: Vec<_> = self.tokens.iter().map(|token| self.word(token)).collect();
        if !words.first().is_some_and(|word| word.eq_ignore_ascii_case("WITH")) {
            return Vec::new();
        }
        let named =
            words.windows(3).filter(|words| words[1].eq_ignore_ascii_case("AS") && words[2] == "(");
        named.map(|words| words[0].to_owned()).collect()
    }

    fn columns_of(&self, qualifier: &str, names: &Names) -> Vec<String> {
        let tables = self.tables();
        let table = tables.iter().find(|(alias, _)| alias == qualifier);
        let table = table.map_or(qualifier, |(_, table)| table);
        match names.tables.get(table) {
            Some(columns) => columns.clone(),
            // A schema has tables.
            None => names
                .tables
                .keys()
                .filter_map(|name| name.strip_prefix(&format!("{qualifier}.")))
                .map(str::to_owned)
                .collect(),
        }
    }
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|other| word.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let table = |name: &str, columns: &[&str]| {
            (name.to_owned(), columns.iter().map(|&c| c.to_owned()).collect())
        };
        Names {
            tables: [
                table("SigninLogs", &["TimeGenerated", "UserPrincipalName", "UserId", "Status"]),
                table("AuditLogs", &["TimeGenerated", "InitiatedBy"]),
            ]
            .into(),
            functions: vec!["count".into(), "coalesce".into()],
            saved: [("sign-ins-of-user".to_owned(), vec!["user".to_owned()])].into(),
        }
    }

    /// Completes where the bar is.
    fn words(text: &str) -> Vec<String> {
        let cursor = text.find('|').unwrap();
        complete(&names(), &text.replace('|', ""), cursor).words
    }

    #[test]
    fn tables_are_offered_where_a_table_stands() {
        assert_eq!(words("SELECT * FROM Si|"), ["SigninLogs"]);
        assert_eq!(words("select * from si|"), ["SigninLogs"]);
        assert_eq!(words("SELECT * FROM AuditLogs a, |"), ["AuditLogs", "SigninLogs"]);
        assert_eq!(words("SELECT * FROM AuditLogs JOIN S|"), ["SigninLogs", "SELECT"]);
        assert_eq!(words("WITH busy AS (SELECT 1) SELECT * FROM b|"), ["busy"]);
        assert_eq!(words("DESCRIBE au|"), ["AuditLogs"]);
    }

    #[test]
    fn columns_are_those_of_the_tables_of_the_statement() {
        assert_eq!(words("SELECT User| FROM SigninLogs"), ["UserPrincipalName", "UserId"]);
        assert_eq!(words("SELECT Ini| FROM SigninLogs"), Vec::<String>::new());
        assert_eq!(words("SELECT Ini|"), ["InitiatedBy"]);
        assert_eq!(words("SELECT s.U| FROM SigninLogs AS s"), ["UserPrincipalName", "UserId"]);
        assert_eq!(words("SELECT s.| FROM AuditLogs s"), ["TimeGenerated", "InitiatedBy"]);
        assert_eq!(words("SELECT 1; SELECT Ini| FROM AuditLogs; SELECT 2"), ["InitiatedBy"]);
        assert_eq!(words("SELECT * FROM SigninLogs WHERE Principal|"), ["UserPrincipalName"]);
        assert_eq!(words("SELECT count(*), T| FROM SigninLogs")[0], "TimeGenerated");
        assert_eq!(words("SELECT co| FROM SigninLogs"), ["count(", "coalesce(", "COLUMNS"]);
    }

    #[test]
    fn nothing_is_offered_in_text_and_comments() {
        assert!(words("SELECT 'User|").is_empty());
        assert!(words("SELECT 'User|' FROM SigninLogs").is_empty());
        assert!(words("SELECT 1 -- User|").is_empty());
        assert!(!words("SELECT 'a' AS b, U| FROM SigninLogs").is_empty());
    }

    #[test]
    fn commands_complete_what_they_take() {
        assert_eq!(words("\\ti|"), ["\\timing"]);
        assert_eq!(words("\\d Sig|"), ["SigninLogs"]);
        assert_eq!(words("\\run sign|"), ["sign-ins-of-user"]);
        assert_eq!(words("\\run sign-ins-of-user |"), ["user=", "since=", "until="]);
        assert_eq!(words("\\o m|"), ["markdown"]);
    }
}
