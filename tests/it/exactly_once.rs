//! Each record once, whenever the process dies and whoever else writes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::sync::Arc;
use std::time::Duration;

use entralog::generate::Truth;
use entralog::ingest::{FlushLimits, IngestError, Ingester};
use entralog::lake::{Advance, Lake, LakeError};
use entralog::source::Delivery;
use entralog::table;
use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::event_hubs::{HUB, ingest, start};
use crate::support::{Running, Workspace, audit, body, event, non_interactive, sign_in};

const TABLES: [&str; 3] = ["SigninLogs", "AADNonInteractiveUserSignInLogs", "AuditLogs"];

#[test]
fn a_backfill_that_is_killed_over_and_over_ends_with_each_record_once() {
    let workspace = Workspace::new();
    // Many small commits, so that a kill meets the process at every step of one.
    workspace.write("entralog.yaml", "flush: {rows: 20}\n");
    workspace
        .succeed(&["generate", "--events", "6000", "--seed", "7", "--days", "5", "--out", "logs"]);
    let truth = std::fs::read_to_string(workspace.path("logs/truth.json")).unwrap();
    let truth: Truth = serde_json::from_str(&truth).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(20_260_105);
    let mut killed = 0;
    let mut progress = Vec::new();
    for _ in 0..25 {
        let mut running = Running::start(&mut workspace.command(&["ingest", "--from", "logs"]));
        std::thread::sleep(Duration::from_millis(random.random_range(30..200)));
        if running.is_running() {
            running.kill();
            killed += 1;
        }
        let data_files = count_files(&workspace.path("lake"), "parquet");
        progress.push(data_files);
    }
    assert!(killed >= 5, "only {killed} runs were killed before their end: {progress:?}");
    progress.dedup();
    assert!(progress.len() >= 5, "kills met no work: {progress:?}");

    workspace.succeed(&["ingest", "--from", "logs"]);
    let records = truth.records;
    for (table, expected) in
        TABLES.iter().zip([records.sign_in, records.non_interactive, records.audit])
    {
        assert_eq!(workspace.distinct_count(table), i64::try_from(expected).unwrap(), "{table}");
    }
    assert_eq!(workspace.count("DeadLetters"), 0);
    let roles = workspace.count("RoleAssignments") + workspace.count("RoleEligibility");
    let rows = records.sign_in + records.non_interactive + records.audit;
    let rows = rows + u64::try_from(roles).unwrap();
    assert_eq!(workspace.assert_sound().rows, rows);
}

fn count_files(directory: &std::path::Path, extension: &str) -> usize {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return 0;
    };
    let count = |path: std::path::PathBuf| match path.is_dir() {
        true => count_files(&path, extension),
        false => usize::from(path.extension().is_some_and(|e| e == extension)),
    };
    entries.map(|entry| count(entry.unwrap().path())).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_event_hubs_that_is_killed_over_and_over_takes_each_record_once() {
    const EVENTS: usize = 400;
    let workspace = Workspace::new();
    workspace.write("entralog.yaml", "flush: {rows: 20}\n");
    let devhub = start(2).await;
    let time = "2026-01-05T10:00:00Z";
    for n in 0..EVENTS {
        // The tables of an event are committed one after the other: a kill falls in between.
        let event = body(&[
            sign_in(time, "ada@contoso.com", "0", &format!("s{n}")),
            non_interactive(time, "ada@contoso.com", &format!("n{n}")),
            audit(time, "Add user", &format!("a{n}")),
        ]);
        devhub.append(HUB, n % 2, event).unwrap();
    }
    let mut random = ChaCha8Rng::seed_from_u64(20_260_106);
    let mut killed = 0;
    for _ in 0..12 {
        let mut running = Running::start(&mut ingest(&workspace, &devhub, &["--once"]));
        std::thread::sleep(Duration::from_millis(random.random_range(80..500)));
        if running.is_running() {
            running.kill();
            killed += 1;
        }
    }
    assert!(killed >= 3, "only {killed} runs were killed before their end");
    let finished = Running::start(&mut ingest(&workspace, &devhub, &["--once"])).wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    for table in TABLES {
        let ids = workspace.number(&format!("SELECT count(DISTINCT Id) FROM {table}"));
        assert_eq!((workspace.distinct_count(table), ids), (400, 400), "{table}");
    }
    assert_eq!(workspace.count("DeadLetters"), 0);
    let verification = workspace.assert_sound();
    let hashes = u64::try_from(workspace.count("RecordHashes")).unwrap();
    assert_eq!((verification.rows - hashes, verification.partitions), (1200, 2));
}

/// A delivery of three records of three tables.
fn delivery(source: &Arc<str>, position: i64) -> Delivery {
    let time = "2026-01-05T10:00:00Z";
    let records = [
        sign_in(time, "ada@contoso.com", "0", &format!("s{source}{position}")),
        non_interactive(time, "ada@contoso.com", &format!("n{source}{position}")),
        audit(time, "Add user", &format!("a{source}{position}")),
    ];
    event(source, position, body(&records))
}

fn is_fenced(result: &Result<(), IngestError>) -> bool {
    matches!(result, Err(IngestError::Lake(LakeError::Fenced { .. })))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_writers_on_one_source_the_second_is_fenced_and_writes_nothing() {
    let workspace = Workspace::new();
    let path = workspace.path("lake");
    let open = || Lake::open(path.to_str().unwrap()).unwrap();
    let source: Arc<str> = "hub/0".into();
    let mut first = Ingester::new(open(), FlushLimits::default());
    let mut second = Ingester::new(open(), FlushLimits::default());
    assert_eq!(first.resume(&source).await.unwrap(), None);
    assert_eq!(second.resume(&source).await.unwrap(), None);
    for position in 0..3 {
        first.take(&delivery(&source, position)).await.unwrap();
        // The other is further on, and still must not write.
        second.take(&delivery(&source, position)).await.unwrap();
    }
    second.take(&delivery(&source, 3)).await.unwrap();
    first.flush().await.unwrap();
    let result = second.flush().await;
    assert!(is_fenced(&result), "{result:?}");
    for table in TABLES {
        assert_eq!(workspace.distinct_count(table), 3, "{table}");
    }
    // One that comes anew goes on where the first one was.
    let mut third = Ingester::new(open(), FlushLimits::default());
    assert_eq!(third.resume(&source).await.unwrap(), Some(2));
    for position in 0..4 {
        third.take(&delivery(&source, position)).await.unwrap();
    }
    third.flush().await.unwrap();
    assert_eq!(third.counts().repeated, 3);
    for table in TABLES {
        assert_eq!(workspace.distinct_count(table), 4, "{table}");
    }
    // And now the first one is behind.
    first.take(&delivery(&source, 3)).await.unwrap();
    let result = first.flush().await;
    assert!(is_fenced(&result), "{result:?}");
    assert_eq!(workspace.distinct_count("SigninLogs"), 4);
    workspace.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_behind_is_known_without_another_delivery() {
    let workspace = Workspace::new();
    let lake = Lake::open(workspace.path("lake").to_str().unwrap()).unwrap();
    let source: Arc<str> = "hub/0".into();
    let limits = FlushLimits { rows: 1, ..FlushLimits::default() };
    let mut first = Ingester::new(lake.clone(), limits);
    let mut second = Ingester::new(lake.clone(), limits);
    first.resume(&source).await.unwrap();
    second.resume(&source).await.unwrap();
    first.take(&delivery(&source, 0)).await.unwrap();
    first.stop().await.unwrap();
    assert_eq!(workspace.distinct_count("SigninLogs"), 1);

    second.take(&delivery(&source, 0)).await.unwrap();
    let failure = tokio::time::timeout(crate::support::PATIENCE, second.failure()).await.unwrap();
    assert!(is_fenced(&failure), "{failure:?}");
    // Nothing is left to be said when it is put away.
    second.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_on_different_sources_do_not_hinder_each_other() {
    let workspace = Workspace::new();
    let path = workspace.path("lake");
    let write = |name: &'static str| {
        let lake = Lake::open(path.to_str().unwrap()).unwrap();
        async move {
            let source: Arc<str> = name.into();
            let mut ingester = Ingester::new(lake, FlushLimits::default());
            ingester.resume(&source).await.unwrap();
            for position in 0..10 {
                ingester.take(&delivery(&source, position)).await.unwrap();
                ingester.flush().await.unwrap();
            }
        }
    };
    let all = ["hub/0", "hub/1", "hub/2", "hub/3"].map(|name| tokio::spawn(write(name)));
    for writer in all {
        tokio::time::timeout(crate::support::PATIENCE, writer).await.unwrap().unwrap();
    }
    for table in TABLES {
        assert_eq!(workspace.distinct_count(table), 40, "{table}");
    }
    workspace.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_run_that_died_between_two_tables_are_not_written_again() {
    let workspace = Workspace::new();
    let path = workspace.path("lake");
    let lake = Lake::open(path.to_str().unwrap()).unwrap();
    let source: Arc<str> = "hub/0".into();
    let mut first = Ingester::new(lake.clone(), FlushLimits::default());
    first.resume(&source).await.unwrap();
    for position in 0..3 {
        first.take(&delivery(&source, position)).await.unwrap();
    }
    first.flush().await.unwrap();
    drop(first);
    // As if it had died when only the sign-ins were in: the other tables were never written.
    for table in ["AADNonInteractiveUserSignInLogs", "AuditLogs", "RecordHashes", "DeadLetters"] {
        std::fs::remove_dir_all(path.join(table)).unwrap();
    }
    let lake = Lake::open(path.to_str().unwrap()).unwrap();
    let mut second = Ingester::new(lake, FlushLimits::default());
    assert_eq!(second.resume(&source).await.unwrap(), None);
    for position in 0..5 {
        second.take(&delivery(&source, position)).await.unwrap();
    }
    second.flush().await.unwrap();
    assert_eq!(second.counts().repeated, 3);
    for table in TABLES {
        assert_eq!(workspace.distinct_count(table), 5, "{table}");
    }
    workspace.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_never_goes_back_not_even_for_a_writer_that_has_seen_nothing() {
    let workspace = Workspace::new();
    let path = workspace.path("lake");
    let open = || Lake::open(path.to_str().unwrap()).unwrap();
    let audit = table::by_name("AuditLogs").unwrap();
    let to = |from: Option<i64>, to: i64| vec![Advance { source_id: "hub/0".into(), from, to }];
    open().commit(audit, None, to(None, 10)).await.unwrap();
    for (from, position) in [(None, 5), (None, 20), (Some(10), 5), (Some(10), 10), (Some(4), 11)] {
        let result = open().commit(audit, None, to(from, position)).await;
        assert!(
            matches!(&result, Err(LakeError::Fenced { found: Some(10), .. })),
            "{from:?} to {position}: {result:?}"
        );
    }
    open().commit(audit, None, to(Some(10), 11)).await.unwrap();
    assert_eq!(open().position(audit, "hub/0").await.unwrap(), Some(11));
}
