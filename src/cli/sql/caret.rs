//! Where in a statement an error is.

use unicode_width::UnicodeWidthStr as _;

use super::lexer::{self, Kind};

/// Columns of a statement that are shown around the place.
const SHOWN: usize = 70;

/// The line of a statement that an error is about, and a caret below the place; `None` when the error does
/// not say.
pub(in crate::cli) fn caret(sql: &str, error: &str) -> Option<String> {
    let place = said_place(sql, error).or_else(|| place_of_name(sql, error))?;
    let start = sql[..place].rfind('\n').map_or(0, |at| at + 1);
    let line = sql[start..].lines().next().unwrap_or_default();
    let number = sql[..start].matches('\n').count() + 1;
    // Of a long line the part around the place.
    let before = &sql[start..place];
    let skip = before.chars().count().saturating_sub(SHOWN / 2);
    let shown: String = line.chars().skip(skip).take(SHOWN).map(plain).collect();
    let before: String = before.chars().skip(skip).map(plain).collect();
    let (lead, dots) = (format!("line {number}: "), if skip > 0 { "…" } else { "" });
    let pad = " ".repeat(lead.width() + dots.width() + before.width());
    Some(format!("{lead}{dots}{shown}\n{pad}^"))
}

fn plain(letter: char) -> char {
    if letter.is_control() { ' ' } else { letter }
}

/// The place behind `Line: 1, Column: 8`, as the parser counts: from 1, in characters.
fn said_place(sql: &str, error: &str) -> Option<usize> {
    let (_, said) = error.rsplit_once("Line: ")?;
    let (line, said) = said.split_once(", Column: ")?;
    let digits = said.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(said.len());
    let (line, column): (usize, usize) = (line.parse().ok()?, said[..digits].parse().ok()?);
    let mut starts = std::iter::once(0).chain(sql.match_indices('\n').map(|(at, _)| at + 1));
    let start = starts.nth(line.checked_sub(1)?)?;
    let text = sql[start..].lines().next().unwrap_or_default();
    let column = text.char_indices().nth(column.checked_sub(1)?).map_or(text.len(), |(at, _)| at);
    Some(start + column)
}

/// The place of the first name that an error quotes and that stands in the statement.
fn place_of_name(sql: &str, error: &str) -> Option<usize> {
    let tokens = lexer::tokens(sql);
    let quoted = error.split('"').skip(1).step_by(2);
    quoted.into_iter().find_map(|name| {
        let name = name.rsplit('.').next().unwrap_or(name);
        let is_named = |kind, text: &str| match kind {
            Kind::Word => text.eq_ignore_ascii_case(name),
            Kind::Name => text.trim_matches('"') == name,
            _ => false,
        };
        let token = tokens.iter().find(|token| is_named(token.kind, &sql[token.range.clone()]))?;
        Some(token.range.start)
    })
}

#[cfg(test)]
mod tests {
    use super::caret;

    #[test]
    fn the_caret_stands_under_the_place() {
        let error =
            "cannot read the SQL: Expected: end of statement, found: FORM at Line: 2, Column: 3";
        assert_eq!(caret("SELECT *\n  FORM x", error).unwrap(), "line 2:   FORM x\n          ^");
        let error = "unknown column \"UserPrincipalNam\"; did you mean \"UserPrincipalName\"?";
        let sql = "SELECT 'UserPrincipalNam', s.UserPrincipalNam FROM SigninLogs s";
        assert_eq!(
            caret(sql, error).unwrap().lines().nth(1),
            Some(&*format!("{}^", " ".repeat(37)))
        );
        assert_eq!(caret("SELECT 1", "query failed: something"), None);
        assert_eq!(caret("SELECT 1", "at Line: 7, Column: 1"), None);
    }

    #[test]
    fn of_a_long_line_the_part_around_the_place_is_shown() {
        let sql = format!("SELECT {} FORM x", "a, ".repeat(100));
        let shown =
            caret(&sql, &format!("at Line: 1, Column: {}", sql.find("FORM").unwrap() + 1)).unwrap();
        let (line, mark) = shown.split_once('\n').unwrap();
        assert!(line.chars().nth(mark.len() - 1) == Some('F'), "{shown}");
    }
}
