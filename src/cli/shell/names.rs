//! The names that completion knows: what is compiled in at once, the rest when the lake has said it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use arrow::array::AsArray as _;
use arrow::compute::cast;
use arrow::datatypes::DataType;

use crate::query::Session;
use crate::table;

/// Names that there are.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Tables, views and watchlists with their columns.
    pub(super) tables: BTreeMap<String, Vec<String>>,
    /// Functions.
    pub(super) functions: Vec<String>,
    /// Saved queries with their parameters.
    pub(super) saved: BTreeMap<String, Vec<String>>,
}

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
    for table in texts(session, "SHOW TABLES").await {
        if let Entry::Vacant(entry) = names.tables.entry(table) {
            let columns = texts(session, &format!("DESCRIBE {}", entry.key())).await;
            entry.insert(columns);
        }
    }
    // Operators are functions, too.
    let is_name =
        |name: &String| name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    names.functions = texts(session, "SHOW FUNCTIONS").await.into_iter().filter(is_name).collect();
    names
}

/// The first column of an answer.
async fn texts(session: &Session, sql: &str) -> Vec<String> {
    let Ok(answer) = session.query(sql).await else { return Vec::new() };
    let columns = answer.batches.iter().filter_map(|batch| {
        let column = cast(batch.columns().first()?, &DataType::Utf8).ok()?;
        Some(column.as_string::<i32>().iter().flatten().map(str::to_owned).collect::<Vec<_>>())
    });
    columns.flatten().collect()
}
