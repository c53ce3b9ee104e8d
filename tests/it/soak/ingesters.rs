//! Several ingesters on one hub, killed, stopped for a while, ended and started again at random while a producer
//! writes: each event is in the lake once at the end, where its sequence number says.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::Asked;
use crate::event_hubs::{HUB, all_of, ingest, numbered, start, taken};
use crate::support::{Running, Workspace};

const PARTITIONS: usize = 5;

/// Ingesters that run, as long as nothing happens to them.
const INGESTERS: usize = 3;

/// What happens in the run that belongs to every test run.
const FAULTS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ingesters_that_die_and_sleep_and_leave_lose_and_double_nothing_between_them() {
    let Asked { faults, seed } = Asked::or(FAULTS);
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let workspace = Workspace::new();
    workspace.write("entralog.yaml", "flush: {rows: 40, age: 1s}\n");
    let devhub = start(PARTITIONS).await;
    let run = || Running::start(&mut ingest(&workspace, &devhub, &[]));
    let mut running: Vec<_> = (0..INGESTERS).map(|_| run()).collect();
    let mut sent = [0; PARTITIONS];
    let mut publish_for = async |milliseconds: u64| {
        for _ in 0..milliseconds / 25 {
            for (partition, number) in sent.iter_mut().enumerate() {
                devhub.append(HUB, partition, numbered(partition, *number)).unwrap();
                *number += 1;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        sent
    };
    publish_for(3000).await;
    let mut happened = BTreeMap::<&str, u32>::new();
    let ended_well = |running: Running| {
        running.terminate();
        let finished = running.wait();
        assert_eq!(finished.code, Some(0), "{finished:#?}");
    };
    for _ in 0..faults {
        let victim = running.swap_remove(dice.random_range(0..running.len()));
        let what = match dice.random_range(0..5_u32) {
            0 => {
                victim.kill();
                running.push(run());
                "killed"
            }
            1 => {
                victim.kill();
                publish_for(dice.random_range(500..4000)).await;
                running.push(run());
                "killed, later replaced"
            }
            2 => {
                ended_well(victim);
                running.push(run());
                "ended"
            }
            // Shorter than a lease, and longer.
            3 => {
                victim.signal("STOP");
                publish_for(dice.random_range(200..4000)).await;
                victim.signal("CONT");
                running.push(victim);
                "stopped for a moment"
            }
            _ => {
                victim.signal("STOP");
                publish_for(dice.random_range(7000..12_000)).await;
                victim.signal("CONT");
                running.push(victim);
                "stopped for long"
            }
        };
        *happened.entry(what).or_default() += 1;
        publish_for(dice.random_range(200..3000)).await;
    }
    let sent = publish_for(500).await;
    running.into_iter().for_each(ended_well);
    let finished = Running::start(&mut ingest(&workspace, &devhub, &["--once"])).wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");

    let expected = sent.iter().enumerate().map(|(p, sent)| (p.to_string(), all_of(p, 0..*sent)));
    assert_eq!(taken(&workspace), expected.collect(), "seed {seed}");
    println!(
        "{}",
        json!({"seed": seed, "faults": faults, "happened": happened, "events": sent.iter().sum::<usize>(),
               "lost": 0, "doubled": 0, "out_of_order": 0})
    );
}
