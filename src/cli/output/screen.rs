//! What rows are shown on: how wide it is, and whether it has colours.

use std::io::IsTerminal as _;

/// When rows are shown as records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::cli) enum Expanded {
    /// When they do not fit the width.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// Where a table is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct Screen {
    /// Columns; `None` when there is no end to them.
    pub(in crate::cli) width: Option<usize>,
    /// Rows; `None` when there is no end to them.
    pub(in crate::cli) height: Option<usize>,
    /// Whether it shows colours.
    pub(in crate::cli) color: bool,
    /// When rows are shown as records.
    pub(in crate::cli) expanded: Expanded,
}

impl Screen {
    /// Standard output.
    pub(in crate::cli) fn of_stdout() -> Self {
        if !std::io::stdout().is_terminal() {
            return Self { width: None, height: None, color: false, expanded: Expanded::Auto };
        }
        // A terminal that does not know its size says 0.
        let size = crossterm::terminal::size().ok().filter(|(width, _)| *width > 0);
        let (width, height) = size.unwrap_or((80, 24));
        Self {
            width: Some(width.into()),
            height: Some(height.into()),
            color: colors(),
            expanded: Expanded::Auto,
        }
    }

    /// Text that steps back.
    pub(super) fn faint(&self, text: &str) -> String {
        self.styled("2", text)
    }

    /// Text that stands out.
    pub(super) fn bold(&self, text: &str) -> String {
        self.styled("1", text)
    }

    fn styled(&self, style: &str, text: &str) -> String {
        match self.color && !text.is_empty() {
            true => format!("\u{1b}[{style}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }
}

/// Whether a terminal is to be coloured: <https://no-color.org>.
pub(in crate::cli) fn colors() -> bool {
    let is_asked_not_to = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !is_asked_not_to && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
