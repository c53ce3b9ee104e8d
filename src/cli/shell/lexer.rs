//! Text of SQL in tokens, as far as a shell needs them: where statements end, and what a word is part of.

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
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
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
    /// Whether its end is still to come: a quote or a comment that is not closed.
    pub(super) is_open: bool,
}

/// The tokens of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length, is_open) = token(&text[at..], first);
        tokens.push(Token { kind, range: at..at + length, is_open });
        at += length;
    }
    tokens
}

fn token(rest: &str, first: char) -> (Kind, usize, bool) {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let run = |from: usize, is_part: &dyn Fn(char) -> bool| {
        rest[from..].find(|letter| !is_part(letter)).map_or(rest.len(), |end| from + end)
    };
    match first {
        '\'' => quoted(Kind::Text, rest, 0, false),
        'e' | 'E' if rest[1..].starts_with('\'') => quoted(Kind::Text, rest, 1, true),
        '"' => quoted(Kind::Name, rest, 0, false),
        '-' if rest.starts_with("--") => {
            (Kind::Comment, rest.find('\n').unwrap_or(rest.len()), false)
        }
        '/' if rest.starts_with("/*") => block_comment(rest),
        '$' => dollar(rest, run(1, &is_word)),
        letter if letter.is_ascii_digit() => {
            (Kind::Number, run(0, &|letter| is_word(letter) || letter == '.'), false)
        }
        letter if is_word(letter) => (Kind::Word, run(0, &is_word), false),
        letter => (Kind::Symbol, letter.len_utf8(), false),
    }
}

/// What is between quotes, of which two are one that does not end it.
fn quoted(kind: Kind, rest: &str, open: usize, has_escapes: bool) -> (Kind, usize, bool) {
    let quote = char::from(rest.as_bytes()[open]);
    let mut letters = rest.char_indices().skip(open + 1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if has_escapes => {
                letters.next();
            }
            letter if letter == quote => match letters.peek() {
                Some((_, next)) if *next == quote => {
                    letters.next();
                }
                _ => return (kind, at + 1, false),
            },
            _ => {}
        }
    }
    (kind, rest.len(), true)
}

/// A comment, in which there may be others.
fn block_comment(rest: &str) -> (Kind, usize, bool) {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return (Kind::Comment, at, false);
            }
        } else {
            at += 1;
        }
    }
    (Kind::Comment, rest.len(), true)
}

/// `$tag$text$tag$`, or a parameter.
fn dollar(rest: &str, end: usize) -> (Kind, usize, bool) {
    if !rest[end..].starts_with('$') {
        return (Kind::Parameter, end, false);
    }
    let tag = &rest[..=end];
    match rest[tag.len()..].find(tag) {
        Some(at) => (Kind::Text, tag.len() + at + tag.len(), false),
        None => (Kind::Text, rest.len(), true),
    }
}

/// Statements of a text, without the semicolons that end them.
pub(super) fn statements(text: &str) -> Vec<&str> {
    ranges(text)
        .into_iter()
        .map(|range| text[range].trim())
        .filter(|text| !is_blank(text))
        .collect()
}

/// Where the statement is that a place belongs to.
pub(super) fn statement_at(text: &str, place: usize) -> Range<usize> {
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
pub(super) fn is_complete(text: &str) -> bool {
    let tokens = tokens(text);
    if tokens.iter().any(|token| token.is_open) {
        return false;
    }
    let last = tokens.iter().rfind(|token| token.kind != Kind::Comment);
    last.is_none_or(|last| &text[last.range.clone()] == ";")
}

/// Whether a statement leaves the order of its rows open: a query without an `ORDER BY` of its own.
pub(in crate::cli) fn is_unordered(text: &str) -> bool {
    let tokens = tokens(text);
    let words: Vec<_> = tokens
        .iter()
        .filter(|token| token.kind != Kind::Comment)
        .map(|token| &text[token.range.clone()])
        .collect();
    let is_query = words.iter().find(|word| **word != "(").is_some_and(|word| {
        word.eq_ignore_ascii_case("SELECT") || word.eq_ignore_ascii_case("WITH")
    });
    let mut depth = 0;
    let mut orders = words.iter().zip(words.iter().skip(1)).filter(|(word, next)| {
        match **word {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        depth == 0 && word.eq_ignore_ascii_case("ORDER") && next.eq_ignore_ascii_case("BY")
    });
    is_query && orders.next().is_none()
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
    fn the_order_of_a_query_is_its_own() {
        for text in [
            "SELECT 1",
            "with a as (select 1 order by 1) select * from a",
            "SELECT row_number() OVER (ORDER BY x) FROM t -- ORDER BY y",
        ] {
            assert!(is_unordered(text), "{text}");
        }
        for text in [
            "SELECT 1 ORDER BY 1",
            "select x from t order /* */ by x limit 1;",
            "EXPLAIN SELECT 1",
            "SHOW TABLES",
            "DESCRIBE t",
            "VALUES (2), (1)",
        ] {
            assert!(!is_unordered(text), "{text}");
        }
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
