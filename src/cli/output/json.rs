//! JSON: one array, or one object a line.

use std::io::Write as _;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field};
use arrow::json::writer::make_encoder;

use super::{Failure, Form, Out, encoder, failed};

/// Objects, as they come.
pub(super) struct Json<'w> {
    out: Out<'w>,
    /// Whether they are one array.
    is_array: bool,
    is_first: bool,
}

impl<'w> Json<'w> {
    pub(super) fn array(out: Out<'w>) -> Self {
        Self { out, is_array: true, is_first: true }
    }

    pub(super) fn lines(out: Out<'w>) -> Self {
        Self { out, is_array: false, is_first: true }
    }
}

impl Form for Json<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let options = encoder::options();
        let objects = encoder::objects(batch);
        let field =
            Arc::new(Field::new("", DataType::Struct(batch.schema().fields().clone()), false));
        let mut encoder = make_encoder(&field, &objects, &options).map_err(failed)?;
        let mut text = Vec::new();
        for row in 0..batch.num_rows() {
            if self.is_array {
                text.push(if self.is_first { b'[' } else { b',' });
            }
            self.is_first = false;
            encoder.encode(row, &mut text);
            if !self.is_array {
                text.push(b'\n');
            }
            if text.len() > 1 << 16 {
                self.out.write_all(&text)?;
                text.clear();
            }
        }
        self.out.write_all(&text)?;
        Ok(self.out.flush()?)
    }

    fn finish(&mut self, _: bool) -> Result<(), Failure> {
        match (self.is_array, self.is_first) {
            (true, true) => self.out.write_all(b"[]\n")?,
            (true, false) => self.out.write_all(b"]\n")?,
            (false, _) => {}
        }
        Ok(self.out.flush()?)
    }
}
