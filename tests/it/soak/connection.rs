//! Faults on the connections of one `entralog ingest`, one after the other and across each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use entralog::devhub::Devhub;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Asked;
use crate::event_hubs::{HUB, ingest, numbered, start, taken};
use crate::support::{Running, Workspace};

const PARTITIONS: usize = 4;

/// From the last fault until everything is in the lake.
const RECOVERY: Duration = Duration::from_secs(60);

/// Files and sockets that the process may have open more at the end than at the beginning.
const MORE_OPEN: usize = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Killed,
    Reset,
    Forced,
    Detached,
    Frozen,
    Silenced,
    Busy,
    Unauthorized,
    TokensExpired,
    SlowAnswers,
    Restarted,
    Retention,
}

const KINDS: [Fault; 12] = [
    Fault::Killed,
    Fault::Reset,
    Fault::Forced,
    Fault::Detached,
    Fault::Frozen,
    Fault::Silenced,
    Fault::Busy,
    Fault::Unauthorized,
    Fault::TokensExpired,
    Fault::SlowAnswers,
    Fault::Restarted,
    Fault::Retention,
];

/// Where retention begins in a partition: what is before it is gone.
type Beginning = (usize, i64);

/// Has a fault happen; those that last have ended when it returns.
async fn happen(fault: Fault, devhub: &Devhub, random: &mut ChaCha8Rng) -> Option<Beginning> {
    let partition = random.random_range(0..PARTITIONS);
    let lasts = Duration::from_millis(random.random_range(100..1500));
    match fault {
        Fault::Killed => {
            devhub.kill_connections();
        }
        Fault::Reset => {
            devhub.reset_connections();
        }
        Fault::Forced => devhub.force_close_connections(),
        Fault::Detached => {
            devhub.detach_readers(HUB, partition, "amqp:link:detach-forced").unwrap();
        }
        Fault::Frozen => {
            devhub.freeze_connections();
        }
        Fault::Silenced => {
            devhub.silence_readers(HUB, partition).unwrap();
        }
        Fault::Busy => devhub.refuse("com.microsoft:server-busy"),
        Fault::Unauthorized => {
            devhub.refuse_tokens();
            devhub.expire_tokens();
        }
        Fault::TokensExpired => devhub.expire_tokens(),
        Fault::SlowAnswers => {
            devhub.answer_after(Duration::from_millis(300));
            devhub.kill_connections();
        }
        Fault::Restarted => devhub.restart(lasts).await.unwrap(),
        Fault::Retention => {
            // Silent meanwhile, so that some of what is removed was not read yet.
            let last = || devhub.last_sequence_number(HUB, partition).unwrap();
            let wanted = last() + 3;
            devhub.silence_readers(HUB, partition).unwrap();
            tokio::time::sleep(lasts).await;
            let beginning = wanted.min(last() + 1);
            devhub.truncate(HUB, partition, beginning).unwrap();
            return Some((partition, beginning));
        }
    }
    if matches!(fault, Fault::Busy | Fault::Unauthorized | Fault::SlowAnswers) {
        tokio::time::sleep(lasts).await;
        devhub.recover();
    }
    None
}

/// Publishes numbered events to all partitions until it is told to end; gives how many each has.
async fn produce(devhub: Devhub, stop: Arc<AtomicBool>) -> [usize; PARTITIONS] {
    let mut published = [0; PARTITIONS];
    while !stop.load(Ordering::Relaxed) {
        for (partition, number) in published.iter_mut().enumerate() {
            devhub.append(HUB, partition, numbered(partition, *number)).unwrap();
            *number += 1;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    published
}

/// The gaps that the log names: partition, first and last sequence number.
fn gaps(log: &str) -> Vec<(String, usize, usize)> {
    let field = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!(" {name}=")).unwrap();
        rest.split_whitespace().next().unwrap().trim_matches('"').to_owned()
    };
    let lines = log.lines().filter(|line| line.contains("removed by the hub's retention"));
    let gap = |line: &str| {
        let number = |name| field(line, name).parse().unwrap();
        (field(line, "partition"), number("from"), number("to"))
    };
    lines.map(gap).collect()
}

/// Files and sockets that a process has open; 0 where nobody tells.
fn open_files(process: u32) -> usize {
    std::fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_happens_to_connections_each_record_is_in_once_and_in_order() {
    let asked = Asked::or(KINDS.len());
    let mut random = ChaCha8Rng::seed_from_u64(asked.seed);
    let workspace = Workspace::new();
    workspace.write("entralog.yaml", "flush: {age: 1s}\n");
    let devhub = start(PARTITIONS).await;
    let mut running = Running::start(&mut ingest(&workspace, &devhub, &[]));
    let stop = Arc::new(AtomicBool::new(false));
    let producer = tokio::spawn(produce(devhub.clone(), Arc::clone(&stop)));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (begun, open_before) = (Instant::now(), open_files(running.id()));

    let mut happened: BTreeMap<Fault, usize> = BTreeMap::new();
    let mut beginnings: BTreeSet<Beginning> = BTreeSet::new();
    let mut deck = Vec::new();
    for n in 0..asked.faults {
        // Each kind comes before any comes again.
        if deck.is_empty() {
            deck = KINDS.to_vec();
            deck.shuffle(&mut random);
        }
        let fault = deck.pop().unwrap();
        beginnings.extend(happen(fault, &devhub, &mut random).await);
        *happened.entry(fault).or_default() += 1;
        assert!(running.is_running(), "fault {n}, {fault:?}: {:#?}", running.wait());
        tokio::time::sleep(Duration::from_millis(random.random_range(50..1200))).await;
        if (n + 1) % 100 == 0 {
            println!("{} faults in {:?}", n + 1, begun.elapsed());
        }
    }
    stop.store(true, Ordering::Relaxed);
    let published = producer.await.unwrap();
    let recovering = Instant::now();
    let last = |partition: usize| format!("{partition}/{}", published[partition] - 1);
    let ends: Vec<String> = (0..PARTITIONS).map(|p| format!("'{}'", last(p))).collect();
    let count = format!("SELECT count(*) FROM SigninLogs WHERE Id IN ({})", ends.join(", "));
    while workspace.number(&count) < i64::try_from(PARTITIONS).unwrap() {
        assert!(running.is_running(), "{:#?}", running.wait());
        if recovering.elapsed() > RECOVERY {
            running.terminate();
            panic!("seed {}: not within {RECOVERY:?}: {:#?}", asked.seed, running.wait());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let recovered = recovering.elapsed();
    let open_after = open_files(running.id());
    running.terminate();
    let finished = running.wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");

    // Only what is gone may be passed over: each gap ends where retention once began.
    let gaps = gaps(&finished.stderr);
    let is_explained = |(partition, _, to): &&(String, usize, usize)| {
        beginnings.contains(&(partition.parse().unwrap(), i64::try_from(to + 1).unwrap()))
    };
    let unexplained: Vec<_> = gaps.iter().filter(|gap| !is_explained(gap)).collect();
    let removed: BTreeSet<(String, usize)> = gaps
        .iter()
        .cloned()
        .flat_map(|(partition, from, to)| (from..=to).map(move |n| (partition.clone(), n)))
        .collect();
    let taken = taken(&workspace);
    let (mut lost, mut doubled, mut misplaced) = (0, 0, 0);
    for (partition, published) in published.iter().enumerate() {
        let name = partition.to_string();
        let rows = &taken[&name];
        let numbers: BTreeSet<i64> = rows.iter().map(|(number, _)| *number).collect();
        doubled += rows.len() - numbers.len();
        misplaced += rows.iter().filter(|(n, id)| *id != format!("{partition}/{n}")).count();
        let is_lost = |n: &usize| {
            let is_in = numbers.contains(&i64::try_from(*n).unwrap());
            !is_in && !removed.contains(&(name.clone(), *n))
        };
        lost += (0..*published).filter(is_lost).count();
    }
    // Those of a partition were taken one after the other.
    let out_of_order = workspace.number(
        "SELECT count(*) FROM (
           SELECT _IngestedAt AS t, lag(_IngestedAt) OVER (
             PARTITION BY split_part(_Source, '@', 1)
             ORDER BY CAST(split_part(split_part(_Source, '@', 2), '#', 1) AS BIGINT)) AS before
           FROM SigninLogs) WHERE t < before",
    );
    let events: usize = published.iter().sum();
    println!(
        "seed {}: {} faults {happened:?} in {:?}, {events} events; lost {lost}, doubled {doubled}, \
         out of order {out_of_order}, misplaced {misplaced}, removed by retention {}; \
         all in {recovered:?} after the last fault; {open_before} files open before, {open_after} after",
        asked.seed,
        asked.faults,
        begun.elapsed(),
        removed.len(),
    );
    assert_eq!((lost, doubled, misplaced, out_of_order), (0, 0, 0, 0));
    assert!(unexplained.is_empty(), "passed over without a reason: {unexplained:?}");
    assert_eq!(workspace.count("DeadLetters"), 0);
    assert!(open_after <= open_before + MORE_OPEN, "{open_before} open before, {open_after} after");
}
