//! Hashes as rows of `RecordHashes`: many in a row, because each alone would cost more than it holds.

use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BinaryArray, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use arrow::error::ArrowError;

use super::window::Hash;
use crate::table::RECORD_HASHES;

/// Columns that are read again.
pub(super) const READ: [&str; 2] = ["TimeGenerated", "Hashes"];

/// Hashes of a row: 16 KiB of them.
const OF_A_ROW: usize = 1024;

/// The rows of one flush, of which the first has the number of duplicates; at least one.
pub(super) fn rows(
    time: i64,
    ingester: &str,
    hashes: &[Hash],
    duplicates: u64,
) -> Result<RecordBatch, ArrowError> {
    let mut rows: Vec<&[Hash]> = hashes.chunks(OF_A_ROW).collect();
    if rows.is_empty() {
        rows.push(&[]);
    }
    let first = std::iter::once(i64::try_from(duplicates).unwrap_or(i64::MAX));
    let duplicates = first.chain(std::iter::repeat(0)).take(rows.len());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(TimestampMicrosecondArray::from(vec![time; rows.len()]).with_timezone("UTC")),
        Arc::new(StringArray::from(vec![ingester; rows.len()])),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.len() as i64))),
        Arc::new(Int64Array::from_iter_values(duplicates)),
        Arc::new(BinaryArray::from_iter_values(rows.iter().map(|row| row.as_flattened()))),
    ];
    RecordBatch::try_new(RECORD_HASHES.schema(), columns)
}

/// The hashes of rows, each row with its time.
pub(super) fn hashes_of(rows: &RecordBatch) -> Result<Vec<(i64, Vec<Hash>)>, ArrowError> {
    let [times, hashes] = READ.map(|name| {
        rows.column_by_name(name)
            .ok_or_else(|| ArrowError::SchemaError(format!("RecordHashes without {name}")))
    });
    let times =
        cast(times?, &RECORD_HASHES.schema().field_with_name(READ[0])?.data_type().clone())?;
    let times = times.as_primitive::<TimestampMicrosecondType>();
    let hashes = cast(hashes?, &DataType::Binary)?;
    let hashes = hashes.as_binary::<i32>();
    let rows = (0..rows.num_rows()).filter(|row| times.is_valid(*row) && hashes.is_valid(*row));
    Ok(rows.map(|row| (times.value(row), hashes.value(row).as_chunks().0.to_vec())).collect())
}

#[cfg(test)]
mod tests {
    use super::super::window::hash_of;
    use super::*;

    #[test]
    fn hashes_survive_the_way_there_and_back() {
        let hashes: Vec<_> = (0..2_500_u32).map(|n| hash_of(&n.to_le_bytes())).collect();
        let batch = rows(7, "a", &hashes, 3).unwrap();
        let read = hashes_of(&batch).unwrap();
        assert_eq!(read.iter().map(|(time, _)| *time).collect::<Vec<_>>(), [7, 7, 7]);
        let read: Vec<_> = read.into_iter().flat_map(|(_, hashes)| hashes).collect();
        assert_eq!(read, hashes);
        let only_duplicates = rows(7, "a", &[], 3).unwrap();
        assert_eq!(only_duplicates.num_rows(), 1);
        assert_eq!(hashes_of(&only_duplicates).unwrap(), [(7, Vec::new())]);
    }
}
