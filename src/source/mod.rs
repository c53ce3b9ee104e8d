//! Where records come from: Event Hubs partitions and files.
//!
//! Both give [`Delivery`]s: a body, and the position that the source has reached with it. A
//! position is a number that only grows within its source, so the lake can keep it in a `txn`
//! action and a reader can continue after it.

pub mod eventhub;
pub mod file;

use std::sync::Arc;

use bytes::Bytes;

/// A message body and its place in its source.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The source: a hub's partition or a file, as the lake's `txn` actions name it.
    pub source_id: Arc<str>,
    /// The position after this delivery: a sequence number, or the bytes taken of a file.
    pub position: i64,
    /// The place in the source in words, for people: `line 12`, `sequence number 7`.
    pub place: Place,
    /// The bytes as they came.
    pub body: Bytes,
}

/// A place in a source, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A line of a file, counted from 1.
    Line(u64),
    /// An element of a JSON array, or a value of a file of values, counted from 1.
    Value(u64),
    /// A row of a CSV file, counted from 1 after its header.
    Row(u64),
    /// A sequence number of a partition.
    SequenceNumber(i64),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Value(value) => write!(f, "value {value}"),
            Self::Row(row) => write!(f, "row {row}"),
            Self::SequenceNumber(number) => write!(f, "sequence number {number}"),
        }
    }
}
