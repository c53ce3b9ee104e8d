//! The hashes of the records of a message, as a row of `RecordHashes`.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray as _, BinaryBuilder, Int64Builder, RecordBatch, StringArray, StringBuilder,
    TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use arrow::error::ArrowError;

use super::window::Hash;
use crate::table::RECORD_HASHES;

/// Columns that are read again.
pub(super) const TIME: &str = "TimeGenerated";
pub(super) const INGESTER: &str = "Ingester";
pub(super) const SOURCE: &str = "Source";
pub(super) const POSITION: &str = "SequenceNumber";
const HASHES: &str = "Hashes";
pub(super) const READ: [&str; 3] = [TIME, POSITION, HASHES];

/// Messages that wait.
#[derive(Debug, Default)]
pub(super) struct Rows {
    source: StringBuilder,
    position: Int64Builder,
    records: Int64Builder,
    duplicates: Int64Builder,
    hashes: BinaryBuilder,
    rows: usize,
}

impl Rows {
    pub(super) fn append(&mut self, source: &str, position: i64, hashes: &[Hash], duplicates: u64) {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.source.append_value(source);
        self.position.append_value(position);
        self.records.append_value(number(hashes.len() as u64));
        self.duplicates.append_value(number(duplicates));
        self.hashes.append_value(hashes.as_flattened());
        self.rows += 1;
    }

    /// The rows; `None` when there are none.
    pub(super) fn finish(
        &mut self,
        time: i64,
        ingester: &str,
    ) -> Option<Result<RecordBatch, ArrowError>> {
        let rows = std::mem::take(&mut self.rows);
        if rows == 0 {
            return None;
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(TimestampMicrosecondArray::from(vec![time; rows]).with_timezone("UTC")),
            Arc::new(StringArray::from(vec![ingester; rows])),
            Arc::new(self.source.finish()),
            Arc::new(self.position.finish()),
            Arc::new(self.records.finish()),
            Arc::new(self.duplicates.finish()),
            Arc::new(self.hashes.finish()),
        ];
        Some(RecordBatch::try_new(RECORD_HASHES.schema(), columns))
    }
}

/// A message that was stored.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) time: i64,
    pub(super) position: i64,
    pub(super) hashes: Vec<Hash>,
}

/// The messages of rows.
pub(super) fn messages(rows: &RecordBatch) -> Result<Vec<Message>, ArrowError> {
    let schema = RECORD_HASHES.schema();
    let column = |name: &str, kind: &DataType| {
        let column = rows.column_by_name(name);
        let column = column.ok_or_else(|| ArrowError::SchemaError(format!("no column {name}")))?;
        cast(column, kind)
    };
    let times = column(TIME, schema.field_with_name(TIME)?.data_type())?;
    let positions = column(POSITION, &DataType::Int64)?;
    let hashes = column(HASHES, &DataType::Binary)?;
    let times = times.as_primitive::<TimestampMicrosecondType>().iter();
    let positions = positions.as_primitive::<Int64Type>().iter();
    let messages = times.zip(positions).zip(hashes.as_binary::<i32>().iter());
    let messages = messages.filter_map(|((time, position), hashes)| {
        let hashes = hashes?.as_chunks().0.to_vec();
        Some(Message { time: time?, position: position?, hashes })
    });
    Ok(messages.collect())
}

#[cfg(test)]
mod tests {
    use super::super::window::hash_of;
    use super::*;

    #[test]
    fn hashes_survive_the_way_there_and_back() {
        let hashes: Vec<_> = (0..2_500_u32).map(|n| hash_of(&n.to_le_bytes())).collect();
        let mut rows = Rows::default();
        assert!(rows.finish(7, "a").is_none());
        rows.append("hub/0", 3, &hashes, 0);
        rows.append("hub/1", 4, &[], 2);
        let batch = rows.finish(7, "a").unwrap().unwrap();
        let expected = [
            Message { time: 7, position: 3, hashes },
            Message { time: 7, position: 4, hashes: Vec::new() },
        ];
        assert_eq!(messages(&batch).unwrap(), expected);
    }
}
