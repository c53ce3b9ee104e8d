//! Text in lines of a width, with nothing of it lost.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr};

/// Columns of a terminal that a text takes, or the longest of its lines.
pub(super) fn width(text: &str) -> usize {
    text.split('\n').map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// The text in lines of at most `width` columns, broken behind a space where there is one in the
/// second half of a line; together they are the text.
pub(super) fn wrap(text: &str, width: usize) -> Vec<&str> {
    let width = width.max(2);
    let mut lines = Vec::new();
    for line in text.split('\n') {
        wrap_line(line, width, &mut lines);
    }
    lines
}

fn wrap_line<'a>(line: &'a str, width: usize, lines: &mut Vec<&'a str>) {
    let mut rest = line;
    while rest.width() > width {
        let mut columns = 0;
        let mut end = rest.len();
        let mut space = None;
        for (at, letter) in rest.char_indices() {
            columns += letter.width().unwrap_or(0);
            if columns > width {
                end = at;
                break;
            }
            if letter == ' ' && columns * 2 >= width {
                space = Some(at + 1);
            }
        }
        let (line, after) = rest.split_at(space.unwrap_or(end));
        if line.is_empty() || after.is_empty() {
            break;
        }
        lines.push(line);
        rest = after;
    }
    lines.push(rest);
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_are_the_text_again() {
        for text in [
            "",
            "a",
            "a word and another one",
            "no-space-in-this-one",
            "日本語のテキスト",
            "e\u{301}e\u{301}e\u{301}",
            "   ",
        ] {
            for width in 1..12 {
                let lines = wrap(text, width);
                assert_eq!(lines.concat(), text);
                assert!(lines.iter().all(|line| super::width(line) <= width.max(2)), "{lines:?}");
            }
        }
        assert_eq!(wrap("a word and another", 8), ["a word ", "and ", "another"]);
        assert_eq!(wrap("one\ntwo\n\nthree", 4), ["one", "two", "", "thre", "e"]);
    }
}
