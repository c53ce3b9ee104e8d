//! Text of SQL in tokens, as far as a shell needs them: where statements end, and what a word is part of.

use std::ops::Range;

use datafusion::sql::sqlparser::tokenizer::{
    Location, Token as SqlToken, TokenWithSpan, Tokenizer, Whitespace,
};

use crate::query::SqlDialect;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Kind {
    /// A keyword or a name.
    Word,
    /// A name in double quotes.
    Name,
    /// Text in quotes or between dollars.
    Text,
    Number,
    Comment,
    /// `$name`, the parameter of a saved query.
    Parameter,
    Symbol,
}

/// A part of a statement that is no white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Token {
    pub(in crate::cli) kind: Kind,
    pub(in crate::cli) range: Range<usize>,
    /// Whether its end is still to come: a quote or a comment that is not closed.
    pub(in crate::cli) is_open: bool,
}

/// The tokens of a text, as the parser reads them; what it cannot read because its end is still to come is the last.
pub(in crate::cli) fn tokens(text: &str) -> Vec<Token> {
    let mut read = Vec::new();
    let ended = Tokenizer::new(&SqlDialect, text)
        .with_unescape(false)
        .tokenize_with_location_into_buf(&mut read);
    let mut place = Place::new(text);
    let mut tokens = Vec::new();
    let mut end = 0;
    for TokenWithSpan { token, span } in read {
        let start = place.at(span.start);
        end = place.at(span.end);
        if let Some(kind) = kind(&token) {
            tokens.push(Token { kind, range: start..end, is_open: false });
        }
    }
    let rest = text[end..].trim_start();
    if ended.is_err() && !rest.is_empty() {
        let kind = if rest.starts_with("/*") {
            Kind::Comment
        } else if rest.starts_with('"') {
            Kind::Name
        } else {
            Kind::Text
        };
        tokens.push(Token { kind, range: text.len() - rest.len()..text.len(), is_open: true });
    }
    tokens
}

fn kind(token: &SqlToken) -> Option<Kind> {
    Some(match token {
        SqlToken::Word(word) if word.quote_style.is_some() => Kind::Name,
        SqlToken::Word(_) => Kind::Word,
        SqlToken::Number(..) => Kind::Number,
        SqlToken::Placeholder(_) => Kind::Parameter,
        SqlToken::SingleQuotedString(_)
        | SqlToken::EscapedStringLiteral(_)
        | SqlToken::UnicodeStringLiteral(_)
        | SqlToken::NationalStringLiteral(_)
        | SqlToken::HexStringLiteral(_)
        | SqlToken::SingleQuotedByteStringLiteral(_)
        | SqlToken::DollarQuotedString(_) => Kind::Text,
        SqlToken::Whitespace(
            Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_),
        ) => Kind::Comment,
        SqlToken::Whitespace(_) | SqlToken::EOF => return None,
        _ => Kind::Symbol,
    })
}

/// A place in a text, found by its line and column, of which each is behind the one before.
struct Place<'a> {
    rest: std::str::CharIndices<'a>,
    here: Location,
}

impl<'a> Place<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text.char_indices(), here: Location::new(1, 1) }
    }

    /// The bytes before a line and column, both counted from 1, in characters.
    fn at(&mut self, wanted: Location) -> usize {
        while self.here < wanted {
            self.here = match self.rest.next() {
                Some((_, '\n')) => Location::new(self.here.line + 1, 1),
                Some(_) => Location::new(self.here.line, self.here.column + 1),
                None => wanted,
            };
        }
        self.rest.offset()
    }
}

/// Statements of a text, without the semicolons that end them.
pub(in crate::cli) fn statements(text: &str) -> Vec<&str> {
    ranges(text)
        .into_iter()
        .map(|range| text[range].trim())
        .filter(|text| !is_blank(text))
        .collect()
}

/// Where the statement is that a place belongs to.
pub(in crate::cli) fn statement_at(text: &str, place: usize) -> Range<usize> {
    ranges(text).into_iter().find(|range| place <= range.end).unwrap_or(0..text.len())
}

fn ranges(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    for token in tokens(text) {
        if token.kind == Kind::Symbol && &text[token.range.clone()] == ";" {
            ranges.push(start..token.range.start);
            start = token.range.end;
        }
    }
    ranges.push(start..text.len());
    ranges
}

/// Whether a text has all of its last statement: it ends with a semicolon, or there is none.
pub(in crate::cli) fn is_complete(text: &str) -> bool {
    let tokens = tokens(text);
    if tokens.iter().any(|token| token.is_open) {
        return false;
    }
    let last = tokens.iter().rfind(|token| token.kind != Kind::Comment);
    last.is_none_or(|last| &text[last.range.clone()] == ";")
}

fn is_blank(text: &str) -> bool {
    tokens(text).iter().all(|token| token.kind == Kind::Comment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_ends_with_a_semicolon_that_is_not_in_anything() {
        for text in [
            "SELECT 1;",
            "SELECT 1; -- done",
            "",
            "  ",
            "-- a comment",
            "SELECT ';';",
            "SELECT 'it''s';",
            "SELECT $$;$$;",
            "SELECT $a$ $$ ; $a$;",
            "SELECT /* ; /* ; */ */ 1;",
            "SELECT E'\\';';",
            "SELECT \"a;b\";",
            "SELECT 1; SELECT 2;",
        ] {
            assert!(is_complete(text), "{text:?}");
        }
        for text in [
            "SELECT 1",
            "SELECT ';",
            "SELECT ';'",
            "SELECT $$;",
            "SELECT $a$ ; $b$;",
            "SELECT /* ; */",
            "SELECT /* /* */ ;",
            "SELECT 1 -- ;",
            "SELECT E'\\';",
            "SELECT \";",
            "SELECT 1; SELECT 2",
            "SELECT 'it''s;",
        ] {
            assert!(!is_complete(text), "{text:?}");
        }
    }

    #[test]
    fn statements_are_told_apart() {
        assert_eq!(
            statements("SELECT ';' ; -- two\nSELECT 2; ;\n"),
            ["SELECT ';'", "-- two\nSELECT 2"]
        );
        assert_eq!(statements("SELECT 1"), ["SELECT 1"]);
        assert_eq!(statement_at("a; bc; d", 4), 2..5);
    }

    #[test]
    fn words_of_all_languages_are_words() {
        let text = "größe é+日本 1.5e3 $user";
        let kinds: Vec<_> =
            tokens(text).iter().map(|token| (token.kind, &text[token.range.clone()])).collect();
        let expected = [
            (Kind::Word, "größe"),
            (Kind::Word, "é"),
            (Kind::Symbol, "+"),
            (Kind::Word, "日本"),
            (Kind::Number, "1.5e3"),
            (Kind::Parameter, "$user"),
        ];
        assert_eq!(kinds, expected);
    }
}
