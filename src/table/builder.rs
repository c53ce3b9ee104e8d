//! Records to rows of a table, column by column into Arrow builders.
//!
//! Every value of a record ends up in a column or in `_Unmapped`: a property without a column, a
//! value that does not fit its column's type, and the second of two differing sources of one
//! column all go to `_Unmapped` under their own path.

use std::fmt::Write as _;
use std::iter::repeat_n;
use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, RecordBatch, StringArray,
    StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::error::ArrowError;

use super::layout::{Feeding, Fill, Layout};
use super::slots::Slots;
use super::unmapped::Unmapped;
use super::value::{Value, convert};
use super::{ColumnType, Table, derived};
use crate::decode::{Reason, Record};

/// Where a record came from and when it was taken in.
#[derive(Debug, Clone, Copy)]
pub struct Provenance<'a> {
    /// The source, as it is named in the lake's `txn` actions.
    pub source: &'a str,
    /// The delivery's position in its source.
    pub position: i64,
    /// When the delivery was taken in, in microseconds since the epoch.
    pub ingested_at: i64,
}

impl Provenance<'_> {
    /// The `_Source` of a row: `<source>@<position>#<index in the delivery>`.
    pub(super) fn row_source(&self, index: usize) -> String {
        let mut source = String::new();
        self.write_row_source(index, &mut source);
        source
    }

    fn write_row_source(&self, index: usize, out: &mut String) {
        out.clear();
        // Writing to a string cannot fail.
        let _ = write!(out, "{}@{}#{index}", self.source, self.position);
    }
}

/// Rows of one log table that wait to be written.
#[derive(Debug)]
pub struct TableBuilder {
    layout: Layout,
    columns: Vec<ColumnBuilder>,
    rows: usize,
    bytes: usize,
    slots: Slots,
    unmapped: Unmapped,
    source: String,
}

#[derive(Debug)]
enum ColumnBuilder {
    Text(StringBuilder),
    Long(Int64Builder),
    Real(Float64Builder),
    Boolean(BooleanBuilder),
    Time(TimestampMicrosecondBuilder),
}

impl TableBuilder {
    /// An empty builder for a log table.
    #[must_use]
    pub fn new(table: &'static Table) -> Self {
        let layout = Layout::new(table);
        let columns = layout.columns.iter().map(|c| ColumnBuilder::new(c.kind())).collect();
        Self {
            layout,
            columns,
            rows: 0,
            bytes: 0,
            slots: Slots::default(),
            unmapped: Unmapped::default(),
            source: String::new(),
        }
    }

    /// The table that the rows are for.
    #[must_use]
    pub fn table(&self) -> &'static Table {
        self.layout.table
    }

    /// Rows that wait.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// JSON bytes of the records that wait.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a record can be a row.
    ///
    /// # Errors
    /// As of [`append`](Self::append).
    pub fn check(&mut self, record: &Record<'_>) -> Result<(), Reason> {
        let exported = self.slots.fill(&self.layout, record);
        let feeding = exported.map_or(&self.layout.feeding, |exported| &exported.feeding);
        has_time(&mut self.slots, feeding, record)
    }

    /// Appends a record as a row.
    ///
    /// # Errors
    /// [`Reason::NoTime`] when the record has no time that can be read; nothing is appended then.
    pub fn append(&mut self, record: &Record<'_>, from: Provenance<'_>) -> Result<(), Reason> {
        let Self { layout, columns, slots, unmapped, source, rows, .. } = self;
        let exported = slots.fill(layout, record);
        let feeding = exported.map_or(&layout.feeding, |exported| &exported.feeding);
        has_time(slots, feeding, record)?;
        slots.each_alone(&feeding.alone, record, |place, member| {
            let value = convert(&member, layout.columns[place].kind());
            columns[place].append(*rows, value)
        });
        for (place, own) in &feeding.shared {
            let value = slots.pick(own, layout.columns[*place].kind(), record);
            columns[*place].append(*rows, value);
        }
        for (text, own) in exported.iter().flat_map(|exported| &exported.constants) {
            slots.take_equal(own, text, record);
        }
        for (column, builder) in layout.columns.iter().zip(columns) {
            let value = match column.fill {
                Fill::Slots | Fill::Constant(_) => continue,
                Fill::IngestedAt => Some(Value::Time(from.ingested_at)),
                Fill::Source => {
                    from.write_row_source(record.index, source);
                    Some(Value::Text(source.as_str().into()))
                }
                // The last column: by then it is known what no column took.
                Fill::Unmapped => {
                    unmapped.clear();
                    slots.leave_rest(record, unmapped);
                    unmapped.json().map(|json| Value::Text(json.into()))
                }
            };
            builder.append(*rows, value);
        }
        self.rows += 1;
        self.bytes += record.json.len();
        Ok(())
    }

    /// The waiting rows as a batch; the builder is empty afterwards.
    ///
    /// # Errors
    /// The batch cannot be made, which would be a defect of this module.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        let columns = self.columns.iter_mut().zip(&self.layout.columns);
        let filled = columns.map(|(builder, column)| match column.fill {
            Fill::Constant(text) => {
                Arc::new(StringArray::from_iter_values(repeat_n(text, rows))) as ArrayRef
            }
            _ => builder.finish(rows),
        });
        derived::complete(self.layout.table, filled.collect())
    }
}

fn has_time(slots: &mut Slots, feeding: &Feeding, record: &Record<'_>) -> Result<(), Reason> {
    match slots.pick(&feeding.time_generated, ColumnType::Time, record) {
        Some(_) => Ok(()),
        None => Err(Reason::NoTime),
    }
}

/// Values of a column; rows that have none are made up for when the next one comes, or at the end.
impl ColumnBuilder {
    fn new(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Text | ColumnType::Dynamic | ColumnType::Binary => {
                Self::Text(StringBuilder::new())
            }
            ColumnType::Long => Self::Long(Int64Builder::new()),
            ColumnType::Real => Self::Real(Float64Builder::new()),
            ColumnType::Boolean => Self::Boolean(BooleanBuilder::new()),
            ColumnType::Time => Self::Time(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
        }
    }

    /// Puts a value into a row, after all that have one; whether there was a value of the column's type.
    fn append(&mut self, row: usize, value: Option<Value<'_>>) -> bool {
        let Some(value) = value else { return false };
        self.fill_up(row);
        match (self, value) {
            (Self::Text(builder), Value::Text(value)) => builder.append_value(value),
            (Self::Long(builder), Value::Long(value)) => builder.append_value(value),
            (Self::Real(builder), Value::Real(value)) => builder.append_value(value),
            (Self::Boolean(builder), Value::Boolean(value)) => builder.append_value(value),
            (Self::Time(builder), Value::Time(value)) => builder.append_value(value),
            _ => return false,
        }
        true
    }

    /// Appends nulls until there are so many rows.
    fn fill_up(&mut self, rows: usize) {
        let missing = rows - self.len();
        if missing == 0 {
            return;
        }
        match self {
            Self::Text(builder) => builder.append_nulls(missing),
            Self::Long(builder) => builder.append_nulls(missing),
            Self::Real(builder) => builder.append_nulls(missing),
            Self::Boolean(builder) => builder.append_nulls(missing),
            Self::Time(builder) => builder.append_nulls(missing),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(builder) => builder.len(),
            Self::Long(builder) => builder.len(),
            Self::Real(builder) => builder.len(),
            Self::Boolean(builder) => builder.len(),
            Self::Time(builder) => builder.len(),
        }
    }

    fn finish(&mut self, rows: usize) -> ArrayRef {
        self.fill_up(rows);
        match self {
            Self::Text(builder) => {
                // The next rows will need about as much room: growing to it would copy them.
                let (rows, bytes) = (builder.len(), builder.values_slice().len());
                let array = builder.finish();
                *builder = StringBuilder::with_capacity(rows, bytes);
                Arc::new(array)
            }
            Self::Long(builder) => Arc::new(builder.finish()),
            Self::Real(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

    use super::*;
    use crate::decode::decode;
    use crate::table::by_name;

    const FROM: Provenance<'_> = Provenance { source: "hub/0", position: 7, ingested_at: 5 };

    fn row(table: &str, json: &str) -> RecordBatch {
        let mut builder = TableBuilder::new(by_name(table).unwrap());
        for record in decode(json.as_bytes()).iter() {
            builder.append(&record.unwrap(), FROM).unwrap();
        }
        builder.finish().unwrap()
    }

    fn text(batch: &RecordBatch, column: &str) -> Option<String> {
        let array = batch.column_by_name(column).unwrap().as_string::<i32>();
        array.is_valid(0).then(|| array.value(0).to_owned())
    }

    #[test]
    fn columns_are_filled_from_their_places() {
        let batch = row(
            "SigninLogs",
            r#"{"time":"2025-01-15T08:45:30.1234567Z","category":"SignInLogs","durationMs":"0","Level":4,
               "resourceId":"/tenants/t","resultType":"50126","callerIpAddress":"192.0.2.1","location":"DE",
               "properties":{"ipAddress":"192.0.2.1","resourceId":"r","location":{"city":"Bonn"},
               "autonomousSystemNumber":3320,"isInteractive":true,"mfaDetail":null,
               "appliedConditionalAccessPolicies":[{"id":"x"}],"riskEventTypes_v2":[]}}"#,
        );
        let expect = |column, value| assert_eq!(text(&batch, column).as_deref(), value, "{column}");
        expect("Category", Some("SignInLogs"));
        expect("ResultType", Some("50126"));
        expect("IPAddress", Some("192.0.2.1"));
        expect("ResourceId", Some("/tenants/t"));
        expect("ResourceIdentity", Some("r"));
        expect("Location", Some("DE"));
        expect("LocationDetails", Some(r#"{"city":"Bonn"}"#));
        expect("AutonomousSystemNumber", Some("3320"));
        expect("ConditionalAccessPolicies", Some(r#"[{"id":"x"}]"#));
        expect("RiskEventTypes_V2", Some("[]"));
        expect("MfaDetail", None);
        expect("Level", Some("4"));
        expect("Type", Some("SigninLogs"));
        expect("_Source", Some("hub/0@7#0"));
        expect("_Unmapped", None);
        let duration = batch.column_by_name("DurationMs").unwrap().as_primitive::<Int64Type>();
        assert_eq!(duration.value(0), 0);
        let time = batch.column_by_name("TimeGenerated").unwrap();
        assert_eq!(time.as_primitive::<TimestampMicrosecondType>().value(0), 1_736_930_730_123_456);
    }

    #[test]
    fn what_has_no_column_or_does_not_fit_is_unmapped() {
        let batch = row(
            "SigninLogs",
            r#"{"time":"2025-01-15T08:45:30Z","category":"SignInLogs","durationMs":"soon","new":[1],
               "callerIpAddress":"<null>",
               "properties":{"ipAddress":"192.0.2.1","isInteractive":"perhaps","rngcStatus":7}}"#,
        );
        let unmapped: serde_json::Value =
            serde_json::from_str(&text(&batch, "_Unmapped").unwrap()).unwrap();
        let expected = serde_json::json!({
            "new": [1], "durationMs": "soon", "callerIpAddress": "<null>",
            "properties": {"rngcStatus": 7, "isInteractive": "perhaps"}
        });
        assert_eq!(unmapped, expected);
    }

    #[test]
    fn a_flat_record_in_another_case_still_finds_its_columns() {
        let batch = row(
            "SigninLogs",
            r#"{"Category":"SignInLogs","CreatedDateTime":"11/14/2025 1:48:53 AM","CALLERIPADDRESS":"192.0.2.9","UserId":"u"}"#,
        );
        assert_eq!(text(&batch, "IPAddress").unwrap(), "192.0.2.9");
        assert_eq!(text(&batch, "UserId").unwrap(), "u");
        assert_eq!(text(&batch, "_Unmapped"), None);
    }

    #[test]
    fn a_key_of_the_envelope_is_never_taken_for_a_property() {
        let batch = row(
            "AADNonInteractiveUserSignInLogs",
            r#"{"time":"2025-01-15T08:45:30Z","resourceId":"/tenants/t","properties":{"id":"s"}}"#,
        );
        assert_eq!(text(&batch, "ResourceIdentity"), None);
        assert_eq!(text(&batch, "_Unmapped").unwrap(), r#"{"resourceId":"/tenants/t"}"#);
    }

    #[test]
    fn stringified_json_is_the_value_that_it_holds() {
        let batch = row(
            "SigninLogs",
            r#"{"time":"2025-01-15T08:45:30Z","properties":"{\"userId\":\"u\",\"status\":\"{\\\"errorCode\\\":0}\"}"}"#,
        );
        assert_eq!(text(&batch, "UserId").unwrap(), "u");
        assert_eq!(text(&batch, "Status").unwrap(), r#"{"errorCode":0}"#);
    }

    #[test]
    fn a_key_that_is_no_unicode_is_kept_as_it_was_written() {
        let batch = row(
            "SigninLogs",
            r#"{"time":"2025-01-15T08:45:30Z","properties":{"userId":"u","\ud800":1}}"#,
        );
        assert_eq!(text(&batch, "UserId").unwrap(), "u");
        assert_eq!(text(&batch, "_Unmapped").unwrap(), r#"{"properties":{"\ud800":1}}"#);
    }

    #[test]
    fn an_audit_record_keeps_its_own_category() {
        let batch = row(
            "AuditLogs",
            r#"{"time":"2025-01-15T08:45:30Z","category":"AuditLogs","properties":{"category":"RoleManagement","id":"i"}}"#,
        );
        assert_eq!(text(&batch, "Category").unwrap(), "RoleManagement");
        assert_eq!(text(&batch, "_Unmapped").unwrap(), r#"{"category":"AuditLogs"}"#);
    }

    #[test]
    fn an_exported_row_fills_the_columns_that_it_names() {
        let batch = row(
            "SigninLogs",
            r#"{"TimeGenerated":"1/5/2026, 10:00:00.123 AM","Type":"SigninLogs","SourceSystem":"AAD",
               "Category":"SignInLogs","TenantId":"w","AADTenantId":"t","ResourceIdentity":"r",
               "LocationDetails":{"city":"Bonn"},"DeviceDetail_string":"{\"browser\":\"Edge\"}",
               "Status_dynamic":{"errorCode":0},"Status_string":"","DurationMs":"soon",
               "location":"DE","id":"s","resourceId":"/tenants/t","properties":{"userId":"u"},
               "_Source":"elsewhere","MyColumn":1}"#,
        );
        let expect = |column, value| assert_eq!(text(&batch, column).as_deref(), value, "{column}");
        expect("AADTenantId", Some("t"));
        expect("ResourceIdentity", Some("r"));
        expect("ResourceId", Some("/tenants/t"));
        expect("LocationDetails", Some(r#"{"city":"Bonn"}"#));
        expect("DeviceDetail", Some(r#"{"browser":"Edge"}"#));
        expect("Status", Some(r#"{"errorCode":0}"#));
        expect("UserId", None);
        expect("SourceSystem", Some("Azure AD"));
        expect("_Source", Some("hub/0@7#0"));
        let unmapped: serde_json::Value =
            serde_json::from_str(&text(&batch, "_Unmapped").unwrap()).unwrap();
        let expected = serde_json::json!({
            "SourceSystem": "AAD", "Status_string": "", "DurationMs": "soon",
            "TenantId": "w", "_Source": "elsewhere", "MyColumn": 1, "properties": {"userId": "u"},
        });
        assert_eq!(unmapped, expected);
        let time = batch.column_by_name("TimeGenerated").unwrap();
        assert_eq!(time.as_primitive::<TimestampMicrosecondType>().value(0), 1_767_607_200_123_000);
    }

    #[test]
    fn an_exported_row_without_its_time_is_dated_by_its_creation() {
        let batch = row(
            "SigninLogs",
            r#"{"Type":"SigninLogs","Id":"s","CreatedDateTime":"4/28/2021, 2:08:45.221 PM"}"#,
        );
        for column in ["TimeGenerated", "CreatedDateTime"] {
            let time = batch.column_by_name(column).unwrap();
            let time = time.as_primitive::<TimestampMicrosecondType>().value(0);
            assert_eq!(time, 1_619_618_925_221_000, "{column}");
        }
        assert_eq!(text(&batch, "_Unmapped"), None);
    }

    #[test]
    fn rows_and_raw_records_in_turn_do_not_take_each_others_columns() {
        let raw = r#"{"id":"x","time":"2026-01-05T10:00:00Z","properties":{"userId":"u"}}"#;
        let exported = r#"{"UserId":"v","Id":"y","TimeGenerated":"2026-01-05T10:00:00Z"}"#;
        let batch = row("SigninLogs", &[raw, exported, raw, exported].join("\n"));
        let column = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
        for (n, (user, id)) in [("u", "x"), ("v", "y")].into_iter().cycle().take(4).enumerate() {
            assert_eq!((column("UserId").value(n), column("Id").value(n)), (user, id), "{n}");
            assert!(column("_Unmapped").is_null(n));
        }
    }

    #[test]
    fn a_record_without_a_time_is_refused_and_leaves_no_trace() {
        let mut builder = TableBuilder::new(by_name("SigninLogs").unwrap());
        let body = br#"{"time":"soon","properties":{"userId":"u"}}"#;
        let decoded = decode(body);
        let record = decoded.iter().next().unwrap().unwrap();
        assert_eq!(builder.append(&record, FROM), Err(Reason::NoTime));
        assert_eq!((builder.rows(), builder.finish().unwrap().num_rows()), (0, 0));
    }
}
