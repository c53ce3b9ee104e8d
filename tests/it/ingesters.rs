//! Several ingesters on one hub: each partition is read by one of them, and each event is in the lake once,
//! whoever joins, leaves, dies, or sleeps and wakes up.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use entralog::devhub::Devhub;
use entralog::ingest::{FlushLimits, Ingester};
use entralog::lake::Lake;

use crate::event_hubs::{HUB, all_of, ingest, numbered, start, taken};
use crate::support::{PATIENCE, Running, Workspace, event, eventually};

const PARTITIONS: usize = 4;

/// Within this a partition has a new ingester: two looks, and the commit of what the old one has.
const SOON: Duration = Duration::from_secs(10);

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("entralog.yaml", "flush: {age: 1s}\n");
    workspace
}

/// Publishes numbered events to all partitions until it is told to end; gives how many each has.
struct Producer {
    stop: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<usize>,
}

impl Producer {
    fn start(devhub: &Devhub) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (devhub, stopped) = (devhub.clone(), Arc::clone(&stop));
        let task = tokio::spawn(async move {
            let mut number = 0;
            while !stopped.load(Ordering::Relaxed) {
                for partition in 0..PARTITIONS {
                    devhub.append(HUB, partition, numbered(partition, number)).unwrap();
                }
                number += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            number
        });
        Self { stop, task }
    }

    async fn end(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap()
    }
}

fn run(workspace: &Workspace, devhub: &Devhub) -> Running {
    Running::start(&mut ingest(workspace, devhub, &[]))
}

/// The partitions and the process that has claimed each, by the claims in the lake's directory.
fn owners(workspace: &Workspace) -> BTreeMap<String, u32> {
    let mut owners = BTreeMap::new();
    let mut newest = BTreeMap::<PathBuf, PathBuf>::new();
    let mut directories = vec![workspace.path("lake/_ownership/partitions")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if !path.to_string_lossy().contains('#') {
                let newest = newest.entry(directory.clone()).or_insert_with(|| path.clone());
                *newest = path.max(newest.clone());
            }
        }
    }
    for (directory, claim) in newest {
        // It may be cleaned up this very moment.
        let Ok(claim) = std::fs::read(claim) else { continue };
        let Ok(claim) = serde_json::from_slice::<serde_json::Value>(&claim) else { continue };
        if !claim["ingester"].is_null() {
            let name = claim["name"].as_str().unwrap();
            let id = name.rsplit_once(':').unwrap().1.parse().unwrap();
            owners.insert(directory.file_name().unwrap().to_str().unwrap().to_owned(), id);
        }
    }
    owners
}

/// How many partitions each of these processes has; 0 at the end for nobody else.
fn shares(workspace: &Workspace, ingesters: &[&Running]) -> Vec<usize> {
    let owners = owners(workspace);
    let of = |id: u32| owners.values().filter(|owner| **owner == id).count();
    ingesters.iter().map(|running| of(running.id())).collect()
}

#[track_caller]
fn soon(what: &str, mut answer: impl FnMut() -> bool) {
    let begun = Instant::now();
    eventually(what, &mut answer);
    let took = begun.elapsed();
    assert!(took < SOON, "{what}: took {took:?}");
}

/// Two ingesters that have shared the partitions and read for a while.
async fn two_that_share() -> (Workspace, Devhub, Producer, [Running; 2]) {
    let workspace = workspace();
    let devhub = start(PARTITIONS).await;
    let producer = Producer::start(&devhub);
    let (first, second) = (run(&workspace, &devhub), run(&workspace, &devhub));
    soon("two share", || shares(&workspace, &[&first, &second]) == [2, 2]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    (workspace, devhub, producer, [first, second])
}

/// Waits until everything is in, ends the ingesters, and looks that each event is there once and in order.
async fn all_is_in(workspace: &Workspace, events: usize, ingesters: Vec<Running>) -> Vec<String> {
    let expected = i64::try_from(PARTITIONS * events).unwrap();
    let begun = Instant::now();
    let is_there = || workspace.path("lake/SigninLogs/_delta_log").exists();
    while !is_there() || workspace.count("SigninLogs") < expected {
        if begun.elapsed() > PATIENCE {
            let finished: Vec<_> = ingesters.into_iter().map(Running::kill).collect();
            panic!("not all events are in: {finished:#?}");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut said = Vec::new();
    for running in ingesters {
        running.terminate();
        let finished = running.wait();
        assert_eq!(finished.code, Some(0), "{finished:#?}");
        said.push(finished.stderr);
    }
    let expected = (0..PARTITIONS).map(|p| (p.to_string(), all_of(p, 0..events)));
    assert_eq!(taken(workspace), expected.collect());
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_are_shared_with_who_joins_and_go_to_who_stays() {
    let workspace = workspace();
    let devhub = start(PARTITIONS).await;
    let producer = Producer::start(&devhub);
    let first = run(&workspace, &devhub);
    soon("the first has all", || shares(&workspace, &[&first]) == [4]);
    let second = run(&workspace, &devhub);
    soon("two share", || shares(&workspace, &[&first, &second]) == [2, 2]);
    let third = run(&workspace, &devhub);
    soon("three share", || {
        let mut shares = shares(&workspace, &[&first, &second, &third]);
        shares.sort_unstable();
        shares == [1, 1, 2]
    });
    first.terminate();
    let finished = first.wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    soon("two are left", || shares(&workspace, &[&second, &third]) == [2, 2]);
    third.terminate();
    let said = third.wait().stderr;
    soon("one is left", || shares(&workspace, &[&second]) == [4]);
    let events = producer.end().await;
    let others = all_is_in(&workspace, events, vec![second]).await;
    // To hand over a partition is nothing out of the ordinary.
    for said in [&finished.stderr, &said, &others[0]] {
        assert!(!said.contains("WARN") && !said.contains("dropped"), "{said}");
    }
    let numbers = workspace.path("lake/_ownership");
    assert!(count_files(&numbers) < 12, "old claims stay");
}

fn count_files(directory: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { count_files(&path) } else { 1 }).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_of_one_that_is_killed_move() {
    let (workspace, _devhub, producer, [first, second]) = two_that_share().await;
    first.kill();
    soon("they move", || shares(&workspace, &[&second]) == [4]);
    let events = producer.end().await;
    all_is_in(&workspace, events, vec![second]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_stopped_and_wakes_up_commits_nothing_of_what_has_moved_and_says_so() {
    let workspace = workspace();
    // What the first one takes waits for long, so that it sleeps with uncommitted rows.
    let devhub = start(PARTITIONS).await;
    let producer = Producer::start(&devhub);
    let sleepy = workspace.write("sleepy.yaml", "flush: {age: 4s}\n");
    let first =
        Running::start(&mut ingest(&workspace, &devhub, &["--config", sleepy.to_str().unwrap()]));
    soon("the first has all", || shares(&workspace, &[&first]) == [4]);
    eventually("rows", || {
        workspace.path("lake/SigninLogs/_delta_log").exists() && workspace.count("SigninLogs") > 0
    });
    let second = run(&workspace, &devhub);
    soon("two share", || shares(&workspace, &[&first, &second]) == [2, 2]);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    first.signal("STOP");
    soon("they move", || shares(&workspace, &[&second]) == [4]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    first.signal("CONT");
    soon("they share again", || shares(&workspace, &[&first, &second]) == [2, 2]);
    let events = producer.end().await;
    let said = all_is_in(&workspace, events, vec![first, second]).await;
    let (sleeper, other) = (&said[0], &said[1]);
    assert!(sleeper.contains("taken over by another ingester"), "{sleeper}");
    assert!(sleeper.contains("is dropped, to be read again"), "{sleeper}");
    assert!(sleeper.contains("held_up_seconds"), "{sleeper}");
    // Whoever has them now never meets a commit of the sleeper.
    assert!(!other.contains("WARN"), "{other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_stopped_within_a_commit_does_not_make_it_when_it_wakes_up() {
    // Before the rows of its second flush, and when only the commit is missing that says that they are in.
    for commit in [4, 6] {
        let workspace = workspace();
        let devhub = start(PARTITIONS).await;
        let producer = Producer::start(&devhub);
        let mut command = ingest(&workspace, &devhub, &[]);
        command.env("ENTRALOG_FAILPOINT", format!("before-commit@{commit}:stop"));
        let first = Running::start(&mut command);
        let stat = format!("/proc/{}/stat", first.id());
        eventually("it stops", || std::fs::read_to_string(&stat).unwrap().contains(") T "));
        let second = run(&workspace, &devhub);
        soon("they move", || shares(&workspace, &[&second]) == [4]);
        tokio::time::sleep(Duration::from_secs(2)).await;
        first.signal("CONT");
        tokio::time::sleep(Duration::from_secs(3)).await;
        let events = producer.end().await;
        let said = all_is_in(&workspace, events, vec![first, second]).await;
        // By its claims, or by the positions of who has them now, whichever it comes to first.
        assert!(said[0].contains("nothing was written"), "commit {commit}: {}", said[0]);
        assert!(said[0].contains("taken over by another ingester"), "{}", said[0]);
        assert!(!said[1].contains("WARN"), "commit {commit}: {}", said[1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_start_at_the_same_instant_agree() {
    let workspace = workspace();
    let devhub = start(PARTITIONS).await;
    let producer = Producer::start(&devhub);
    let (first, second) = (run(&workspace, &devhub), run(&workspace, &devhub));
    soon("two share", || shares(&workspace, &[&first, &second]) == [2, 2]);
    let events = producer.end().await;
    all_is_in(&workspace, events, vec![first, second]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ownership_directory_may_be_deleted_at_any_time() {
    let workspace = workspace();
    let devhub = start(PARTITIONS).await;
    let producer = Producer::start(&devhub);
    let (first, second) = (run(&workspace, &devhub), run(&workspace, &devhub));
    soon("two share", || shares(&workspace, &[&first, &second]) == [2, 2]);
    let before = owners(&workspace);
    for _ in 0..3 {
        // They may write into it meanwhile.
        while std::fs::remove_dir_all(workspace.path("lake/_ownership")).is_err() {}
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    soon("claims are there again", || owners(&workspace).len() == PARTITIONS);
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(owners(&workspace), before, "nothing had to move");
    let events = producer.end().await;
    all_is_in(&workspace, events, vec![first, second]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_process_has_died_is_replaced_at_once() {
    let workspace = workspace();
    let devhub = start(PARTITIONS).await;
    let first = run(&workspace, &devhub);
    soon("the first has all", || shares(&workspace, &[&first]) == [4]);
    first.kill();
    let begun = Instant::now();
    let second = run(&workspace, &devhub);
    eventually("the second has all", || shares(&workspace, &[&second]) == [4]);
    // Sooner than a heartbeat could be missed.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_ends_leaves_partitions_to_who_reads_them_and_waits() {
    let workspace = workspace();
    let devhub = start(PARTITIONS).await;
    let daemon = run(&workspace, &devhub);
    soon("the daemon has all", || shares(&workspace, &[&daemon]) == [4]);
    for partition in 0..PARTITIONS {
        (0..20).for_each(|n| _ = devhub.append(HUB, partition, numbered(partition, n)).unwrap());
    }
    let once = Running::start(&mut ingest(&workspace, &devhub, &["--once"])).wait();
    assert_eq!(once.code, Some(0), "{once:#?}");
    assert_eq!(workspace.count("SigninLogs"), 80, "it ended too early");
    assert!(!once.stderr.contains("claimed"), "{once:#?}");

    // And takes over when the other one dies.
    daemon.signal("STOP");
    for partition in 0..PARTITIONS {
        devhub.append(HUB, partition, numbered(partition, 20)).unwrap();
    }
    let once = Running::start(&mut ingest(&workspace, &devhub, &["--once"]));
    tokio::time::sleep(Duration::from_secs(1)).await;
    daemon.kill();
    let once = once.wait();
    assert_eq!(once.code, Some(0), "{once:#?}");
    let expected = (0..PARTITIONS).map(|p| (p.to_string(), all_of(p, 0..21)));
    assert_eq!(taken(&workspace), expected.collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_without_claims_displaces_and_is_displaced_but_neither_ends_nor_spins() {
    let workspace = workspace();
    let devhub = start(1).await;
    let mut first = run(&workspace, &devhub);
    soon("the first has it", || shares(&workspace, &[&first]) == [1]);
    // Another lake knows nothing of the claims in this one, and takes the partition by its owner level.
    let other = workspace.write("other.yaml", "flush: {age: 1s}\nlake: other\n");
    let mut command = ingest(&workspace, &devhub, &["--config", other.to_str().unwrap()]);
    command.env("ENTRALOG_LAKE", "other");
    let mut second = Running::start(&mut command);
    for n in 0..100 {
        devhub.append(HUB, 0, numbered(0, n)).unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(first.is_running() && second.is_running());
    second.terminate();
    let second = second.wait();
    assert_eq!(second.code, Some(0), "{second:#?}");
    eventually("all events", || workspace.count("SigninLogs") >= 100);
    first.terminate();
    let first = first.wait();
    assert_eq!(first.code, Some(0), "{first:#?}");
    assert_eq!(taken(&workspace), [("0".to_owned(), all_of(0, 0..100))].into());
    let displaced = first.stderr.matches("by a higher owner level").count();
    assert!((1..10).contains(&displaced), "{displaced}: {first:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_by_a_writer_without_a_claim_ends_nothing() {
    let workspace = workspace();
    let devhub = start(1).await;
    let mut running = run(&workspace, &devhub);
    soon("it has it", || shares(&workspace, &[&running]) == [1]);
    (0..10).for_each(|n| _ = devhub.append(HUB, 0, numbered(0, n)).unwrap());
    eventually("ten rows", || {
        workspace.path("lake/SigninLogs/_delta_log").exists() && workspace.count("SigninLogs") == 10
    });
    // As an older version beside this one would commit.
    let source: Arc<str> = format!("localhost:{}/{HUB}/0", devhub.local_addr().port()).into();
    let lake = Lake::open(workspace.path("lake").to_str().unwrap()).unwrap();
    let mut writer = Ingester::new(lake, FlushLimits::default());
    writer.resume(&source).await.unwrap();
    for n in 10..15 {
        let event = event(&source, i64::try_from(n).unwrap(), numbered(0, n));
        writer.take(&event).await.unwrap();
    }
    writer.flush().await.unwrap();
    (10..20).for_each(|n| _ = devhub.append(HUB, 0, numbered(0, n)).unwrap());
    eventually("all events", || workspace.count("SigninLogs") >= 20);
    assert!(running.is_running());
    running.terminate();
    let finished = running.wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert!(finished.stderr.contains("another writer has taken over"), "{finished:#?}");
    assert_eq!(taken(&workspace), [("0".to_owned(), all_of(0, 0..20))].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_that_cannot_be_written_for_a_while_cost_nothing_but_time() {
    let (workspace, devhub, producer, [first, second]) = two_that_share().await;
    let directory = workspace.path("lake/_ownership");
    // A file in its place, which cannot be written under by anybody.
    while std::fs::write(&directory, "in the way").is_err() {
        let _ = std::fs::remove_dir_all(&directory);
    }
    tokio::time::sleep(Duration::from_secs(8)).await;
    let refused = Running::start(&mut ingest(&workspace, &devhub, &["--once"])).wait();
    assert_eq!(refused.code, Some(4), "{refused:#?}");
    assert!(refused.error().contains("ownership of partitions: "), "{refused:#?}");
    let before = workspace.count("SigninLogs");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(workspace.count("SigninLogs"), before, "committed without a lease");
    std::fs::remove_file(&directory).unwrap();
    soon("they share again", || shares(&workspace, &[&first, &second]) == [2, 2]);
    let events = producer.end().await;
    for said in all_is_in(&workspace, events, vec![first, second]).await {
        assert!(said.contains("claims could not be renewed"), "{said}");
        assert!(said.contains("claims are renewed again"), "{said}");
        assert!(!said.contains("dropped"), "{said}");
    }
}
