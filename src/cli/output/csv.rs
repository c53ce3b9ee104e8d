//! CSV as RFC 4180 has it, that a spreadsheet may open.
//!
//! A null is an empty field and an empty text `""`, as `PostgreSQL` writes them. Text and names of
//! columns that a spreadsheet would take for a formula begin with an apostrophe (CWE-1236); what
//! begins one is OWASP's list, also in full width and behind white space:
//! <https://owasp.org/www-community/attacks/CSV_Injection>.

use std::borrow::Cow;
use std::io::Write as _;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

use super::cells::{self, Look};
use super::{Failure, Form, Out};

/// Fields with commas between them, as they come.
pub(super) struct Csv<'w> {
    out: Out<'w>,
    schema: SchemaRef,
    is_begun: bool,
}

impl<'w> Csv<'w> {
    pub(super) fn new(out: Out<'w>, schema: SchemaRef) -> Self {
        Self { out, schema, is_begun: false }
    }

    fn header(&mut self) -> Result<(), Failure> {
        // Rows of ours name their columns, and here are none.
        if !self.is_begun && !self.schema.fields().is_empty() {
            let names =
                self.schema.fields().iter().map(|field| Some(Cow::from(field.name().as_str())));
            let mut text = String::new();
            line(&mut text, names.map(|name| (name, Look::Text)));
            self.out.write_all(text.as_bytes())?;
        }
        self.is_begun = true;
        Ok(())
    }
}

impl Form for Csv<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        self.header()?;
        let looks = looks(&self.schema);
        let mut text = String::new();
        let out = &mut self.out;
        cells::rows(batch, |row| {
            line(&mut text, row.iter().cloned().zip(looks.iter().copied()));
            if text.len() > 1 << 16 {
                out.write_all(text.as_bytes())?;
                text.clear();
            }
            Ok(())
        })?;
        self.out.write_all(text.as_bytes())?;
        Ok(self.out.flush()?)
    }

    fn finish(&mut self, _: bool) -> Result<(), Failure> {
        self.header()?;
        Ok(self.out.flush()?)
    }
}

fn looks(schema: &Schema) -> Vec<Look> {
    schema.fields().iter().map(|field| cells::look(field.data_type())).collect()
}

fn line<'a>(text: &mut String, fields: impl Iterator<Item = (Option<Cow<'a, str>>, Look)>) {
    let begin = text.len();
    for (index, (value, look)) in fields.enumerate() {
        if index > 0 {
            text.push(',');
        }
        let Some(value) = value else { continue };
        // A number is one also when it begins with a minus.
        let apostrophe = if look == Look::Text && is_formula(&value) { "'" } else { "" };
        if value.is_empty() || value.contains(['"', ',', '\n', '\r']) {
            text.push('"');
            text.push_str(apostrophe);
            text.push_str(&value.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(apostrophe);
            text.push_str(&value);
        }
    }
    // Most readers skip an empty line, which would be a row less.
    if text.len() == begin {
        text.push_str("\"\"");
    }
    text.push('\n');
}

/// Whether a spreadsheet would take text for a formula.
fn is_formula(text: &str) -> bool {
    let blank = |letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    let is_sign = |letter| {
        matches!(
            letter,
            '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '﹢' | '﹣' | '﹦' | '﹫' | '−'
        )
    };
    text.starts_with(['\t', '\r', '\n']) || text.trim_start_matches(blank).starts_with(is_sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_known_in_all_their_guises() {
        for text in [
            "=1",
            "+1",
            "-1",
            "@a",
            "\t1",
            "\r1",
            "\n1",
            "  =1",
            "\u{a0}=1",
            "\u{feff}=1",
            "＝1",
            "\u{200b}＠a",
        ] {
            assert!(is_formula(text), "{text:?}");
        }
        for text in ["", "a=b", "198.51.100.7", " a", "'=1", "ada@contoso.com"] {
            assert!(!is_formula(text), "{text:?}");
        }
    }
}
