//! Edited text in rows of a terminal, and the row and column of the cursor.
//!
//! Rows are broken here and not by the terminal, so that it is known where each of them is.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// How a part of the text looks: the parameters of an SGR sequence, such as `1;34`.
pub(in crate::cli::shell) type Style = &'static str;

/// Rows of text with the sequences that colour it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) rows: Vec<String>,
    /// Row and column of the cursor.
    pub(super) cursor: (usize, usize),
}

/// Lays out text behind a prompt; lines after the first begin under it.
pub(super) fn lay_out(
    prompt: &str,
    text: &str,
    cursor: usize,
    styles: &[(Range<usize>, Style)],
    columns: usize,
) -> Layout {
    let columns = columns.max(2);
    let indent = prompt.width();
    let mut rows = vec![prompt.to_owned()];
    let mut column = indent;
    let mut place = (0, indent);
    for (at, letter) in text.grapheme_indices(true) {
        if at == cursor {
            place = (rows.len() - 1, column);
        }
        if letter == "\n" {
            rows.push(" ".repeat(indent));
            column = indent;
            continue;
        }
        let width = letter.width();
        if column + width > columns {
            rows.push(String::new());
            column = 0;
            if at == cursor {
                place = (rows.len() - 1, 0);
            }
        }
        let style = styles.iter().find(|(range, _)| range.contains(&at)).map(|(_, style)| style);
        if let Some(row) = rows.last_mut() {
            match style {
                Some(style) => *row += &format!("\u{1b}[{style}m{letter}\u{1b}[0m"),
                None => row.push_str(letter),
            }
        }
        column += width;
    }
    if cursor >= text.len() {
        // Behind a full row the cursor is in the next one.
        if column >= columns {
            rows.push(String::new());
            column = 0;
        }
        place = (rows.len() - 1, column);
    }
    Layout { rows, cursor: place }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_wide_as_the_terminal_and_the_cursor_is_found_in_them() {
        let layout = |text, cursor| lay_out("> ", text, cursor, &[], 6);
        assert_eq!(
            layout("abcdef", 6),
            Layout { rows: vec!["> abcd".into(), "ef".into()], cursor: (1, 2) }
        );
        assert_eq!(
            layout("abcd", 4),
            Layout { rows: vec!["> abcd".into(), String::new()], cursor: (1, 0) }
        );
        assert_eq!(layout("abcdef", 4).cursor, (1, 0));
        assert_eq!(
            layout("ab\ncd", 3),
            Layout { rows: vec!["> ab".into(), "  cd".into()], cursor: (1, 2) }
        );
        assert_eq!(layout("ab\ncd", 2).cursor, (0, 4));
        assert_eq!(
            layout("abc日", 6),
            Layout { rows: vec!["> abc".into(), "日".into()], cursor: (1, 2) }
        );
    }

    #[test]
    fn colours_take_no_room() {
        let layout = lay_out("> ", "abcde", 5, &[(0..2, "1")], 6);
        assert_eq!(layout.rows, ["> \u{1b}[1ma\u{1b}[0m\u{1b}[1mb\u{1b}[0mcd", "e"]);
    }
}
