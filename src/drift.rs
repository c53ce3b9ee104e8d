//! What of the logs has no place in their tables: how a change that Microsoft made shows itself.
//!
//! Counted from `_Unmapped`, where everything goes that has no column or does not fit its column, so
//! there is nothing to keep beside the lake, and the answer holds for rows of every age.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array as _, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, TimestampMicrosecondType};
use chrono::{DateTime, Utc};
use datafusion::error::DataFusionError;

use crate::decode::{Member, decode};
use crate::lake::Lake;
use crate::query::{QueryError, Session};
use crate::table::{Column, Table};

/// Characters of an example.
const EXAMPLE: usize = 80;

/// Places whose columns are remembered; hostile records could have any number.
const MOST_PLACES: usize = 1000;

/// Bytes of a place that is remembered.
const LONGEST_PLACE: usize = 128;

/// Why a value is in `_Unmapped`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// No column comes from this place.
    NewProperty,
    /// The column of this place is of another type.
    UnexpectedType,
    /// The column holds the value of another place, which differs.
    SecondValue,
}

impl Change {
    /// In words, as `table drift` prints it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewProperty => "new property",
            Self::UnexpectedType => "unexpected type",
            Self::SecondValue => "second value",
        }
    }
}

/// One place in the records of a table, and how often its value found no column.
#[derive(Debug, Clone)]
pub struct Drift {
    /// The place, such as `properties.userId`.
    pub property: String,
    /// Why.
    pub change: Change,
    /// The column that comes from this place, if there is one.
    pub column: Option<&'static str>,
    /// Rows that have it.
    pub rows: u64,
    /// The earliest and the latest `TimeGenerated` of them, in microseconds since the epoch.
    pub first: i64,
    /// See [`first`](Self::first).
    pub last: i64,
    /// A value, as it was written, cut if it is long.
    pub example: String,
}

/// The drift of one log table, most rows first; only rows from `since` on.
///
/// # Errors
/// The table cannot be read.
pub async fn drift(
    lake: &Lake,
    table: &'static Table,
    since: Option<DateTime<Utc>>,
) -> Result<Vec<Drift>, QueryError> {
    let session = Session::new(lake)?;
    let name = table.name;
    let mut places = Places::of(table);
    let mut seen = BTreeMap::new();
    let days = session.query(&format!("SELECT DISTINCT date FROM {name} ORDER BY date")).await?;
    let since = since.map(|since| since.timestamp_micros());
    // Day by day, so that the rows of one day are all that is in memory.
    for day in days.batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Date32Type>()) {
        let Some(day) = day.and_then(|day| DateTime::from_timestamp(i64::from(day) * 86_400, 0))
        else {
            continue;
        };
        let rows = session
            .query(&format!(
                "SELECT _Unmapped, TimeGenerated FROM {name} \
                 WHERE date = DATE '{}' AND _Unmapped IS NOT NULL",
                day.format("%F")
            ))
            .await?;
        for batch in &rows.batches {
            let json = cast(batch.column(0), &DataType::Utf8).map_err(DataFusionError::from)?;
            let json = json.as_string::<i32>();
            let times = batch.column(1).as_primitive::<TimestampMicrosecondType>();
            for row in 0..batch.num_rows() {
                if json.is_valid(row) && since.is_none_or(|since| times.value(row) >= since) {
                    count(&mut places, json.value(row), times.value(row), &mut seen);
                }
            }
        }
    }
    let mut drift: Vec<Drift> = seen.into_values().collect();
    drift.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.property.cmp(&b.property)));
    Ok(drift)
}

type Seen = BTreeMap<(String, Change), Drift>;

/// A value in `_Unmapped`.
pub(crate) struct UnmappedValue<'a> {
    /// Its place in the record, such as `properties.userId`.
    pub(crate) property: String,
    /// Why it is there.
    pub(crate) change: Change,
    /// The column that comes from its place, if there is one.
    pub(crate) column: Option<&'static Column>,
    /// The value.
    pub(crate) member: Member<'a>,
}

/// Places in the records of a table, with the columns that come from them: asked for again and again.
#[derive(Debug)]
pub(crate) struct Places {
    table: &'static Table,
    columns: HashMap<String, Option<&'static Column>>,
}

impl Places {
    pub(crate) fn of(table: &'static Table) -> Self {
        Self { table, columns: HashMap::new() }
    }

    /// Calls `found` for each value in the `_Unmapped` of a row.
    pub(crate) fn changes(&mut self, unmapped: &str, mut found: impl FnMut(UnmappedValue<'_>)) {
        // In an array, so that a key `records` in it is not taken for an envelope.
        let body = format!("[{unmapped}]");
        for record in decode(body.as_bytes()).iter().flatten() {
            for member in record.fields.iter() {
                self.change("", member, &mut found);
            }
            for member in record.properties.iter() {
                self.change("properties.", member, &mut found);
            }
        }
    }

    fn change(
        &mut self,
        prefix: &str,
        member: Member<'_>,
        found: &mut impl FnMut(UnmappedValue<'_>),
    ) {
        let property = format!("{prefix}{}", member.key());
        // A table need not have a column that says its own category.
        if property == "category" && member.text().is_some_and(|text| self.table.is_of(&text)) {
            return;
        }
        let column = self.column(&property);
        let change = match column {
            None => Change::NewProperty,
            Some(column) if column.takes(&member) => Change::SecondValue,
            Some(_) => Change::UnexpectedType,
        };
        found(UnmappedValue { property, change, column, member });
    }

    fn column(&mut self, property: &str) -> Option<&'static Column> {
        if let Some(column) = self.columns.get(property) {
            return *column;
        }
        let column = self.table.column_from(property);
        if self.columns.len() < MOST_PLACES && property.len() <= LONGEST_PLACE {
            self.columns.insert(property.to_owned(), column);
        }
        column
    }
}

fn count(places: &mut Places, unmapped: &str, time: i64, seen: &mut Seen) {
    places.changes(unmapped, |UnmappedValue { property, change, column, member }| {
        let drift = seen.entry((property.to_lowercase(), change)).or_insert_with(|| Drift {
            property,
            change,
            column: column.map(|column| column.name),
            rows: 0,
            first: time,
            last: time,
            example: example(&member),
        });
        drift.rows += 1;
        drift.first = drift.first.min(time);
        drift.last = drift.last.max(time);
    });
}

fn example(member: &Member<'_>) -> String {
    let mut example: String = member.json.chars().take(EXAMPLE).collect();
    if example.len() < member.json.len() {
        example.push('…');
    }
    example
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::by_name;

    #[test]
    fn a_key_that_means_an_envelope_elsewhere_is_a_property_here() {
        let mut places = Places::of(by_name("SigninLogs").unwrap());
        let mut seen = Vec::new();
        places.changes(r#"{"records":[{"a":1}],"properties":{"b":2}}"#, |found| {
            seen.push((found.property, found.change));
        });
        let new = |property: &str| (property.to_owned(), Change::NewProperty);
        assert_eq!(seen, [new("records"), new("properties.b")]);
    }
}
