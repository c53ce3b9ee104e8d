//! The words that a completion may choose from, below the text.

use unicode_width::UnicodeWidthStr as _;

use super::Completion;

/// Rows that the words may take.
const ROWS: usize = 8;

/// Words, and the one that is chosen.
pub(super) struct Menu {
    /// Where the word begins in the text.
    pub(super) start: usize,
    words: Vec<String>,
    chosen: Option<usize>,
}

impl Menu {
    /// Words of which none is chosen yet.
    pub(super) fn new(completion: Completion) -> Self {
        Self { start: completion.start, words: completion.words, chosen: None }
    }

    /// Chooses the next or previous word.
    pub(super) fn step(&mut self, forward: bool) -> &str {
        let count = self.words.len();
        let next = match (self.chosen, forward) {
            (None, true) => 0,
            (None, false) => count - 1,
            (Some(at), true) => (at + 1) % count,
            (Some(at), false) => (at + count - 1) % count,
        };
        self.chosen = Some(next);
        &self.words[next]
    }

    /// The words in columns, for a terminal of some columns and rows: those around the chosen one, and
    /// how many others there are.
    pub(super) fn rows(&self, (columns, height): (usize, usize)) -> Vec<String> {
        let widest = self.words.iter().map(|word| word.width()).max().unwrap_or(0).min(columns);
        let across = ((columns + 1) / (widest + 2)).max(1);
        let rows: Vec<&[String]> = self.words.chunks(across).collect();
        let room = ROWS.min(height.saturating_sub(3)).max(1);
        let at = self.chosen.map_or(0, |chosen| chosen / across);
        let top = at.saturating_sub(room - 1);
        let mut shown: Vec<String> = Vec::new();
        for (row, words) in rows.iter().enumerate().skip(top).take(room) {
            let mut text = String::new();
            for (column, word) in words.iter().enumerate() {
                let is_chosen = self.chosen == Some(row * across + column);
                let pad = " ".repeat((widest + 2).saturating_sub(word.width()));
                let word = cut(word, columns.saturating_sub(1));
                match is_chosen {
                    true => text += &format!("\u{1b}[7m{word}\u{1b}[0m{pad}"),
                    false => text += &format!("{word}{pad}"),
                }
            }
            shown.push(text.trim_end().to_owned());
        }
        let rest = rows.len().saturating_sub(top + room);
        if rest > 0 {
            let words: usize = rows.iter().skip(top + room).map(|row| row.len()).sum();
            shown.push(format!("… {words} more"));
        }
        shown
    }
}

fn cut(word: &str, columns: usize) -> &str {
    match word.char_indices().nth(columns) {
        Some((at, _)) if word.width() > columns => &word[..at],
        _ => word,
    }
}

/// What all words begin with, in any case; as the first of them writes it.
pub(super) fn common_start(words: &[String]) -> &str {
    let Some((first, others)) = words.split_first() else { return "" };
    let mut end = first.len();
    for other in others {
        let same =
            first.char_indices().zip(other.chars()).find(|((_, a), b)| !a.eq_ignore_ascii_case(b));
        end = end.min(same.map_or(first.len().min(other.len()), |((at, _), _)| at));
    }
    while !first.is_char_boundary(end) {
        end -= 1;
    }
    &first[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_words_have_in_common_is_their_start() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert_eq!(common_start(&words(&["UserId", "UserPrincipalName"])), "User");
        assert_eq!(common_start(&words(&["User", "userAgent"])), "User");
        assert_eq!(common_start(&words(&["a", "b"])), "");
    }

    #[test]
    fn a_menu_shows_the_words_around_the_chosen_one() {
        let words = (0..100).map(|n| format!("word-{n:02}")).collect();
        let mut menu = Menu::new(Completion { start: 0, words });
        assert_eq!(menu.rows((20, 24)).len(), 9);
        assert_eq!(menu.rows((20, 24))[8], "… 84 more");
        assert_eq!(menu.step(false), "word-99");
        assert!(menu.rows((20, 24)).last().unwrap().contains("\u{1b}[7mword-99"));
        assert_eq!(menu.step(true), "word-00");
    }
}
