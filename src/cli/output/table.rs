//! A table for people: as wide as the terminal, longer values in several lines.
//!
//! Columns are as wide as their values; where the terminal is narrower, text wraps. Rows that would
//! not be legible even so are [records](super::records) instead.

use std::io::Write as _;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::cells::{self, Look};
use super::records;
use super::screen::{Expanded, Screen};
use super::visible::{visible, visible_lines};
use super::wrap::{width, wrap};
use super::{Failure, Form, Out, note};

/// Rows that are laid out together. More of them come in pieces, each with its own widths, so that
/// memory is bounded.
const PIECE: usize = 10_000;

/// Text is not wrapped to less than this many columns.
const LEGIBLE: usize = 12;

/// Rows that wait until their widths are known.
pub(super) struct Table<'w> {
    out: Out<'w>,
    screen: Screen,
    names: Vec<String>,
    looks: Vec<Look>,
    /// A null is shown as nothing.
    rows: Vec<Vec<String>>,
    printed: usize,
    /// Whether rows are shown as records.
    expanded: Option<bool>,
}

impl<'w> Table<'w> {
    pub(super) fn new(out: Out<'w>, schema: &SchemaRef, screen: Screen) -> Self {
        let fields = schema.fields();
        Self {
            out,
            screen,
            names: fields.iter().map(|field| visible(field.name()).into_owned()).collect(),
            looks: fields.iter().map(|field| cells::look(field.data_type())).collect(),
            rows: Vec::new(),
            printed: 0,
            expanded: None,
        }
    }

    fn piece(&mut self) -> Result<(), Failure> {
        let rows = std::mem::take(&mut self.rows);
        let widths = self.widths(&rows);
        let expanded = *self.expanded.get_or_insert_with(|| match self.screen.expanded {
            Expanded::On => true,
            Expanded::Off => false,
            Expanded::Auto => widths.is_none() && !rows.is_empty(),
        });
        if expanded {
            if self.printed == 0 && self.screen.expanded == Expanded::Auto {
                note(&format!(
                    "{} columns do not fit the width of the terminal: rows are shown as records",
                    self.names.len()
                ));
            }
            records::write(&mut self.out, &self.screen, &self.names, &rows, self.printed)?;
        } else {
            self.grid(&rows, &widths.unwrap_or_else(|| self.natural(&rows)))?;
        }
        self.printed += rows.len();
        Ok(())
    }

    fn natural(&self, rows: &[Vec<String>]) -> Vec<usize> {
        let mut widths: Vec<_> = self.names.iter().map(|name| width(name)).collect();
        for row in rows {
            for (all, cell) in widths.iter_mut().zip(row) {
                *all = width(cell).max(*all);
            }
        }
        widths
    }

    /// Widths of the columns that fit the terminal; `None` when there are none that are legible.
    fn widths(&self, rows: &[Vec<String>]) -> Option<Vec<usize>> {
        let natural = self.natural(rows);
        let Some(terminal) = self.screen.width else { return Some(natural) };
        // A space at each side, and a line between two columns.
        let room = terminal.checked_sub(natural.len() * 3)?;
        if natural.iter().sum::<usize>() <= room {
            return Some(natural);
        }
        // Text is cut down to one width, the largest that fits; numbers and times are not wrapped.
        let at_most = |cap: usize| -> Vec<usize> {
            let columns = natural.iter().zip(&self.looks);
            let cut = |(width, look): (&usize, &Look)| match look {
                Look::Text => (*width).min(cap),
                Look::Number | Look::Fixed => *width,
            };
            columns.map(cut).collect()
        };
        let fits = |cap: &usize| at_most(*cap).iter().sum::<usize>() <= room;
        let cap = (LEGIBLE..=terminal).rev().find(fits)?;
        let mut widths = at_most(cap);
        // What is left goes to the columns that would take more.
        let mut left = room - widths.iter().sum::<usize>();
        for (width, natural) in widths.iter_mut().zip(&natural) {
            let more = left.min(natural - *width);
            *width += more;
            left -= more;
        }
        Some(widths)
    }

    fn grid(&mut self, rows: &[Vec<String>], widths: &[usize]) -> Result<(), Failure> {
        let rule = widths.iter().map(|width| "─".repeat(width + 2)).collect::<Vec<_>>().join("┼");
        let rule = self.screen.faint(&rule);
        self.row(&self.names.clone(), widths, true)?;
        writeln!(self.out, "{rule}")?;
        // Rows of several lines need a line between them.
        let has_lines = |cell: &str, room: usize| width(cell) > room || cell.contains('\n');
        let is_wrapped = rows
            .iter()
            .any(|row| row.iter().zip(widths).any(|(cell, room)| has_lines(cell, *room)));
        for (index, row) in rows.iter().enumerate() {
            if is_wrapped && index > 0 {
                writeln!(self.out, "{rule}")?;
            }
            self.row(row, widths, false)?;
        }
        Ok(())
    }

    fn row(&mut self, cells: &[String], widths: &[usize], is_header: bool) -> Result<(), Failure> {
        let cells: Vec<_> =
            cells.iter().zip(widths).map(|(cell, width)| wrap(cell, *width)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let mut text = String::new();
            for (column, (lines, room)) in cells.iter().zip(widths).enumerate() {
                if column > 0 {
                    text.push_str(&self.screen.faint("│"));
                }
                let value = lines.get(line).copied().unwrap_or("");
                let pad = " ".repeat(room.saturating_sub(width(value)));
                let value = if is_header { self.screen.bold(value) } else { value.to_owned() };
                match self.looks[column] {
                    Look::Number => text.push_str(&format!(" {pad}{value} ")),
                    Look::Fixed | Look::Text => text.push_str(&format!(" {value}{pad} ")),
                }
            }
            writeln!(self.out, "{}", text.trim_end())?;
        }
        Ok(())
    }
}

impl Form for Table<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        for at in (0..batch.num_rows()).step_by(PIECE) {
            let piece = batch.slice(at, PIECE.min(batch.num_rows() - at));
            let rows = &mut self.rows;
            cells::rows(&piece, |row| {
                let cell = |cell: &Option<std::borrow::Cow<'_, str>>| {
                    cell.as_deref().map(|text| visible_lines(text).into_owned()).unwrap_or_default()
                };
                rows.push(row.iter().map(cell).collect());
                Ok(())
            })?;
            if self.rows.len() >= PIECE {
                self.piece()?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, has_more: bool) -> Result<(), Failure> {
        if !self.rows.is_empty() || self.printed == 0 {
            self.piece()?;
        }
        let count = match self.printed {
            1 => "1 row".to_owned(),
            rows => format!("{rows} rows"),
        };
        let first = if has_more { "the first " } else { "" };
        writeln!(self.out, "{}", self.screen.faint(&format!("{first}{count}")))?;
        Ok(self.out.flush()?)
    }
}
