//! The names that completion knows: what is compiled in at once, the rest when the lake has said it.

use std::collections::BTreeMap;

use arrow::array::AsArray as _;
use arrow::compute::cast;
use arrow::datatypes::DataType;

use super::complete::Names;
use crate::query::Session;
use crate::table;

/// Names that are known without looking.
pub(super) fn at_start() -> Names {
    let columns =
        |table: &table::Table| table.all_columns().map(|column| column.name.to_owned()).collect();
    let tables = table::all().iter().map(|table| (table.name.to_owned(), columns(table))).collect();
    Names { tables, functions: Vec::new(), saved: BTreeMap::new() }
}

/// Adds the views of a session and its functions. What cannot be found out is not completed.
pub(super) async fn of(session: &Session) -> Names {
    let mut names = at_start();
    let tables = "SELECT CASE WHEN table_schema = 'lake' THEN table_name ELSE table_schema || '.' || table_name END
                  FROM information_schema.tables WHERE table_schema NOT IN ('information_schema', 'scratch')";
    for table in texts(session, tables).await {
        if names.tables.contains_key(&table) {
            continue;
        }
        let rows = session.stream(&format!("SELECT * FROM {table} LIMIT 0"), &[]).await;
        let columns = rows
            .map(|rows| rows.schema.fields().iter().map(|field| field.name().clone()).collect());
        names.tables.insert(table, columns.unwrap_or_default());
    }
    let is_name = |name: &String| name.starts_with(|first: char| first.is_alphabetic());
    names.functions = texts(session, "SHOW FUNCTIONS").await.into_iter().filter(is_name).collect();
    names
}

async fn texts(session: &Session, sql: &str) -> Vec<String> {
    let Ok(answer) = session.query(sql).await else { return Vec::new() };
    let columns = answer.batches.iter().filter_map(|batch| {
        let column = cast(batch.columns().first()?, &DataType::Utf8).ok()?;
        Some(column.as_string::<i32>().iter().flatten().map(str::to_owned).collect::<Vec<_>>())
    });
    columns.flatten().collect()
}
