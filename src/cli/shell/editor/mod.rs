//! A line editor: text of several lines, history, search and completion.
//!
//! Its keys are those of readline. It draws with `crossterm` and reads keys itself, because rustyline and
//! reedline switch on features of `libc` and `crossterm` for which all of DataFusion is compiled
//! in another variant.

mod buffer;
mod history;
mod keys;
mod layout;
mod menu;
mod paint;

use std::io::{self, BufReader, Stdin, Write as _};
use std::ops::Range;

pub(super) use history::{History, default_path};
pub(super) use layout::Style;

use buffer::{Buffer, To};
use keys::Key;
use menu::Menu;
use paint::Painter;

/// What is known of the language that is typed.
pub(super) trait Language {
    /// Whether Enter ends the text; else it begins a new line.
    fn is_complete(&self, text: &str) -> bool;

    /// How parts of the text look.
    fn styles(&self, text: &str) -> Vec<(Range<usize>, Style)>;

    /// What the word before the cursor may become.
    fn complete(&self, text: &str, cursor: usize) -> Completion;
}

/// What a word may become.
#[derive(Debug, Default)]
pub(super) struct Completion {
    /// Where the word begins.
    pub(super) start: usize,
    /// The words, the likeliest first.
    pub(super) words: Vec<String>,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Text.
    Text(String),
    /// Ctrl-C: nothing, and another prompt.
    Nothing,
    /// Ctrl-D, or the terminal is gone.
    End,
}

/// A line editor on the terminal of the process.
pub(super) struct Editor {
    history: History,
    /// Keys that were typed ahead wait in it.
    input: BufReader<Stdin>,
}

/// What an editor goes through for one text.
struct Session<'a> {
    buffer: Buffer,
    /// Where in the history the text is from.
    at: usize,
    /// What was typed before the history was looked at.
    draft: String,
    menu: Option<Menu>,
    search: Option<Search>,
    painter: Painter,
    prompt: &'a str,
    language: &'a dyn Language,
}

/// A search in the history, backwards.
#[derive(Default)]
struct Search {
    wanted: String,
    found: Option<usize>,
}

/// What a key did.
enum After {
    Go,
    Done(Typed),
}

impl Editor {
    pub(super) fn new(history: History) -> Self {
        Self { history, input: BufReader::new(io::stdin()) }
    }

    /// Reads one text from the terminal.
    ///
    /// # Errors
    /// The terminal cannot be read, written or set.
    pub(super) fn read(
        &mut self,
        prompt: &str,
        language: &dyn Language,
        color: bool,
    ) -> io::Result<Typed> {
        let _raw = Raw::new()?;
        let mut session = Session {
            buffer: Buffer::default(),
            at: self.history.len(),
            draft: String::new(),
            menu: None,
            search: None,
            painter: Painter::new(color),
            prompt,
            language,
        };
        session.draw(&self.history)?;
        loop {
            let Some(key) = keys::next(&mut self.input)? else {
                session.painter.leave()?;
                return Ok(Typed::End);
            };
            let is_more_there = !self.input.buffer().is_empty();
            match session.press(key, &self.history)? {
                // Of a burst of keys only the last is drawn.
                After::Go if is_more_there => {}
                After::Go => session.draw(&self.history)?,
                After::Done(typed) => {
                    session.menu = None;
                    session.search = None;
                    session.draw(&self.history)?;
                    session.painter.leave()?;
                    if let Typed::Text(text) = &typed {
                        self.history.add(text);
                    }
                    return Ok(typed);
                }
            }
        }
    }
}

impl Session<'_> {
    fn draw(&mut self, history: &History) -> io::Result<()> {
        let (text, cursor) = (self.buffer.text(), self.buffer.cursor());
        match &self.search {
            Some(search) => {
                let found = search.found.and_then(|at| history.get(at)).unwrap_or_default();
                let prompt = format!("(search) {}: ", search.wanted);
                self.painter.draw(&prompt, found, 0, &self.language.styles(found), &[])
            }
            None => {
                let below = self
                    .menu
                    .as_ref()
                    .map(|menu| menu.rows(self.painter.size()))
                    .unwrap_or_default();
                self.painter.draw(self.prompt, text, cursor, &self.language.styles(text), &below)
            }
        }
    }

    fn press(&mut self, key: Key, history: &History) -> io::Result<After> {
        if self.search.is_some() && self.press_in_search(&key, history) {
            return Ok(After::Go);
        }
        if !matches!(key, Key::Tab | Key::BackTab) {
            self.menu = None;
        }
        match key {
            Key::Char(letter) => self.buffer.insert(letter.encode_utf8(&mut [0; 4])),
            Key::Paste(text) => self.buffer.insert(&text),
            Key::NewLine => self.buffer.insert("\n"),
            Key::Enter | Key::Ctrl('j' | 'm') => return Ok(self.enter()),
            Key::Tab => self.tab(true),
            Key::BackTab => self.tab(false),
            Key::Backspace | Key::Ctrl('h') => self.buffer.remove(To::Left),
            Key::Delete => self.buffer.remove(To::Right),
            Key::WordBackspace | Key::Ctrl('w') => self.buffer.remove(To::WordLeft),
            Key::WordDelete => self.buffer.remove(To::WordRight),
            Key::Left | Key::Ctrl('b') => self.buffer.go(To::Left),
            Key::Right | Key::Ctrl('f') => self.buffer.go(To::Right),
            Key::WordLeft => self.buffer.go(To::WordLeft),
            Key::WordRight => self.buffer.go(To::WordRight),
            Key::Home | Key::Ctrl('a') => self.buffer.go(To::LineStart),
            Key::End | Key::Ctrl('e') => self.buffer.go(To::LineEnd),
            Key::Up | Key::Ctrl('p') => self.older(history),
            Key::Down | Key::Ctrl('n') => self.newer(history),
            Key::Ctrl('u') => self.buffer.remove(To::LineStart),
            Key::Ctrl('k') => self.buffer.remove(To::LineEnd),
            Key::Ctrl('y') => self.buffer.yank(),
            Key::Ctrl('l') => self.painter.clear()?,
            Key::Ctrl('r') => self.search = Some(Search::default()),
            Key::Ctrl('c') => {
                return Ok(After::Done(Typed::Nothing));
            }
            Key::Ctrl('d') if self.buffer.text().is_empty() => return Ok(After::Done(Typed::End)),
            Key::Ctrl('d') => self.buffer.remove(To::Right),
            Key::Ctrl(_) | Key::Alt(_) | Key::Other => {}
        }
        Ok(After::Go)
    }

    fn enter(&mut self) -> After {
        let text = self.buffer.text();
        if self.language.is_complete(text) {
            let text = text.to_owned();
            self.buffer.set(&text);
            return After::Done(Typed::Text(text));
        }
        self.buffer.insert("\n");
        After::Go
    }

    /// Completes the word as far as there is no choice, then shows the choice, then goes through it.
    fn tab(&mut self, forward: bool) {
        if let Some(menu) = &mut self.menu {
            let word = menu.step(forward).to_owned();
            self.buffer.replace(menu.start, &word);
            return;
        }
        let completion = self.language.complete(self.buffer.text(), self.buffer.cursor());
        let typed = &self.buffer.text()[completion.start..self.buffer.cursor()];
        match completion.words.as_slice() {
            [] => {}
            [word] => {
                let word = word.clone();
                self.buffer.replace(completion.start, &word);
            }
            words => {
                let common = menu::common_start(words);
                // Where case differs, more may be common than what was typed, and less as well.
                if common.len() > typed.len() {
                    let common = common.to_owned();
                    self.buffer.replace(completion.start, &common);
                }
                self.menu = Some(Menu::new(completion));
            }
        }
    }

    fn older(&mut self, history: &History) {
        if self.buffer.up() || self.at == 0 {
            return;
        }
        if self.at == history.len() {
            self.buffer.text().clone_into(&mut self.draft);
        }
        self.at -= 1;
        self.buffer.set(history.get(self.at).unwrap_or_default());
    }

    fn newer(&mut self, history: &History) {
        if self.buffer.down() || self.at == history.len() {
            return;
        }
        self.at += 1;
        self.buffer.set(history.get(self.at).unwrap_or(&self.draft));
    }

    /// A key while the history is searched; `false` when it ends the search and is a key as any other.
    fn press_in_search(&mut self, key: &Key, history: &History) -> bool {
        let Some(search) = &mut self.search else { return false };
        match key {
            Key::Char(letter) => {
                search.wanted.push(*letter);
                search.found = history.find(&search.wanted, history.len());
            }
            Key::Backspace | Key::Ctrl('h') => {
                search.wanted.pop();
                search.found = history.find(&search.wanted, history.len());
            }
            Key::Ctrl('r') => {
                let before = search.found.unwrap_or(history.len());
                search.found = history.find(&search.wanted, before).or(search.found);
            }
            Key::Ctrl('g' | 'c') => self.search = None,
            _ => {
                if let Some(at) = search.found {
                    self.at = at;
                    self.buffer.set(history.get(at).unwrap_or_default());
                }
                self.search = None;
                return false;
            }
        }
        true
    }
}

/// A terminal that hands over every key, until this is dropped.
struct Raw;

impl Raw {
    fn new() -> io::Result<Self> {
        crossterm::terminal::enable_raw_mode()?;
        let raw = Self;
        // Text that is pasted is marked as such.
        write!(io::stdout(), "\u{1b}[?2004h")?;
        io::stdout().flush()?;
        Ok(raw)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back as it was.
pub(super) fn restore() {
    let _ = write!(io::stdout(), "\u{1b}[?2004l");
    let _ = io::stdout().flush();
    let _ = crossterm::terminal::disable_raw_mode();
}
