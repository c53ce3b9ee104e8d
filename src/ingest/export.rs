//! Files that Log Analytics gave out: rows under their column names, instead of records.
//!
//! A row is told from a record by itself, whatever file it is in, so little is left to say here: what
//! the user expects of a file is checked before anything is taken from it, a row that does not name
//! its table gets the one that the user names, and the answer of the query API becomes rows.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::decode::{Record, decode};
use crate::source::file::{FileError, FileSource, Refusal};
use crate::table::{Form, Table, by_name, exported_type, table_of};

/// How files are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// What is expected in them.
    pub format: FileFormat,
    /// The table of rows that do not name theirs.
    pub table: Option<&'static Table>,
}

/// What is expected in a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FileFormat {
    /// Any of the others, told for each file by how it begins and by its name.
    #[default]
    Auto,
    /// Diagnostic records as Entra writes them.
    Records,
    /// Rows of Log Analytics as JSON, or the answer of its query API.
    LogAnalytics,
    /// CSV as the portal exports it.
    Csv,
}

impl FileFormat {
    fn name(self) -> &'static str {
        match self {
            Self::Auto => "any form",
            Self::Records => "raw diagnostic records",
            Self::LogAnalytics => "rows of Log Analytics as JSON",
            Self::Csv => "a CSV export",
        }
    }
}

impl Reading {
    /// Refuses a file that is not what is expected, or that could only become dead letters.
    pub(super) fn check(self, file: &FileSource) -> Result<(), FileError> {
        let refused = |why| Err(FileError::Refused { path: file.path.clone(), why });
        let first = file.first_body().map(|body| self.body(body));
        let found = match &first {
            _ if file.is_csv() => Some(FileFormat::Csv),
            // Whatever it is, it is no CSV.
            Some(body) if self.format == FileFormat::Csv => {
                Some(format_of(body).unwrap_or(FileFormat::Records))
            }
            Some(body) => format_of(body),
            None => None,
        };
        if let Some(found) = found
            && ![FileFormat::Auto, found].contains(&self.format)
        {
            return refused(Refusal::OtherForm { found: found.name(), asked: self.format.name() });
        }
        if first.is_some_and(|body| is_row_without_table(&body, file.is_csv())) {
            return refused(Refusal::NoTable);
        }
        Ok(())
    }

    /// A body of a file as it is decoded.
    pub(super) fn body(self, body: Bytes) -> Bytes {
        if self.format == FileFormat::Records {
            return body;
        }
        let body = rows_of_answer(&body).map_or(body, Bytes::from);
        match self.table {
            Some(table) => self.with_table(&body, table).map_or(body, Bytes::from),
            None => body,
        }
    }

    /// The rows of a body, each with its table; `None` when there is nothing to say, or when not
    /// all of the body can be read.
    fn with_table(self, body: &[u8], table: &Table) -> Option<Vec<u8>> {
        let decoded = decode(body);
        let mut named = Vec::with_capacity(body.len() + 64);
        for item in decoded.iter() {
            let record = item.ok()?;
            let is_row = self.format != FileFormat::Auto
                || Form::of(&record) == Form::Exported
                // A query may have left out what tells a row.
                || !is_raw(&record) && table_of(&record).is_err();
            // A query may have put something else into `Type`.
            let table_of_row = exported_type(&record).and_then(|name| by_name(&name));
            let says_table = table_of_row.is_some_and(Table::is_log);
            if is_row && !says_table {
                let rest = record.json[1..].trim_start();
                let comma = if rest == "}" { "" } else { "," };
                named.extend(format!("{{\"Type\":\"{}\"{comma}{rest}\n", table.name).into_bytes());
            } else {
                named.extend(record.json.as_bytes());
                named.push(b'\n');
            }
        }
        Some(named)
    }
}

/// What a body is, where its first record leaves no doubt.
fn format_of(body: &[u8]) -> Option<FileFormat> {
    let decoded = decode(body);
    let record = decoded.iter().find_map(Result::ok)?;
    match Form::of(&record) {
        Form::Exported => Some(FileFormat::LogAnalytics),
        Form::Raw if is_raw(&record) => Some(FileFormat::Records),
        Form::Raw => None,
    }
}

/// Whether a record has what only Entra writes.
fn is_raw(record: &Record<'_>) -> bool {
    !record.properties.is_empty() || record.fields.iter().any(|field| field.key() == "time")
}

/// Whether a body begins with a row that names no table at all.
fn is_row_without_table(body: &[u8], is_csv: bool) -> bool {
    let decoded = decode(body);
    decoded.iter().find_map(Result::ok).is_some_and(|record| {
        (is_csv || Form::of(&record) == Form::Exported)
            && exported_type(&record).is_none_or(|name| name.is_empty())
            && table_of(&record).is_err()
    })
}

/// How much longer rows may be than the answer that they are of. A real one grows sixfold when all
/// values are null; a long name with many short rows would grow without bound.
const MOST_GROWTH: usize = 16;

/// An answer of the query API.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    tables: Vec<AnswerTable<'a>>,
    /// What kept the rest of the rows out.
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct AnswerTable<'a> {
    columns: Vec<AnswerColumn>,
    #[serde(borrow)]
    rows: Vec<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct AnswerColumn {
    name: String,
}

/// The rows of an answer of the query API, which names the columns once for all of them; `None` for
/// any other body.
fn rows_of_answer(body: &[u8]) -> Option<Vec<u8>> {
    let inside = body.trim_ascii_start().strip_prefix(b"{")?;
    if !inside.trim_ascii_start().starts_with(b"\"tables\"") {
        return None;
    }
    let answer: Answer<'_> = serde_json::from_slice(body).ok()?;
    // What else it holds, its statistics and how to draw it, is about the query and no record.
    if let Some(error) = answer.error {
        tracing::warn!("an answer of the query API lacks rows: {error}");
    }
    let most = body.len().saturating_mul(MOST_GROWTH);
    let mut rows = String::with_capacity(body.len() * 2);
    for table in &answer.tables {
        let keys: Vec<_> = table.columns.iter().map(|c| serde_json::json!(c.name)).collect();
        for row in &table.rows {
            if row.len() != keys.len() || rows.len() > most {
                return None;
            }
            let members = keys.iter().zip(row).map(|(key, value)| format!("{key}:{value}"));
            rows.push('{');
            rows.push_str(&members.collect::<Vec<_>>().join(","));
            rows.push_str("}\n");
        }
    }
    Some(rows.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::by_name;

    fn body(format: FileFormat, table: Option<&str>, body: &str) -> String {
        let reading = Reading { format, table: table.and_then(by_name) };
        String::from_utf8(reading.body(Bytes::copy_from_slice(body.as_bytes())).to_vec()).unwrap()
    }

    #[test]
    fn the_answer_of_the_query_api_becomes_rows() {
        let answer = r#"{ "tables": [{"name":"PrimaryResult",
            "columns":[{"name":"Id","type":"string"},{"name":"a\"b","type":"dynamic"}],
            "rows":[["x",{"c":[1]}],["y",null]]}]}"#;
        let rows = "{\"Id\":\"x\",\"a\\\"b\":{\"c\":[1]}}\n{\"Id\":\"y\",\"a\\\"b\":null}\n";
        assert_eq!(body(FileFormat::Auto, None, answer), rows);
        assert_eq!(body(FileFormat::Records, None, answer), answer);
        let partial = r#"{"tables":[],"error":{"code":"PartialError"}}"#;
        assert_eq!(body(FileFormat::Auto, None, partial), "");
        let uneven = r#"{"tables":[{"columns":[{"name":"Id"}],"rows":[["x",1]]}]}"#;
        assert_eq!(body(FileFormat::Auto, None, uneven), uneven);
    }

    #[test]
    fn an_answer_that_would_grow_without_bound_is_left_as_it_is() {
        let (name, rows) = ("x".repeat(100_000), "[1],".repeat(25_000));
        let rows = rows.trim_end_matches(',');
        let answer =
            format!(r#"{{"tables":[{{"columns":[{{"name":"{name}"}}],"rows":[{rows}]}}]}}"#);
        assert!(body(FileFormat::Auto, None, &answer) == answer);
    }

    #[test]
    fn rows_without_a_table_get_the_one_that_the_user_names() {
        let rows =
            r#"[{"TimeGenerated":"t"},{ "TimeGenerated":"t","Type":"AuditLogs"},{"time":"t"}]"#;
        let expected = "{\"Type\":\"SigninLogs\",\"TimeGenerated\":\"t\"}\n\
                        { \"TimeGenerated\":\"t\",\"Type\":\"AuditLogs\"}\n{\"time\":\"t\"}\n";
        assert_eq!(body(FileFormat::Auto, Some("SigninLogs"), rows), expected);
        let timeless = r#"{"Category":"RoleManagement","Id":"a"}"#;
        let expected = "{\"Type\":\"AuditLogs\",\"Category\":\"RoleManagement\",\"Id\":\"a\"}\n";
        assert_eq!(body(FileFormat::Auto, Some("AuditLogs"), timeless), expected);
        let row = "{ }";
        let expected = "{\"Type\":\"SigninLogs\"}\n";
        assert_eq!(body(FileFormat::LogAnalytics, Some("SigninLogs"), row), expected);
        let other = r#"{"Type":"ServicePrincipal","TimeGenerated":"t"}"#;
        let expected =
            "{\"Type\":\"AuditLogs\",\"Type\":\"ServicePrincipal\",\"TimeGenerated\":\"t\"}\n";
        assert_eq!(body(FileFormat::Auto, Some("AuditLogs"), other), expected);
        let broken = r#"{"TimeGenerated":"t"} 7"#;
        assert_eq!(body(FileFormat::Auto, Some("SigninLogs"), broken), broken);
    }

    #[test]
    fn a_file_is_told_by_its_first_record() {
        for (body, format) in [
            (r#"{"time":"t","category":"SignInLogs"}"#, Some(FileFormat::Records)),
            (
                r#"{"records":[{"category":"SignInLogs","properties":{"id":"s"}}"#,
                Some(FileFormat::Records),
            ),
            (r#"[{"TimeGenerated":"t","Type":"AuditLogs"}]"#, Some(FileFormat::LogAnalytics)),
            (r#"{"UserId":"u"}"#, None),
            ("nonsense", None),
        ] {
            assert_eq!(format_of(body.as_bytes()), format, "{body}");
        }
    }
}
