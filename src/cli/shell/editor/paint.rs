//! Drawing rows where the last ones were, without touching anything above.

use std::io::{self, Write as _};
use std::ops::Range;

use super::layout::{Style, lay_out};

/// Where on the terminal the text is.
pub(super) struct Painter {
    color: bool,
    /// Rows from the first one down to the cursor.
    above: usize,
    /// Rows from the cursor down to the last one of the text.
    below: usize,
}

impl Painter {
    pub(super) fn new(color: bool) -> Self {
        Self { color, above: 0, below: 0 }
    }

    /// Columns and rows of the terminal.
    pub(super) fn size(&self) -> (usize, usize) {
        let size =
            crossterm::terminal::size().ok().filter(|(columns, rows)| *columns > 0 && *rows > 0);
        let (columns, rows) = size.unwrap_or((80, 24));
        (columns.into(), rows.into())
    }

    /// Draws a text with its prompt and rows below it, and sets the cursor.
    pub(super) fn draw(
        &mut self,
        prompt: &str,
        text: &str,
        cursor: usize,
        styles: &[(Range<usize>, Style)],
        below: &[String],
    ) -> io::Result<()> {
        let (columns, height) = self.size();
        let styles = if self.color { styles } else { &[] };
        let layout = lay_out(prompt, text, cursor, styles, columns);
        // Of a text that is longer than the terminal the rows around the cursor are shown.
        let room = height.saturating_sub(below.len()).max(1);
        let (row, column) = layout.cursor;
        let top = if layout.rows.len() <= room { 0 } else { (row + 1).saturating_sub(room) };
        let bottom = layout.rows.len().min(top + room);
        let rows: Vec<_> =
            layout.rows[top..bottom].iter().chain(below).map(String::as_str).collect();
        let mut out = self.back();
        out += "\u{1b}[J";
        out += &rows.join("\r\n");
        let up = rows.len() - 1 - (row - top);
        if up > 0 {
            out += &format!("\u{1b}[{up}A");
        }
        out.push('\r');
        if column > 0 {
            out += &format!("\u{1b}[{column}C");
        }
        self.above = row - top;
        self.below = bottom - 1 - row;
        write(&out)
    }

    /// Leaves the text where it is, for what comes below it.
    pub(super) fn leave(&mut self) -> io::Result<()> {
        let down = "\r\n".repeat(self.below + 1);
        (self.above, self.below) = (0, 0);
        write(&down)
    }

    /// Clears the terminal; the text is drawn at its top.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        (self.above, self.below) = (0, 0);
        write("\u{1b}[H\u{1b}[2J")
    }

    /// To the first column of the first row.
    fn back(&self) -> String {
        match self.above {
            0 => "\r".to_owned(),
            rows => format!("\r\u{1b}[{rows}A"),
        }
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
