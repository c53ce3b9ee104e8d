//! Numbers of the partitions that are read, as they are at the moment when somebody asks.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::source::eventhub::{PartitionName, Readings};

#[derive(Debug, Clone, Default)]
pub(super) struct PartitionMetrics {
    pub(super) readings: Readings,
    lag_events: Family<OfPartition, Gauge>,
    lag_seconds: Family<OfPartition, Gauge<f64, AtomicU64>>,
    reopened: Family<OfReopening, Counter>,
    lost: Family<OfPartition, Counter>,
    owned: Family<OfHub, Gauge>,
    moved: Family<OfMove, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfHub {
    hub: String,
    namespace: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfMove {
    hub: String,
    reason: &'static str,
    namespace: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPartition {
    hub: String,
    partition: String,
    /// Two namespaces may have a hub of the same name.
    namespace: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReopening {
    hub: String,
    partition: String,
    reason: &'static str,
    namespace: String,
}

impl PartitionMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { lag_events, lag_seconds, reopened, lost, owned, moved, .. } = metrics.clone();
        registry.register(
            "partition_lag_events",
            "Events that the hub holds and that were not read yet",
            lag_events,
        );
        registry.register(
            "partition_lag_seconds",
            "No event that was not read yet is older than this",
            lag_seconds,
        );
        registry.register("partition_reopened", "Connections that were opened anew", reopened);
        registry.register(
            "events_lost_to_retention",
            "Events that the hub's retention has removed before they could be read",
            lost,
        );
        registry.register("partitions_owned", "Partitions that are read here", owned);
        registry.register(
            "ownership_changes",
            "Partitions that came to this ingester, or went to another",
            moved,
        );
        metrics
    }

    /// Brings the numbers up to this moment.
    pub(super) fn look(&self) {
        let mut owned = BTreeMap::<_, i64>::new();
        let mut moves = BTreeMap::<_, u64>::new();
        for (name, lag) in self.readings.progress() {
            let PartitionName { namespace, hub, partition } = name;
            let of_hub = (hub.clone(), namespace.clone());
            for (how, count) in &lag.moved {
                *moves.entry((of_hub.clone(), how.as_str())).or_default() += count;
            }
            *owned.entry(of_hub).or_default() += i64::from(lag.is_read);
            for (why, count) in &lag.reopened {
                let label = OfReopening {
                    hub: hub.clone(),
                    partition: partition.clone(),
                    reason: why.as_str(),
                    namespace: namespace.clone(),
                };
                raise(&self.reopened.get_or_create(&label), *count);
            }
            let label = OfPartition { hub, partition, namespace };
            raise(&self.lost.get_or_create(&label), lag.lost_to_retention);
            // Whoever reads it now knows.
            if !lag.is_read {
                self.lag_events.remove(&label);
                self.lag_seconds.remove(&label);
                continue;
            }
            let events = i64::try_from(lag.events).unwrap_or(i64::MAX);
            self.lag_events.get_or_create(&label).set(events);
            self.lag_seconds.get_or_create(&label).set(lag.age.as_secs_f64());
        }
        for ((hub, namespace), partitions) in owned {
            self.owned.get_or_create(&OfHub { hub, namespace }).set(partitions);
        }
        for (((hub, namespace), reason), count) in moves {
            raise(&self.moved.get_or_create(&OfMove { hub, reason, namespace }), count);
        }
    }
}

/// Raises a counter to what was counted elsewhere; of two that do so at once, neither lowers it.
fn raise(counter: &Counter, to: u64) {
    counter.inner().fetch_max(to, std::sync::atomic::Ordering::Relaxed);
}
