//! Rows of `DeadLetters`, kept as bytes so that they can be decoded again.

use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, BinaryBuilder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::error::ArrowError;

use super::{DEAD_LETTERS, Provenance};
use crate::decode::Reason;

/// Something that has no row elsewhere.
#[derive(Debug)]
pub struct DeadLetter<'a> {
    /// Why.
    pub reason: Reason,
    /// Why, in words, with the place.
    pub detail: String,
    /// The record's category, where it has one.
    pub category: Option<&'a str>,
    /// The bytes as they came.
    pub body: &'a [u8],
    /// Place in the delivery, counted from 0.
    pub index: usize,
}

/// Dead letters that wait to be written.
#[derive(Debug, Default)]
pub struct DeadLetterBuilder {
    time: TimestampMicrosecondBuilder,
    reason: StringBuilder,
    detail: StringBuilder,
    category: StringBuilder,
    body: BinaryBuilder,
    source: StringBuilder,
    bytes: usize,
}

impl DeadLetterBuilder {
    /// Dead letters that wait.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.time.len()
    }

    /// Bytes that wait.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends a dead letter.
    pub fn append(&mut self, letter: &DeadLetter<'_>, from: Provenance<'_>) {
        self.time.append_value(from.ingested_at);
        self.reason.append_value(letter.reason.as_str());
        self.detail.append_value(&letter.detail);
        self.category.append_option(letter.category);
        self.body.append_value(letter.body);
        self.source.append_value(from.row_source(letter.index));
        self.bytes += letter.body.len();
    }

    /// The waiting rows as a batch; the builder is empty afterwards.
    ///
    /// # Errors
    /// The batch cannot be made, which would be a defect of this module.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        self.bytes = 0;
        let time = self.time.finish().with_timezone("UTC");
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(time),
            Arc::new(self.reason.finish()),
            Arc::new(self.detail.finish()),
            Arc::new(self.category.finish()),
            Arc::new(self.body.finish()),
            Arc::new(self.source.finish()),
        ];
        RecordBatch::try_new(DEAD_LETTERS.schema(), arrays)
    }
}
