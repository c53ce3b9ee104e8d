//! Ingestion against a model of it: whatever comes, fails and dies in whatever order, what is in the lake at the end
//! is what a reader of these few lines would expect.
//!
//! A schedule sends messages of all kinds, removes some from the hub, and has `entralog ingest --once` run into faults and
//! be killed in between. The model knows only which messages there were. A record belongs into the lake once if one of
//! its messages was not lost; which were lost, `SequenceGaps` has to say. A schedule that fails is made
//! smaller before it is shown.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use entralog::devhub::Devhub;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Value, json};

use super::Asked;
use super::process::PLACES;
use crate::event_hubs::{HUB, ingest, start};
use crate::support::{Running, Workspace, audit, non_interactive, sign_in};

const PARTITIONS: usize = 2;

/// Schedules of the run that belongs to every test run.
const SCHEDULES: usize = 6;

const TIME: &str = "2026-01-05T10:00:00Z";
const TABLES: [&str; 3] = ["SigninLogs", "AADNonInteractiveUserSignInLogs", "AuditLogs"];

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// A message comes.
    Send { partition: usize, parts: Vec<Part>, is_cut: bool },
    /// The hub forgets this part of a partition, in eighths.
    Forget { partition: usize, eighths: i64 },
    /// Everything that is there is taken in, or as much as the fault lets it.
    Ingest(Option<Fault>),
}

/// A part of a message.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// A record of one of the tables.
    New(usize),
    /// One that came before, if any did.
    Again(usize),
    WithoutTime,
    OfNoTable,
}

#[derive(Debug, Clone, Copy)]
enum Fault {
    /// The process dies at one of its steps, the so-many-th time that it comes there.
    Dies(usize, u32),
    /// It is killed after so many milliseconds.
    Killed(u64),
    /// All connections are reset after so many milliseconds.
    Reset(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let part = prop_oneof![
        5 => (0..TABLES.len()).prop_map(Part::New),
        3 => any::<usize>().prop_map(Part::Again),
        1 => Just(Part::WithoutTime),
        1 => Just(Part::OfNoTable),
    ];
    let send = (0..PARTITIONS, prop::collection::vec(part, 0..5), prop::bool::weighted(0.1))
        .prop_map(|(partition, parts, is_cut)| Step::Send { partition, parts, is_cut });
    let forget = (0..PARTITIONS, 1..9_i64)
        .prop_map(|(partition, eighths)| Step::Forget { partition, eighths });
    let fault = prop_oneof![
        12 => (0..PLACES.len(), 1..7_u32).prop_map(|(place, times)| Fault::Dies(place, times)),
        4 => (50..600_u64).prop_map(Fault::Killed),
        1 => (50..600_u64).prop_map(Fault::Reset),
    ];
    let ingest = prop::option::weighted(0.8, fault).prop_map(Step::Ingest);
    prop::collection::vec(prop_oneof![16 => send, 1 => forget, 4 => ingest], 10..60)
}

/// The messages that there were, by partition and sequence number: the names of what is in each.
#[derive(Debug, Default)]
struct Model {
    messages: BTreeMap<(usize, i64), BTreeSet<String>>,
    /// Everything that can come again: its name, and the record.
    records: Vec<(String, Value)>,
}

impl Model {
    /// The body of the next message.
    fn message(&mut self, place: (usize, i64), parts: &[Part], is_cut: bool) -> String {
        let mut names = BTreeSet::new();
        let mut bodies = Vec::new();
        for part in parts {
            let (name, record) = self.record(*part);
            names.insert(name);
            bodies.push(record.to_string());
        }
        let cut = if is_cut {
            names.insert(format!("cut {}@{}", place.0, place.1));
            bodies.push(r#"{"category":"SignInLogs","#.to_owned());
            ""
        } else {
            "]}"
        };
        self.messages.insert(place, names);
        format!("{{\"records\":[{}{cut}", bodies.join(","))
    }

    fn record(&mut self, part: Part) -> (String, Value) {
        let number = self.records.len();
        let id = format!("record {number}");
        let record = match part {
            Part::Again(which) if number > 0 => return self.records[which % number].clone(),
            Part::New(0) | Part::Again(_) => sign_in(TIME, "ada@contoso.com", "0", &id),
            Part::New(1) => non_interactive(TIME, "ada@contoso.com", &id),
            Part::New(_) => audit(TIME, "Add user", &id),
            Part::WithoutTime => json!({"category": "SignInLogs", "name": id}),
            Part::OfNoTable => json!({"time": TIME, "category": "NotYetKnown", "name": id}),
        };
        self.records.push((id.clone(), record.clone()));
        (id, record)
    }

    /// Holds the lake against the messages.
    fn check(&self, workspace: &Workspace) -> Result<(), TestCaseError> {
        let mut found: BTreeMap<String, Vec<(usize, i64)>> = BTreeMap::new();
        for table in TABLES {
            for row in workspace.rows(&format!("SELECT Id AS Name, _Source FROM {table}")) {
                found.entry(text(&row, "Name")).or_default().push(place(&row));
            }
        }
        let dead = "SELECT arrow_cast(Body, 'Utf8') AS Body, Reason, _Source FROM DeadLetters";
        for row in workspace.rows(dead) {
            let (partition, number) = place(&row);
            let name = match text(&row, "Reason").as_str() {
                "invalid_json" => format!("cut {partition}@{number}"),
                _ => {
                    let body: Value = serde_json::from_str(&text(&row, "Body")).unwrap();
                    text(&body, "name")
                }
            };
            found.entry(name).or_default().push((partition, number));
        }
        for (name, places) in &found {
            for place in places {
                let is_there = self.messages.get(place).is_some_and(|names| names.contains(name));
                prop_assert!(is_there, "{name} is not in the message at {place:?}");
            }
            prop_assert!(places.len() == 1, "{name} is there twice: {places:?}");
        }
        let lost = lost(workspace);
        for (place, names) in &self.messages {
            let is_lost = lost.contains(place);
            for name in names {
                prop_assert!(
                    is_lost || found.contains_key(name),
                    "{name} of {place:?} is not there"
                );
            }
        }
        Ok(())
    }
}

/// Messages that the hub has forgotten before they were read, as the lake says.
fn lost(workspace: &Workspace) -> BTreeSet<(usize, i64)> {
    if !workspace.path("lake/SequenceGaps").exists() {
        return BTreeSet::new();
    }
    let gaps =
        "SELECT * FROM SequenceGaps WHERE Reason IN ('removed_by_retention', 'before_first_read')";
    let number = |row: &Value, name: &str| row[name].as_i64().unwrap();
    let of_gap = |row: Value| {
        let partition = text(&row, "Source").rsplit_once('/').unwrap().1.parse().unwrap();
        let numbers = number(&row, "FirstSequenceNumber")..=number(&row, "LastSequenceNumber");
        numbers.map(move |number| (partition, number))
    };
    workspace.rows(gaps).into_iter().flat_map(of_gap).collect()
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

/// Partition and sequence number of a row.
fn place(row: &Value) -> (usize, i64) {
    let source = text(row, "_Source");
    let (partition, place) = source.rsplit_once('@').unwrap();
    let partition = partition.rsplit_once('/').unwrap().1;
    let number = place.split_once('#').unwrap().0;
    (partition.parse().unwrap(), number.parse().unwrap())
}

/// Takes in what there is.
async fn take_in(workspace: &Workspace, devhub: &Devhub, fault: Option<Fault>) {
    let mut command = ingest(workspace, devhub, &["--once"]);
    if let Some(Fault::Dies(place, times)) = fault {
        command.env("ENTRALOG_FAILPOINT", format!("{}@{times}", PLACES[place]));
    }
    let running = Running::start(&mut command);
    let pause = |milliseconds| tokio::time::sleep(Duration::from_millis(milliseconds));
    let finished = match fault {
        Some(Fault::Killed(after)) => {
            pause(after).await;
            running.kill()
        }
        Some(Fault::Reset(after)) => {
            pause(after).await;
            devhub.reset_connections();
            running.wait()
        }
        Some(Fault::Dies(..)) | None => running.wait(),
    };
    let may_fail = matches!(fault, Some(Fault::Reset(_)));
    assert!(
        matches!(finished.code, None | Some(0)) || may_fail && finished.code == Some(4),
        "{fault:?}: {finished:#?}"
    );
}

async fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let workspace = Workspace::new();
    // Small commits, so that a schedule has many.
    workspace.write("entralog.yaml", "flush: {rows: 8}\n");
    let devhub = start(PARTITIONS).await;
    let mut model = Model::default();
    let mut next = [0_i64; PARTITIONS];
    // What a partition has lost shows when something comes after it.
    let last = (0..PARTITIONS).map(|partition| Step::Send {
        partition,
        parts: vec![Part::New(0)],
        is_cut: false,
    });
    for step in steps.into_iter().chain(last) {
        match step {
            Step::Send { partition, parts, is_cut } => {
                let number = &mut next[partition];
                let body = model.message((partition, *number), &parts, is_cut);
                prop_assert_eq!(devhub.append(HUB, partition, body).unwrap(), *number);
                *number += 1;
            }
            Step::Forget { partition, eighths } => {
                devhub.truncate(HUB, partition, next[partition] * eighths / 8).unwrap();
            }
            Step::Ingest(fault) => take_in(&workspace, &devhub, fault).await,
        }
    }
    take_in(&workspace, &devhub, None).await;
    model.check(&workspace)?;
    workspace.assert_sound();
    Ok(())
}

#[test]
fn whatever_comes_in_whatever_order_the_lake_is_what_a_model_says() {
    let Asked { faults: schedules, seed } = Asked::or(SCHEDULES);
    let config = Config {
        cases: u32::try_from(schedules).unwrap(),
        failure_persistence: None,
        // Each try takes seconds.
        max_shrink_iters: 40,
        ..Config::default()
    };
    let mut seeds = [0; 32];
    seeds[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &seeds);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let result = TestRunner::new_with_rng(config, random)
        .run(&steps(), |steps| runtime.block_on(run(steps)));
    if let Err(failed) = result {
        panic!("seed {seed}: {failed}");
    }
}
