//! Rows that come sorted, each with values of rows so many before or after it in its partition.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{RecordBatch, UInt32Array, UInt32Builder};
use arrow::compute::{concat_batches, partition, take};
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::physical_expr::PhysicalExpr;

use super::Shift;

/// The rows of a stream, of which a few are held back: those that others are shifted from, and those whose own values are
/// still to come.
#[derive(Debug)]
pub(super) struct Rows {
    /// Of a partition's rows, these are all the same.
    keys: Vec<Arc<dyn PhysicalExpr>>,
    shifts: Vec<Shift>,
    /// Columns of the rows, then one for each shift.
    schema: SchemaRef,
    /// How far a value may come from.
    before: usize,
    after: usize,
    held: Option<RecordBatch>,
    /// How many of the held rows have been given out.
    given: usize,
}

impl Rows {
    pub(super) fn new(
        keys: Vec<Arc<dyn PhysicalExpr>>,
        shifts: Vec<Shift>,
        schema: SchemaRef,
    ) -> Self {
        let farthest = |back: fn(i64) -> i64| {
            let backs = shifts.iter().filter_map(|shift| usize::try_from(back(shift.back)).ok());
            backs.max().unwrap_or(0)
        };
        let (before, after) = (farthest(|back| back), farthest(|back| -back));
        Self { keys, shifts, schema, before, after, held: None, given: 0 }
    }

    /// Rows that are known in full when these have come.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<Option<RecordBatch>> {
        let rows = match self.held.take() {
            Some(held) => concat_batches(batch.schema_ref(), [&held, batch])?,
            None => batch.clone(),
        };
        let end = rows.num_rows().saturating_sub(self.after).max(self.given);
        let given = self.shifted(&rows, self.given..end)?;
        let from = end.saturating_sub(self.before);
        self.given = end - from;
        self.held = Some(rows.slice(from, rows.num_rows() - from));
        Ok(given)
    }

    /// The rest.
    pub(super) fn finish(&mut self) -> Result<Option<RecordBatch>> {
        match self.held.take() {
            Some(rows) => self.shifted(&rows, self.given..rows.num_rows()),
            None => Ok(None),
        }
    }

    /// A part of the rows, with what stands before and after it in all of them.
    fn shifted(&self, rows: &RecordBatch, part: Range<usize>) -> Result<Option<RecordBatch>> {
        if part.is_empty() {
            return Ok(None);
        }
        let partitions = self.partitions(rows)?;
        let mut columns = rows.slice(part.start, part.len()).columns().to_vec();
        let mut places: Vec<(i64, UInt32Array)> = Vec::new();
        for Shift { value, back } in &self.shifts {
            let known = places.iter().position(|(of, _)| of == back).unwrap_or_else(|| {
                places.push((*back, origins(&partitions, &part, *back)));
                places.len() - 1
            });
            let values = value.evaluate(rows)?.into_array(rows.num_rows())?;
            columns.push(take(&values, &places[known].1, None)?);
        }
        Ok(Some(RecordBatch::try_new(Arc::clone(&self.schema), columns)?))
    }

    fn partitions(&self, rows: &RecordBatch) -> Result<Vec<Range<usize>>> {
        if self.keys.is_empty() {
            return Ok(std::iter::once(0..rows.num_rows()).collect());
        }
        let keys = self.keys.iter().map(|key| key.evaluate(rows)?.into_array(rows.num_rows()));
        Ok(partition(&keys.collect::<Result<Vec<_>>>()?)?.ranges())
    }
}

/// The row that each row of a part has its value from; none where that is of another partition.
fn origins(partitions: &[Range<usize>], part: &Range<usize>, back: i64) -> UInt32Array {
    let mut origins = UInt32Builder::with_capacity(part.len());
    for of in partitions {
        for row in of.start.max(part.start)..of.end.min(part.end) {
            let origin = (row as i64 - back).try_into().ok().filter(|origin| of.contains(origin));
            origins.append_option(origin.map(|origin: usize| origin as u32));
        }
    }
    origins.finish()
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, AsArray as _, Int32Array, Int64Array, PrimitiveArray};
    use arrow::datatypes::{DataType, Field, Int64Type, Schema};
    use datafusion::physical_expr::expressions::Column;
    use proptest::prelude::*;

    use super::*;

    fn schema(columns: &[&str]) -> SchemaRef {
        let kind = |name: &str| if name == "key" { DataType::Int32 } else { DataType::Int64 };
        let fields: Vec<_> =
            columns.iter().map(|name| Field::new(*name, kind(name), true)).collect();
        Arc::new(Schema::new(fields))
    }

    /// Values of `backs` for each of the rows, which come in batches of these sizes.
    fn by_batches(
        rows: &[(i32, Option<i64>)],
        sizes: &[usize],
        backs: &[i64],
    ) -> Vec<Vec<Option<i64>>> {
        let (input, names) = (schema(&["key", "value"]), ["key", "value", "a", "b", "c"]);
        let shifts = backs
            .iter()
            .map(|back| Shift { value: Arc::new(Column::new("value", 1)), back: *back });
        let keys: Vec<Arc<dyn PhysicalExpr>> = vec![Arc::new(Column::new("key", 0))];
        let mut shifted = Rows::new(keys, shifts.collect(), schema(&names[..2 + backs.len()]));
        let (mut given, mut rest, mut sizes) = (Vec::new(), rows, sizes.iter().cycle());
        while !rest.is_empty() {
            let (some, others) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
            rest = others;
            let keys: ArrayRef = Arc::new(some.iter().map(|(key, _)| *key).collect::<Int32Array>());
            let values: ArrayRef =
                Arc::new(some.iter().map(|(_, value)| *value).collect::<Int64Array>());
            let batch = RecordBatch::try_new(Arc::clone(&input), vec![keys, values]).unwrap();
            given.extend(shifted.add(&batch).unwrap());
        }
        given.extend(shifted.finish().unwrap());
        let column = |at: usize| {
            let batches = given.iter().map(|batch| batch.column(at).as_primitive::<Int64Type>());
            batches.flat_map(PrimitiveArray::iter).collect::<Vec<_>>()
        };
        assert_eq!(column(1), rows.iter().map(|(_, value)| *value).collect::<Vec<_>>());
        (2..2 + backs.len()).map(column).collect()
    }

    proptest! {
        #[test]
        fn a_value_is_that_of_the_row_so_many_before_or_after(
            mut rows in proptest::collection::vec((0..5, proptest::option::of(0..99_i64)), 0..60),
            sizes in proptest::collection::vec(1..9_usize, 1..5),
            backs in proptest::collection::vec(-12..12_i64, 1..4),
        ) {
            rows.sort_by_key(|(key, _)| *key);
            let expected: Vec<Vec<_>> = backs.iter().map(|back| {
                let origin = |row: usize| rows.get(usize::try_from(row as i64 - back).ok()?);
                let value = |(row, (key, _)): (usize, &(i32, _))| origin(row).filter(|(of, _)| of == key)?.1;
                rows.iter().enumerate().map(value).collect()
            }).collect();
            prop_assert_eq!(by_batches(&rows, &sizes, &backs), expected);
        }
    }
}
