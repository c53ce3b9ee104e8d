//! Derived columns in files that another writer filled, or another version: they are not believed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, new_null_array};
use arrow::datatypes::DataType;
use entralog::table::{DERIVED_VERSION, by_name};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde_json::{Value, json};

use crate::support::{Workspace, lines, sign_in};

/// A lake whose one data file was written anew by somebody else, who filled the derived columns.
fn rewritten(fill: impl Fn(&DataType, usize) -> ArrayRef, footer: &[(&str, &str)]) -> Workspace {
    let workspace = Workspace::new();
    let mut legacy = sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "s0");
    legacy["properties"]["clientAppUsed"] = json!("IMAP4");
    let wrong = sign_in("2026-01-05T10:00:01Z", "bo@contoso.com", "50126", "s1");
    workspace.write("logs.ndjson", lines(&[legacy, wrong]));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    let table = workspace.path("lake/SigninLogs");
    let file = parquet_file(&table);
    let size = std::fs::metadata(&file).unwrap().len();
    rewrite(&file, fill, footer);
    // What the log says of the size decides where the footer is looked for.
    let now = std::fs::metadata(&file).unwrap().len();
    for entry in std::fs::read_dir(table.join("_delta_log")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let log = std::fs::read_to_string(&path).unwrap();
            let log = log.replace(&format!("\"size\":{size}"), &format!("\"size\":{now}"));
            std::fs::write(&path, log).unwrap();
        }
    }
    workspace
}

fn parquet_file(table: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(table.join("date=2026-01-05")).unwrap();
    let file = entries.next().unwrap().unwrap().path();
    assert!(entries.next().is_none());
    file
}

fn rewrite(file: &Path, fill: impl Fn(&DataType, usize) -> ArrayRef, footer: &[(&str, &str)]) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap()).unwrap();
    let schema = by_name("SigninLogs").unwrap().schema();
    let derived = by_name("SigninLogs").unwrap().derived();
    let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
    let footer =
        footer.iter().map(|(key, value)| KeyValue::new((*key).into(), (*value).to_owned()));
    let how = WriterProperties::builder().set_key_value_metadata(Some(footer.collect())).build();
    let mut writer =
        ArrowWriter::try_new(File::create(file).unwrap(), Arc::clone(&schema), Some(how)).unwrap();
    for batch in batches {
        let columns = schema.fields().iter().zip(batch.columns()).map(|(field, values)| {
            let is_derived = derived.iter().any(|derived| derived.column.name == field.name());
            if is_derived { fill(field.data_type(), batch.num_rows()) } else { Arc::clone(values) }
        });
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap();
        writer.write(&batch).unwrap();
    }
    writer.close().unwrap();
}

/// Every way to a derived column: JSON, a function, its name, and the columns of a built-in rule.
#[track_caller]
fn check(workspace: &Workspace) {
    for (condition, expected) in [
        ("Status->>'errorCode' = '50126'", 1),
        ("_Status_errorCode = '50126'", 1),
        ("_Status_errorCode IS NULL", 0),
        ("_Status_errorCode IS NOT NULL", 2),
        ("result_class(ResultType) = 'bad_password'", 1),
        ("_IPPrefix = '198.51.100.0/24' AND NOT _IPIsPrivate", 2),
        ("_LegacyProtocol IS NOT NULL AND _PasswordWasCorrect", 1),
    ] {
        let sql = format!("SELECT count(*) FROM SigninLogs WHERE {condition}");
        assert_eq!(workspace.number(&sql), expected, "{condition}");
    }
    // Without a filter.
    let rows = workspace.rows("SELECT _Status_errorCode FROM SigninLogs");
    let code = |code: &str| json!({"_Status_errorCode": code});
    assert_eq!(rows, [code("0"), code("50126")]);
    let rows = workspace
        .rows("SELECT Id, _ResultClass AS R FROM SigninLogs ORDER BY _ResultClass LIMIT 1");
    assert_eq!(rows, [json!({"Id": "s1", "R": "bad_password"})]);

    workspace.succeed(&["rule", "run", "--until", "2026-01-05T12:00:00Z"]);
    let alerts: Vec<Value> = workspace.rows("SELECT CompromisedEntity AS Who FROM SecurityAlert");
    assert_eq!(alerts, [json!({"Who": "ada@contoso.com"})]);
}

#[test]
fn nulls_of_another_writer_are_not_believed() {
    check(&rewritten(new_null_array, &[]));
}

#[test]
fn values_of_another_version_are_not_believed() {
    let stale = |kind: &DataType, rows: usize| match kind {
        DataType::Utf8 => Arc::new(StringArray::from(vec!["stale"; rows])) as ArrayRef,
        _ => new_null_array(kind, rows),
    };
    let next = (DERIVED_VERSION + 1).to_string();
    check(&rewritten(stale, &[("entralog.derived", &next)]));
}

#[test]
fn values_of_this_version_are_read() {
    let version = DERIVED_VERSION.to_string();
    let workspace = rewritten(new_null_array, &[("entralog.derived", &version)]);
    assert_eq!(workspace.number("SELECT count(_Status_errorCode) FROM SigninLogs"), 0);
}
