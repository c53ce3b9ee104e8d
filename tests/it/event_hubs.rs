//! Event Hubs through Microsoft's own client and a real AMQP connection.
//!
//! The loopback namespace runs in the test, the binary reads from it in a process of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use entralog::devhub::{Devhub, DevhubConfig};
use serde_json::{Value, json};

use crate::support::{
    Finished, Running, Workspace, audit, body, eventually, non_interactive, sign_in,
};

pub(crate) const HUB: &str = "insights-logs-signinlogs";

pub(crate) async fn start(partitions: usize) -> Devhub {
    start_at(([127, 0, 0, 1], 0).into(), partitions).await
}

async fn start_at(address: SocketAddr, partitions: usize) -> Devhub {
    let config = DevhubConfig::with_hubs([(HUB, partitions)]);
    Devhub::start(&config, address).await.unwrap()
}

/// `entralog ingest` from the namespace.
pub(crate) fn ingest(workspace: &Workspace, devhub: &Devhub, arguments: &[&str]) -> Command {
    let mut command = workspace.command(&[&["ingest"], arguments].concat());
    command
        .env("ENTRALOG_EVENT_HUBS_CONNECTION_STRING", devhub.connection_string())
        .env("ENTRALOG_EVENT_HUBS", HUB);
    command
}

#[track_caller]
fn once(workspace: &Workspace, devhub: &Devhub) -> Finished {
    let finished =
        Running::start(&mut ingest(workspace, devhub, &["--once", "-o", "ndjson"])).wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    finished
}

/// An event of one sign-in, which says where it belongs.
pub(crate) fn numbered(partition: usize, number: usize) -> String {
    body(&[sign_in(
        "2026-01-05T10:00:00Z",
        "ada@contoso.com",
        "0",
        &format!("{partition}/{number}"),
    )])
}

/// Appends numbered events to the first partition.
fn append(devhub: &Devhub, numbers: std::ops::Range<usize>) {
    for n in numbers {
        devhub.append(HUB, 0, numbered(0, n)).unwrap();
    }
}

/// The events that are in the lake: for each partition, sequence numbers and what their bodies say.
#[track_caller]
pub(crate) fn taken(workspace: &Workspace) -> BTreeMap<String, Vec<(i64, String)>> {
    workspace.assert_sound();
    let mut taken: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for row in workspace.rows("SELECT _Source, Id FROM SigninLogs") {
        let source = row["_Source"].as_str().unwrap();
        let (partition, place) = source.rsplit_once('@').unwrap();
        let partition = partition.rsplit_once('/').unwrap().1.to_owned();
        let number = place.split_once('#').unwrap().0.parse().unwrap();
        taken.entry(partition).or_default().push((number, row["Id"].as_str().unwrap().to_owned()));
    }
    taken.values_mut().for_each(|events| events.sort());
    taken
}

/// Every event of a partition once, each under its own sequence number.
pub(crate) fn all_of(
    partition: usize,
    numbers: impl IntoIterator<Item = usize>,
) -> Vec<(i64, String)> {
    let event = |n| (i64::try_from(n).unwrap(), format!("{partition}/{n}"));
    numbers.into_iter().map(event).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_one_body_go_to_their_tables() {
    let workspace = Workspace::new();
    let devhub = start(2).await;
    let time = "2026-01-05T10:00:00Z";
    let unknown = {
        let mut record = audit(time, "Add user", "u0");
        record["category"] = json!("UnheardOfLogs");
        record
    };
    let records = [
        sign_in(time, "ada@contoso.com", "0", "s0"),
        audit(time, "Add user", "a0"),
        unknown,
        non_interactive(time, "bo@contoso.com", "n0"),
        sign_in(time, "bo@contoso.com", "50126", "s1"),
    ];
    devhub.append(HUB, 0, body(&records)).unwrap();
    let others = [sign_in(time, "ada@contoso.com", "0", "s2"), audit(time, "Add user", "a1")];
    devhub.append(HUB, 1, body(&others)).unwrap();
    devhub.append(HUB, 1, "no JSON at all").unwrap();
    once(&workspace, &devhub);
    let address = devhub.local_addr().port();
    let sources = workspace.rows(
        "SELECT 'S' AS T, Id, _Source FROM SigninLogs UNION ALL
         SELECT 'N', Id, _Source FROM AADNonInteractiveUserSignInLogs UNION ALL
         SELECT 'A', Id, _Source FROM AuditLogs UNION ALL
         SELECT 'D', Reason, _Source FROM DeadLetters ORDER BY _Source",
    );
    let row = |table: &str, id: &str, place: &str| json!({"T": table, "Id": id, "_Source": format!("localhost:{address}/{HUB}/{place}")});
    assert_eq!(
        sources,
        [
            row("S", "s0", "0@0#0"),
            row("A", "a0", "0@0#1"),
            row("D", "unknown_category", "0@0#2"),
            row("N", "n0", "0@0#3"),
            row("S", "s1", "0@0#4"),
            row("S", "s2", "1@0#0"),
            row("A", "a1", "1@0#1"),
            row("D", "invalid_json", "1@1#0"),
        ]
    );
    let place = workspace.value("SELECT Detail FROM DeadLetters WHERE Reason = 'invalid_json'");
    assert!(place.as_str().unwrap().starts_with("sequence number 1, record 0: "), "{place}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_takes_only_what_has_come_since() {
    let workspace = Workspace::new();
    let devhub = start(2).await;
    append(&devhub, 0..5);
    let first = once(&workspace, &devhub);
    assert_eq!(first.stdout, "{\"Table\":\"SigninLogs\",\"Rows\":5}\n");
    let second = once(&workspace, &devhub);
    assert_eq!(second.stdout, "");
    append(&devhub, 5..8);
    devhub.append(HUB, 1, numbered(1, 0)).unwrap();
    let third = once(&workspace, &devhub);
    assert_eq!(third.stdout, "{\"Table\":\"SigninLogs\",\"Rows\":4}\n");
    let expected = [("0".to_owned(), all_of(0, 0..8)), ("1".to_owned(), all_of(1, 0..1))];
    assert_eq!(taken(&workspace), expected.into());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_comes_once_and_under_its_own_number_whatever_the_connection_does() {
    const EVENTS: usize = 240;
    let workspace = Workspace::new();
    workspace.write("entralog.yaml", "flush: {age: 1s}\n");
    let devhub = start(2).await;
    // The client goes back to where it began: so it must not begin at the beginning.
    append(&devhub, 0..10);
    once(&workspace, &devhub);

    let mut running = Running::start(&mut ingest(&workspace, &devhub, &[]));
    let mut killed = 0;
    for n in 0..EVENTS {
        if n >= 10 {
            devhub.append(HUB, 0, numbered(0, n)).unwrap();
        }
        devhub.append(HUB, 1, numbered(1, n)).unwrap();
        match n % 60 {
            20 => killed += devhub.kill_connections(),
            40 => devhub.force_close_connections(),
            59 => (0..2).for_each(|partition| {
                devhub.detach_readers(HUB, partition, "amqp:link:detach-forced").unwrap();
            }),
            _ => {}
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    assert!(killed > 0, "no connection was there to be killed");
    let expected = i64::try_from(2 * EVENTS).unwrap();
    eventually("all events", || workspace.count("SigninLogs") >= expected);
    assert!(running.is_running(), "{:#?}", running.wait());
    running.terminate();
    let finished = running.wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let expected = (0..2).map(|p| (p.to_string(), all_of(p, 0..EVENTS)));
    assert_eq!(taken(&workspace), expected.collect());
    assert_eq!(workspace.count("DeadLetters"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_is_committed_before_a_stop() {
    let workspace = Workspace::new();
    // Ten rows are committed at once, fewer not before an hour.
    workspace.write("entralog.yaml", "flush: {rows: 10, age: 1h}\n");
    let devhub = start(1).await;
    append(&devhub, 0..10);
    let running = Running::start(&mut ingest(&workspace, &devhub, &["-o", "ndjson"]));
    eventually("a lake", || workspace.path("lake/DeadLetters").exists());
    eventually("ten rows", || workspace.count("SigninLogs") == 10);
    append(&devhub, 10..15);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(workspace.count("SigninLogs"), 10, "committed before the stop");
    running.terminate();
    let finished = running.wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert_eq!(finished.stdout, "{\"Table\":\"SigninLogs\",\"Rows\":15}\n");
    assert_eq!(taken(&workspace), [("0".to_owned(), all_of(0, 0..15))].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_within_its_deadline_and_what_could_not_be_committed_comes_again() {
    let workspace = Workspace::new();
    workspace.write("entralog.yaml", "shutdown: {deadline: 2s}\n");
    let devhub = start(1).await;
    append(&devhub, 0..5);
    // The lake takes a file and then never says more.
    let mut command = ingest(&workspace, &devhub, &[]);
    let mut running = Running::start(command.env("ENTRALOG_FAILPOINT", "after-file@1:hang"));
    eventually("a data file", || {
        std::fs::read_dir(workspace.path("lake"))
            .is_ok_and(|tables| tables.flatten().any(|table| has_data(&table.path())))
    });
    assert!(running.is_running());
    let asked = Instant::now();
    running.terminate();
    let finished = running.wait();
    assert!((2..12).contains(&asked.elapsed().as_secs()), "{:?}", asked.elapsed());
    assert_eq!(finished.code, Some(4), "{finished:#?}");
    assert!(finished.stderr.contains("within 2 s"), "{finished:#?}");
    once(&workspace, &devhub);
    assert_eq!(taken(&workspace), [("0".to_owned(), all_of(0, 0..5))].into());
}

/// Whether there is a Parquet file of a day.
fn has_data(table: &Path) -> bool {
    let days = std::fs::read_dir(table).into_iter().flatten().flatten();
    let days = days.filter(|day| day.file_name().to_string_lossy().starts_with("date="));
    days.flat_map(|day| std::fs::read_dir(day.path()).into_iter().flatten().flatten())
        .any(|file| file.path().extension().is_some_and(|extension| extension == "parquet"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_enqueued_can_be_queried_within_ten_seconds() {
    let workspace = Workspace::new();
    let devhub = start(2).await;
    let running = Running::start(&mut ingest(&workspace, &devhub, &[]));
    append(&devhub, 0..1);
    eventually("the first event", || {
        workspace.path("lake/SigninLogs").exists() && workspace.count("SigninLogs") == 1
    });
    // At several places between two flushes.
    let mut longest = Duration::ZERO;
    for n in 1..6 {
        tokio::time::sleep(Duration::from_millis(700 * n)).await;
        let enqueued = Instant::now();
        let number = usize::try_from(n).unwrap();
        append(&devhub, number..number + 1);
        eventually("the event", || workspace.count("SigninLogs") == i64::try_from(n).unwrap() + 1);
        longest = longest.max(enqueued.elapsed());
    }
    assert!(longest < Duration::from_secs(10), "{longest:?}");
    running.terminate();
    assert_eq!(running.wait().code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_retention_has_removed_is_said_and_passed_over() {
    let workspace = Workspace::new();
    let devhub = start(1).await;
    append(&devhub, 0..5);
    once(&workspace, &devhub);
    append(&devhub, 5..20);
    devhub.truncate(HUB, 0, 15).unwrap();
    let finished = once(&workspace, &devhub);
    let warning = finished.stderr.lines().find(|line| line.contains("retention"));
    let warning = warning.unwrap_or_else(|| panic!("nothing is said: {finished:#?}"));
    assert!(warning.contains("from=5") && warning.contains("to=14"), "{warning}");
    let expected = all_of(0, (0..5).chain(15..20));
    assert_eq!(taken(&workspace), [("0".to_owned(), expected)].into());
    // What was passed over is not looked for again.
    let finished = once(&workspace, &devhub);
    assert!(!finished.stderr.contains("retention"), "{finished:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_retention_has_emptied_is_no_reason_to_wait() {
    let workspace = Workspace::new();
    let devhub = start(1).await;
    append(&devhub, 0..5);
    devhub.truncate(HUB, 0, 5).unwrap();
    let finished = once(&workspace, &devhub);
    assert_eq!(finished.stdout, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_was_made_anew_is_not_taken_for_the_old_one() {
    let workspace = Workspace::new();
    let devhub = start(1).await;
    append(&devhub, 0..5);
    once(&workspace, &devhub);
    let address = devhub.local_addr();
    devhub.shutdown().await;
    let anew = start_at(address, 1).await;
    anew.append(HUB, 0, numbered(0, 99)).unwrap();
    let finished = Running::start(&mut ingest(&workspace, &anew, &["--once"])).wait();
    assert_eq!(finished.code, Some(4), "{finished:#?}");
    assert!(finished.error().contains("the hub was deleted and made anew"), "{finished:#?}");
    assert_eq!(workspace.count("SigninLogs"), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_cannot_be_read_is_one_clear_error_without_the_key() {
    let workspace = Workspace::new();
    let devhub = start(1).await;
    let nowhere = {
        let gone = start(1).await;
        let string = gone.connection_string();
        gone.shutdown().await;
        string
    };
    let right = devhub.connection_string();
    let wrong_key = right.replace("SharedAccessKey=", "SharedAccessKey=aHVzaC1odXNo");
    for (string, hub, said) in [
        (&wrong_key, HUB, "the key or identity is not accepted"),
        (&right, "no-such-hub", "check the name of the hub"),
        (&nowhere, HUB, "nothing listens there"),
    ] {
        let mut command = ingest(&workspace, &devhub, &["--once"]);
        command.env("ENTRALOG_EVENT_HUBS_CONNECTION_STRING", string);
        command.env("ENTRALOG_EVENT_HUBS", hub);
        let finished = Running::start(&mut command).wait();
        assert_eq!(finished.code, Some(4), "{said}: {finished:#?}");
        let error = finished.error();
        assert!(error.contains(said) && error.contains(hub), "{said}: {finished:#?}");
        let key = string.split("SharedAccessKey=").nth(1).unwrap().split(';').next().unwrap();
        assert!(
            key.len() > 8 && !finished.stderr.contains(key),
            "the key is printed: {finished:#?}"
        );
        assert!(!finished.stderr.contains("SharedAccessSignature"), "{finished:#?}");
        assert!(!workspace.path("lake").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_partition_does_not_wait_for_another_that_is_silent() {
    let workspace = Workspace::new();
    let devhub = start(4).await;
    devhub.append(HUB, 3, numbered(3, 0)).unwrap();
    let finished = once(&workspace, &devhub);
    assert_eq!(finished.stdout, "{\"Table\":\"SigninLogs\",\"Rows\":1}\n");
    let row: Value = json!({"Id": "3/0"});
    assert_eq!(workspace.rows("SELECT Id FROM SigninLogs"), [row]);
}
