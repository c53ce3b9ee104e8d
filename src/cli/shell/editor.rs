//! The line editor, which is reedline's, with the keys of readline: text of several lines, history,
//! search, and what [`Sql`] knows of the language.

use std::borrow::Cow;
use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nu_ansi_term::Color;
use reedline::{
    ColumnarMenu, EditCommand, Emacs, FileBackedHistory, InputMode, KeyCode, KeyModifiers,
    MenuBuilder as _, Prompt, PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent,
    ReedlineMenu, Signal, default_emacs_keybindings,
};

use super::language::Sql;
use crate::cli::output::{colors, note};

const PROMPT: &str = "entralog> ";

/// Lines after the first begin under it.
const INDENT: &str = "          ";

const COMPLETIONS: &str = "completions";

/// Statements that are kept.
const KEPT: usize = 5_000;

/// What came of it.
pub(super) enum Typed {
    /// Text.
    Text(String),
    /// Ctrl-C: nothing, and another prompt.
    Nothing,
    /// Ctrl-D.
    End,
}

/// A line editor on the terminal of the process.
pub(super) struct Editor(Reedline);

impl Editor {
    /// An editor with the history of the user; without a place for it, with one of this shell only.
    pub(super) fn new(language: &Sql) -> Self {
        let mut keys = default_emacs_keybindings();
        let complete = [ReedlineEvent::Menu(COMPLETIONS.into()), ReedlineEvent::MenuNext];
        keys.add_binding(
            KeyModifiers::NONE,
            KeyCode::Tab,
            ReedlineEvent::UntilFound(complete.to_vec()),
        );
        keys.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
        // What a terminal sends for Alt and Backspace.
        let word = ReedlineEvent::Edit(vec![EditCommand::CutWordLeft]);
        keys.add_binding(KeyModifiers::ALT, KeyCode::Backspace, word);
        // Columns are those of the tables that are named behind the cursor.
        let menu = ColumnarMenu::default()
            .with_name(COMPLETIONS)
            .with_marker("")
            .with_input_mode(InputMode::FullBuffer);
        let editor = Reedline::create()
            .with_edit_mode(Box::new(Emacs::new(keys)))
            .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
            .with_completer(Box::new(language.clone()))
            .with_quick_completions(true)
            .with_partial_completions(true)
            .with_highlighter(Box::new(language.clone()))
            .with_validator(Box::new(language.clone()))
            .with_ansi_colors(colors())
            .with_history_exclusion_prefix(Some(" ".into()))
            .use_bracketed_paste(true);
        Self(match history() {
            Some(history) => editor.with_history(Box::new(history)),
            None => editor,
        })
    }

    /// Reads one text from the terminal.
    ///
    /// # Errors
    /// The terminal cannot be read, written or set.
    pub(super) fn read(&mut self) -> io::Result<Typed> {
        let signal = self.0.read_line(&Line)?;
        // Another shell has it at once, and a crash costs nothing. A full disk costs the history only.
        let _ = self.0.sync_history();
        Ok(match signal {
            Signal::Success(text) => Typed::Text(text),
            Signal::CtrlD => Typed::End,
            _ => Typed::Nothing,
        })
    }
}

/// Gives the terminal back as it was.
pub(super) fn restore() {
    let _ = crossterm::execute!(io::stdout(), crossterm::event::DisableBracketedPaste);
    let _ = crossterm::terminal::disable_raw_mode();
    let _ = io::stdout().flush();
}

struct Line;

impl Prompt for Line {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        PROMPT.into()
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        "".into()
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        INDENT.into()
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        format!("(search) {}: ", search.term).into()
    }

    fn get_prompt_color(&self) -> Color {
        Color::Default
    }
}

/// The history of the user.
fn history() -> Option<FileBackedHistory> {
    let path = default_path()?;
    open(&path)
        .map_err(|error| note(&format!("no history is kept in {}: {error}", path.display())))
        .ok()
}

/// The statements in a file, which is made with its directory when it is not there, and which nobody else can read.
fn open(path: &Path) -> anyhow::Result<FileBackedHistory> {
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(FileBackedHistory::with_file(KEPT, path.to_owned())?)
}

/// `$XDG_STATE_HOME/entralog/history`, by default under `~/.local/state`.
fn default_path() -> Option<PathBuf> {
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state =
        absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("entralog/history"))
}
