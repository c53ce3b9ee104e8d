//! Rows of entralog's own tables as serde structs.
//!
//! These tables hold few rows, so they go through JSON: a struct's fields carry the columns'
//! names, times are RFC 3339 text, and what a struct leaves out is null.

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::json::{ReaderBuilder, WriterBuilder, writer::LineDelimited};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Table, derived, schema_of};

/// A row that does not fit its table.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// A value does not fit its column.
    #[error("row of {table} does not fit its columns: {source}")]
    ToBatch {
        /// The table.
        table: &'static str,
        /// Arrow's reason.
        source: ArrowError,
    },
    /// A stored row does not fit the struct.
    #[error("stored row cannot be read: {0}")]
    FromBatch(String),
}

/// Rows to a batch with the table's schema. Fields without a column are an error, and so are those
/// of columns that are [made of others](super::Derived).
///
/// # Errors
/// A field has no column, or a value does not fit.
pub fn to_batch<T: Serialize>(table: &'static Table, rows: &[T]) -> Result<RecordBatch, RowsError> {
    let failed = |source| RowsError::ToBatch { table: table.name, source };
    let mut decoder = ReaderBuilder::new(schema_of(table.filled_columns()))
        .with_strict_mode(true)
        .with_batch_size(rows.len().max(1))
        .build_decoder()
        .map_err(failed)?;
    decoder.serialize(rows).map_err(failed)?;
    match decoder.flush().map_err(failed)? {
        Some(filled) => derived::complete(table, filled.columns().to_vec()).map_err(failed),
        None => Ok(RecordBatch::new_empty(table.schema())),
    }
}

/// Batches, of a table or of a query's result, to structs; columns without a field are passed over.
///
/// # Errors
/// A row lacks a field that the struct needs, or has another type.
pub fn from_batches<T: DeserializeOwned>(batches: &[RecordBatch]) -> Result<Vec<T>, RowsError> {
    let failed = |error: &dyn std::fmt::Display| RowsError::FromBatch(error.to_string());
    let mut text = Vec::new();
    {
        let mut writer = WriterBuilder::new()
            .with_explicit_nulls(true)
            .with_timestamp_tz_format("%Y-%m-%dT%H:%M:%S%.6fZ".into())
            .build::<_, LineDelimited>(&mut text);
        for batch in batches {
            writer.write(batch).map_err(|error| failed(&error))?;
        }
        writer.finish().map_err(|error| failed(&error))?;
    }
    let rows = serde_json::Deserializer::from_slice(&text).into_iter();
    rows.collect::<Result<_, _>>().map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::ALERT_DELIVERIES;

    #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    #[serde(rename_all = "PascalCase")]
    struct Row {
        time_generated: chrono::DateTime<chrono::Utc>,
        destination: String,
        attempt: i64,
        error: Option<String>,
    }

    #[test]
    fn rows_survive_the_way_there_and_back() {
        let rows: Vec<_> = (1..=3)
            .map(|attempt| Row {
                time_generated: chrono::DateTime::from_timestamp_micros(1_700_000_000_123_456)
                    .unwrap(),
                destination: "siem \"1\"".into(),
                attempt,
                error: (attempt == 2).then(|| "timeout".into()),
            })
            .collect();
        let batch = to_batch(&ALERT_DELIVERIES, &rows).unwrap();
        assert_eq!(batch.num_columns(), ALERT_DELIVERIES.columns.len());
        assert_eq!(from_batches::<Row>(&[batch]).unwrap(), rows);
    }

    #[test]
    fn a_field_without_a_column_is_an_error() {
        let rows = [serde_json::json!({"TimeGenerated": "2025-01-01T00:00:00Z", "Nope": 1})];
        let error = to_batch(&ALERT_DELIVERIES, &rows).unwrap_err().to_string();
        assert!(error.contains("AlertDeliveries") && error.contains("Nope"), "{error}");
    }
}
