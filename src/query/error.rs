//! Errors of a query, in the analyst's words.

use datafusion::common::{DataFusionError, SchemaError};

use crate::lake::LakeError;
use crate::suggest::closest;
use crate::table;

/// Why a query gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The statement is wrong.
    #[error("{0}")]
    Wrong(String),
    /// The statement failed while it ran.
    #[error("query failed: {0}")]
    Failed(String),
    /// The lake could not be read.
    #[error("{0}")]
    Lake(String),
}

impl From<DataFusionError> for QueryError {
    fn from(error: DataFusionError) -> Self {
        classify(&error)
    }
}

fn classify(error: &DataFusionError) -> QueryError {
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
            classify(inner)
        }
        DataFusionError::Shared(inner) => classify(inner),
        DataFusionError::Collection(errors) if !errors.is_empty() => classify(&errors[0]),
        DataFusionError::SchemaError(error, _) => QueryError::Wrong(schema_error(error)),
        DataFusionError::SQL(error, _) => {
            QueryError::Wrong(format!("cannot read the SQL: {error}"))
        }
        DataFusionError::Plan(message) => QueryError::Wrong(plan_error(message)),
        DataFusionError::NotImplemented(message) => {
            QueryError::Wrong(format!("not supported: {message}"))
        }
        DataFusionError::External(inner) => match inner.downcast_ref::<LakeError>() {
            Some(lake) => QueryError::Lake(lake.to_string()),
            None => QueryError::Failed(inner.to_string()),
        },
        other => QueryError::Failed(other.strip_backtrace()),
    }
}

fn schema_error(error: &SchemaError) -> String {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let names = valid_fields.iter().map(|column| column.name.as_str());
            unknown("column", &field.name, closest(&field.name, names))
        }
        other => other.to_string(),
    }
}

fn plan_error(message: &str) -> String {
    if let Some(name) = between(message, "table '", "' not found") {
        let name = name.rsplit('.').next().unwrap_or(name);
        let names = table::all().iter().map(|table| table.name);
        let hint = closest(name, names);
        return unknown("table", name, hint);
    }
    if message.contains("DDL not supported")
        || message.contains("DML not supported")
        || message.contains("Statement not supported")
    {
        return format!("queries only read: {message}");
    }
    message.to_owned()
}

fn unknown(what: &str, name: &str, hint: Option<&str>) -> String {
    match hint {
        Some(hint) => format!("unknown {what} {name:?}; did you mean {hint:?}?"),
        None if what == "table" => {
            let names: Vec<_> = table::all().iter().map(|table| table.name).collect();
            format!("unknown table {name:?}; the lake has {}", names.join(", "))
        }
        None => format!("unknown {what} {name:?}; `DESCRIBE TableName` lists the columns"),
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(inside, _)| inside)
}
