//! One order of rows for one answer.
//!
//! Rows that no `ORDER BY` sorts come as threads find them, each time in another order. Up to ten
//! thousand of them are put into the order of their columns, so that two runs can be compared; more
//! than that are not held back.

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::query::{QueryError, Rows};

/// Rows that are held back at most.
const HELD: usize = 10_000;

/// The same rows; if they have no order of their own and are few, in that of their columns.
pub(in crate::cli) fn settled(rows: Rows) -> Rows {
    if rows.is_ordered {
        return rows;
    }
    let Rows { schema, mut batches, .. } = rows;
    let all = async move {
        let mut held: Vec<RecordBatch> = Vec::new();
        let mut count = 0;
        while count <= HELD {
            let Some(batch) = batches.next().await.transpose()? else {
                let sorted = sorted(&held);
                let sorted = sorted.map_err(|error| QueryError::Failed(error.to_string()))?;
                return Ok(stream::iter(sorted.map(Ok)).boxed());
            };
            count += batch.num_rows();
            held.push(batch);
        }
        Ok::<_, QueryError>(stream::iter(held.into_iter().map(Ok)).chain(batches).boxed())
    };
    Rows { schema, batches: stream::once(all).try_flatten().boxed(), is_ordered: true }
}

fn sorted(held: &[RecordBatch]) -> Result<Option<RecordBatch>, ArrowError> {
    let Some(first) = held.first() else { return Ok(None) };
    let rows = concat_batches(&first.schema(), held)?;
    let can_be_sorted = |column: &&ArrayRef| {
        RowConverter::supports_fields(&[SortField::new(column.data_type().clone())])
    };
    let columns: Vec<_> = rows.columns().iter().filter(can_be_sorted).cloned().collect();
    if columns.is_empty() || rows.num_rows() < 2 {
        return Ok(Some(rows));
    }
    let fields = columns.iter().map(|column| SortField::new(column.data_type().clone()));
    let keys = RowConverter::new(fields.collect())?.convert_columns(&columns)?;
    let mut order: Vec<u32> = (0..u32::try_from(keys.num_rows()).unwrap_or(u32::MAX)).collect();
    order.sort_by(|a, b| keys.row(*a as usize).cmp(&keys.row(*b as usize)));
    Ok(Some(take_record_batch(&rows, &UInt32Array::from(order))?))
}
