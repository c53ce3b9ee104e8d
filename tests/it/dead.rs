//! What could not be decoded, and its replay: each record once, whoever dies and whoever else works.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::time::Duration;

use entralog::decode::Reason;
use entralog::lake::{Advance, Lake};
use entralog::replay::SOURCE;
use entralog::table::{
    DEAD_LETTER_REPLAYS, DEAD_LETTERS, DeadLetter, DeadLetterBuilder, Provenance, to_batch,
};
use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::support::{Finished, Running, Workspace, argument, audit, body, lines, sign_in};

const TIME: &str = "2026-01-05T10:00:00Z";
/// When the dead letters of these tests were taken in, in microseconds.
const TAKEN_IN: i64 = 1_700_000_000_000_000;

/// A good record, and one of another table.
fn records(n: usize) -> (String, String) {
    let sign_in = sign_in(TIME, "ada@contoso.com", "0", &format!("s{n}"));
    (sign_in.to_string(), audit(TIME, "Add user", &format!("a{n}")).to_string())
}

/// Keeps bodies as the dead letters `hub/0@<place>#0` of a version that could not place them.
async fn keep(workspace: &Workspace, bodies: &[impl AsRef<[u8]>]) {
    let mut letters = DeadLetterBuilder::default();
    for (place, body) in bodies.iter().enumerate() {
        let letter = DeadLetter {
            reason: Reason::UnknownCategory,
            detail: format!("sequence number {place}, record 0: no table for category \"New\""),
            category: Some("New"),
            body: body.as_ref(),
            index: 0,
        };
        let position = i64::try_from(place).unwrap();
        let ingested_at = TAKEN_IN + position * 1_000_000;
        letters.append(&letter, Provenance { source: "hub/0", position, ingested_at });
    }
    let lake = Lake::open(argument(&workspace.path("lake"))).unwrap();
    lake.commit(&DEAD_LETTERS, Some(letters.finish().unwrap()), Vec::new()).await.unwrap();
}

/// Claims a batch as a replay does first, for records as (place, `_Source`, table).
async fn claim(workspace: &Workspace, batch: i64, records: &[(i64, &str, &str)]) {
    let claims: Vec<_> = records
        .iter()
        .map(|(place, source, table)| {
            let time = chrono::DateTime::from_timestamp_micros(TAKEN_IN + place * 1_000_000);
            json!({
                "TimeGenerated": TIME,
                "Batch": batch,
                "DeadLetterTime": time.unwrap(),
                "DeadLetterSource": format!("hub/0@{place}#0"),
                "TargetTable": table,
                "_Source": source,
            })
        })
        .collect();
    let rows = to_batch(&DEAD_LETTER_REPLAYS, &claims).unwrap();
    let from = (batch > 1).then_some(batch - 1);
    let advance = Advance { source_id: SOURCE.into(), from, to: batch };
    let lake = Lake::open(argument(&workspace.path("lake"))).unwrap();
    lake.commit(&DEAD_LETTER_REPLAYS, Some(rows), vec![advance]).await.unwrap();
}

#[track_caller]
fn parsed(finished: &Finished) -> Vec<Value> {
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn list(workspace: &Workspace, arguments: &[&str]) -> Vec<Value> {
    parsed(&workspace.run(&[&["dead", "list"], arguments].concat()))
}

#[track_caller]
fn replay(workspace: &Workspace, arguments: &[&str]) -> Vec<Value> {
    parsed(&workspace.run(&[&["dead", "replay"], arguments].concat()))
}

fn replayed(table: &str, rows: u64) -> Value {
    json!({"Outcome": "replayed", "Table": table, "Reason": null, "Rows": rows})
}

fn still_dead(reason: &str, rows: u64) -> Value {
    json!({"Outcome": "still dead", "Table": "DeadLetters", "Reason": reason, "Rows": rows})
}

fn column<'a>(rows: &'a [Value], column: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[column].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_decoded_now_goes_to_its_table_once_and_the_rest_stays() {
    let workspace = Workspace::new();
    let mut unknown = sign_in(TIME, "ada@contoso.com", "0", "u");
    unknown["category"] = json!("Unheard");
    workspace.write("logs.ndjson", lines(&[unknown]));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    let (sign_in, audit) = records(0);
    keep(&workspace, &[sign_in, audit]).await;
    assert_eq!(
        column(&list(&workspace, &[]), "Category"),
        ["Unheard", "New", "New"],
        "newest first"
    );

    assert_eq!(
        replay(&workspace, &[]),
        [replayed("AuditLogs", 1), replayed("SigninLogs", 1), still_dead("unknown_category", 1)]
    );
    let rows = workspace.rows(
        "SELECT Id, _Source FROM SigninLogs UNION ALL SELECT Id, _Source FROM AuditLogs ORDER BY Id",
    );
    let expected =
        [json!({"Id": "a0", "_Source": "hub/0@1#0"}), json!({"Id": "s0", "_Source": "hub/0@0#0"})];
    assert_eq!(rows, expected, "a row says which delivery brought it");

    let left = list(&workspace, &[]);
    assert_eq!(column(&left, "Category"), ["Unheard"]);
    assert_eq!(left[0].get("Replayed"), None);
    let all = list(&workspace, &["--all"]);
    let when: Vec<_> = all.iter().map(|row| row["Replayed"].is_string()).collect();
    assert_eq!(when, [false, true, true], "{all:#?}");

    let before = workspace.count("DeadLetters");
    for _ in 0..2 {
        assert_eq!(replay(&workspace, &[]), [still_dead("unknown_category", 1)]);
    }
    assert_eq!((workspace.count("SigninLogs"), workspace.count("AuditLogs")), (1, 1));
    assert_eq!((before, workspace.count("DeadLetters")), (3, 3));
    assert_eq!(workspace.count("DeadLetterReplays"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_chosen_is_replayed() {
    let workspace = Workspace::new();
    let bodies: Vec<_> = (0..4).map(|n| records(n).0).collect();
    keep(&workspace, &bodies).await;
    let ids = list(&workspace, &[]);
    let ids = column(&ids, "Id");
    assert_eq!(replay(&workspace, &["--reason", "no_time"]), [] as [Value; 0]);
    // By an id, by how one begins, and by a place.
    assert_eq!(
        replay(&workspace, &[ids[0], &ids[1][..8], "hub/0@0#0"]),
        [replayed("SigninLogs", 3)]
    );
    assert_eq!(column(&list(&workspace, &[]), "Id"), [ids[2]]);
    assert_eq!(replay(&workspace, &[ids[0]]), [] as [Value; 0], "it was replayed already");
    assert_eq!(replay(&workspace, &["--reason", "unknown_category"]), [replayed("SigninLogs", 1)]);
    assert_eq!(workspace.distinct_count("SigninLogs"), 4);
}

/// Takes the last commit of a table back, as if the process had died before it.
fn take_back(workspace: &Workspace, table: &str) {
    let log = workspace.path(&format!("lake/{table}/_delta_log"));
    let commits = std::fs::read_dir(log).unwrap().map(|entry| entry.unwrap().path());
    let last = commits.filter(|path| path.extension().is_some_and(|e| e == "json")).max();
    std::fs::remove_file(last.unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_died_between_two_commits_is_finished_by_the_next_one() {
    // In the order in which a replay commits: it died before the first of these.
    for missing in [
        &["SigninLogs", "AuditLogs", "DeadLetters"][..],
        &["AuditLogs", "DeadLetters"],
        &["DeadLetters"],
    ] {
        let workspace = Workspace::new();
        let (sign_in, audit) = records(0);
        let mixed = format!("[{audit},{{\"category\":\"Newer\"}}]");
        keep(&workspace, &[sign_in.as_str(), &mixed, "nonsense"]).await;
        replay(&workspace, &[]);
        missing.iter().for_each(|table| take_back(&workspace, table));
        let open = list(&workspace, &[]);
        assert_eq!(open.len(), 3, "{missing:?}: nothing is replayed before all of it is in");

        // It is finished whatever the next one is asked for.
        let done = replay(&workspace, &["--reason", "no_time"]);
        let tables: Vec<_> = missing.iter().filter(|table| **table != "DeadLetters").collect();
        let added = done.iter().filter(|row| row["Outcome"] == "replayed").count();
        assert_eq!(added, tables.len(), "{missing:?}: {done:#?}");
        for _ in 0..2 {
            let counts = ["SigninLogs", "AuditLogs", "DeadLetters"]
                .map(|table| workspace.distinct_count(table));
            assert_eq!(counts, [1, 1, 4], "{missing:?}");
            assert_eq!(
                column(&list(&workspace, &["--reason", "unknown_category"]), "Source"),
                ["hub/0@1#0.1", "hub/0@2#0"],
                "{missing:?}"
            );
            replay(&workspace, &[]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_is_killed_over_and_over_adds_each_record_once() {
    const LETTERS: usize = 240;
    let workspace = Workspace::new();
    // Many small batches, so that a kill meets the process at every step of one.
    workspace.write("entralog.yaml", "flush: {rows: 4}\n");
    let bodies: Vec<_> = (0..LETTERS)
        .map(|n| {
            let (sign_in, audit) = records(n);
            if n % 2 == 0 { sign_in } else { format!("[{audit},{sign_in}]") }
        })
        .collect();
    keep(&workspace, &bodies).await;
    let mut random = ChaCha8Rng::seed_from_u64(20_260_107);
    let mut killed = 0;
    for _ in 0..12 {
        let enough = commits(&workspace) + random.random_range(1..16);
        let mut running = Running::start(&mut workspace.command(&["dead", "replay"]));
        while running.is_running() && commits(&workspace) < enough {
            std::thread::sleep(Duration::from_millis(1));
        }
        if running.is_running() {
            running.kill();
            killed += 1;
        }
    }
    assert!(killed >= 6, "only {killed} runs were killed before their end");

    replay(&workspace, &[]);
    assert_eq!(workspace.distinct_count("SigninLogs"), 240);
    assert_eq!(workspace.distinct_count("AuditLogs"), 120);
    assert_eq!(list(&workspace, &[]), [] as [Value; 0]);
    assert_eq!(workspace.count("DeadLetters"), 240);
}

/// Files in the logs of all tables that a replay writes.
fn commits(workspace: &Workspace) -> usize {
    ["DeadLetterReplays", "SigninLogs", "AuditLogs", "DeadLetters"]
        .map(|table| workspace.path(&format!("lake/{table}/_delta_log")))
        .map(|log| std::fs::read_dir(log).map_or(0, Iterator::count))
        .iter()
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn replays_at_the_same_time_add_each_record_once() {
    const LETTERS: usize = 60;
    let workspace = Workspace::new();
    workspace.write("entralog.yaml", "flush: {rows: 5}\n");
    let mut bodies: Vec<_> = (0..LETTERS).map(|n| records(n).0).collect();
    bodies.push("nonsense".into());
    keep(&workspace, &bodies).await;
    let start = || Running::start(&mut workspace.command(&["dead", "replay"]));
    let together = [start(), start(), start()];
    let mut added = 0;
    for running in together {
        let done = parsed(&running.wait());
        assert!(done.contains(&still_dead("invalid_json", 1)), "{done:#?}");
        let rows = done.iter().find(|row| row["Table"] == "SigninLogs");
        added += rows.map_or(0, |row| row["Rows"].as_u64().unwrap());
    }
    assert_eq!(added, LETTERS as u64, "each row is counted by who added it");
    assert_eq!(workspace.distinct_count("SigninLogs"), 60);
    assert_eq!((workspace.count("DeadLetters"), list(&workspace, &[]).len()), (61, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finishes_a_replay_places_what_was_claimed_and_nothing_else() {
    let workspace = Workspace::new();
    let (sign_in, audit) = records(0);
    let both = format!("[{sign_in},{audit}]");
    keep(&workspace, &[both]).await;
    // By a version that could not place the second record.
    claim(&workspace, 1, &[(0, "hub/0@0#0.0", "SigninLogs")]).await;
    replay(&workspace, &["--reason", "no_time"]);
    assert_eq!((workspace.count("SigninLogs"), workspace.count("AuditLogs")), (1, 0));
    assert_eq!(column(&list(&workspace, &[]), "Source"), ["hub/0@0#0.1"]);
    assert_eq!(replay(&workspace, &[]), [replayed("AuditLogs", 1)]);
    assert_eq!((workspace.count("SigninLogs"), workspace.count("AuditLogs")), (1, 1));
    assert_eq!(list(&workspace, &[]), [] as [Value; 0]);

    // By a version that could place more than this one.
    claim(&workspace, 3, &[(0, "hub/0@0#0.0", "RiskyUsers")]).await;
    let finished = workspace.run(&["dead", "replay"]);
    assert_eq!(finished.code, Some(4), "{finished:#?}");
    assert!(finished.error().contains("into RiskyUsers"), "{finished:#?}");
    assert!(finished.error().contains("a newer one"), "{finished:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_several_records_gives_each_its_own_source() {
    let workspace = Workspace::new();
    let (sign_in, audit) = records(0);
    let records = body(&[
        serde_json::from_str(&sign_in).unwrap(),
        serde_json::from_str(&audit).unwrap(),
        json!({"category": "Newer", "time": TIME}),
    ]);
    keep(&workspace, &[records.as_str(), r#"{"records":[]}"#]).await;
    assert_eq!(
        replay(&workspace, &[]),
        [replayed("AuditLogs", 1), replayed("SigninLogs", 1), still_dead("unknown_category", 1)]
    );
    assert_eq!(workspace.value("SELECT _Source FROM SigninLogs"), "hub/0@0#0.0");
    assert_eq!(workspace.value("SELECT _Source FROM AuditLogs"), "hub/0@0#0.1");
    let left = list(&workspace, &[]);
    assert_eq!((left.len(), &left[0]["Source"]), (1, &json!("hub/0@0#0.2")));
    assert_eq!(left[0]["Category"], "Newer");
    replay(&workspace, &[]);
    assert_eq!(list(&workspace, &[]), left, "what is still dead stays as it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_shown_with_its_bytes_and_what_to_do() {
    let workspace = Workspace::new();
    let broken = [b"{\"category\":\"SignInLogs\",\"identity\":\"", &b"\xff"[..], b"\"}\n"].concat();
    workspace.write("broken.ndjson", &broken);
    workspace.succeed(&["ingest", "--from", "broken.ndjson"]);
    let hostile = "{\"category\":\"New\"}\u{1b}]0;owned\u{7} trailing";
    keep(&workspace, &[hostile]).await;
    let ids = list(&workspace, &[]);
    let ids = column(&ids, "Id");

    let shown = parsed(&workspace.run(&["dead", "show", ids[0]]));
    assert_eq!(shown[0]["BodyEncoding"], "base64, for it is not UTF-8");
    use base64::Engine as _;
    let bytes =
        base64::engine::general_purpose::STANDARD.decode(shown[0]["Body"].as_str().unwrap());
    assert_eq!(bytes.unwrap(), broken.trim_ascii_end());
    assert!(shown[0]["ToDo"].as_str().unwrap().contains("mend the sender"), "{shown:#?}");

    let shown = parsed(&workspace.run(&["dead", "show", "hub/0@0#0"]));
    assert_eq!((&shown[0]["Id"], &shown[0]["Body"]), (&json!(ids[1]), &json!(hostile)));
    let table = workspace.succeed(&["dead", "show", &ids[1][..10], "-o", "table"]).stdout;
    assert!(table.contains(r"\u{1b}]0;owned\u{7} trailing"), "{table}");
    assert!(!table.contains('\u{1b}'), "a log must not steer the terminal: {table:?}");
    assert!(table.contains("`entralog dead replay --reason unknown_category`"), "{table}");
    assert!(table.starts_with("Id ") && table.contains("\nBody "), "in order: {table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_wrong_is_told_with_the_one_that_is_meant() {
    let workspace = Workspace::new();
    keep(&workspace, &["a", "b"]).await;
    let ids = list(&workspace, &[]);
    let id = column(&ids, "Id")[0];
    let last = if id.ends_with('0') { "1" } else { "0" };
    for command in ["show", "replay"] {
        let slip = format!("{}{last}", &id[..15]);
        let finished = workspace.run(&["dead", command, &slip]);
        assert_eq!(finished.code, Some(2), "{finished:#?}");
        let expected = format!("no dead letter {slip:?}; did you mean {id}?");
        assert!(finished.error().contains(&expected), "{finished:#?}");
        let finished = workspace.run(&["dead", command, "nonsense"]);
        assert!(
            finished.error().contains("`entralog dead list --all` lists them"),
            "{finished:#?}"
        );
        let finished = workspace.run(&["dead", command, ""]);
        assert_eq!(finished.code, Some(3), "{finished:#?}");
        assert!(finished.error().contains("2 dead letters begin with"), "{finished:#?}");
    }
    let finished = workspace.run(&["dead", "list", "--reason", "unknown_categories"]);
    assert_eq!(finished.code, Some(3), "{finished:#?}");
    assert!(finished.stderr.contains("'unknown_category'"), "{finished:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_dead_letters_are_counted_by_reason_and_category() {
    let workspace = Workspace::new();
    workspace.write("logs.ndjson", "nonsense\n[7]\n");
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    keep(&workspace, &["{\"category\":\"New\"}", "{\"category\":\"New\"}  "]).await;
    let groups = list(&workspace, &["--summary"]);
    assert_eq!(
        column(&groups, "Reason"),
        ["invalid_json", "not_a_record", "unknown_category"],
        "{groups:#?}"
    );
    let new = json!({
        "Reason": "unknown_category", "Category": "New", "Count": 2, "Bytes": 38,
        "Oldest": "2023-11-14T22:13:20.000000Z", "Newest": "2023-11-14T22:13:21.000000Z",
    });
    assert_eq!(groups[2], new);
    let finished = workspace.succeed(&["dead", "list", "--limit", "1"]);
    assert_eq!(finished.stdout.lines().count(), 1);
    assert!(finished.stderr.contains("--limit shows more"), "{finished:#?}");
    let none = workspace.succeed(&["dead", "list", "--reason", "no_time", "-o", "csv"]);
    assert_eq!(none.stdout, "");
    let table = workspace.succeed(&["dead", "list", "-o", "table"]).stdout;
    assert!(table.contains("sequence number 0, record 0"), "{table}");
}
