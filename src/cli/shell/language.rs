//! What the line editor asks of the language: whether a statement is complete, how its parts look, and what a
//! word may become.

use std::sync::{Arc, PoisonError, RwLock};

use nu_ansi_term::{Color, Style};
use reedline::{
    Completer, CompletionResult, Highlighter, Span, StyledText, Suggestion, ValidationResult,
    Validator,
};

use super::complete::{self, Completion};
use super::keywords::is_keyword;
use super::names::Names;
use crate::cli::sql::lexer::{self, Kind, Token};

/// SQL, and the commands of the shell.
#[derive(Clone)]
pub(super) struct Sql {
    pub(super) names: Arc<RwLock<Names>>,
}

impl Completer for Sql {
    fn complete(&mut self, line: &str, pos: usize) -> CompletionResult {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        let Completion { start, words } = complete::complete(&names, line, pos);
        let span = Span::new(start, pos);
        let suggestions =
            words.into_iter().map(|value| Suggestion { value, span, ..Suggestion::default() });
        CompletionResult::fresh(suggestions.collect::<Vec<_>>())
    }
}

impl Validator for Sql {
    fn validate(&self, line: &str) -> ValidationResult {
        let word = line.trim();
        let is_command = word.starts_with('\\') || matches!(word, "exit" | "quit" | "help");
        match is_command || lexer::is_complete(line) {
            true => ValidationResult::Complete,
            false => ValidationResult::Incomplete,
        }
    }
}

impl Highlighter for Sql {
    fn highlight(&self, line: &str, _: usize) -> StyledText {
        let mut styled = StyledText::new();
        if line.trim_start().starts_with('\\') {
            styled.push((Color::Magenta.normal(), line.to_owned()));
            return styled;
        }
        let mut end = 0;
        for token in lexer::tokens(line) {
            let style = style_of(&token, &line[token.range.clone()]);
            styled.push((Style::default(), line[end..token.range.start].to_owned()));
            styled.push((style, line[token.range.clone()].to_owned()));
            end = token.range.end;
        }
        styled.push((Style::default(), line[end..].to_owned()));
        styled
    }
}

fn style_of(token: &Token, text: &str) -> Style {
    match token.kind {
        Kind::Word if is_keyword(text) => Color::Blue.bold(),
        Kind::Text => Color::Green.normal(),
        Kind::Number => Color::Cyan.normal(),
        Kind::Comment => Style::new().dimmed(),
        Kind::Parameter => Color::Yellow.normal(),
        Kind::Word | Kind::Name | Kind::Symbol => Style::default(),
    }
}
