//! A lake whose tables another version made, with fewer columns or with more.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::path::Path;

use arrow::array::RecordBatch;
use entralog::lake::Lake;
use entralog::query::Session;
use entralog::table::{Column, ColumnType, RULE_RUNS, Table, from_batches, to_batch};
use serde_json::{Value, json};

/// `RuleRuns` as a version wrote it that knew its first three columns.
static OLD: Table = Table { columns: RULE_RUNS.columns.split_at(3).0, ..RULE_RUNS };

/// The same with another type.
static OTHER: Table = Table { columns: OTHER_COLUMNS, ..RULE_RUNS };
static OTHER_COLUMNS: &[Column] =
    &[RULE_RUNS.columns[0], Column { kind: ColumnType::Long, ..RULE_RUNS.columns[1] }];

fn old_row(rule: &str) -> RecordBatch {
    let row = json!({"TimeGenerated": "2026-01-05T10:00:00Z", "RuleId": rule});
    to_batch(&OLD, &[row]).unwrap()
}

fn new_row(rule: &str) -> RecordBatch {
    let row = json!({"TimeGenerated": "2026-01-05T11:00:00Z", "RuleId": rule, "Findings": 7});
    to_batch(&RULE_RUNS, &[row]).unwrap()
}

/// The columns that each `metaData` action of the Delta log names.
fn schemas(lake: &Path) -> Vec<Vec<String>> {
    let mut files: Vec<_> = std::fs::read_dir(lake.join("RuleRuns/_delta_log"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let log: String = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let actions = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    actions
        .filter_map(|action| {
            let schema = action["metaData"]["schemaString"].as_str()?;
            let schema: Value = serde_json::from_str(schema).unwrap();
            let fields = schema["fields"].as_array().unwrap().iter();
            Some(fields.map(|field| field["name"].as_str().unwrap().to_owned()).collect())
        })
        .collect()
}

async fn rows(lake: &Lake) -> Vec<Value> {
    let session = Session::new(lake).unwrap();
    let sql = "SELECT RuleId, Findings FROM RuleRuns ORDER BY TimeGenerated, RuleId";
    from_batches(&session.query(sql).await.unwrap().batches).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_that_a_table_lacks_are_added_when_rows_with_them_are_committed() {
    let directory = tempfile::tempdir().unwrap();
    let lake = || Lake::open(directory.path().to_str().unwrap()).unwrap();
    lake().commit(&OLD, Some(old_row("a")), Vec::new()).await.unwrap();
    assert_eq!(schemas(directory.path()), [["TimeGenerated", "RuleId", "RuleVersion", "date"]]);

    lake().commit(&RULE_RUNS, Some(new_row("b")), Vec::new()).await.unwrap();
    let all = schemas(directory.path());
    assert_eq!(all.len(), 2);
    let first: Vec<_> = all[0].iter().collect();
    assert_eq!(all[1].iter().take(4).collect::<Vec<_>>(), first, "a column moved");
    let mut expected: Vec<_> = RULE_RUNS.columns.iter().map(|column| column.name).collect();
    expected.push("date");
    let mut names: Vec<_> = all[1].iter().map(String::as_str).collect();
    expected.sort_unstable();
    names.sort_unstable();
    assert_eq!(names, expected);

    // The older version goes on, and changes nothing of what it does not know.
    lake().commit(&OLD, Some(old_row("c")), Vec::new()).await.unwrap();
    lake().commit(&RULE_RUNS, Some(new_row("d")), Vec::new()).await.unwrap();
    assert_eq!(schemas(directory.path()).len(), 2);
    let row = |rule: &str, findings: Value| json!({"RuleId": rule, "Findings": findings});
    let expected =
        [row("a", Value::Null), row("c", Value::Null), row("b", 7.into()), row("d", 7.into())];
    assert_eq!(rows(&lake()).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_that_add_the_same_columns_at_once_all_get_in() {
    let directory = tempfile::tempdir().unwrap();
    let lake = || Lake::open(directory.path().to_str().unwrap()).unwrap();
    lake().commit(&OLD, Some(old_row("a")), Vec::new()).await.unwrap();
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let lake = lake();
            let rows = new_row(&format!("b{writer}"));
            tokio::spawn(async move { lake.commit(&RULE_RUNS, Some(rows), Vec::new()).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    assert_eq!(rows(&lake()).await.len(), 9);
    assert_eq!(schemas(directory.path()).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_another_type_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let lake = Lake::open(directory.path().to_str().unwrap()).unwrap();
    let row = json!({"TimeGenerated": "2026-01-05T10:00:00Z", "RuleId": 1});
    let row = to_batch(&OTHER, &[row]).unwrap();
    lake.commit(&OTHER, Some(row), Vec::new()).await.unwrap();
    let error = lake.commit(&RULE_RUNS, Some(new_row("b")), Vec::new()).await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains("RuleRuns: column RuleId is long"), "{said}");
    assert_eq!(schemas(directory.path()).len(), 1);
}
