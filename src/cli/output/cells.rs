//! Values as text: numbers as numbers, times as RFC 3339, what has parts as JSON.

use std::borrow::Cow;

use arrow::array::{Array as _, ArrayRef, RecordBatch, StringArray};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef};
use arrow::error::ArrowError;
use arrow::json::EncoderOptions;
use arrow::json::writer::{NullableEncoder, make_encoder};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::encoder;

/// What a column holds, as far as its look is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Numbers, to the right.
    Number,
    /// Times and truth values, which are not wrapped.
    Fixed,
    /// Text of any length, and JSON.
    Text,
}

/// What a column of this type holds.
pub(super) fn look(kind: &DataType) -> Look {
    match kind {
        DataType::Dictionary(_, value) => look(value),
        DataType::RunEndEncoded(_, value) => look(value.data_type()),
        kind if kind.is_numeric() => Look::Number,
        kind if kind.is_temporal() || *kind == DataType::Boolean => Look::Fixed,
        _ => Look::Text,
    }
}

/// Writes every row of a batch as text, column by column; a null is `None`.
pub(super) fn rows(
    batch: &RecordBatch,
    mut write: impl FnMut(&[Option<Cow<'_, str>>]) -> Result<(), super::Failure>,
) -> Result<(), super::Failure> {
    let schema = batch.schema();
    let arrays = batch.columns().iter().map(plain).collect::<Result<Vec<_>, _>>();
    let arrays = arrays.map_err(super::failed)?;
    let json = encoder::options();
    let text = FormatOptions::default().with_display_error(true);
    let mut columns = arrays
        .iter()
        .zip(schema.fields())
        .map(|(array, field)| Column::of(field, array, &json, &text))
        .collect::<Result<Vec<_>, _>>()
        .map_err(super::failed)?;
    for row in 0..batch.num_rows() {
        let cells: Vec<_> = columns.iter_mut().map(|column| column.text(row)).collect();
        write(&cells)?;
    }
    Ok(())
}

/// Dictionaries and runs as the values that they stand for, times as text.
fn plain(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let column = match column.data_type() {
        DataType::Dictionary(_, value) => cast(column, value)?,
        DataType::RunEndEncoded(_, value) => cast(column, value.data_type())?,
        _ => ArrayRef::clone(column),
    };
    Ok(encoder::times_as_text(&column).unwrap_or(column))
}

struct Column<'a> {
    /// Also of columns that have no values at all, which keep no list of their nulls.
    nulls: Option<NullBuffer>,
    values: Values<'a>,
}

enum Values<'a> {
    Text(&'a StringArray),
    Json(NullableEncoder<'a>),
    Other(ArrayFormatter<'a>),
}

impl<'a> Column<'a> {
    fn of(
        field: &'a FieldRef,
        array: &'a ArrayRef,
        json: &'a EncoderOptions,
        text: &FormatOptions<'a>,
    ) -> Result<Self, ArrowError> {
        let values = match array.as_any().downcast_ref() {
            Some(values) => Values::Text(values),
            None if array.data_type().is_nested() => {
                Values::Json(make_encoder(field, array, json)?)
            }
            None => Values::Other(ArrayFormatter::try_new(array, text)?),
        };
        Ok(Self { nulls: array.logical_nulls(), values })
    }

    fn text(&mut self, row: usize) -> Option<Cow<'a, str>> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        Some(match &mut self.values {
            Values::Text(values) => Cow::Borrowed(values.value(row)),
            Values::Other(values) => Cow::Owned(values.value(row).to_string()),
            Values::Json(encoder) => {
                let mut json = Vec::new();
                encoder.encode(row, &mut json);
                Cow::Owned(String::from_utf8_lossy(&json).into_owned())
            }
        })
    }
}
