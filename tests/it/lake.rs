//! What other engines see of the lake, and how little of it a query opens.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Workspace, audit, lines, sign_in};

/// The actions of a table's log in the order of their commits, each with its commit's version.
fn actions(workspace: &Workspace, table: &str) -> Vec<(u64, Value)> {
    let log = workspace.path("lake").join(table).join("_delta_log");
    let mut commits: Vec<PathBuf> = std::fs::read_dir(log)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    commits.sort();
    let mut actions = Vec::new();
    for commit in commits {
        let version = commit.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        for line in std::fs::read_to_string(&commit).unwrap().lines() {
            actions.push((version, serde_json::from_str(line).unwrap()));
        }
    }
    actions
}

#[test]
fn rows_of_many_days_are_each_in_the_file_of_their_day() {
    let workspace = Workspace::new();
    let records: Vec<_> = (0..60)
        .map(|n| {
            let time = format!("2026-01-{:02}T10:00:00Z", n % 30 + 1);
            sign_in(&time, "ada@contoso.com", "0", &format!("s{n}"))
        })
        .collect();
    workspace.write("logs.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);

    let actions = actions(&workspace, "SigninLogs");
    let mut days: Vec<_> = actions
        .iter()
        .filter_map(|(_, action)| action.get("add"))
        .map(|add| {
            let day = add["partitionValues"]["date"].as_str().unwrap().to_owned();
            let statistics: Value = serde_json::from_str(add["stats"].as_str().unwrap()).unwrap();
            assert_eq!(statistics["numRecords"], 2, "{day}");
            for bound in ["minValues", "maxValues"] {
                let time = statistics[bound]["TimeGenerated"].as_str().unwrap();
                assert!(time.starts_with(&day), "{day}: {time}");
            }
            day
        })
        .collect();
    days.sort();
    days.dedup();
    assert_eq!(days.len(), 30);
    let sql = "SELECT count(DISTINCT Id) FROM SigninLogs WHERE date = CAST(TimeGenerated AS DATE)";
    assert_eq!(workspace.value(sql), 60);
}

#[test]
fn rows_and_the_position_of_their_source_are_in_one_commit() {
    let workspace = Workspace::new();
    let record = sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "s0");
    let content = lines(&[record]);
    let path = workspace.write("logs.ndjson", &content).canonicalize().unwrap();
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);

    let actions = actions(&workspace, "SigninLogs");
    let (version, add) = actions.iter().find(|(_, action)| action.get("add").is_some()).unwrap();
    let (_, txn) = actions
        .iter()
        .find(|(commit, action)| commit == version && action.get("txn").is_some())
        .unwrap_or_else(|| panic!("no txn beside the rows: {actions:#?}"));
    let source = txn["txn"]["appId"].as_str().unwrap();
    assert!(source.starts_with(&format!("file:{}?", path.display())), "{source}");
    // The new-line at the end is not part of what was taken.
    assert_eq!(txn["txn"]["version"], content.trim_end().len());
    assert_eq!(add["add"]["partitionValues"]["date"], "2026-01-05");
    let statistics: Value = serde_json::from_str(add["add"]["stats"].as_str().unwrap()).unwrap();
    assert_eq!(statistics["numRecords"], 1);
    assert!(
        statistics["minValues"]["TimeGenerated"]
            .as_str()
            .unwrap()
            .starts_with("2026-01-05T10:00:00")
    );
    // And the row says the same.
    let row = workspace.value("SELECT _Source FROM SigninLogs");
    assert_eq!(row, format!("{source}@{}#0", content.trim_end().len()));
}

fn data_files(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            data_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "parquet") {
            files.push(path);
        }
    }
}

#[test]
fn a_query_for_one_hour_opens_the_files_of_that_hour_alone() {
    let workspace = Workspace::new();
    for day in 1..=4 {
        for hour in [3, 9, 15, 21] {
            let time = format!("2026-01-0{day}T{hour:02}:30:00Z");
            let record = sign_in(&time, "ada@contoso.com", "0", &format!("{day}-{hour}"));
            let name = format!("{day}-{hour}.ndjson");
            workspace.write(&name, lines(&[record]));
            workspace.succeed(&["ingest", "--from", &name]);
        }
    }
    assert_eq!(workspace.count("SigninLogs"), 16);
    let table = workspace.path("lake/SigninLogs");
    let mut files = Vec::new();
    data_files(&table, &mut files);
    assert_eq!(files.len(), 16);

    // A file that is not there cannot be opened: what still answers has not tried to.
    let log = actions(&workspace, "SigninLogs");
    let kept = log.iter().find_map(|(_, action)| {
        let statistics = action["add"]["stats"].as_str()?;
        let path = action["add"]["path"].as_str()?;
        statistics.contains("2026-01-02T09:30:00").then(|| table.join(path.replace("%3D", "=")))
    });
    let kept = kept.unwrap();
    assert!(files.contains(&kept), "{} is none of {files:#?}", kept.display());
    files.iter().filter(|file| **file != kept).for_each(|file| std::fs::remove_file(file).unwrap());
    for condition in [
        "TimeGenerated >= '2026-01-02T09:00:00Z' AND TimeGenerated < '2026-01-02T10:00:00Z'",
        "TimeGenerated BETWEEN '2026-01-02T09:00:00Z' AND '2026-01-02T10:00:00Z'",
        "TimeGenerated > TIMESTAMP '2026-01-02 09:00:00' AND TimeGenerated <= TIMESTAMP '2026-01-02 12:00:00'",
        "TimeGenerated = '2026-01-02T09:30:00Z' AND UserPrincipalName LIKE 'ada%'",
        "TimeGenerated >= to_timestamp('2026-01-02T11:00:00Z') - INTERVAL '2 hours'
         AND to_timestamp('2026-01-02T11:00:00Z') > TimeGenerated",
    ] {
        let sql = format!("SELECT Id FROM SigninLogs WHERE {condition}");
        assert_eq!(workspace.value(&sql), "2-9", "{condition}");
    }
    let all = workspace.run(&["query", "SELECT Id FROM SigninLogs"]);
    assert_ne!(all.code, Some(0), "a scan of everything did not miss the files: {all:#?}");
}

#[test]
fn a_row_is_stored_under_the_day_of_its_own_time() {
    let workspace = Workspace::new();
    let records = [
        audit("2026-01-05T23:59:59.9999999Z", "Add user", "before"),
        audit("2026-01-06T00:00:00Z", "Add user", "after"),
        audit("2026-01-06T01:00:00+02:00", "Add user", "in another zone"),
        audit("1969-12-31T23:59:59Z", "Add user", "before the epoch"),
    ];
    workspace.write("logs.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    let rows = workspace.rows("SELECT Id, date FROM AuditLogs ORDER BY Id");
    let days: Vec<_> = rows
        .iter()
        .map(|row| (row["Id"].as_str().unwrap(), row["date"].as_str().unwrap()))
        .collect();
    assert_eq!(
        days,
        [
            ("after", "2026-01-06"),
            ("before", "2026-01-05"),
            ("before the epoch", "1969-12-31"),
            ("in another zone", "2026-01-05"),
        ]
    );
    assert!(workspace.path("lake/AuditLogs/date=2026-01-06").is_dir());
}
