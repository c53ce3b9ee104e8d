//! Tables kept in shape while others read and write them: the same answers, from fewer files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use entralog::decode::decode;
use entralog::devhub::{Devhub, DevhubConfig};
use entralog::lake::{Advance, Eagerness, Lake, LakeError};
use entralog::table::{Provenance, Table, TableBuilder, by_name, to_batch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::support::{Running, Workspace, body, eventually, lines, sign_in};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A lake of many small files: sample logs of some days in small commits.
fn many_small_files(events: u32) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("entralog.yaml", "flush: {rows: 50}\n");
    let events = events.to_string();
    workspace.succeed(&["generate", "--events", &events, "--days", "3", "--out", "logs"]);
    workspace.succeed(&["ingest", "--from", "logs"]);
    workspace
}

/// The active files of a table by path, each with what the log says of it.
fn active(workspace: &Workspace, table: &str) -> BTreeMap<String, Value> {
    let mut active = BTreeMap::new();
    for action in actions(workspace, table) {
        if let Some(add) = action.get("add") {
            active.insert(add["path"].as_str().unwrap().to_owned(), add.clone());
        }
        if let Some(remove) = action.get("remove") {
            let removed = active.remove(remove["path"].as_str().unwrap());
            assert!(removed.is_some(), "a file was removed that was not active: {remove}");
        }
    }
    active
}

fn actions(workspace: &Workspace, table: &str) -> Vec<Value> {
    let log = workspace.path("lake").join(table).join("_delta_log");
    let mut commits = files_of(&log, "json");
    commits.sort();
    commits
        .iter()
        .flat_map(|commit| {
            let text = std::fs::read_to_string(commit).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
        })
        .collect()
}

fn files_of(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|e| e == extension)).collect()
}

fn data_files(workspace: &Workspace, table: &str) -> Vec<PathBuf> {
    let days = std::fs::read_dir(workspace.path("lake").join(table)).unwrap();
    let days = days.map(|entry| entry.unwrap().path());
    days.filter(|path| !path.ends_with("_delta_log"))
        .flat_map(|day| files_of(&day, "parquet"))
        .collect()
}

/// Makes files look as if they had been stored so long ago.
fn age(files: &[PathBuf], age: Duration) {
    for file in files {
        let file = std::fs::File::options().write(true).open(file).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }
}

fn everything(workspace: &Workspace, table: &str) -> Vec<Value> {
    workspace.rows(&format!("SELECT * FROM {table} ORDER BY _Source"))
}

fn rows(command: &crate::support::Finished) -> Vec<Value> {
    command.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn compaction_keeps_every_row_in_one_sorted_file_a_day() {
    let workspace = many_small_files(3000);
    let before = everything(&workspace, "SigninLogs");
    let small = active(&workspace, "SigninLogs");
    let days: std::collections::BTreeSet<_> =
        small.values().map(|add| add["partitionValues"]["date"].to_string()).collect();
    assert!(small.len() > 2 * days.len(), "{} files of {} days", small.len(), days.len());

    let planned = rows(&workspace.succeed(&["lake", "compact", "SigninLogs", "--dry-run"]));
    assert_eq!(active(&workspace, "SigninLogs").len(), small.len(), "a dry run changes nothing");
    let done = rows(&workspace.succeed(&["lake", "compact", "SigninLogs"]));
    assert_eq!(planned.len(), done.len());
    assert!(done.iter().all(|row| row["Action"] == "merged"), "{done:#?}");

    assert_eq!(everything(&workspace, "SigninLogs"), before);
    let merged = active(&workspace, "SigninLogs");
    assert_eq!(merged.len(), days.len(), "{merged:#?}");
    for (path, add) in &merged {
        assert!(path.contains("/sorted-"), "{path}");
        assert_eq!(add["dataChange"], false, "{path}");
        let statistics: Value = serde_json::from_str(add["stats"].as_str().unwrap()).unwrap();
        assert!(statistics["numRecords"].as_i64().unwrap() > 0, "{statistics}");
        assert!(statistics["minValues"]["TimeGenerated"].is_string(), "{statistics}");
    }
    let removed: Vec<_> = actions(&workspace, "SigninLogs")
        .into_iter()
        .filter_map(|action| action.get("remove").cloned())
        .collect();
    assert_eq!(removed.len(), small.len());
    assert!(
        removed.iter().all(|remove| remove["dataChange"] == false
            && remove.get("stats").is_none_or(Value::is_null))
    );

    for path in merged.keys() {
        let order = order_of(&workspace.path("lake/SigninLogs").join(path));
        assert!(order.is_sorted(), "{path}: {order:?}");
    }
    let nothing = workspace.succeed(&["lake", "compact"]).stdout;
    assert!(!nothing.contains("SigninLogs\""), "{nothing}");
}

/// Hour, user and time of each row of a file, as they are in it; rows without a user are last.
fn order_of(path: &Path) -> Vec<(i64, bool, String, i64)> {
    let file = std::fs::File::open(path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut order = Vec::new();
    for batch in reader {
        let batch = batch.unwrap();
        let times = batch.column_by_name("TimeGenerated").unwrap();
        let times = times.as_primitive::<TimestampMicrosecondType>().values();
        let users = batch.column_by_name("UserPrincipalName").unwrap().as_string::<i32>();
        order.extend(times.iter().zip(users).map(|(time, user)| {
            (time / 3_600_000_000, user.is_none(), user.unwrap_or_default().to_owned(), *time)
        }));
    }
    order
}

#[test]
fn what_is_looked_up_has_bounds_and_a_bloom_filter_in_a_sorted_file() {
    let workspace = many_small_files(2000);
    workspace.succeed(&["lake", "compact", "SigninLogs"]);
    let (path, _) = active(&workspace, "SigninLogs").into_iter().next().unwrap();
    let file = std::fs::File::open(workspace.path("lake/SigninLogs").join(path)).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let group = reader.metadata().row_group(0);
    let column = |name: &str| group.columns().iter().find(|c| c.column_path().string() == name);
    for name in ["UserPrincipalName", "UserId", "IPAddress", "CorrelationId", "_IPAddress"] {
        let column = column(name).unwrap();
        assert!(column.bloom_filter_offset().is_some(), "{name}");
        assert!(column.statistics().is_some_and(|s| s.min_bytes_opt().is_some()), "{name}");
        assert!(column.column_index_offset().is_some(), "{name}");
    }
    assert!(column("LocationDetails").unwrap().statistics().is_none());
    // And they lead to the row.
    let user = workspace.value("SELECT max(UserPrincipalName) FROM SigninLogs");
    let user = user.as_str().unwrap();
    let asked = workspace
        .number(&format!("SELECT count(*) FROM SigninLogs WHERE UserPrincipalName = '{user}'"));
    let all = workspace.number(&format!(
        "SELECT count(*) FROM SigninLogs WHERE concat(UserPrincipalName, '') = '{user}'"
    ));
    assert!(asked > 0);
    assert_eq!(asked, all);
}

const TABLE: &str = "SigninLogs";

fn table() -> &'static Table {
    by_name(TABLE).unwrap()
}

/// Rows of a commit; `n` tells them from all others.
fn batch(n: i64, records: &[Value]) -> RecordBatch {
    let from = Provenance { source: "hub/0", position: n, ingested_at: 1_767_600_000_000_000 };
    let mut builder = TableBuilder::new(table());
    for record in decode(body(records).as_bytes()).iter() {
        builder.append(&record.unwrap(), from).unwrap();
    }
    builder.finish().unwrap()
}

async fn commit(lake: &Lake, n: i64, records: &[Value]) {
    let from = (n > 0).then_some(n - 1);
    let advance = Advance { source_id: "hub/0".into(), from, to: n };
    lake.commit(table(), Some(batch(n, records)), vec![advance]).await.unwrap();
}

fn record(n: i64) -> Value {
    let time = format!("2026-01-05T{:02}:{:02}:00Z", n / 60 % 24, n % 60);
    sign_in(&time, &format!("user{}@contoso.com", n % 7), "0", &format!("s{n}"))
}

async fn compact(lake: &Lake) -> u64 {
    let mut merged = 0;
    for group in lake.mergeable(table(), Eagerness::Everything).await.unwrap() {
        merged += u64::from(lake.merge(&group).await.unwrap().is_some());
    }
    merged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_and_readers_go_on_during_compaction() {
    const COMMITS: i64 = 150;
    const MERGES: i64 = 2;
    /// Beside a writer that is much faster than compaction; the last assertions say so.
    const MOST: i64 = 5_000;
    let workspace = Workspace::new();
    let location = workspace.path("lake").to_str().unwrap().to_owned();
    let merged = Arc::new(AtomicI64::new(0));
    let writer = tokio::spawn({
        // A lake of its own, as another process has.
        let lake = Lake::open(&location).unwrap();
        let merged = Arc::clone(&merged);
        async move {
            let mut commits = 0;
            while commits < COMMITS || merged.load(Ordering::Relaxed) < MERGES && commits < MOST {
                commit(&lake, commits, &[record(commits)]).await;
                commits += 1;
                // Who never rests wins every race on a machine with few cores.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            commits
        }
    });
    let reader = Lake::open(&location).unwrap();
    let compactors = [Lake::open(&location).unwrap(), Lake::open(&location).unwrap()];
    let mut seen = 0;
    while !writer.is_finished() {
        let (one, other) = tokio::join!(compact(&compactors[0]), compact(&compactors[1]));
        merged.fetch_add(i64::try_from(one + other).unwrap(), Ordering::Relaxed);
        let session = entralog::query::Session::new(&reader).unwrap();
        let answer = session.query("SELECT count(*), count(DISTINCT Id) FROM SigninLogs").await;
        let answer = answer.unwrap();
        let text = arrow::util::pretty::pretty_format_batches(&answer.batches).unwrap().to_string();
        let numbers: Vec<i64> =
            text.split(['|', '\n', ' ']).filter_map(|word| word.parse().ok()).collect();
        assert_eq!(numbers[0], numbers[1], "a row is there twice");
        assert!(numbers[0] >= seen, "{} rows after {seen}", numbers[0]);
        seen = numbers[0];
    }
    let commits = writer.await.unwrap();
    let merged = merged.load(Ordering::Relaxed);
    assert!(merged >= MERGES, "compaction met no writer: {merged} merges");
    compact(&compactors[0]).await;
    assert_eq!(workspace.distinct_count(TABLE), commits);
    assert_eq!(workspace.number("SELECT count(DISTINCT Id) FROM SigninLogs"), commits);
    assert_eq!(active(&workspace, TABLE).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_compactors_one_changes_nothing() {
    let workspace = Workspace::new();
    let location = workspace.path("lake").to_str().unwrap().to_owned();
    let lakes = [Lake::open(&location).unwrap(), Lake::open(&location).unwrap()];
    for n in 0..20 {
        commit(&lakes[0], n, &[record(n)]).await;
    }
    let plan = lakes[0].mergeable(table(), Eagerness::Everything).await.unwrap();
    let same = lakes[1].mergeable(table(), Eagerness::Everything).await.unwrap();
    let (one, other) = tokio::join!(lakes[0].merge(&plan[0]), lakes[1].merge(&same[0]));
    let merged = [one.unwrap(), other.unwrap()];
    assert_eq!(merged.iter().flatten().count(), 1, "{merged:?}");
    assert_eq!(workspace.distinct_count(TABLE), 20);
    assert_eq!(active(&workspace, TABLE).len(), 1);
    // A day that is removed under a compactor is not brought back.
    commit(&lakes[0], 20, &[record(20)]).await;
    let plan = lakes[0].mergeable(table(), Eagerness::Everything).await.unwrap();
    lakes[1].remove_day(table(), "2026-01-05".parse().unwrap()).await.unwrap();
    assert_eq!(lakes[0].merge(&plan[0]).await.unwrap(), None);
    assert_eq!(workspace.count(TABLE), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rows_that_another_engine_deletes_under_a_compactor_are_not_brought_back() {
    let workspace = Workspace::new();
    let lake = Lake::open(workspace.path("lake").to_str().unwrap()).unwrap();
    for n in 0..3 {
        commit(&lake, n, &[record(n)]).await;
    }
    let plan = lake.mergeable(table(), Eagerness::Everything).await.unwrap();
    // As Spark deletes a row: the same file, with a vector that says which rows of it are gone.
    let mut add = active(&workspace, TABLE).into_values().next().unwrap();
    let remove = json!({
        "path": add["path"], "deletionTimestamp": 1_700_000_000_000_i64, "dataChange": true,
    });
    add["deletionVector"] = json!({
        "storageType": "i", "pathOrInlineDv": "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L",
        "sizeInBytes": 40, "cardinality": 1,
    });
    let features = ["deletionVectors"];
    let actions = [
        json!({"commitInfo": {"operation": "DELETE", "engineInfo": "Apache-Spark/3.5"}}),
        json!({"protocol": {
            "minReaderVersion": 3, "minWriterVersion": 7,
            "readerFeatures": features, "writerFeatures": features,
        }}),
        json!({"remove": remove}),
        json!({"add": add}),
    ];
    let version = lake.version(table()).await.unwrap().unwrap() + 1;
    let log = workspace.path("lake/SigninLogs/_delta_log");
    std::fs::write(log.join(format!("{version:020}.json")), lines(&actions)).unwrap();
    assert_eq!(lake.merge(&plan[0]).await.unwrap(), None);
    assert_eq!(lake.version(table()).await.unwrap(), Some(version));
    assert_eq!(active(&workspace, TABLE).len(), 3);
}

#[test]
fn a_compaction_that_is_killed_over_and_over_loses_nothing() {
    let workspace = many_small_files(4000);
    let before: Vec<_> =
        ["SigninLogs", "AuditLogs"].map(|table| everything(&workspace, table)).into();
    let mut random = ChaCha8Rng::seed_from_u64(20_261_125);
    let mut killed = 0;
    for _ in 0..15 {
        let mut running = Running::start(&mut workspace.command(&["lake", "compact"]));
        std::thread::sleep(Duration::from_millis(random.random_range(30..400)));
        if running.is_running() {
            running.kill();
            killed += 1;
        }
    }
    assert!(killed >= 3, "only {killed} runs were killed before their end");
    workspace.succeed(&["lake", "compact"]);
    for (table, before) in ["SigninLogs", "AuditLogs"].iter().zip(before) {
        assert_eq!(everything(&workspace, table), before, "{table}");
    }
    // What they left behind goes once it is old.
    age(&data_files(&workspace, TABLE), 8 * DAY);
    workspace.succeed(&["lake", "vacuum", "--grace", "0", "--allow-short-grace"]);
    assert_eq!(data_files(&workspace, TABLE).len(), active(&workspace, TABLE).len());
    assert_eq!(
        workspace.distinct_count(TABLE),
        i64::try_from(everything(&workspace, TABLE).len()).unwrap()
    );
}

const RULE: &str = "\
id: wrong-passwords
name: Wrong passwords
description: Three wrong passwords of one user within an hour.
severity: Medium
queryFrequency: 1h
queryPeriod: 1h
queryLanguage: sql
version: 1.0.0
query: |
  SELECT min(TimeGenerated) AS StartTime, max(TimeGenerated) AS EndTime, UserPrincipalName
  FROM SigninLogs WHERE ResultType = '50126' GROUP BY UserPrincipalName HAVING count(*) >= 3
entityMappings:
  - entityType: Account
    fieldMappings: [{identifier: FullName, columnName: UserPrincipalName}]
";

fn with_rule() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("rules/wrong-passwords.yaml", RULE);
    workspace.write(
        "entralog.yaml",
        "rules:
  paths: [rules]
  disabled: [legacy-auth-success, password-spray, risky-ip, unused-admin-role]
",
    );
    workspace
}

fn wrong_password(workspace: &Workspace, time: &str) {
    let name = format!("{}.ndjson", time.replace(':', "-"));
    workspace.write(&name, lines(&[sign_in(time, "ada@contoso.com", "50126", time)]));
    workspace.succeed(&["ingest", "--from", &name]);
}

/// Slices that a run of the rule evaluated, and alerts that it raised.
fn run_rule(workspace: &Workspace) -> (i64, i64) {
    let until = ["rule", "run", "-o", "json", "--until", "2026-01-10T00:00:00Z"];
    let rows: Value = serde_json::from_str(&workspace.succeed(&until).stdout).unwrap();
    let number = |key: &str| rows[0][key].as_i64().unwrap();
    (number("slices"), number("alertsRaised"))
}

#[test]
fn a_late_row_that_is_compacted_before_its_rule_looks_is_evaluated() {
    for is_vacuumed in [false, true] {
        let workspace = with_rule();
        wrong_password(&workspace, "2026-01-05T10:00:00Z");
        wrong_password(&workspace, "2026-01-05T10:10:00Z");
        wrong_password(&workspace, "2026-01-05T20:00:00Z");
        assert_eq!(run_rule(&workspace), (2, 0));
        workspace.succeed(&["lake", "compact"]);
        assert_eq!(run_rule(&workspace), (0, 0), "a compaction brings nothing new");

        wrong_password(&workspace, "2026-01-05T10:20:00Z");
        workspace.succeed(&["lake", "compact"]);
        assert_eq!(active(&workspace, TABLE).len(), 1);
        if is_vacuumed {
            // The rule did not run for longer than replaced files are kept.
            workspace.succeed(&["lake", "vacuum", "--grace", "0", "--allow-short-grace"]);
            assert_eq!(data_files(&workspace, TABLE).len(), 1);
            // What the late row went into is looked at as a whole.
            assert_eq!(run_rule(&workspace), (2, 1));
        } else {
            assert_eq!(run_rule(&workspace), (1, 1), "only the slice of the late row");
        }
        assert_eq!(run_rule(&workspace), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_checkpoint_does_not_make_old_rows_new() {
    let workspace = with_rule();
    let lake = Lake::open(workspace.path("lake").to_str().unwrap()).unwrap();
    for n in 0..60 {
        commit(&lake, n, &[record(n * 10)]).await;
    }
    // One slice an hour: rows of ten hours.
    assert_eq!(run_rule(&workspace), (10, 0));
    for n in 60..120 {
        commit(&lake, n, &[record(15 * 60 + n)]).await;
    }
    let checkpoints = files_of(&workspace.path("lake/SigninLogs/_delta_log"), "parquet");
    assert_eq!(checkpoints.len(), 1, "{checkpoints:?}");
    // All of them are of the hour from four o'clock.
    assert_eq!(run_rule(&workspace), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_many_commits_is_read_from_a_checkpoint_once_it_was_compacted() {
    let workspace = Workspace::new();
    let lake = Lake::open(workspace.path("lake").to_str().unwrap()).unwrap();
    for n in 0..40 {
        commit(&lake, n, &[record(n)]).await;
    }
    let log = workspace.path("lake/SigninLogs/_delta_log");
    assert!(files_of(&log, "parquet").is_empty());
    for _ in 0..2 {
        workspace.succeed(&["lake", "compact"]);
        let newest = files_of(&log, "json").into_iter().max().unwrap();
        let checkpoints = files_of(&log, "parquet");
        assert_eq!(checkpoints, [newest.with_extension("checkpoint.parquet")]);
        assert_eq!(workspace.count(TABLE), 40);
    }
    workspace.assert_sound();
}

#[test]
fn days_past_their_retention_go_and_come_back_by_nothing() {
    let workspace = with_rule();
    let today = chrono::Utc::now();
    let time = |days: i64| (today - chrono::TimeDelta::days(days)).to_rfc3339();
    let records: Vec<_> = [100, 60, 31, 30, 2]
        .iter()
        .map(|days| sign_in(&time(*days), "ada@contoso.com", "50126", &format!("s{days}")))
        .collect();
    workspace.write("logs.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    let finished = workspace.run(&["lake", "retain", TABLE]);
    assert_eq!(finished.code, Some(3));
    assert!(finished.error().contains("no retention is configured"), "{finished:#?}");
    assert!(rows(&workspace.succeed(&["lake", "retain"])).is_empty());
    assert_eq!(workspace.count(TABLE), 5);

    let configured = std::fs::read_to_string(workspace.path("entralog.yaml")).unwrap();
    workspace.write("entralog.yaml", configured + "retention: {default: 400d, SigninLogs: 30d}\n");
    let planned = rows(&workspace.succeed(&["lake", "retain", "--dry-run"]));
    assert_eq!(workspace.count(TABLE), 5);
    let removed = rows(&workspace.succeed(&["lake", "retain"]));
    for (rows, action) in [(&planned, "to remove"), (&removed, "day removed")] {
        assert_eq!(rows.len(), 3, "{rows:#?}");
        assert!(rows.iter().all(|row| row["Action"] == action && row["Rows"] == 1), "{rows:#?}");
    }
    let left = workspace.rows("SELECT Id FROM SigninLogs ORDER BY TimeGenerated");
    assert_eq!(left, [json!({"Id": "s30"}), json!({"Id": "s2"})]);
    let last = actions(&workspace, TABLE);
    let removes = last.iter().filter_map(|action| action.get("remove"));
    assert!(removes.clone().count() == 3 && removes.clone().all(|r| r["dataChange"] == true));

    // What was taken in is not taken in again, and rules go on.
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    assert_eq!(workspace.count(TABLE), 2);
    let until = (today + chrono::TimeDelta::hours(2)).to_rfc3339();
    workspace.succeed(&["rule", "run", "--until", &until]);
    assert_eq!(workspace.number("SELECT count(*) FROM RuleRuns WHERE Outcome = 'failed'"), 0);
    workspace.succeed(&["lake", "retain", "SigninLogs", "--keep", "10d"]);
    workspace.succeed(&["rule", "run", "--until", &until]);
    assert_eq!(workspace.count(TABLE), 1);

    let finished = workspace.run(&["lake", "retain", "RuleRuns", "--keep", "10d"]);
    assert_eq!(finished.code, Some(3));
    assert!(finished.error().contains("and they stay"), "{finished:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_go_once_their_window_is_over_also_without_a_retention() {
    let workspace = Workspace::new();
    let lake = Lake::open(workspace.path("lake").to_str().unwrap()).unwrap();
    let table = by_name("RecordHashes").unwrap();
    let message = |days: i64| {
        let time = chrono::Utc::now() - chrono::TimeDelta::days(days);
        json!({"TimeGenerated": time.to_rfc3339(), "Source": "hub/0", "SequenceNumber": days})
    };
    for days in [5, 4, 1, 0] {
        let rows = to_batch(table, &[message(days)]).unwrap();
        lake.commit(table, Some(rows), Vec::new()).await.unwrap();
    }
    let planned = rows(&workspace.succeed(&["lake", "retain", "--dry-run"]));
    assert_eq!(planned.len(), 2, "{planned:#?}");
    workspace.succeed(&["lake", "retain"]);
    let left = workspace.rows("SELECT SequenceNumber FROM RecordHashes ORDER BY SequenceNumber");
    assert_eq!(left, [json!({"SequenceNumber": 0}), json!({"SequenceNumber": 1})]);
}

#[test]
fn a_vacuum_spares_what_somebody_may_need() {
    let workspace = many_small_files(1000);
    workspace.succeed(&["lake", "compact"]);
    let stored = data_files(&workspace, TABLE).len();
    let rows_before = everything(&workspace, TABLE);
    let merged = active(&workspace, TABLE).len();
    // Neither replaced files within the grace nor one that may be committed next.
    let day = data_files(&workspace, TABLE)[0].parent().unwrap().to_owned();
    let (fresh, stale) = (day.join("fresh.zstd.parquet"), day.join("stale.zstd.parquet"));
    std::fs::write(&fresh, "just stored").unwrap();
    std::fs::write(&stale, "never committed").unwrap();
    let half = day.join("half.zstd.parquet#1");
    std::fs::write(&half, "killed meanwhile").unwrap();
    age(&[stale.clone(), half.clone()], 8 * DAY);
    let listed = rows(&workspace.succeed(&["lake", "vacuum", "--dry-run"]));
    assert_eq!(listed.len(), 2, "{listed:#?}");
    assert_eq!(listed[1]["why"], "half stored");
    assert!(listed[0]["path"].as_str().unwrap().ends_with("stale.zstd.parquet"), "{listed:#?}");
    assert_eq!(listed[0]["why"], "in no commit");
    assert!(stale.exists() && half.exists(), "a dry run deletes nothing");
    workspace.succeed(&["lake", "vacuum"]);
    assert!(!stale.exists() && !half.exists() && fresh.exists());
    assert_eq!(data_files(&workspace, TABLE).len(), stored + 1);
    assert!(stored > merged);

    let refused = workspace.run(&["lake", "vacuum", "--grace", "1h"]);
    assert_eq!(refused.code, Some(3));
    assert!(refused.error().contains("--allow-short-grace"), "{refused:#?}");
    let too_long = workspace.run(&["lake", "vacuum", "--grace", "30d"]);
    assert!(too_long.error().contains("remembers for 168 h"), "{too_long:#?}");
    workspace.succeed(&["lake", "vacuum", "--grace", "0", "--allow-short-grace"]);
    assert_eq!(data_files(&workspace, TABLE).len(), merged + 1, "the fresh one stays");
    assert!(fresh.exists());
    assert_eq!(everything(&workspace, TABLE), rows_before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_log_that_was_cleaned_up_still_holds_everything() {
    let workspace = Workspace::new();
    let location = workspace.path("lake").to_str().unwrap().to_owned();
    let lake = Lake::open(&location).unwrap();
    for n in 0..40 {
        commit(&lake, n, &[record(n)]).await;
    }
    // One that looked at the table before all that follows.
    let idle = Lake::open(&location).unwrap();
    assert_eq!(idle.position(table(), "hub/0").await.unwrap(), Some(39));
    for n in 40..250 {
        commit(&lake, n, &[record(n)]).await;
        if n % 50 == 0 {
            compact(&lake).await;
        }
    }
    let log = workspace.path("lake/SigninLogs/_delta_log");
    let before = everything(&workspace, TABLE);
    let untouched = lake.clean_log(table(), 2 * DAY, false).await.unwrap();
    assert_eq!(untouched.files, 0);
    let version = lake.version(table()).await.unwrap().unwrap();
    let young = format!("{version:020}.json");
    let old: Vec<_> = [files_of(&log, "json"), files_of(&log, "parquet")]
        .concat()
        .into_iter()
        .filter(|path| path.file_name().unwrap() != young.as_str())
        .collect();
    age(&old, 3 * DAY);
    let cleaned = lake.clean_log(table(), 2 * DAY, false).await.unwrap();
    assert_eq!(cleaned.begins_at, Some(200), "{cleaned:?}");
    assert!(!log.join(format!("{:020}.json", 199)).exists());
    assert!(log.join(format!("{:020}.json", 200)).exists());

    assert_eq!(everything(&workspace, TABLE), before);
    let anew = Lake::open(&location).unwrap();
    assert_eq!(anew.position(table(), "hub/0").await.unwrap(), Some(249));
    // Who has seen nothing of this finds the newest version all the same, and commits on it.
    assert_eq!(idle.position(table(), "hub/0").await.unwrap(), Some(249));
    commit(&idle, 250, &[record(250)]).await;
    assert_eq!(anew.version(table()).await.unwrap(), Some(version + 1));
    let fenced = Advance { source_id: "hub/0".into(), from: Some(39), to: 40 };
    let refused = anew.commit(table(), Some(batch(40, &[record(40)])), vec![fenced]).await;
    assert!(matches!(refused, Err(LakeError::Fenced { .. })), "{refused:?}");
    assert_eq!(workspace.distinct_count(TABLE), 251);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_daemon_keeps_the_lake_in_shape_in_quiet_moments() {
    const HUB: &str = "insights-logs-signinlogs";
    let workspace = Workspace::new();
    let devhub = DevhubConfig::with_hubs([(HUB, 1)]);
    let devhub = Devhub::start(&devhub, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    workspace.write(
        "entralog.yaml",
        format!(
            "eventHubs: [{{connectionString: {{env: HUBS}}, hubs: [{HUB}]}}]
flush: {{rows: 1}}
rules: {{disabled: [legacy-auth-success, password-spray, risky-ip, unused-admin-role]}}
retention: {{SigninLogs: 30d}}
maintenance: {{every: 1s}}
"
        ),
    );
    let old = sign_in("2020-01-05T10:00:00Z", "ada@contoso.com", "0", "old");
    workspace.write("old.ndjson", lines(&[old]));
    workspace.succeed(&["ingest", "--from", "old.ndjson"]);
    for n in 0..20 {
        let now = chrono::Utc::now().to_rfc3339();
        let record = sign_in(&now, "ada@contoso.com", "0", &format!("s{n}"));
        devhub.append(HUB, 0, body(&[record])).unwrap();
    }
    let mut command = workspace.command(&["serve"]);
    let mut daemon = Running::start(command.env("HUBS", devhub.connection_string()));
    eventually("files are merged", || {
        assert!(daemon.is_running());
        workspace.path("lake/SigninLogs/_delta_log").exists() && {
            let active = active(&workspace, TABLE);
            active.keys().any(|path| path.contains("/sorted-")) && active.len() < 20
        }
    });
    eventually("the old day is removed", || {
        workspace.count("SigninLogs WHERE TimeGenerated < TIMESTAMP '2021-01-01'") == 0
    });
    daemon.terminate();
    let finished = daemon.wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    for said in ["merged", "day removed"] {
        assert!(finished.stderr.contains(said), "{said}: {}", finished.stderr);
    }
    assert_eq!(workspace.distinct_count(TABLE), 20);
}
