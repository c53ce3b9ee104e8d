//! What is lost without a trace in what is left of a Delta log: `entralog lake verify` finds it, and nothing else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{Days, SecondsFormat, Utc};
use entralog::decode::{Reason, decode};
use entralog::lake::{Advance, Eagerness, Lake};
use entralog::table::{
    DEAD_LETTERS, DeadLetter, DeadLetterBuilder, Provenance, TableBuilder, by_name,
};
use serde_json::Value;

use crate::event_hubs::{HUB, start};
use crate::support::{Finished, Running, Workspace, argument, body, eventually, lines, sign_in};
use crate::verify::{commit, data_files, edit, found, lake, problems, problems_of, verify};

const TIME: &str = "2026-01-05T10:00:00Z";

/// Takes in a file of so many sign-ins.
fn take_in(workspace: &Workspace, name: &str, records: usize) {
    let records: Vec<_> =
        (0..records).map(|n| sign_in(TIME, "a@x", "0", &format!("{name}{n}"))).collect();
    workspace.write(name, lines(&records));
    workspace.succeed(&["ingest", "--from", name]);
}

/// The newest commit of a table.
fn newest(workspace: &Workspace, table: &str) -> PathBuf {
    let last = (0..).find(|version| !commit(workspace, table, *version).exists()).unwrap();
    commit(workspace, table, last - 1)
}

fn name_of(path: &std::path::Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// What is said that is no problem.
fn others(finished: &Finished) -> Vec<(String, String)> {
    let rows = finished.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or("-").to_owned();
    rows.filter(|row| row["Level"] != "problem")
        .map(|row| (text(&row, "Level"), text(&row, "Detail")))
        .collect()
}

#[test]
fn the_rows_of_a_file_that_are_lost_with_their_commit_are_missed_for_ever() {
    let workspace = Workspace::new();
    take_in(&workspace, "a.ndjson", 3);
    take_in(&workspace, "b.ndjson", 2);
    assert_eq!(verify(&workspace).stdout, "");
    let lost = newest(&workspace, "SigninLogs");
    std::fs::remove_file(&lost).unwrap();
    let problems = found(&workspace, &format!("log SigninLogs {}", name_of(&lost)));
    let file =
        problems.iter().find(|(problem, _)| problem.starts_with("position SigninLogs file:"));
    assert!(file.unwrap().0.contains("/b.ndjson?"), "{problems:#?}");
    let quick = workspace.run(&["lake", "verify", "--quick"]);
    assert_eq!(quick.code, Some(1), "{quick:#?}");

    // Its version is taken by another commit: the file is missed all the same.
    take_in(&workspace, "c.ndjson", 4);
    assert!(lost.exists());
    let finished = verify(&workspace);
    assert_eq!(finished.code, Some(1), "{finished:#?}");
    let places: Vec<_> = self::problems(&finished).into_iter().map(|(place, _)| place).collect();
    assert_eq!(places.len(), 1, "{places:#?}");
    assert!(places[0].contains("/b.ndjson?"), "{places:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_partition_are_missed_in_one_table_though_others_have_the_same_event() {
    let workspace = lake().await;
    let lost = newest(&workspace, "AuditLogs");
    std::fs::remove_file(&lost).unwrap();
    let problems = found(&workspace, &format!("log AuditLogs {}", name_of(&lost)));
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let detail = problems[0].1["Detail"].as_str().unwrap();
    assert!(detail.contains("DeadLetters has seen version 1"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_whose_directory_is_gone_is_missed() {
    for table in ["SigninLogs", "AuditLogs", "SequenceGaps", "DeadLetters"] {
        let workspace = lake().await;
        std::fs::remove_dir_all(workspace.path("lake").join(table)).unwrap();
        let problems = found(&workspace, &format!("log {table} _delta_log"));
        let is_said = |(problem, row): &(String, Value)| {
            problem.starts_with("log ") && row["Detail"].as_str().unwrap().contains("missing")
        };
        assert!(problems.iter().any(is_said), "{problems:#?}");
        let quick = workspace.run(&["lake", "verify", "--quick"]);
        assert_eq!(quick.code, Some(1), "{quick:#?}");
    }
    // After the very first flush, too.
    let workspace = Workspace::new();
    take_in(&workspace, "a.ndjson", 2);
    std::fs::remove_dir_all(workspace.path("lake/DeadLetters")).unwrap();
    found(&workspace, "log DeadLetters _delta_log");
}

#[test]
fn the_newest_commits_of_the_dead_letters_are_missed() {
    let workspace = Workspace::new();
    for name in ["a.ndjson", "b.ndjson", "c.ndjson"] {
        take_in(&workspace, name, 2);
    }
    let last = newest(&workspace, "DeadLetters");
    let text = std::fs::read(&last).unwrap();
    std::fs::remove_file(&last).unwrap();
    // This is what a flush that ended too early leaves behind, too.
    let finished = verify(&workspace);
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let [(level, detail)] = &others(&finished)[..] else { panic!("{finished:#?}") };
    assert_eq!(level, "explained");
    assert!(detail.contains("the last commit of DeadLetters was deleted"), "{detail}");
    workspace.succeed(&["ingest", "--from", "c.ndjson"]);
    assert_eq!(
        (verify(&workspace).stdout.as_str(), workspace.distinct_count("SigninLogs")),
        ("", 6)
    );

    std::fs::write(&last, text).unwrap();
    std::fs::remove_file(&last).unwrap();
    std::fs::remove_file(newest(&workspace, "DeadLetters")).unwrap();
    let next = name_of(&newest(&workspace, "DeadLetters")).replace('1', "2");
    let problems = found(&workspace, &format!("log DeadLetters {next}"));
    let detail = problems[0].1["Detail"].as_str().unwrap();
    assert!(detail.contains("SigninLogs has seen version 2"), "{detail}");
}

#[test]
fn a_commit_with_nothing_in_it_is_damage() {
    let workspace = Workspace::new();
    take_in(&workspace, "a.ndjson", 2);
    let log = newest(&workspace, "SigninLogs");
    let text = std::fs::read_to_string(&log).unwrap();
    for nothing in ["", "\n\n"] {
        std::fs::write(&log, nothing).unwrap();
        let problems = found(&workspace, &format!("log SigninLogs {}", name_of(&log)));
        let named = problems.iter().filter(|(problem, _)| problem.ends_with(&name_of(&log)));
        assert_eq!(named.count(), 1, "{problems:#?}");
        let said = problems_of(&verify(&workspace));
        assert!(said.iter().any(|detail| detail.contains("there is nothing in it")), "{said:#?}");
    }
    std::fs::write(&log, "").unwrap();
    let quick = workspace.run(&["lake", "verify", "--quick", "-o", "ndjson"]);
    assert_eq!(quick.code, Some(1), "{quick:#?}");
    assert!(problems_of(&quick).contains(&"there is nothing in it".to_owned()), "{quick:#?}");
    std::fs::write(&log, text).unwrap();
    assert_eq!(verify(&workspace).stdout, "");
}

#[test]
fn a_commit_that_is_cut_off_is_named_with_the_line_and_without_a_backtrace() {
    let workspace = Workspace::new();
    take_in(&workspace, "a.ndjson", 2);
    let log = newest(&workspace, "SigninLogs");
    let text = std::fs::read_to_string(&log).unwrap();
    let cut = text.find("\"stats\"").unwrap();
    let line = text[..cut].lines().count();
    std::fs::write(&log, &text[..cut]).unwrap();
    for depth in [&[][..], &["--quick"]] {
        let arguments = [&["lake", "verify", "-o", "ndjson"][..], depth].concat();
        let mut command = workspace.command(&arguments);
        let finished = Running::start(command.env("RUST_BACKTRACE", "1")).wait();
        assert_eq!(finished.code, Some(1), "{finished:#?}");
        let problems = problems(&finished);
        let expected = format!("log SigninLogs {}", name_of(&log));
        let (_, row) = problems.iter().find(|(problem, _)| *problem == expected).unwrap();
        let detail = row["Detail"].as_str().unwrap();
        assert!(
            detail.starts_with(&format!("it cannot be read: line {line}, column ")),
            "{detail}"
        );
        for problem in &problems {
            let detail = problem.1["Detail"].as_str().unwrap();
            assert!(!detail.contains(".rs:") && !detail.contains('\n'), "{detail}");
        }
    }
    let mut command = workspace.command(&["query", "SELECT count(*) FROM SigninLogs"]);
    let finished = Running::start(command.env("RUST_BACKTRACE", "1")).wait();
    assert!(finished.error().contains("SigninLogs"), "{finished:#?}");
    assert!(!finished.stderr.contains(".rs:"), "{finished:#?}");
}

#[test]
fn a_file_that_is_taken_out_of_a_commit_is_missed_even_when_the_commit_is_gone() {
    let workspace = Workspace::new();
    workspace.write("entralog.yaml", "flush: {rows: 1}\n");
    take_in(&workspace, "a.ndjson", 105);
    let log = commit(&workspace, "SigninLogs", 103);
    let text = std::fs::read_to_string(&log).unwrap();
    let add = text.lines().find(|line| line.starts_with("{\"add\"")).unwrap();
    edit(&log, &format!("{add}\n"), "");
    let problems = found(&workspace, &format!("log SigninLogs {}", name_of(&log)));
    let detail = problems.iter().find(|(place, _)| place.ends_with(&name_of(&log))).unwrap();
    let detail = detail.1["Detail"].as_str().unwrap();
    let expected = "it was written with 1 files added with 1 rows, 0 removed, and has 0 files added with 0 rows, 0 removed";
    assert_eq!(detail, expected);
    // Nor can the writer's own count be edited away.
    let count = |n: u32| format!("\"numAddedFiles\":\"{n}\"");
    edit(&log, &count(1), &count(0));
    edit(&log, "\"numOutputRows\":\"1\"", "\"numOutputRows\":\"0\"");
    found(&workspace, "log SigninLogs _delta_log");

    // A checkpoint later, when nothing is left of the commit.
    take_in(&workspace, "b.ndjson", 100);
    assert!(commit(&workspace, "SigninLogs", 200).exists());
    let lake = argument(&workspace.path("lake")).to_owned();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cleaned = runtime.block_on(async {
        let lake = Lake::open(&lake).unwrap();
        lake.clean_log(by_name("SigninLogs").unwrap(), Duration::ZERO, false).await.unwrap()
    });
    assert_eq!(cleaned.begins_at, Some(200));
    let problems = found(&workspace, "log SigninLogs _delta_log");
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let detail = problems[0].1["Detail"].as_str().unwrap();
    let expected = "its files have 204 rows where its commits counted 205: 1 are missing";
    assert!(detail.starts_with(expected), "{detail}");
    let quick = workspace.run(&["lake", "verify", "--quick"]);
    assert_eq!(quick.code, Some(1), "{quick:#?}");
}

#[test]
fn rows_are_counted_through_compaction_and_retention_and_behind_another_writer() {
    let workspace = Workspace::new();
    workspace.write("entralog.yaml", "flush: {rows: 1}\nretention: {SigninLogs: 30d}\n");
    let today = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
    let old = sign_in("2020-01-05T10:00:00Z", "a@x", "0", "old");
    let of = |n: usize| sign_in(&today, "a@x", "0", &format!("s{n}"));
    workspace.write("a.ndjson", lines(&[old, of(0), of(1), of(2)]));
    workspace.succeed(&["ingest", "--from", "a.ndjson"]);
    workspace.succeed(&["lake", "compact"]);
    assert_eq!(workspace.assert_sound().rows, 4);
    let done = workspace.succeed(&["lake", "retain"]);
    assert!(done.stdout.contains("2020-01-05"), "{done:#?}");
    assert_eq!(workspace.assert_sound().rows, 3);
    take_in(&workspace, "b.ndjson", 2);
    assert_eq!(verify(&workspace).stdout.matches("no part of the table").count(), 1);

    // Another writer takes a file out, by the rules: that is no damage, and is counted from there on.
    let last = name_of(&newest(&workspace, "SigninLogs"));
    let version: u64 = last.trim_end_matches(".json").parse().unwrap();
    let text = std::fs::read_to_string(commit(&workspace, "SigninLogs", version)).unwrap();
    let add = text.lines().find(|line| line.starts_with("{\"add\"")).unwrap();
    let add: Value = serde_json::from_str(add).unwrap();
    let remove = serde_json::json!({"remove": {
        "path": add["add"]["path"], "deletionTimestamp": 1_700_000_000_000_i64,
        "dataChange": true, "extendedFileMetadata": true, "size": add["add"]["size"],
        "partitionValues": add["add"]["partitionValues"],
    }});
    let info = "{\"commitInfo\":{\"timestamp\":1700000000000,\"operation\":\"DELETE\",\"engineInfo\":\"Apache-Spark/3.5\"}}";
    std::fs::write(commit(&workspace, "SigninLogs", version + 1), format!("{info}\n{remove}\n"))
        .unwrap();
    let finished = verify(&workspace);
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert!(finished.stdout.contains("another writer made version"), "{finished:#?}");
    take_in(&workspace, "c.ndjson", 1);
    let finished = verify(&workspace);
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert!(!finished.stdout.contains("another writer"), "{finished:#?}");
}

/// Takes out of every commit what versions before this one did not write.
fn as_before(workspace: &Workspace) {
    for table in std::fs::read_dir(workspace.path("lake")).unwrap() {
        for entry in std::fs::read_dir(table.unwrap().path().join("_delta_log")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let text = std::fs::read_to_string(&path).unwrap();
                let lines = text.lines().filter(|line| !line.contains("\"appId\":\"entralog:"));
                let lines: Vec<_> = lines
                    .map(|line| {
                        let mut action: Value = serde_json::from_str(line).unwrap();
                        if let Some(info) = action.get_mut("commitInfo") {
                            info.as_object_mut().unwrap().remove("operationMetrics");
                        }
                        format!("{action}\n")
                    })
                    .collect();
                std::fs::write(&path, lines.concat()).unwrap();
            }
        }
    }
}

#[test]
fn a_lake_of_a_version_before_is_sound_and_says_what_cannot_be_told() {
    let workspace = Workspace::new();
    take_in(&workspace, "a.ndjson", 3);
    take_in(&workspace, "b.ndjson", 2);
    as_before(&workspace);
    let finished = verify(&workspace);
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let [(level, detail)] = &others(&finished)[..] else { panic!("{finished:#?}") };
    assert_eq!(level, "note");
    assert!(detail.contains("not counted by the version that wrote them"), "{detail}");

    // What is lost of it is said as far as it can be told.
    let lost = newest(&workspace, "SigninLogs");
    let text = std::fs::read_to_string(&lost).unwrap();
    std::fs::remove_file(&lost).unwrap();
    let said = others(&verify(&workspace));
    let is_said = said.iter().any(|(_, detail)| detail.contains("no table has a row of it"));
    assert!(is_said, "{said:#?}");
    std::fs::write(&lost, text).unwrap();
    let dead_letters = workspace.path("lake/DeadLetters");
    let aside = workspace.path("aside");
    std::fs::rename(&dead_letters, &aside).unwrap();
    found(&workspace, "log DeadLetters _delta_log");
    std::fs::rename(&aside, &dead_letters).unwrap();

    // From the next commit on, all of it is counted.
    take_in(&workspace, "c.ndjson", 1);
    assert_eq!(verify(&workspace).stdout, "");
    let log = newest(&workspace, "SigninLogs");
    let text = std::fs::read_to_string(&log).unwrap();
    let add = text.lines().find(|line| line.starts_with("{\"add\"")).unwrap();
    edit(&log, &format!("{add}\n"), "");
    let problems = found(&workspace, "log SigninLogs _delta_log");
    let is_counted = problems.iter().any(|(_, row)| {
        row["Detail"].as_str().unwrap().contains("5 rows where its commits counted 6")
    });
    assert!(is_counted, "{problems:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_that_cannot_be_read_are_said_and_explain_nothing_away() {
    let workspace = lake().await;
    let (file, name) = &data_files(&workspace, "SequenceGaps")[0];
    let bytes = std::fs::read(file).unwrap();
    std::fs::write(file, vec![0; bytes.len()]).unwrap();
    let problems = found(&workspace, &format!("content SequenceGaps {name}"));
    let said: Vec<_> = problems.iter().map(|(problem, _)| problem.as_str()).collect();
    assert!(said.contains(&"content SequenceGaps "), "{said:#?}");
    assert!(!said.iter().any(|problem| problem.starts_with("gap ")), "{said:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_does_not_make_lost_what_retention_has_removed() {
    const SOURCE: &str = "ns/hub/0";
    let workspace = Workspace::new();
    workspace.write("entralog.yaml", "retention: {SigninLogs: 30d}\n");
    let now = Utc::now();
    let today = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    let taken_in = now.checked_sub_days(Days::new(3)).unwrap().timestamp_micros();
    let lake = Lake::open(argument(&workspace.path("lake"))).unwrap();
    let table = by_name("SigninLogs").unwrap();
    let mut rows = TableBuilder::new(table);
    for position in 1..8 {
        // The first of them are of a day that retention removes.
        let time = if position < 5 { "2020-01-05T10:00:00Z" } else { &today };
        let body = body(&[sign_in(time, "a@x", "0", &format!("s{position}"))]);
        let decoded = decode(body.as_bytes());
        let ingested_at = taken_in + position;
        for record in decoded.iter() {
            let from = Provenance { source: SOURCE, position, ingested_at };
            rows.append(&record.unwrap(), from).unwrap();
        }
    }
    let advance = || vec![Advance { source_id: SOURCE.into(), from: None, to: 7 }];
    lake.commit(table, Some(rows.finish().unwrap()), advance()).await.unwrap();
    let mut letters = DeadLetterBuilder::default();
    let record = sign_in(&today, "a@x", "0", "s0").to_string();
    let letter = DeadLetter {
        reason: Reason::UnknownCategory,
        detail: "sequence number 0, record 0: no table".into(),
        category: Some("New"),
        body: record.as_bytes(),
        index: 0,
    };
    letters.append(&letter, Provenance { source: SOURCE, position: 0, ingested_at: taken_in });
    lake.commit(&DEAD_LETTERS, Some(letters.finish().unwrap()), advance()).await.unwrap();
    assert_eq!(verify(&workspace).stdout, "");

    workspace.succeed(&["dead", "replay"]);
    assert_eq!(workspace.count("SigninLogs"), 8);
    workspace.succeed(&["lake", "retain"]);
    assert_eq!(workspace.count("SigninLogs"), 4);
    let finished = verify(&workspace);
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let removed = "4 events, sequence numbers 1 to 4: their rows may have been removed by the lake's own retention";
    assert!(others(&finished).contains(&("explained".into(), removed.into())), "{finished:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_reported_beside_writers_and_maintenance() {
    const LOOKS: usize = 12;
    let workspace = Workspace::new();
    let devhub = start(2).await;
    workspace.write(
        "entralog.yaml",
        format!(
            "eventHubs: [{{connectionString: {{env: HUBS}}, hubs: [{HUB}]}}]
flush: {{rows: 1}}
retention: {{SigninLogs: 30d}}
maintenance: {{every: 1s}}
"
        ),
    );
    let mut command = workspace.command(&["serve"]);
    let mut daemon = Running::start(command.env("HUBS", devhub.connection_string()));
    let location = workspace.path("lake");
    let until = Instant::now() + Duration::from_secs(120);
    let is_over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let producer = {
        let is_over = std::sync::Arc::clone(&is_over);
        tokio::task::spawn_blocking(move || {
            let mut n = 0;
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) && Instant::now() < until {
                let now = Utc::now().to_rfc3339();
                let record = sign_in(&now, "ada@contoso.com", "0", &format!("s{n}"));
                let body = if n % 7 == 3 { "no JSON".into() } else { body(&[record]) };
                devhub.append(HUB, n % 2, body).unwrap();
                n += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            n
        })
    };
    eventually("rows are in", || {
        location.join("DeadLetters/_delta_log").exists()
            && location.join("SigninLogs/_delta_log").exists()
    });
    // Faster than anybody would: logs are cut at every checkpoint, and replaced files deleted within the time
    // of a look. Whoever commits does so on a version that it saw less than three seconds ago.
    let (grace, keep) = (Duration::from_millis(300), Duration::from_secs(3));
    let lake = Lake::open(argument(&location)).unwrap();
    let watched = lake.clone();
    let maintenance = {
        let is_over = std::sync::Arc::clone(&is_over);
        let work = async move {
            let mut cleaned = 0;
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                for table in [by_name("SigninLogs").unwrap(), &DEAD_LETTERS] {
                    for group in lake.mergeable(table, Eagerness::Everything).await.unwrap() {
                        lake.merge(&group).await.unwrap();
                    }
                    lake.vacuum(table, grace, false).await.unwrap();
                    cleaned += lake.clean_log(table, keep, false).await.unwrap().files;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            cleaned
        };
        tokio::spawn(work)
    };
    let mut looks = 0;
    let mut rows = 0;
    while looks < LOOKS || (rows < 400 && Instant::now() < until) {
        let finished = tokio::task::block_in_place(|| verify(&workspace));
        assert_eq!(finished.code, Some(0), "look {looks}: {finished:#?}");
        assert!(daemon.is_running());
        let totals = watched.totals(by_name("SigninLogs").unwrap()).await.unwrap();
        rows = totals.and_then(|totals| totals.rows).unwrap();
        looks += 1;
    }
    is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    let (cleaned, sent) = (maintenance.await.unwrap(), producer.await.unwrap());
    assert!(cleaned > 0, "no log was cleaned up in {looks} looks at up to {rows} rows of {sent}");
    daemon.terminate();
    let finished = daemon.wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    workspace.assert_sound();
}
