//! The namespace: its event hubs, their partitions, and which partition an event goes to.

use super::config::{DEFAULT_GROUP, DevhubConfig, HubConfig};
use super::faults::Faults;
use super::log::{BeyondEnd, Event, Log, Properties};
use super::message::Message;
use super::readers::Readers;
use super::selector::Selector;
use super::{lock, now};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// All event hubs of a devhub.
pub(super) struct Namespace {
    /// By name in lower case.
    hubs: HashMap<String, Hub>,
    pub(super) faults: Faults,
}

/// One event hub.
pub(super) struct Hub {
    /// As configured.
    pub(super) name: String,
    /// Milliseconds since 1970.
    pub(super) created_ms: i64,
    pub(super) partitions: Vec<Partition>,
    /// In lower case.
    groups: HashSet<String>,
    next_partition: AtomicUsize,
}

/// One partition: its log, and who waits for it.
pub(super) struct Partition {
    log: Mutex<Log>,
    /// Sequence number of the next event, so that idle readers wake when there is one.
    end: watch::Sender<i64>,
    pub(super) readers: Arc<Readers>,
}

impl Namespace {
    pub(super) fn new(config: &DevhubConfig) -> Self {
        let hub = |hub: &HubConfig| {
            let key = hub.name.to_lowercase();
            (key, Hub::new(hub, config.retained_bytes))
        };
        Self { hubs: config.hubs.iter().map(hub).collect(), faults: Faults::default() }
    }

    /// An event hub by name, whatever its case.
    pub(super) fn hub(&self, name: &str) -> Option<&Hub> {
        self.hubs.get(&name.to_lowercase())
    }

    pub(super) fn partitions(&self) -> impl Iterator<Item = &Partition> {
        self.hubs.values().flat_map(|hub| &hub.partitions)
    }

    /// The names of the event hubs, sorted.
    pub(super) fn hub_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.hubs.values().map(|hub| hub.name.clone()).collect();
        names.sort();
        names
    }
}

impl Hub {
    fn new(config: &HubConfig, retained_bytes: usize) -> Self {
        let groups = config.consumer_groups.iter().map(String::as_str);
        Self {
            name: config.name.clone(),
            created_ms: now::millis(),
            partitions: (0..config.partitions).map(|_| Partition::new(retained_bytes)).collect(),
            groups: groups.chain([DEFAULT_GROUP]).map(str::to_lowercase).collect(),
            next_partition: AtomicUsize::new(0),
        }
    }

    pub(super) fn has_group(&self, name: &str) -> bool {
        self.groups.contains(&name.to_lowercase())
    }

    /// A partition by the id clients use, its decimal number.
    pub(super) fn partition(&self, id: &str) -> Option<&Partition> {
        self.partitions.get(id.parse::<usize>().ok()?)
    }

    /// The partition for an event whose publisher named none: always the same for one key, in turn
    /// without a key. Which one a key leads to differs from Azure, where that is not promised either.
    pub(super) fn partition_for(&self, key: Option<&str>) -> &Partition {
        let number = match key {
            Some(key) => fnv1a(key.as_bytes()),
            None => self.next_partition.fetch_add(1, Ordering::Relaxed),
        };
        &self.partitions[number % self.partitions.len()]
    }
}

impl Partition {
    fn new(retained_bytes: usize) -> Self {
        Self {
            log: Mutex::new(Log::new(retained_bytes)),
            end: watch::Sender::new(0),
            readers: Arc::default(),
        }
    }

    /// Appends events next to each other and returns the sequence number of the last one.
    pub(super) fn append(&self, events: Vec<Message>) -> i64 {
        let mut log = lock(&self.log);
        let now_ms = now::millis();
        let mut last = log.properties().last_enqueued_sequence_number;
        for event in events {
            last = log.append(event, now_ms);
        }
        self.end.send_replace(last + 1);
        last
    }

    pub(super) fn truncate(&self, before_sequence_number: i64) {
        lock(&self.log).truncate(before_sequence_number);
    }

    pub(super) fn start(&self, selector: &Selector) -> Result<i64, BeyondEnd> {
        lock(&self.log).start(selector)
    }

    pub(super) fn read(&self, from: i64, max: usize) -> Vec<Arc<Event>> {
        lock(&self.log).read(from, max)
    }

    pub(super) fn properties(&self) -> Properties {
        lock(&self.log).properties()
    }

    /// Resolves once an event with this sequence number exists.
    pub(super) async fn reached(&self, sequence_number: i64) {
        let mut end = self.end.subscribe();
        // Fails only when the sender is gone, and `self` holds it.
        let _ = end.wait_for(|end| *end > sequence_number).await;
    }
}

/// 32-bit FNV-1a: spreads keys evenly, the same on every machine.
fn fnv1a(bytes: &[u8]) -> usize {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(0x811c_9dc5, step) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_always_leads_to_one_partition_and_keys_spread_over_all() {
        let namespace = Namespace::new(&DevhubConfig::with_hubs([("Logs", 4)]));
        let hub = namespace.hub("LOGS").unwrap();
        let number = |key: Option<&str>| {
            let partition = hub.partition_for(key);
            let numbered = hub.partitions.iter().position(|p| std::ptr::eq(p, partition));
            numbered.unwrap()
        };
        let keys: Vec<String> = (0..101).map(|i| format!("tenant-{i}")).collect();
        let first: Vec<usize> = keys.iter().map(|key| number(Some(key))).collect();
        let again: Vec<usize> = keys.iter().map(|key| number(Some(key))).collect();
        assert_eq!(first, again);
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), 4);
        assert_eq!([number(None), number(None), number(None)], [0, 1, 2]);
    }
}
