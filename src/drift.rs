//! What of the logs has no place in their tables: how a change that Microsoft made shows itself.
//!
//! Counted from `_Unmapped`, where everything goes that has no column or does not fit its column, so
//! there is nothing to keep beside the lake, and the answer holds for rows of every age.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, TimestampMicrosecondType};
use chrono::{DateTime, Utc};
use datafusion::error::DataFusionError;

use crate::decode::{Fields, Member, decode};
use crate::lake::Lake;
use crate::query::{QueryError, Session};
use crate::table::Table;

/// Characters of an example.
const EXAMPLE: usize = 80;

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
                    count(table, json.value(row), times.value(row), &mut seen);
                }
            }
        }
    }
    let mut drift: Vec<Drift> = seen.into_values().collect();
    drift.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.property.cmp(&b.property)));
    Ok(drift)
}

type Seen = BTreeMap<(String, Change), Drift>;

fn count(table: &'static Table, unmapped: &str, time: i64, seen: &mut Seen) {
    for record in decode(unmapped.as_bytes()).iter().flatten() {
        note(table, "", record.fields, time, seen);
        note(table, "properties.", record.properties, time, seen);
    }
}

fn note(table: &'static Table, prefix: &str, fields: Fields<'_>, time: i64, seen: &mut Seen) {
    for member in fields.iter() {
        let property = format!("{prefix}{}", member.key());
        // A table need not have a column that says its own category.
        if property == "category" && member.text().is_some_and(|text| table.is_of(&text)) {
            continue;
        }
        let column = table.column_from(&property);
        let change = match column {
            None => Change::NewProperty,
            Some(column) if column.takes(&member) => Change::SecondValue,
            Some(_) => Change::UnexpectedType,
        };
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
    }
}

fn example(member: &Member<'_>) -> String {
    let mut example: String = member.json.chars().take(EXAMPLE).collect();
    if example.len() < member.json.len() {
        example.push('…');
    }
    example
}
