//! Rows one below another, a line a column: for rows that are wider than the terminal.

use std::io::Write as _;

use super::screen::Screen;
use super::wrap::{width, wrap};
use super::{Failure, Out};

/// Writes rows as records; `before` were written already.
pub(super) fn write(
    out: &mut Out<'_>,
    screen: &Screen,
    names: &[String],
    rows: &[Vec<String>],
    before: usize,
) -> Result<(), Failure> {
    let longest = names.iter().map(|name| width(name)).max().unwrap_or(0);
    let terminal = screen.width.unwrap_or(usize::MAX);
    // A name, " │ ", and at least some of a value.
    let room = terminal.saturating_sub(longest + 3).max(20);
    for (row, number) in rows.iter().zip(before + 1..) {
        let title = format!("─ record {number} ");
        let rule = "─".repeat(terminal.min(60).saturating_sub(width(&title)));
        writeln!(out, "{}", screen.faint(&(title + &rule)))?;
        for (name, value) in names.iter().zip(row) {
            for (line, value) in wrap(value, room).into_iter().enumerate() {
                let name = if line == 0 { name } else { "" };
                let pad = " ".repeat(longest - width(name));
                let text = format!("{}{pad} {} {value}", screen.bold(name), screen.faint("│"));
                writeln!(out, "{}", text.trim_end())?;
            }
        }
    }
    Ok(())
}
