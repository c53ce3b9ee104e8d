//! `SHOW TABLES`, `DESCRIBE SigninLogs`, `SHOW COLUMNS FROM SigninLogs`: what there is to ask for.

use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::{Result, TableReference, plan_datafusion_err};
use datafusion::logical_expr::Documentation;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{ObjectName, ShowStatementOptions, Statement as Sql};

use super::sources::{self, Source};
use super::{dynamic, functions, views};
use crate::table::{self, Table};

/// What a statement asks about, instead of asking it.
enum Question {
    Tables,
    Columns(TableReference),
    Functions,
}

/// The answer to such a statement; `None` for all others.
pub(super) async fn answer(
    context: &SessionContext,
    statement: &Statement,
) -> Result<Option<RecordBatch>> {
    let Statement::Statement(statement) = statement else { return Ok(None) };
    match question(statement) {
        Some(Question::Tables) => tables().map(Some),
        Some(Question::Functions) => functions(context).map(Some),
        Some(Question::Columns(name)) => columns(context, name).await.map(Some),
        None => Ok(None),
    }
}

fn question(statement: &Sql) -> Option<Question> {
    let is_plain = |options: &ShowStatementOptions| {
        options.starts_with.is_none()
            && options.limit.is_none()
            && options.filter_position.is_none()
    };
    match statement {
        Sql::ShowTables { show_options, .. }
            if is_plain(show_options) && show_options.show_in.is_none() =>
        {
            Some(Question::Tables)
        }
        Sql::ShowColumns { show_options, .. } if is_plain(show_options) => {
            let of = show_options.show_in.as_ref()?.parent_name.as_ref()?;
            Some(Question::Columns(reference(of)))
        }
        Sql::ShowFunctions { filter: None, .. } => Some(Question::Functions),
        Sql::ExplainTable { table_name, .. } => Some(Question::Columns(reference(table_name))),
        _ => None,
    }
}

fn reference(name: &ObjectName) -> TableReference {
    let parts: Vec<_> =
        name.0.iter().filter_map(|part| part.as_ident()).map(|part| part.value.clone()).collect();
    match parts.as_slice() {
        [schema, table] => TableReference::partial(schema.as_str(), table.as_str()),
        [catalog, schema, table] => {
            TableReference::full(catalog.as_str(), schema.as_str(), table.as_str())
        }
        _ => TableReference::bare(parts.join(".")),
    }
}

fn tables() -> Result<RecordBatch> {
    let rows: Vec<_> =
        sources::all().map(|Source { name, kind, about }| [name, kind.into(), about]).collect();
    batch(["table_name", "table_type", "meaning"], &rows)
}

fn functions(context: &SessionContext) -> Result<RecordBatch> {
    let state = context.state();
    let mut rows = vec![["_GetWatchlist", "table", functions::WATCHLIST].map(Into::into)];
    let mut add = |name: &str, kind: &str, documentation: Option<&Documentation>| {
        let theirs = || documentation.map(|documentation| documentation.description.clone());
        let meaning = functions::meaning(name).map(Into::into).or_else(theirs);
        rows.push([name.to_owned(), kind.to_owned(), meaning.unwrap_or_default()]);
    };
    for (name, function) in state.scalar_functions() {
        add(name, "scalar", function.documentation());
    }
    for (name, function) in state.aggregate_functions() {
        add(name, "aggregate", function.documentation());
    }
    for (name, function) in state.window_functions() {
        add(name, "window", function.documentation());
    }
    rows.retain(|[name, ..]| !dynamic::is_own(name));
    rows.sort();
    batch(["function_name", "function_type", "meaning"], &rows)
}

async fn columns(context: &SessionContext, of: TableReference) -> Result<RecordBatch> {
    let name = of.table().to_owned();
    let provider = context.table_provider(of.clone()).await.map_err(|error| {
        match error.strip_backtrace().contains("No table named") {
            true => plan_datafusion_err!("table '{name}' not found"),
            false => error,
        }
    })?;
    let known = match of.schema() {
        None | Some(super::SCHEMA) => table::by_name(&name),
        _ => None,
    };
    let view = views::by_name(&name);
    let known: Vec<_> = known.into_iter().flat_map(Table::all_columns).collect();
    let row = |field: &Arc<Field>| {
        let column = known.iter().find(|column| column.name == field.name());
        let known = column.map(|column| column.kind.as_str().to_owned());
        let kind = known.unwrap_or_else(|| type_name(field.data_type()));
        let meaning = match column {
            Some(column) => column.about,
            None if field.name() == table::PARTITION_COLUMN => "The UTC day of `TimeGenerated`.",
            None => view.map_or("", |view| view.meaning(field.name())),
        };
        [field.name().clone(), kind, meaning.to_owned()]
    };
    let rows: Vec<_> = provider.schema().fields().iter().map(row).collect();
    batch(["column_name", "data_type", "meaning"], &rows)
}

fn batch(names: [&str; 3], rows: &[[String; 3]]) -> Result<RecordBatch> {
    let fields = names.map(|name| Field::new(name, DataType::Utf8, false));
    let column = |at: usize| {
        let values = rows.iter().map(|row| Some(row[at].as_str()));
        Arc::new(values.collect::<StringArray>()) as _
    };
    let schema = Arc::new(Schema::new(fields.to_vec()));
    Ok(RecordBatch::try_new(schema, vec![column(0), column(1), column(2)])?)
}

/// A type in Log Analytics' words.
pub(super) fn type_name(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".into(),
        DataType::Boolean => "bool".into(),
        DataType::Timestamp(..) => "datetime".into(),
        DataType::Date32 | DataType::Date64 => "date".into(),
        DataType::Duration(_) | DataType::Interval(_) => "timespan".into(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "binary".into(),
        DataType::List(item) => format!("list of {}", type_name(item.data_type())),
        kind if kind.is_integer() => "long".into(),
        kind if kind.is_numeric() => "real".into(),
        other => other.to_string(),
    }
}
