//! A Markdown table, to go into a ticket: numbers to the right, and nothing in a value that would be markup.

use std::io::Write as _;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::cells::{self, Look};
use super::visible::visible;
use super::{Failure, Form, Out};

/// Lines between pipes, as they come.
pub(super) struct Markdown<'w> {
    out: Out<'w>,
    schema: SchemaRef,
    is_begun: bool,
}

impl<'w> Markdown<'w> {
    pub(super) fn new(out: Out<'w>, schema: SchemaRef) -> Self {
        Self { out, schema, is_begun: false }
    }

    fn header(&mut self) -> Result<(), Failure> {
        if !self.is_begun && !self.schema.fields().is_empty() {
            let fields = self.schema.fields();
            let names = fields.iter().map(|field| escaped(field.name()));
            let rules = fields.iter().map(|field| match cells::look(field.data_type()) {
                Look::Number => "---:".to_owned(),
                Look::Fixed | Look::Text => "---".to_owned(),
            });
            let text = line(names) + &line(rules);
            self.out.write_all(text.as_bytes())?;
        }
        self.is_begun = true;
        Ok(())
    }
}

impl Form for Markdown<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        self.header()?;
        let out = &mut self.out;
        cells::rows(batch, |row| {
            let cells = row.iter().map(|cell| cell.as_deref().map(escaped).unwrap_or_default());
            Ok(out.write_all(line(cells).as_bytes())?)
        })?;
        Ok(self.out.flush()?)
    }

    fn finish(&mut self, _: bool) -> Result<(), Failure> {
        self.header()?;
        Ok(self.out.flush()?)
    }
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let mut text = String::from("|");
    for cell in cells {
        text.push(' ');
        text.push_str(&cell);
        text.push_str(" |");
    }
    text.push('\n');
    text
}

fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 8);
    let mut before = ' ';
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_markup = match letter {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#' | '$' => true,
            // Inside a word it is none.
            '_' => {
                !(before.is_alphanumeric()
                    && letters.peek().is_some_and(|next| next.is_alphanumeric()))
            }
            _ => false,
        };
        match letter {
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' | '\r' => text.push_str("<br>"),
            _ => {
                if is_markup {
                    text.push('\\');
                }
                text.push_str(&visible(letter.encode_utf8(&mut [0; 4])));
            }
        }
        before = letter;
    }
    text
}
