//! Event Hubs as a source, through Microsoft's own client.
//!
//! Each partition is read by a guarded reader over a connection of its own; which
//! partitions there are, and where they end, is asked of the hub first.

mod connection;
mod lag;
mod namespace;
mod question;
mod reader;
mod reading;

use std::sync::Arc;
use std::time::Duration;

use azure_messaging_eventhubs::{ConsumerClient, EventHubsError};
use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

pub use connection::{ConnectionString, ConnectionStringError};
pub use lag::{Lag, lag};
pub use namespace::{Access, Namespace};
pub use reader::{PartitionReader, STALL_BOUND, Until};
pub use reading::{Moved, PartitionName, Progress, Reading, Readings, Reopened};

/// How long it may take to be connected, with a token from wherever it comes; the service's client has calls
/// that never return by themselves when an answer comes at the wrong moment.
const OPEN_TIMEOUT: Duration = Duration::from_secs(20);

/// How long the hub has for an answer once there is a connection.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);

/// Attempts to reach a hub before it counts as unreachable.
const ATTEMPTS: u32 = 3;

/// A hub that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EventHubError {
    /// The hub does not answer, or refuses.
    #[error("event hub {hub} at {namespace}: {reason}{}", remedy(reason))]
    Unreachable {
        /// The namespace.
        namespace: String,
        /// The hub.
        hub: String,
        /// The reason.
        reason: String,
    },
    /// Another reader with a higher owner level has taken the partition.
    #[error(
        "partition {partition} of {hub}: another reader of the same consumer group has taken it over by a higher owner level"
    )]
    Displaced {
        /// The hub.
        hub: String,
        /// The partition.
        partition: String,
    },
    /// The lake is ahead of the hub.
    #[error(
        "partition {partition} of {hub}: the lake holds everything up to sequence number {taken}, but the hub ends at {last}: the hub was deleted and made anew; give it another name, or read it into another lake"
    )]
    Recreated {
        /// The hub.
        hub: String,
        /// The partition.
        partition: String,
        /// Position in the lake.
        taken: i64,
        /// Last sequence number in the hub.
        last: i64,
    },
}

fn remedy(reason: &str) -> &'static str {
    if reason.contains("Connection refused") {
        "; nothing listens there: check the address, or start `entralog devhub`"
    } else if reason.contains("401") || reason.contains("nauthorized") {
        "; the key or identity is not accepted: it needs the right to listen (Azure Event Hubs Data Receiver)"
    } else if reason.contains("failed to lookup address") || reason.contains("dns") {
        "; the name cannot be resolved: check the namespace"
    } else if reason.contains("could not be found") || reason.contains("not-found") {
        "; check the name of the hub and of the consumer group"
    } else {
        ""
    }
}

/// One partition of a hub as it is now.
#[derive(Debug, Clone)]
pub struct Partition {
    /// Its id, `0`, `1`, …
    pub id: String,
    /// Its name in the lake's `txn` actions: `<namespace>/<hub>/<partition>`.
    pub source_id: Arc<str>,
    /// Last sequence number in it; -1 when nothing was ever enqueued.
    pub last_sequence_number: i64,
    /// First sequence number that can still be read; `None` when there is none.
    pub first_sequence_number: Option<i64>,
    /// When the last event was enqueued.
    pub last_enqueued_at: Option<DateTime<Utc>>,
}

/// The partitions of a hub.
///
/// # Errors
/// The hub cannot be reached or refuses.
pub async fn partitions(namespace: &Namespace, hub: &str) -> Result<Vec<Partition>, EventHubError> {
    let mut attempt = 1;
    loop {
        match try_partitions(namespace, hub).await {
            Ok(partitions) => return Ok(partitions),
            Err(error) if attempt == ATTEMPTS => return Err(error),
            Err(error) => tracing::warn!(attempt, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(500) * attempt).await;
        attempt += 1;
    }
}

async fn try_partitions(namespace: &Namespace, hub: &str) -> Result<Vec<Partition>, EventHubError> {
    let failed = |error: EventHubsError| unreachable(namespace, hub, &error);
    let client = timed(namespace, hub, OPEN_TIMEOUT, namespace.open(hub)).await??;
    let asked = client.get_eventhub_properties();
    let properties = timed(namespace, hub, ANSWER_TIMEOUT, asked).await?.map_err(failed)?;
    let mut partitions = Vec::new();
    for id in properties.partition_ids {
        let asked = client.get_partition_properties(&id);
        let properties = timed(namespace, hub, ANSWER_TIMEOUT, asked).await?.map_err(failed)?;
        partitions.push(Partition {
            source_id: format!("{}/{hub}/{id}", namespace.name).into(),
            id,
            last_sequence_number: properties.last_enqueued_sequence_number,
            first_sequence_number: (!properties.is_empty)
                .then_some(properties.beginning_sequence_number),
            last_enqueued_at: properties.last_enqueued_time_utc.map(DateTime::from),
        });
    }
    close(client).await;
    Ok(partitions)
}

/// Ends a connection, but does not wait long for it.
async fn close(client: ConsumerClient) {
    let _ = tokio::time::timeout(Duration::from_secs(2), client.close()).await;
}

async fn timed<T>(
    namespace: &Namespace,
    hub: &str,
    limit: Duration,
    call: impl Future<Output = T>,
) -> Result<T, EventHubError> {
    tokio::time::timeout(limit, call).await.map_err(|_| EventHubError::Unreachable {
        namespace: namespace.name.clone(),
        hub: hub.to_owned(),
        reason: format!("no answer within {} s", limit.as_secs()),
    })
}

fn unreachable(namespace: &Namespace, hub: &str, error: &EventHubsError) -> EventHubError {
    EventHubError::Unreachable {
        namespace: namespace.name.clone(),
        hub: hub.to_owned(),
        reason: chain(error),
    }
}

/// An error with all of its causes on one line; the client's own message says too little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    // Names of layers of the client say nothing to who reads this.
    text.replace("AMQP Error: ", "").replace("Azure Core Error: ", "")
}

/// Where readers put what they read.
pub type Deliveries = mpsc::Sender<super::Delivery>;
