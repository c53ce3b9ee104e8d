//! `entralog ingest` killed again and again, at every step between receiving and commit, while a producer
//! writes: each record is in the lake once at the end, where its sequence number says.

use std::collections::BTreeMap;
use std::time::Duration;

use entralog::devhub::{Devhub, DevhubConfig};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::Asked;
use crate::support::{Running, Workspace, audit, body, non_interactive, sign_in};

const HUB: &str = "insights-logs-all";
const PARTITIONS: usize = 3;

/// Kills of the run that belongs to every test run.
const KILLS: usize = 24;

/// Where the process dies by itself, as `src/failpoint.rs` names it.
pub(super) const PLACES: [&str; 6] =
    ["taken", "before-file", "after-file", "before-commit", "after-commit", "before-checkpoint"];

/// Tables that the records of a message are of, in turn.
const TABLES: [&str; 3] = ["SigninLogs", "AADNonInteractiveUserSignInLogs", "AuditLogs"];

/// A message of one to nine records, now and then one that cannot be read, and now and then one of `earlier`
/// once more.
fn message(
    partition: usize,
    number: u64,
    earlier: &[String],
    dice: &mut ChaCha8Rng,
) -> (String, u64) {
    if dice.random_ratio(1, 20) {
        return ("nonsense".into(), 0);
    }
    if !earlier.is_empty() && dice.random_ratio(1, 10) {
        return (earlier[dice.random_range(0..earlier.len())].clone(), 0);
    }
    let time = "2026-01-05T10:00:00Z";
    let records: Vec<_> = (0..dice.random_range(1..10_u64))
        .map(|index| {
            let id = format!("{partition}/{number}/{index}");
            match index % 3 {
                0 => sign_in(time, "ada@contoso.com", "0", &id),
                1 => non_interactive(time, "ada@contoso.com", &id),
                _ => audit(time, "Add user", &id),
            }
        })
        .collect();
    (body(&records), records.len() as u64)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_at_any_step_loses_and_doubles_nothing() {
    let Asked { faults: kills, seed } = Asked::or(KILLS);
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let workspace = Workspace::new();
    let config = DevhubConfig::with_hubs([(HUB, PARTITIONS)]);
    let devhub = Devhub::start(&config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let hubs = format!("eventHubs: [{{connectionString: {{env: HUBS}}, hubs: [{HUB}]}}]\n");
    // Small commits, and so many of them that the log gets checkpoints.
    workspace.write("entralog.yaml", format!("{hubs}flush: {{rows: 8}}\n"));
    let command = |arguments: &[&str]| {
        let mut command = workspace.command(arguments);
        command.env("HUBS", devhub.connection_string());
        command
    };

    let mut sent = [0_u64; PARTITIONS];
    let mut earlier: [Vec<String>; PARTITIONS] = Default::default();
    let mut repeated = 0_u64;
    let mut expected = BTreeMap::from([("nonsense".to_owned(), 0_u64)]);
    let mut died = BTreeMap::<&str, u32>::new();
    for _ in 0..kills {
        // By its own hand at a step, or by ours at any instant.
        let place = dice.random_bool(0.7).then(|| PLACES[dice.random_range(0..PLACES.len())]);
        let mut ingest = command(&["ingest"]);
        if let Some(place) = place {
            ingest.env("ENTRALOG_FAILPOINT", format!("{place}@{}", dice.random_range(1..6_u32)));
        }
        let mut running = Running::start(&mut ingest);
        let patience = if place.is_some() { 3000 } else { dice.random_range(100..1500_u64) };
        for _ in 0..patience / 25 {
            let partition = dice.random_range(0..PARTITIONS);
            let number = &mut sent[partition];
            let earlier = &mut earlier[partition];
            let (message, records) = message(partition, *number, earlier, &mut dice);
            if records > 0 {
                expected.insert(format!("{partition}/{number}"), records);
                earlier.push(message.clone());
            } else if message == "nonsense" {
                *expected.get_mut("nonsense").unwrap() += 1;
            } else {
                repeated += 1;
            }
            devhub.append(HUB, partition, message).unwrap();
            *number += 1;
            tokio::time::sleep(Duration::from_millis(25)).await;
            if !running.is_running() {
                break;
            }
        }
        let by_itself = !running.is_running();
        let finished = running.kill();
        assert!(finished.code.is_none(), "it ended by itself: {finished:#?}");
        *died.entry(if by_itself { place.unwrap() } else { "any instant" }).or_default() += 1;
    }
    // What is left may be much, on a slow machine.
    workspace.write("entralog.yaml", hubs);
    let finished = Running::start(&mut command(&["ingest", "--once"])).wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");

    let mut found = BTreeMap::from([("nonsense".to_owned(), 0_u64)]);
    for table in TABLES {
        for row in workspace.rows(&format!("SELECT Id, _Source FROM {table}")) {
            let (message, index, source) = places(&row);
            // In order: the record of a message is where the partition has that message.
            assert!(
                source.ends_with(&format!("/{HUB}/{}#{index}", message.replace('/', "@"))),
                "{row}"
            );
            *found.entry(message).or_default() += 1;
        }
        workspace.distinct_count(table);
    }
    let dead = u64::try_from(workspace.distinct_count("DeadLetters")).unwrap();
    found.insert("nonsense".into(), dead);
    assert_eq!(found, expected, "seed {seed}");
    workspace.assert_sound();
    let records: u64 = expected.values().sum();
    let messages: u64 = sent.iter().sum();
    println!(
        "{}",
        json!({"seed": seed, "kills": kills, "died": died, "messages": messages, "repeated": repeated, "records": records,
               "lost": 0, "doubled": 0, "out_of_order": 0})
    );
}

/// Of a row: its message as `partition/number`, the index of its record there, and its source.
fn places(row: &Value) -> (String, String, String) {
    let (message, index) = row["Id"].as_str().unwrap().rsplit_once('/').unwrap();
    (message.to_owned(), index.to_owned(), row["_Source"].as_str().unwrap().to_owned())
}
