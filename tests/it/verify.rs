//! `entralog lake verify`: each kind of damage is found, and nothing else is called damage.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::event_hubs::{HUB, ingest, start};
use crate::support::{Finished, Running, Workspace, audit, body, lines, sign_in};

/// A lake with sign-ins of three days and an audit record, from a hub of two partitions.
pub(crate) async fn lake() -> Workspace {
    let workspace = Workspace::new();
    let devhub = start(2).await;
    for n in 0..30 {
        let time = format!("2026-01-0{}T10:00:{n:02}Z", n % 3 + 5);
        let mut records = vec![sign_in(&time, "ada@contoso.com", "0", &format!("s{n}"))];
        if n == 7 {
            records.push(audit(&time, "Add user", "a0"));
        }
        devhub.append(HUB, n % 2, body(&records)).unwrap();
    }
    devhub.append(HUB, 0, "no JSON").unwrap();
    devhub.append(HUB, 1, r#"{"records":[]}"#).unwrap();
    let finished = Running::start(&mut ingest(&workspace, &devhub, &["--once"])).wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    workspace
}

pub(crate) fn verify(workspace: &Workspace) -> Finished {
    workspace.run(&["lake", "verify", "-o", "ndjson"])
}

/// The problems that are found, as `check table place`, with what is said of them.
pub(crate) fn problems(finished: &Finished) -> Vec<(String, Value)> {
    finished
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|row| row["Level"] == "problem")
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
            (format!("{} {} {}", text("Check"), text("Table"), text("Place")), row)
        })
        .collect()
}

#[track_caller]
pub(crate) fn found(workspace: &Workspace, expected: &str) -> Vec<(String, Value)> {
    let finished = verify(workspace);
    assert_eq!(finished.code, Some(1), "{finished:#?}");
    let problems = problems(&finished);
    let is_found = problems.iter().any(|(problem, _)| problem == expected);
    assert!(is_found, "{expected} is none of {problems:#?}");
    for (_, row) in &problems {
        assert!(row["Remedy"].as_str().unwrap().len() > 20, "nothing to do about {row}");
    }
    problems
}

/// The active data files of a table, each with its path in the log.
pub(crate) fn data_files(workspace: &Workspace, table: &str) -> Vec<(PathBuf, String)> {
    let directory = workspace.path("lake").join(table);
    let mut files = Vec::new();
    for day in std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()) {
        if day.ends_with("_delta_log") {
            continue;
        }
        for file in std::fs::read_dir(&day).unwrap().map(|entry| entry.unwrap().path()) {
            let day = day.file_name().unwrap().to_str().unwrap();
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            files.push((file, format!("{day}/{name}")));
        }
    }
    files.sort();
    files
}

pub(crate) fn commit(workspace: &Workspace, table: &str, version: u64) -> PathBuf {
    workspace.path("lake").join(table).join("_delta_log").join(format!("{version:020}.json"))
}

pub(crate) fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_lake_is_called_sound_with_a_summary() {
    let workspace = lake().await;
    for arguments in [&["lake", "verify"][..], &["lake", "verify", "--quick"]] {
        let finished = workspace.succeed(arguments);
        for part in ["nothing is wrong", "tables=5", "rows=63", "partitions=2"] {
            assert!(finished.stderr.contains(part), "{part}: {finished:#?}");
        }
        assert_eq!(problems(&finished), []);
    }
    // The event without a record is known for what it is.
    let finished = verify(&workspace);
    let note = "1 event, sequence number 15: without a record in them";
    assert!(finished.stdout.contains(note), "{finished:#?}");
    let nowhere = workspace.run(&["lake", "verify", "--lake", "nowhere"]);
    assert_eq!(nowhere.code, Some(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_deleted_is_named_and_so_are_the_events_that_were_in_it() {
    let workspace = lake().await;
    let (file, name) = &data_files(&workspace, "SigninLogs")[1];
    std::fs::remove_file(file).unwrap();
    let problems = found(&workspace, &format!("file SigninLogs {name}"));
    assert!(problems[0].1["Detail"].as_str().unwrap().contains("missing with its 10 rows"));
    let gaps = problems.iter().filter(|(problem, _)| problem.starts_with("gap - localhost:"));
    assert_eq!(gaps.count(), 2, "{problems:#?}");
    let quick = workspace.run(&["lake", "verify", "--quick"]);
    assert_eq!(quick.code, Some(1), "{quick:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_cut_off_is_named() {
    let workspace = lake().await;
    let (file, name) = &data_files(&workspace, "SigninLogs")[0];
    let bytes = std::fs::read(file).unwrap();
    std::fs::write(file, &bytes[..bytes.len() - 7]).unwrap();
    found(&workspace, &format!("file SigninLogs {name}"));
    let quick = workspace.run(&["lake", "verify", "--quick"]);
    assert_eq!(quick.code, Some(1), "{quick:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_byte_that_is_changed_in_a_file_is_noticed() {
    let workspace = lake().await;
    let (file, name) = &data_files(&workspace, "AuditLogs")[0];
    let bytes = std::fs::read(file).unwrap();
    for place in [10, bytes.len() / 4, bytes.len() / 2, bytes.len() - 12] {
        let mut changed = bytes.clone();
        changed[place] ^= 0x20;
        std::fs::write(file, &changed).unwrap();
        found(&workspace, &format!("content AuditLogs {name}"));
    }
    std::fs::write(file, bytes).unwrap();
    assert_eq!(verify(&workspace).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_replaced_by_another_good_one_is_noticed() {
    let workspace = lake().await;
    let files = data_files(&workspace, "SigninLogs");
    let ((first, name), (second, _)) = (&files[0], &files[1]);
    let size = |file: &Path| format!("\"size\":{}", std::fs::metadata(file).unwrap().len());
    let (was, is) = (size(first), size(second));
    std::fs::copy(second, first).unwrap();
    // Nor when its size is made to fit.
    let log = commit(&workspace, "SigninLogs", 1);
    let text = std::fs::read_to_string(&log).unwrap();
    let line = text.lines().find(|line| line.contains(name)).unwrap();
    edit(&log, line, &line.replace(&was, &is));
    found(&workspace, &format!("content SigninLogs {name}"));
}

/// As if its writer had not named it after its bytes: every column is read then, and compared.
fn rename(workspace: &Workspace, table: &str, file: &Path) -> String {
    let name = file.file_name().unwrap().to_str().unwrap();
    let plain = format!("part-{}", &name[..8]) + ".parquet";
    let renamed = file.with_file_name(&plain);
    std::fs::rename(file, &renamed).unwrap();
    edit(&commit(workspace, table, 1), name, &plain);
    let day = file.parent().unwrap().file_name().unwrap().to_str().unwrap();
    format!("{day}/{plain}")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_claims_of_a_file_is_held_against_its_rows() {
    let workspace = lake().await;
    let log = commit(&workspace, "SigninLogs", 1);
    let (file, _) = &data_files(&workspace, "SigninLogs")[2];
    let name = rename(&workspace, "SigninLogs", file);
    assert_eq!(verify(&workspace).code, Some(0));
    let text = std::fs::read_to_string(&log).unwrap();
    let line = text.lines().find(|line| line.contains(&name)).unwrap().to_owned();
    for (from, to, check) in [
        (r#"\"numRecords\":10"#, r#"\"numRecords\":11"#, "statistics"),
        ("2026-01-07T10:00:02", "2026-01-07T10:00:01", "statistics"),
        ("2026-01-07T10:00:29", "2026-01-07T10:00:30", "statistics"),
        (r#"\"UserPrincipalName\":\"ada@"#, r#"\"UserPrincipalName\":\"bob@"#, "statistics"),
        (r#""date":"2026-01-07""#, r#""date":"2026-01-08""#, "partition"),
    ] {
        let changed = line.replace(from, to);
        assert_ne!(changed, line, "{from} is not in it");
        std::fs::write(&log, text.replace(&line, &changed)).unwrap();
        found(&workspace, &format!("{check} SigninLogs {name}"));
    }
    std::fs::write(&log, &text).unwrap();
    assert_eq!(verify(&workspace).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_table_is_noticed_by_its_columns() {
    let workspace = lake().await;
    let (file, _) = &data_files(&workspace, "SigninLogs")[2];
    let name = rename(&workspace, "SigninLogs", file);
    let other = &data_files(&workspace, "AuditLogs")[0].0;
    let day = workspace.path("lake/SigninLogs").join(&name);
    std::fs::copy(other, &day).unwrap();
    let (was, is) = (std::fs::metadata(other).unwrap().len(), commit(&workspace, "SigninLogs", 1));
    let text = std::fs::read_to_string(&is).unwrap();
    let line = text.lines().find(|line| line.contains(&name)).unwrap();
    let add: Value = serde_json::from_str(line).unwrap();
    let size = format!("\"size\":{}", add["add"]["size"]);
    edit(&is, line, &line.replace(&size, &format!("\"size\":{was}")));
    found(&workspace, &format!("columns SigninLogs {name}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_in_the_lake_twice_are_named() {
    let workspace = lake().await;
    let (file, name) = &data_files(&workspace, "SigninLogs")[0];
    let log = commit(&workspace, "SigninLogs", 1);
    let text = std::fs::read_to_string(&log).unwrap();
    let line = text.lines().find(|line| line.contains(name)).unwrap();
    // The first of the two by name is the one that is named.
    let copy = file.with_file_name("z.parquet");
    std::fs::copy(file, copy).unwrap();
    let plain = file.file_name().unwrap().to_str().unwrap();
    std::fs::write(commit(&workspace, "SigninLogs", 2), line.replace(plain, "z.parquet")).unwrap();
    let problems = found(&workspace, &format!("doubled SigninLogs {name}"));
    let detail = problems[0].1["Detail"].as_str().unwrap();
    assert!(detail.starts_with("10 of its records are also in SigninLogs/"), "{detail}");
    assert_eq!(problems.len(), 1, "{problems:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_missing_or_cannot_be_read_is_named() {
    let workspace = lake().await;
    // What it added is not in the table any more, and its events are in no table.
    let log = commit(&workspace, "SigninLogs", 1);
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    let finished = verify(&workspace);
    assert_eq!(finished.code, Some(1), "{finished:#?}");
    let missing = problems(&finished);
    assert!(missing.iter().any(|(problem, _)| problem.starts_with("gap - ")), "{missing:#?}");

    std::fs::write(&log, &text[..text.len() / 2]).unwrap();
    found(&workspace, "log SigninLogs 00000000000000000001.json");
    std::fs::write(&log, &text).unwrap();
    assert_eq!(verify(&workspace).code, Some(0));

    std::fs::remove_file(commit(&workspace, "SigninLogs", 0)).unwrap();
    let finished = verify(&workspace);
    assert_eq!(finished.code, Some(1), "{finished:#?}");
}

#[test]
fn a_log_that_was_edited_behind_its_checkpoint_is_noticed() {
    let workspace = Workspace::new();
    workspace.write("entralog.yaml", "flush: {rows: 1}\n");
    let records: Vec<_> =
        (0..105).map(|n| sign_in("2026-01-05T10:00:00Z", "a@x", "0", &format!("s{n}"))).collect();
    workspace.write("a.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "a.ndjson"]);
    workspace.succeed(&["lake", "verify"]);
    let log = commit(&workspace, "SigninLogs", 40);
    let name = log.file_name().unwrap().to_str().unwrap().to_owned();
    let text = std::fs::read_to_string(&log).unwrap();

    edit(&log, r#"\"numRecords\":1"#, r#"\"numRecords\":2"#);
    let problems = found(&workspace, &format!("log SigninLogs {name}"));
    let is_said = |(_, row): &(String, Value)| row["Detail"].as_str().unwrap().contains("disagree");
    assert!(problems.iter().any(is_said), "{problems:#?}");

    let without: String =
        text.lines().filter(|line| !line.contains("\"add\"")).map(|l| format!("{l}\n")).collect();
    std::fs::write(&log, without).unwrap();
    found(&workspace, "log SigninLogs _delta_log");

    std::fs::write(&log, text.replace("\"version\":", "\"version\":9")).unwrap();
    let problems = found(&workspace, &format!("log SigninLogs {}", name.replace("40", "41")));
    assert!(problems[0].1["Detail"].as_str().unwrap().contains("back from 9"), "{problems:#?}");

    std::fs::remove_file(&log).unwrap();
    let problems = found(&workspace, &format!("log SigninLogs {name}"));
    assert_eq!(problems[0].1["Detail"], "commit 40 is missing");
    std::fs::write(&log, text).unwrap();
    workspace.succeed(&["lake", "verify"]);

    // The newest commits, behind the checkpoint that `_last_checkpoint` names.
    for version in 99..=105 {
        std::fs::remove_file(commit(&workspace, "SigninLogs", version)).unwrap();
    }
    let checkpoint = log.with_file_name(format!("{:020}.checkpoint.parquet", 100));
    std::fs::remove_file(checkpoint).unwrap();
    let finished = verify(&workspace);
    let details: Vec<_> = problems_of(&finished);
    assert!(details.iter().any(|detail| detail.contains("commits end at 98")), "{details:#?}");
}

pub(crate) fn problems_of(finished: &Finished) -> Vec<String> {
    let detail = |(_, row): (String, Value)| row["Detail"].as_str().unwrap().to_owned();
    problems(finished).into_iter().map(detail).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_is_behind_its_rows_is_named() {
    let workspace = lake().await;
    let log = commit(&workspace, "SigninLogs", 1);
    edit(&log, "\"version\":15", "\"version\":9");
    let finished = verify(&workspace);
    assert_eq!(finished.code, Some(1), "{finished:#?}");
    let details = problems_of(&finished);
    assert!(
        details.iter().any(|d| d.contains("a row of localhost") && d.contains("is at 9 in")),
        "{details:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hubs_retention_has_removed_is_explained() {
    let workspace = Workspace::new();
    let devhub = start(1).await;
    let event = |n: usize| {
        body(&[sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", &format!("s{n}"))])
    };
    let append = |numbers: std::ops::Range<usize>| {
        numbers.for_each(|n| _ = devhub.append(HUB, 0, event(n)).unwrap());
    };
    append(0..5);
    devhub.truncate(HUB, 0, 3).unwrap();
    let once = || Running::start(&mut ingest(&workspace, &devhub, &["--once"])).wait();
    assert_eq!(once().code, Some(0));
    append(5..20);
    devhub.truncate(HUB, 0, 15).unwrap();
    assert_eq!(once().code, Some(0));
    assert_eq!(once().code, Some(0));
    let finished = workspace.succeed(&["lake", "verify", "-o", "ndjson"]);
    let rows: Vec<Value> =
        finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said: Vec<_> = rows
        .iter()
        .map(|row| (row["Level"].as_str().unwrap(), row["Detail"].as_str().unwrap()))
        .collect();
    assert_eq!(
        said,
        [
            (
                "explained",
                "10 events, sequence numbers 5 to 14: removed by the hub's retention before they were read"
            ),
            ("note", "3 events, sequence numbers 0 to 2: gone when the partition was first read"),
        ]
    );
    assert_eq!(workspace.count("SequenceGaps"), 2);
}
