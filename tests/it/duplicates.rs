//! Records that a hub brings again in another message, byte for byte the same, are stored once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::sync::Arc;
use std::time::Duration;

use entralog::devhub::Devhub;
use entralog::ingest::{Deduplication, FlushLimits, Ingester};
use entralog::lake::Lake;
use entralog::source::Delivery;
use serde_json::{Value, json};

use crate::event_hubs::{HUB, ingest, start};
use crate::support::{Finished, Running, Workspace, audit, body, event, sign_in};

const TIME: &str = "2026-01-05T10:00:00Z";

fn record(id: &str) -> Value {
    sign_in(TIME, "ada@contoso.com", "0", id)
}

#[track_caller]
fn ingest_once(workspace: &Workspace, devhub: &Devhub) -> Finished {
    let finished = Running::start(&mut ingest(workspace, devhub, &["--once"])).wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    finished
}

fn ids(workspace: &Workspace) -> Vec<String> {
    let rows = workspace.rows("SELECT Id FROM SigninLogs ORDER BY Id");
    rows.iter().map(|row| row["Id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_in_two_messages_is_stored_once_also_after_a_restart_and_the_count_is_known() {
    let workspace = Workspace::new();
    let devhub = start(2).await;
    let mut alike = record("a");
    alike["properties"]["clientAppUsed"] = json!("IMAP4");
    let unknown = json!({"time": TIME, "category": "NotYetKnown", "n": 1});
    devhub.append(HUB, 0, body(&[record("a"), record("b"), unknown.clone()])).unwrap();
    // Only what came before; and in one that brings something new, too.
    devhub.append(HUB, 0, body(&[record("b"), record("a")])).unwrap();
    devhub.append(HUB, 0, body(&[record("a"), record("c"), unknown.clone(), alike])).unwrap();
    let finished = ingest_once(&workspace, &devhub);
    assert_eq!(ids(&workspace), ["a", "a", "b", "c"]);
    assert_eq!(workspace.count("DeadLetters"), 1);
    let clients = workspace.rows("SELECT DISTINCT ClientAppUsed FROM SigninLogs WHERE Id = 'a'");
    assert_eq!(clients.len(), 2, "records that share an id and differ are two");
    assert!(finished.stderr.contains("came again"), "{finished:#?}");
    assert_eq!(workspace.number("SELECT sum(Duplicates) FROM RecordHashes"), 4);
    let gaps =
        workspace.rows("SELECT FirstSequenceNumber, LastSequenceNumber, Reason FROM SequenceGaps");
    assert_eq!(
        gaps,
        [json!({"FirstSequenceNumber": 1, "LastSequenceNumber": 1, "Reason": "duplicates"})]
    );
    workspace.assert_sound();

    // In another partition, and for another process.
    devhub.append(HUB, 1, body(&[record("b")])).unwrap();
    devhub.append(HUB, 1, body(&[record("d"), unknown, record("a")])).unwrap();
    ingest_once(&workspace, &devhub);
    assert_eq!(ids(&workspace), ["a", "a", "b", "c", "d"]);
    assert_eq!(workspace.count("DeadLetters"), 1);
    assert_eq!(workspace.number("SELECT sum(Duplicates) FROM RecordHashes"), 7);
    workspace.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_is_configured_and_can_be_switched_off() {
    let workspace = Workspace::new();
    let devhub = start(1).await;
    workspace.write("entralog.yaml", "deduplication: {window: 2s}\n");
    for _ in 0..2 {
        devhub.append(HUB, 0, body(&[record("a")])).unwrap();
    }
    ingest_once(&workspace, &devhub);
    assert_eq!(ids(&workspace), ["a"]);
    std::thread::sleep(Duration::from_millis(2100));
    devhub.append(HUB, 0, body(&[record("a")])).unwrap();
    ingest_once(&workspace, &devhub);
    assert_eq!(ids(&workspace), ["a", "a"], "the window was over");

    workspace.write("entralog.yaml", "deduplication: {enabled: false}\n");
    devhub.append(HUB, 0, body(&[record("a"), record("a")])).unwrap();
    ingest_once(&workspace, &devhub);
    assert_eq!(ids(&workspace), ["a", "a", "a", "a"]);
    workspace.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_two_commits_neither_loses_nor_doubles_what_came_again() {
    let without_time = json!({"category": "SignInLogs", "properties": {"id": "no time"}});
    // The commits of a flush: sign-ins, audit logs, gaps, hashes, dead letters.
    for commit in 1..=5 {
        let workspace = Workspace::new();
        let devhub = start(1).await;
        let unknown = json!({"time": TIME, "category": "NotYetKnown", "n": 1});
        devhub.append(HUB, 0, body(&[audit(TIME, "Add user", "x"), unknown])).unwrap();
        devhub.append(HUB, 0, body(&[record("a"), without_time.clone()])).unwrap();
        devhub.append(HUB, 0, body(&[record("a")])).unwrap();
        devhub.append(HUB, 0, body(&[audit(TIME, "Add user", "x")])).unwrap();
        devhub.append(HUB, 0, body(&[record("b"), record("a")])).unwrap();
        let mut killed = ingest(&workspace, &devhub, &["--once"]);
        killed.env("ENTRALOG_FAILPOINT", format!("after-commit@{commit}"));
        let killed = Running::start(&mut killed).wait();
        assert_eq!(killed.code, None, "{killed:#?}");
        devhub.append(HUB, 0, body(&[record("a"), record("c")])).unwrap();
        ingest_once(&workspace, &devhub);
        assert_eq!(ids(&workspace), ["a", "b", "c"], "killed after commit {commit}");
        assert_eq!(workspace.count("AuditLogs"), 1, "killed after commit {commit}");
        let reasons = workspace.rows("SELECT Reason FROM DeadLetters ORDER BY Reason");
        let reasons: Vec<_> = reasons.iter().map(|row| row["Reason"].as_str().unwrap()).collect();
        assert_eq!(reasons, ["no_time", "unknown_category"], "killed after commit {commit}");
        workspace.assert_sound();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_whose_message_was_never_taken_in_again_holds_no_other_message_up() {
    let workspace = Workspace::new();
    let devhub = start(2).await;
    devhub.append(HUB, 1, body(&[record("a")])).unwrap();
    // The hashes are in, and nothing else; and before anybody comes back, the hub has removed the message.
    die_after_the_first_commit(&workspace, &devhub);
    assert_eq!(workspace.count("RecordHashes"), 1);
    devhub.append(HUB, 1, body(&[record("b")])).unwrap();
    devhub.truncate(HUB, 1, 1).unwrap();
    ingest_once(&workspace, &devhub);
    assert_eq!(ids(&workspace), ["b"]);
    // It comes in another message, to a process that knows only what the lake says.
    devhub.append(HUB, 0, body(&[record("a"), record("b")])).unwrap();
    ingest_once(&workspace, &devhub);
    assert_eq!(ids(&workspace), ["a", "b"]);
    workspace.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_a_partition_of_which_nothing_is_left_holds_no_other_message_up() {
    let workspace = Workspace::new();
    let devhub = start(2).await;
    devhub.append(HUB, 0, body(&[record("a")])).unwrap();
    die_after_the_first_commit(&workspace, &devhub);
    devhub.truncate(HUB, 0, 1).unwrap();
    // The partition has nothing to read, and what it left behind must be known for what it is nevertheless.
    devhub.append(HUB, 1, body(&[record("a")])).unwrap();
    ingest_once(&workspace, &devhub);
    assert_eq!(ids(&workspace), ["a"]);
    workspace.assert_sound();
    devhub.append(HUB, 1, body(&[record("a"), record("b")])).unwrap();
    devhub.append(HUB, 0, body(&[record("a"), record("c")])).unwrap();
    ingest_once(&workspace, &devhub);
    assert_eq!(ids(&workspace), ["a", "b", "c"]);
    workspace.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_another_one_forestalled_is_a_repetition() {
    for order in [[0, 1], [1, 0]] {
        let workspace = Workspace::new();
        let devhub = start(2).await;
        devhub.append(HUB, 0, body(&[record("a")])).unwrap();
        // Its hash is in, and before it comes again, the other partition brings the record.
        die_after_the_first_commit(&workspace, &devhub);
        let first = workspace.rows("SELECT DISTINCT Source FROM RecordHashes");
        let (hub, _) = first[0]["Source"].as_str().unwrap().rsplit_once('/').unwrap();
        let sources = [0, 1].map(|partition| Arc::<str>::from(format!("{hub}/{partition}")));
        let take = async |partitions: &[usize]| {
            let lake = Lake::open(workspace.path("lake").to_str().unwrap()).unwrap();
            let mut ingester = Ingester::new(lake, FlushLimits::default());
            for source in &sources {
                ingester.resume(source).await.unwrap();
            }
            for partition in partitions {
                ingester.take(&delivery(&sources[*partition], 0, "a")).await.unwrap();
            }
            ingester.flush().await.unwrap();
            ingester.stop().await.unwrap();
        };
        take(&[1]).await;
        // As if that one had died before its last commit: both come again.
        std::fs::remove_dir_all(workspace.path("lake/DeadLetters")).unwrap();
        take(&order).await;
        assert_eq!(ids(&workspace), ["a"], "{order:?}");
        let reasons = workspace.rows("SELECT Source, Reason FROM SequenceGaps");
        let of_the_first = json!({"Source": *sources[0], "Reason": "duplicates"});
        assert_eq!(reasons, [of_the_first], "{order:?}");
        workspace.assert_sound();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_that_is_lost_with_what_it_repeats_is_said_to_be_lost() {
    let workspace = Workspace::new();
    let devhub = start(1).await;
    devhub.append(HUB, 0, body(&[record("a")])).unwrap();
    devhub.append(HUB, 0, body(&[record("a")])).unwrap();
    // That the second message repeats the first is noted, and neither is taken in before the hub removes them.
    die_after_the_first_commit(&workspace, &devhub);
    assert_eq!(workspace.count("SequenceGaps"), 1);
    devhub.append(HUB, 0, body(&[record("b")])).unwrap();
    devhub.truncate(HUB, 0, 2).unwrap();
    ingest_once(&workspace, &devhub);
    assert_eq!(ids(&workspace), ["b"]);
    let lost = "SELECT FirstSequenceNumber, LastSequenceNumber FROM SequenceGaps WHERE Reason = 'before_first_read'";
    assert_eq!(workspace.rows(lost), [json!({"FirstSequenceNumber": 0, "LastSequenceNumber": 1})]);
    workspace.assert_sound();
}

/// Of the commits of a flush, the first is in, and nothing else.
fn die_after_the_first_commit(workspace: &Workspace, devhub: &Devhub) {
    let mut command = ingest(workspace, devhub, &["--once"]);
    let died = Running::start(command.env("ENTRALOG_FAILPOINT", "after-commit@1")).wait();
    assert_eq!(died.code, None, "{died:#?}");
}

fn delivery(source: &Arc<str>, position: i64, id: &str) -> Delivery {
    event(source, position, body(&[record(id)]))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_ingester_has_stored_is_known_after_the_next_flush() {
    let workspace = Workspace::new();
    let path = workspace.path("lake");
    let ingester = || {
        let lake = Lake::open(path.to_str().unwrap()).unwrap();
        Ingester::new(lake, FlushLimits::default())
            .with_deduplication(Some(Deduplication::default()))
    };
    let sources: [Arc<str>; 2] = ["hub/0".into(), "hub/1".into()];
    let (mut first, mut second) = (ingester(), ingester());
    first.resume(&sources[0]).await.unwrap();
    second.resume(&sources[1]).await.unwrap();
    first.take(&delivery(&sources[0], 0, "a")).await.unwrap();
    first.flush().await.unwrap();
    second.take(&delivery(&sources[1], 0, "b")).await.unwrap();
    second.flush().await.unwrap();
    second.take(&delivery(&sources[1], 1, "a")).await.unwrap();
    second.flush().await.unwrap();
    assert_eq!(second.counts().duplicates, 1);
    // And one that takes over a partition knows all.
    drop(first);
    let mut third = ingester();
    third.resume(&sources[0]).await.unwrap();
    for (position, id) in [(1, "b"), (2, "c")] {
        third.take(&delivery(&sources[0], position, id)).await.unwrap();
    }
    third.flush().await.unwrap();
    assert_eq!(third.counts().duplicates, 1);
    assert_eq!(ids(&workspace), ["a", "b", "c"]);
    workspace.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_of_many_flushes_become_few_files() {
    let workspace = Workspace::new();
    let lake = Lake::open(workspace.path("lake").to_str().unwrap()).unwrap();
    let source: Arc<str> = "hub/0".into();
    let mut ingester = Ingester::new(lake, FlushLimits::default());
    ingester.resume(&source).await.unwrap();
    for position in 0..200 {
        ingester.take(&delivery(&source, position, &format!("r{position}"))).await.unwrap();
        ingester.flush().await.unwrap();
    }
    ingester.stop().await.unwrap();
    let files = || {
        let status = workspace.succeed(&["lake", "status", "-o", "json"]).stdout;
        let status: Value = serde_json::from_str(&status).unwrap();
        let tables = status["Tables"].as_array().unwrap();
        let hashes = tables.iter().find(|table| table["Table"] == "RecordHashes").unwrap();
        hashes["Files"].as_u64().unwrap()
    };
    crate::support::eventually("files are merged", || files() < 80);
    assert_eq!(workspace.number("SELECT sum(Records) FROM RecordHashes"), 200);
}
