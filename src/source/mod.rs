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

/// Whether a source, as the lake's `txn` actions name it, is a file or standard input.
#[must_use]
pub fn is_file(source_id: &str) -> bool {
    source_id.starts_with("file:") || source_id.starts_with("stdin:")
}

/// Whether a source, as the lake's `txn` actions name it, is a partition of a hub: its positions are
/// sequence numbers.
#[must_use]
pub fn is_partition(source_id: &str) -> bool {
    let partition = source_id.rsplit_once('/').map_or("", |(_, partition)| partition);
    let is_number = !partition.is_empty() && partition.bytes().all(|byte| byte.is_ascii_digit());
    is_number && !is_file(source_id)
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

impl Place {
    /// Whether the source is a partition of a hub.
    #[must_use]
    pub fn is_of_hub(self) -> bool {
        matches!(self, Self::SequenceNumber(_))
    }
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
