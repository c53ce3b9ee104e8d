//! Event Hubs into the lake: which partitions there are, and how long they are read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::intake::Intake;
use super::ownership::Ownership;
use super::progress::Standing;
use super::{IngestError, Ingester};
use crate::source::eventhub::{Namespace, Partition, partitions};

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
    /// Until everything that is there at the start is in, whoever takes it in: partitions that other ingesters read
    /// are left to them.
    Once,
}

/// Partitions by the id of their source, each with its hub.
pub(super) type Partitions = BTreeMap<Arc<str>, (Hub, Partition)>;

/// Reads hubs into the lake, beside other ingesters, and calls `progress` after every delivery and commit.
///
/// Partitions come and go as other ingesters leave and join. When another one has taken a partition over,
/// what waits is dropped, and what is still this one's is read again. When it is cancelled, what was taken is
/// committed before it returns.
///
/// # Errors
/// A hub cannot be reached at the start or was made anew, or the lake cannot be written. A connection that is lost
/// later is opened again.
pub async fn ingest_hubs(
    ingester: &mut Ingester,
    hubs: &[Hub],
    run: Run,
    cancel: &CancellationToken,
    progress: impl FnMut(&Ingester),
) -> Result<(), IngestError> {
    let mut found = Partitions::new();
    for hub in hubs {
        for partition in partitions(&hub.namespace, &hub.name).await? {
            found.insert(Arc::clone(&partition.source_id), (hub.clone(), partition));
        }
    }
    let mut remaining = None;
    if run == Run::Once {
        let remain = remaining_of(ingester, &found).await?;
        if remain.is_empty() {
            return Ok(());
        }
        found.retain(|source, _| remain.contains_key(source));
        remaining = Some(remain);
    }
    let sources: BTreeSet<_> = found.keys().cloned().collect();
    let ownership = Ownership::join(&ingester.lake, sources, run == Run::Once).await?;
    ingester.begin_anew(Some(ownership.permit())).await;
    let mut intake = Intake::new(ingester, found, remaining, ownership);
    let result = intake.run(cancel, progress).await;
    intake.end().await;
    result
}

/// The last sequence number of each partition that has something which is not in the lake, or of which a flush ended
/// too early: if nothing is left of it, others have to know that its records are not in.
async fn remaining_of(
    ingester: &Ingester,
    found: &Partitions,
) -> Result<BTreeMap<Arc<str>, i64>, IngestError> {
    let sources: Vec<_> = found.keys().cloned().collect();
    let standings = Standing::of_all(&ingester.lake, &sources).await?;
    let mut remaining = BTreeMap::new();
    for ((source, (hub, partition)), standing) in found.iter().zip(standings) {
        let taken = standing.committed;
        super::intake::not_made_anew(hub, partition, taken)?;
        let last = partition.last_sequence_number;
        let has_more = partition.first_sequence_number.is_some() && taken < Some(last);
        if has_more || standing.is_broken() {
            remaining.insert(Arc::clone(source), last);
        }
    }
    Ok(remaining)
}
