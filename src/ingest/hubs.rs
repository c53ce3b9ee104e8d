//! Event Hubs into the lake: one reader a partition, one ingester for all.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{IngestError, Ingester};
use crate::source::Delivery;
use crate::source::eventhub::{
    EventHubError, Namespace, Partition, PartitionReader, Until, partitions,
};

/// Deliveries that wait between readers and ingester; each may be 1 MiB.
const WAITING: usize = 16;

/// Messages that the service may send ahead, for all partitions together: each may be 1 MiB, and what was sent ahead is
/// in memory.
const AHEAD: usize = 256;

/// And for each partition at least, so that it need not wait for every single one.
const LEAST_AHEAD: usize = 8;

/// A hub that is to be read.
#[derive(Clone)]
pub struct Hub {
    /// Where it is.
    pub namespace: Namespace,
    /// Its name.
    pub name: String,
}

/// How long a run over hubs goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// Until it is cancelled.
    Continuous,
    /// Until everything that is there at the start is in.
    Once,
}

/// Reads hubs into the lake and calls `progress` after every delivery and commit.
///
/// When it is cancelled, what was taken is committed before it returns.
///
/// # Errors
/// A hub cannot be reached at the start, a partition was taken over, or the lake cannot be
/// written. A connection that is lost later is opened again.
pub async fn ingest_hubs(
    ingester: &mut Ingester,
    hubs: &[Hub],
    run: Run,
    cancel: &CancellationToken,
    mut progress: impl FnMut(&Ingester),
) -> Result<(), IngestError> {
    let (sender, mut receiver) = mpsc::channel::<Delivery>(WAITING);
    let mut readers = JoinSet::new();
    // Two ingesters started within one second are equals: then the later one is displaced.
    let owner_level = chrono::Utc::now().timestamp();
    let mut found = Vec::new();
    for hub in hubs {
        let partitions = partitions(&hub.namespace, &hub.name).await?;
        found.extend(partitions.into_iter().map(|partition| (hub, partition)));
    }
    let prefetch = u32::try_from((AHEAD / found.len().max(1)).max(LEAST_AHEAD)).unwrap_or(u32::MAX);
    for (hub, partition) in found {
        let after = resume(ingester, hub, &partition).await?;
        let until = match run {
            Run::Continuous => Until::Stopped,
            Run::Once => Until::SequenceNumber(partition.last_sequence_number),
        };
        let readings = ingester.readings();
        let reading = readings.partition(&hub.namespace.name, &hub.name, &partition.id);
        reading.begin(after, partition.last_sequence_number);
        let reader = PartitionReader {
            namespace: hub.namespace.clone(),
            hub: hub.name.clone(),
            partition,
            owner_level,
            prefetch,
            after,
            until,
            reading,
        };
        readers.spawn(reader.run(sender.clone()));
    }
    drop(sender);

    loop {
        let due = ingester.due_at();
        tokio::select! {
            delivery = receiver.recv() => match delivery {
                Some(delivery) => ingester.take(&delivery).await?,
                None => break,
            },
            () = until(due) => ingester.flush().await?,
            failed = ingester.failure() => failed?,
            Some(ended) = readers.join_next() => joined(ended)?,
            () = cancel.cancelled() => break,
        }
        progress(ingester);
    }
    receiver.close();
    while let Some(delivery) = receiver.recv().await {
        ingester.take(&delivery).await?;
    }
    ingester.flush().await?;
    progress(ingester);
    if !cancel.is_cancelled() {
        while let Some(ended) = readers.join_next().await {
            joined(ended)?;
        }
    }
    Ok(())
}

async fn resume(
    ingester: &mut Ingester,
    hub: &Hub,
    partition: &Partition,
) -> Result<Option<i64>, IngestError> {
    let after = ingester.resume(&partition.source_id).await?;
    match after {
        Some(taken) if taken > partition.last_sequence_number => Err(EventHubError::Recreated {
            hub: hub.name.clone(),
            partition: partition.id.clone(),
            taken,
            last: partition.last_sequence_number,
        })?,
        after => Ok(after),
    }
}

async fn until(due: Option<std::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        // Nothing waits: somebody else ends the select.
        None => tokio::time::sleep(Duration::from_secs(3600)).await,
    }
}

fn joined(
    ended: Result<Result<(), EventHubError>, tokio::task::JoinError>,
) -> Result<(), IngestError> {
    match ended {
        Ok(result) => Ok(result?),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Ok(()),
    }
}
