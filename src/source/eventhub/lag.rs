//! How far what was taken of a partition is behind it.

use std::pin::pin;
use std::time::Duration;

use azure_messaging_eventhubs::{
    ConsumerClient, EventHubsError, OpenReceiverOptions, StartLocation, StartPosition,
};
use chrono::{DateTime, Utc};
use futures::StreamExt as _;

use super::{Namespace, Partition, close};

/// How long the oldest event that waits is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How far what was taken of a partition is behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// Events that can be read and were not taken.
    pub events: i64,
    /// Seconds since the oldest of them was enqueued; `None` when it cannot be looked at, because a
    /// reader holds the partition.
    pub seconds: Option<i64>,
}

/// The lag of what was `taken` of a partition.
///
/// The age is that of an event, which is looked at without taking the partition from its reader.
pub async fn lag(
    namespace: &Namespace,
    hub: &str,
    partition: &Partition,
    taken: Option<i64>,
) -> Lag {
    let Some(first) = partition.first_sequence_number else {
        return Lag { events: 0, seconds: Some(0) };
    };
    let next = taken.map_or(first, |taken| first.max(taken + 1));
    let events = (partition.last_sequence_number - next + 1).max(0);
    if events == 0 {
        return Lag { events, seconds: Some(0) };
    }
    let looked = tokio::time::timeout(PATIENCE, enqueued_at(namespace, hub, partition, next)).await;
    let enqueued_at = looked.ok().flatten();
    Lag { events, seconds: enqueued_at.map(|time| (Utc::now() - time).num_seconds().max(0)) }
}

/// When the event with this sequence number was enqueued.
async fn enqueued_at(
    namespace: &Namespace,
    hub: &str,
    partition: &Partition,
    number: i64,
) -> Option<DateTime<Utc>> {
    let client = namespace.open(hub).await.ok()?;
    let seen = look(&client, partition, number).await;
    close(client).await;
    match seen {
        Ok(time) => time,
        Err(error) => {
            tracing::debug!(hub, partition = partition.id, %error, "the oldest event cannot be looked at");
            None
        }
    }
}

async fn look(
    client: &ConsumerClient,
    partition: &Partition,
    number: i64,
) -> Result<Option<DateTime<Utc>>, EventHubsError> {
    let options = OpenReceiverOptions {
        // Without one, a reader that has one is not displaced.
        owner_level: None,
        prefetch: Some(1),
        start_position: Some(StartPosition {
            location: StartLocation::SequenceNumber(number),
            inclusive: true,
        }),
        receive_timeout: None,
    };
    let receiver = client.open_receiver_on_partition(partition.id.clone(), Some(options)).await?;
    let event = pin!(receiver.stream_events()).next().await.transpose()?;
    Ok(event.and_then(|event| event.enqueued_time()).map(DateTime::from))
}
