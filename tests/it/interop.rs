//! Microsoft's other clients, JavaScript and Python, as producers and consumers on the same hub as
//! entralog: what one of them publishes all of them read, and the lake holds the same.
//!
//! `tests/interop/install` installs them; without it, these tests say so and pass. They run against
//! a devhub, or against a namespace of Azure if `EVENTHUB_CONNECTION_STRING` names one, with its hub
//! in `EntityPath` or in `EVENTHUB_NAME` (two partitions at least, and a key that may send and listen).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]
#![allow(clippy::print_stderr, reason = "whoever runs the tests is to know what was left out")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use entralog::devhub::Devhub;
use serde_json::Value;

use crate::event_hubs::{HUB, start};
use crate::support::{Finished, Running, Workspace};

const EVENTS: usize = 200;

/// One of Microsoft's clients, as installed by `tests/interop/install`.
struct Client {
    name: &'static str,
    program: PathBuf,
    script: PathBuf,
    /// Where Node finds them.
    packages: PathBuf,
}

/// An event as a client or the lake tells it: partition, sequence number, id of its record.
type Event = (String, i64, String);

fn installed() -> PathBuf {
    let cache = || std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::home_dir().unwrap().join(".cache");
    let chosen = std::env::var_os("ENTRALOG_INTEROP").map(PathBuf::from);
    chosen.unwrap_or_else(|| cache().unwrap_or_else(home).join("entralog-interop"))
}

/// A client, if it is there.
fn client(name: &'static str) -> Option<Client> {
    let directory = installed().join(name);
    if !directory.join("installed").exists() {
        eprintln!("skipped: Microsoft's {name} client is not there; tests/interop/install gets it");
        return None;
    }
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/interop");
    let (name, program, script) = match name {
        "js" => ("javascript", "node".into(), source.join("client.mjs")),
        _ => (name, directory.join("bin/python"), source.join("client.py")),
    };
    Some(Client { name, program, script, packages: directory })
}

/// Where the clients meet: a devhub of this test, or what the environment names.
struct Place {
    connection_string: String,
    hub: String,
    group: String,
    /// Kept as long as it is used.
    _devhub: Option<Devhub>,
}

impl Place {
    async fn find() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let group = variable("EVENTHUB_CONSUMER_GROUP").unwrap_or_else(|| "$Default".to_owned());
        if let Some(connection_string) = variable("EVENTHUB_CONNECTION_STRING") {
            let mut parts = connection_string.split(';').filter_map(|part| part.split_once('='));
            let path = parts.find(|(key, _)| key.eq_ignore_ascii_case("EntityPath"));
            let path = path.map(|(_, hub)| hub.to_owned());
            let hub = variable("EVENTHUB_NAME")
                .or(path)
                .unwrap_or_else(|| panic!("EntityPath or EVENTHUB_NAME"));
            return Self { connection_string, hub, group, _devhub: None };
        }
        let devhub = start(2).await;
        let connection_string = devhub.connection_string();
        Self { connection_string, hub: HUB.to_owned(), group, _devhub: Some(devhub) }
    }

    #[track_caller]
    fn run(&self, client: &Client, arguments: &[&str]) -> Vec<Value> {
        let mut command = Command::new(&client.program);
        command
            .arg(&client.script)
            .args(arguments)
            .env("EVENTHUB_CONNECTION_STRING", &self.connection_string)
            .env("PACKAGES", &client.packages)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let finished = Running::start(&mut command).wait();
        let Finished { code, stdout, stderr } = finished;
        assert_eq!(code, Some(0), "{} {arguments:?}\n{stdout}\n{stderr}", client.name);
        stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// What a client has read: every event once, and those of a partition in order.
#[track_caller]
fn read(client: &Client, lines: &[Value]) -> BTreeSet<Event> {
    let mut events = BTreeSet::new();
    let mut last: Vec<(String, i64)> = Vec::new();
    for line in lines {
        let partition = line[0].as_str().unwrap().to_owned();
        let number = line[1].as_i64().unwrap();
        let body: Value = serde_json::from_str(line[2].as_str().unwrap()).unwrap();
        let id = body["records"][0]["properties"]["id"].as_str().unwrap().to_owned();
        let before = last.iter().rfind(|(of, _)| *of == partition).map(|(_, number)| *number);
        assert!(before < Some(number), "{}: {number} after {before:?}", client.name);
        last.push((partition.clone(), number));
        assert!(events.insert((partition, number, id)), "{}: {line} twice", client.name);
    }
    events
}

async fn what_it_publishes_all_of_them_read(producer: Option<Client>) {
    let Some(producer) = producer else { return };
    let workspace = Workspace::new();
    let place = Place::find().await;
    // A hub in Azure holds events of other runs too.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let (run, since) = (now.to_string(), (now - 60_000).to_string());
    let count = EVENTS.to_string();
    for partition in ["0", "1"] {
        place.run(&producer, &["produce", &place.hub, partition, &run, &count]);
    }

    let mut command = workspace.command(&["ingest", "--once", "-o", "ndjson"]);
    command
        .env("ENTRALOG_EVENT_HUBS_CONNECTION_STRING", &place.connection_string)
        .env("ENTRALOG_CONSUMER_GROUP", &place.group)
        .env("ENTRALOG_EVENT_HUBS", &place.hub);
    let finished = Running::start(&mut command).wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let rows =
        workspace.rows(&format!("SELECT _Source, Id FROM SigninLogs WHERE Id LIKE '{run}-%'"));
    let lake: Vec<Event> = rows.iter().map(event_of_row).collect();
    let distinct: BTreeSet<Event> = lake.iter().cloned().collect();
    assert_eq!(lake.len(), distinct.len(), "rows twice");

    // What was published, in the order of the sequence numbers.
    for partition in ["0", "1"] {
        let of_partition = distinct.iter().filter(|(of, ..)| of == partition);
        let ids: Vec<&str> = of_partition.map(|(.., id)| id.as_str()).collect();
        let expected: Vec<String> =
            (0..EVENTS).map(|n| format!("{run}-{}-{partition}-{n}", producer.name)).collect();
        assert_eq!(ids, expected, "partition {partition} by {}", producer.name);
    }
    let both = (2 * EVENTS).to_string();
    for consumer in [client("js"), client("python")].into_iter().flatten() {
        let lines =
            place.run(&consumer, &["consume", &place.hub, &place.group, &run, &since, &both]);
        assert_eq!(read(&consumer, &lines), distinct, "{} read otherwise", consumer.name);
    }
}

fn event_of_row(row: &Value) -> Event {
    let (source, place) = row["_Source"].as_str().unwrap().rsplit_once('@').unwrap();
    let partition = source.rsplit_once('/').unwrap().1.to_owned();
    let number = place.split_once('#').unwrap().0.parse().unwrap();
    (partition, number, row["Id"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_microsofts_javascript_client_publishes_every_client_reads_and_the_lake_holds() {
    what_it_publishes_all_of_them_read(client("js")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_microsofts_python_client_publishes_every_client_reads_and_the_lake_holds() {
    what_it_publishes_all_of_them_read(client("python")).await;
}
