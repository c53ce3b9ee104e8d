//! What the rows of a commit say: values of a column, and places that have no column.

use std::collections::{BTreeMap, HashSet};

use arrow::array::{Array as _, AsArray as _, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};

use crate::drift::{Change, Places};
use crate::table::Table;

/// Properties of a table that have a counter of their own; the others share [`OTHER`].
pub(super) const MOST_PROPERTIES: usize = 200;

/// Bytes of a property that has a counter of its own.
const LONGEST_PROPERTY: usize = 128;

/// The label of properties that have no counter of their own.
const OTHER: &str = "other";

/// Rows by the value of a text column.
pub(super) fn by_value(rows: &RecordBatch, column: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for value in texts(rows, column).iter().flatten().flatten() {
        match counts.get_mut(value) {
            Some(count) => *count += 1,
            None => _ = counts.insert(value.to_owned(), 1),
        }
    }
    counts
}

/// The sum of a column of numbers.
pub(super) fn sum(rows: &RecordBatch, column: &str) -> u64 {
    let column = rows.column_by_name(column);
    let numbers = column.and_then(|column| column.as_primitive_opt::<Int64Type>());
    numbers.and_then(arrow::compute::sum).and_then(|sum| u64::try_from(sum).ok()).unwrap_or(0)
}

/// The `_Unmapped` of one table.
#[derive(Debug)]
pub(super) struct UnmappedCounts {
    places: Places,
    /// Properties that have a counter of their own.
    known: HashSet<String>,
}

/// Rows by property without a column, and by column with a value of another type.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) properties: BTreeMap<String, u64>,
    pub(super) columns: BTreeMap<&'static str, u64>,
}

impl UnmappedCounts {
    pub(super) fn of(table: &'static Table) -> Self {
        Self { places: Places::of(table), known: HashSet::new() }
    }

    pub(super) fn count(&mut self, rows: &RecordBatch) -> Found {
        let mut found = Found::default();
        let Self { places, known } = self;
        for json in texts(rows, "_Unmapped").iter().flatten().flatten() {
            places.changes(json, |place| match (place.change, place.column) {
                (Change::NewProperty, _) => {
                    let property = counted_as(known, &place.property);
                    match found.properties.get_mut(property) {
                        Some(count) => *count += 1,
                        None => _ = found.properties.insert(property.to_owned(), 1),
                    }
                }
                (Change::UnexpectedType, Some(column)) => {
                    *found.columns.entry(column.name).or_default() += 1;
                }
                // Both values are kept, and nobody has to do anything.
                (Change::SecondValue | Change::UnexpectedType, _) => {}
            });
        }
        found
    }
}

/// The label under which a property is counted.
fn counted_as<'a>(known: &mut HashSet<String>, property: &'a str) -> &'a str {
    if known.contains(property) {
        return property;
    }
    if known.len() >= MOST_PROPERTIES || property.len() > LONGEST_PROPERTY {
        return OTHER;
    }
    known.insert(property.to_owned());
    property
}

/// A column as text, whatever its layout; `None` when the rows do not have it.
fn texts(rows: &RecordBatch, column: &str) -> Option<StringArray> {
    let column = rows.column_by_name(column)?;
    if column.null_count() == column.len() {
        return None;
    }
    Some(cast(column, &DataType::Utf8).ok()?.as_string::<i32>().clone())
}
