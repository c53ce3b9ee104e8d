//! The text that is edited, and where in it the cursor is.

use unicode_segmentation::UnicodeSegmentation as _;

/// Text and a cursor, which is never inside what is one character to the eye.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    text: String,
    /// In bytes.
    cursor: usize,
    /// What was cut last.
    cut: String,
}

/// A direction, and how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    Left,
    Right,
    WordLeft,
    WordRight,
    LineStart,
    LineEnd,
}

impl Buffer {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    /// Other text, with the cursor behind it.
    pub(super) fn set(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.cursor = text.len();
    }

    /// Puts text where the cursor is. What a terminal would act on does not come in.
    pub(super) fn insert(&mut self, text: &str) {
        let text = text.replace('\t', "    ");
        let text: String =
            text.chars().filter(|letter| *letter == '\n' || !letter.is_control()).collect();
        self.text.insert_str(self.cursor, &text);
        self.cursor += text.len();
    }

    /// Puts text in the place of what is between `start` and the cursor.
    pub(super) fn replace(&mut self, start: usize, text: &str) {
        self.text.replace_range(start..self.cursor, text);
        self.cursor = start + text.len();
    }

    pub(super) fn go(&mut self, to: To) {
        self.cursor = self.place(to);
    }

    /// Removes what is between the cursor and there; words and lines can be put back.
    pub(super) fn remove(&mut self, to: To) {
        let place = self.place(to);
        let (start, end) = (place.min(self.cursor), place.max(self.cursor));
        if !matches!(to, To::Left | To::Right) && start < end {
            self.cut = self.text[start..end].to_owned();
        }
        self.text.replace_range(start..end, "");
        self.cursor = start;
    }

    /// Puts back what was cut.
    pub(super) fn yank(&mut self) {
        let cut = std::mem::take(&mut self.cut);
        self.insert(&cut);
        self.cut = cut;
    }

    /// Goes to the line above; `false` when there is none.
    pub(super) fn up(&mut self) -> bool {
        let start = self.place(To::LineStart);
        if start == 0 {
            return false;
        }
        let column = self.column();
        self.cursor = start - 1;
        self.cursor = self.place(To::LineStart);
        self.forward(column);
        true
    }

    /// Goes to the line below; `false` when there is none.
    pub(super) fn down(&mut self) -> bool {
        let end = self.place(To::LineEnd);
        if end == self.text.len() {
            return false;
        }
        let column = self.column();
        self.cursor = end + 1;
        self.forward(column);
        true
    }

    fn column(&self) -> usize {
        self.text[self.place(To::LineStart)..self.cursor].graphemes(true).count()
    }

    fn forward(&mut self, columns: usize) {
        let end = self.place(To::LineEnd);
        let letters = self.text[self.cursor..end].graphemes(true).take(columns);
        self.cursor += letters.map(str::len).sum::<usize>();
    }

    fn place(&self, to: To) -> usize {
        let (before, after) = self.text.split_at(self.cursor);
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        match to {
            To::Left => self.cursor - before.graphemes(true).next_back().map_or(0, str::len),
            To::Right => self.cursor + after.graphemes(true).next().map_or(0, str::len),
            To::WordLeft => {
                before.trim_end_matches(|c| !is_word(c)).trim_end_matches(is_word).len()
            }
            To::WordRight => {
                let rest = after.trim_start_matches(|c| !is_word(c)).trim_start_matches(is_word);
                self.text.len() - rest.len()
            }
            To::LineStart => before.rfind('\n').map_or(0, |at| at + 1),
            To::LineEnd => after.find('\n').map_or(self.text.len(), |at| self.cursor + at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(text: &str) -> Buffer {
        let mut buffer = Buffer::default();
        buffer.set(text);
        buffer
    }

    #[test]
    fn the_cursor_moves_by_what_the_eye_sees() {
        let mut buffer = buffer("ae\u{301}👩‍🚀");
        buffer.go(To::Left);
        assert_eq!(&buffer.text()[buffer.cursor()..], "👩‍🚀");
        buffer.remove(To::Left);
        assert_eq!(buffer.text(), "a👩‍🚀");
        buffer.remove(To::Right);
        assert_eq!(buffer.text(), "a");
    }

    #[test]
    fn what_was_cut_comes_back() {
        let mut buffer = buffer("SELECT a.b, count(*)");
        buffer.remove(To::WordLeft);
        assert_eq!(buffer.text(), "SELECT a.b, ");
        buffer.go(To::WordLeft);
        buffer.yank();
        assert_eq!(buffer.text(), "SELECT a.count(*)b, ");
        buffer.remove(To::LineStart);
        buffer.remove(To::LineEnd);
        buffer.yank();
        assert_eq!(buffer.text(), "b, ");
    }

    #[test]
    fn lines_are_gone_up_and_down() {
        let mut buffer = buffer("one\n\nthree");
        assert!(!buffer.down());
        assert!(buffer.up() && buffer.up());
        assert_eq!(buffer.cursor(), 0);
        assert!(!buffer.up());
        buffer.go(To::LineEnd);
        assert!(buffer.down() && buffer.down());
        assert_eq!(&buffer.text()[buffer.cursor()..], "three");
    }

    #[test]
    fn control_characters_do_not_come_in() {
        let mut buffer = Buffer::default();
        buffer.insert("a\u{1b}[31m\tb\n\u{9b}c");
        assert_eq!(buffer.text(), "a[31m    b\nc");
    }
}
