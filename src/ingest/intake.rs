//! The partitions that this ingester reads at the moment: one reader each, one ingester for all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::hubs::{Hub, Partitions};
use super::ownership::{Holding, Ownership};
use super::readers::{ReaderEnded, Readers};
use super::{IngestError, Ingester};
use crate::lake::{LakeError, Permit};
use crate::source::eventhub::{EventHubError, Moved, Partition, Until, partitions};
use crate::table::DEAD_LETTERS;

/// How often a run that waits for other ingesters looks how far they are.
const LOOK: Duration = Duration::from_secs(1);

/// Looks between two of them at the hubs, and two lines that say what is waited for.
const LOOKS: u32 = 10;

/// Waits before everything is read again, as long as nothing gets in between.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Reads what is this ingester's, until it ends.
pub(super) struct Intake<'a> {
    ingester: &'a mut Ingester,
    partitions: Partitions,
    ownership: Ownership,
    readers: Readers,
    /// Up to where partitions are to be read, if not for ever.
    remaining: Option<BTreeMap<Arc<str>, i64>>,
    /// Read up to there, and not committed yet.
    finished: Vec<Arc<str>>,
    looks: u32,
    /// The partition whose reader was displaced last.
    displaced: Option<Arc<str>>,
    /// Deliveries that were in when all was last read again, and how long that waited.
    begun_anew: (u64, Duration),
}

impl<'a> Intake<'a> {
    /// With `remaining`, it ends when all partitions in it are in the lake up to there.
    pub(super) fn new(
        ingester: &'a mut Ingester,
        partitions: Partitions,
        remaining: Option<BTreeMap<Arc<str>, i64>>,
        ownership: Ownership,
    ) -> Self {
        Self {
            ingester,
            readers: Readers::new(partitions.len()),
            partitions,
            ownership,
            remaining,
            finished: Vec::new(),
            looks: 0,
            displaced: None,
            begun_anew: (0, Duration::ZERO),
        }
    }

    /// Reads until all that remains is in, or until `cancel`, and commits what was taken.
    pub(super) async fn run(
        &mut self,
        cancel: &CancellationToken,
        mut progress: impl FnMut(&Ingester),
    ) -> Result<(), IngestError> {
        loop {
            let is_last = cancel.is_cancelled();
            let result = match is_last {
                true => self.finish().await,
                false => self.step(cancel).await,
            };
            let has_ended = is_last && result.is_ok();
            match result {
                Ok(()) => {}
                Err(error) => match outrun(&error) {
                    Some(how) => self.begin_anew(&error, how, cancel).await?,
                    None => return Err(error),
                },
            }
            progress(self.ingester);
            if has_ended || self.remaining.as_ref().is_some_and(BTreeMap::is_empty) {
                return Ok(());
            }
        }
    }

    /// Stops reading, and gives up all partitions.
    pub(super) async fn end(mut self) {
        self.readers.stop_all().await;
        // A commit that is on its way must not meet whoever reads the partitions next.
        self.drop_what_waits(None).await;
        for (source, holding) in self.ownership.holdings() {
            tracing::debug!(%source, number = holding.number, "given up");
        }
        self.ownership.leave().await;
    }

    async fn step(&mut self, cancel: &CancellationToken) -> Result<(), IngestError> {
        let due = self.ingester.due_at();
        let waits_for_others = self.remaining.is_some() && self.readers.is_empty();
        tokio::select! {
            Some(delivery) = self.readers.deliveries.recv() => self.ingester.take(&delivery).await?,
            () = until(due) => self.ingester.flush().await?,
            failed = self.ingester.failure() => failed?,
            Some(ended) = self.readers.ended.recv() => self.reader_ended(ended).await?,
            () = self.ownership.changed() => self.follow().await?,
            () = tokio::time::sleep(LOOK), if waits_for_others => self.look_how_far_others_are().await?,
            () = cancel.cancelled() => {}
        }
        Ok(())
    }

    /// Commits what was taken.
    async fn finish(&mut self) -> Result<(), IngestError> {
        self.readers.stop_all().await;
        self.take_what_waits().await?;
        self.ingester.flush().await
    }

    /// Reads what is held, and gives up what others wait for.
    async fn follow(&mut self) -> Result<(), IngestError> {
        let holdings = self.ownership.holdings();
        let lost = self.readers.without(&holdings);
        if !lost.is_empty() {
            lost.iter().for_each(|reading| reading.moved(Moved::Lost));
            self.drop_all().await;
        }
        let wanted: Vec<_> = holdings
            .iter()
            .filter(|(_, holding)| holding.is_wanted)
            .map(|(source, _)| Arc::clone(source))
            .collect();
        if !wanted.is_empty() {
            self.give_up(wanted).await?;
        }
        let opened: BTreeMap<_, _> = holdings
            .iter()
            .filter(|(_, holding)| !holding.is_wanted)
            .filter(|(source, _)| !self.readers.has(source) && !self.finished.contains(source))
            .collect();
        if opened.is_empty() {
            return Ok(());
        }
        let sources: Vec<_> = opened.keys().map(|source| Arc::clone(source)).collect();
        self.ingester.resume_all(&sources).await?;
        for (source, holding) in opened {
            self.open(source, *holding).await?;
        }
        tracing::info!(partitions = sources.join(", "), reading = self.readers.len(), "reading");
        Ok(())
    }

    async fn open(&mut self, source: &Arc<str>, holding: Holding) -> Result<(), IngestError> {
        let Some((hub, mut partition)) = self.partitions.get(source).cloned() else {
            return Ok(());
        };
        let after = self.ingester.resume(source).await?;
        // Others may have read on since the hub was asked.
        if after > Some(partition.last_sequence_number) {
            let anew = partitions(&hub.namespace, &hub.name).await?;
            let anew = anew.into_iter().find(|partition| partition.source_id == *source);
            partition = anew.unwrap_or(partition);
            not_made_anew(&hub, &partition, after)?;
        }
        let until = match &self.remaining {
            Some(remaining) => Until::SequenceNumber(remaining.get(source).copied().unwrap_or(-1)),
            None => Until::Stopped,
        };
        let readings = self.ingester.readings();
        let reading = readings.partition(&hub.namespace.name, &hub.name, &partition.id);
        reading.begin(after, partition.last_sequence_number);
        reading.moved(Moved::Claimed);
        self.readers.open(&hub, partition, holding, after, until, reading);
        Ok(())
    }

    /// Commits what was taken of partitions, and leaves them to others.
    async fn give_up(&mut self, partitions: Vec<Arc<str>>) -> Result<(), IngestError> {
        let readings = self.readers.stop(&partitions).await;
        self.take_what_waits().await?;
        self.ingester.flush().await?;
        for source in &partitions {
            self.ingester.forget(source);
        }
        readings.iter().for_each(|reading| reading.moved(Moved::Released));
        tracing::info!(partitions = partitions.join(", "), "given up to another ingester");
        self.ownership.give_up(partitions).await;
        Ok(())
    }

    async fn reader_ended(&mut self, ended: ReaderEnded) -> Result<(), IngestError> {
        let ReaderEnded { source, number, result } = ended;
        let Some(reading) = self.readers.close(&source, number).await else { return Ok(()) };
        if let Err(EventHubError::Displaced { .. }) = &result {
            reading.moved(Moved::Displaced);
            self.displaced = Some(Arc::clone(&source));
        }
        result?;
        self.finished.push(source);
        if self.readers.is_empty() {
            self.take_what_waits().await?;
            self.ingester.flush().await?;
            let finished = std::mem::take(&mut self.finished);
            if let Some(remaining) = &mut self.remaining {
                remaining.retain(|source, _| !finished.contains(source));
            }
            finished.iter().for_each(|source| self.ingester.forget(source));
            self.ownership.done(finished).await;
        }
        Ok(())
    }

    /// Passes over partitions that others have taken in meanwhile.
    async fn look_how_far_others_are(&mut self) -> Result<(), IngestError> {
        let Some(remaining) = &mut self.remaining else { return Ok(()) };
        let mut done = Vec::new();
        for (source, last) in remaining.iter() {
            if self.ingester.lake.position(&DEAD_LETTERS, source).await? >= Some(*last) {
                done.push(Arc::clone(source));
            }
        }
        self.looks += 1;
        if self.looks.is_multiple_of(LOOKS) {
            let waiting = remaining.keys().map(|source| &**source).collect::<Vec<_>>().join(", ");
            tracing::info!(partitions = waiting, "waiting for the ingesters that read them");
            // What was still to come may have been removed by retention.
            let hubs: BTreeMap<_, _> = remaining
                .keys()
                .filter_map(|source| self.partitions.get(source))
                .map(|(hub, _)| ((hub.namespace.name.as_str(), hub.name.as_str()), hub))
                .collect();
            for hub in hubs.values() {
                let partitions = partitions(&hub.namespace, &hub.name).await?;
                let empty = partitions.iter().filter(|found| found.first_sequence_number.is_none());
                done.extend(empty.map(|found| Arc::clone(&found.source_id)));
            }
        }
        remaining.retain(|source, _| !done.contains(source));
        if !done.is_empty() {
            self.ownership.done(done).await;
        }
        Ok(())
    }

    /// Takes all that readers have handed over.
    async fn take_what_waits(&mut self) -> Result<(), IngestError> {
        for _ in 0..self.readers.deliveries.len() {
            if let Ok(delivery) = self.readers.deliveries.try_recv() {
                self.ingester.take(&delivery).await?;
            }
        }
        Ok(())
    }

    /// Another ingester has gone on with a partition: drops what waits, and reads again what is still ours.
    async fn begin_anew(
        &mut self,
        error: &IngestError,
        how: Outrun,
        cancel: &CancellationToken,
    ) -> Result<(), IngestError> {
        tracing::warn!("{error}; going on with the partitions that are this ingester's");
        let source = match how {
            Outrun::Withdrawn => None,
            Outrun::Fenced(source) => self
                .partitions
                .get_key_value(source.as_str())
                .map(|(source, _)| (Arc::clone(source), Some(Moved::Fenced))),
            // It was counted where its reader ended.
            Outrun::Displaced => self.displaced.take().map(|source| (source, None)),
        };
        self.drop_all().await;
        if let Some((source, moved)) = &source {
            if let Some((hub, partition)) = self.partitions.get(source) {
                let readings = self.ingester.readings();
                let reading = readings.partition(&hub.namespace.name, &hub.name, &partition.id);
                moved.iter().for_each(|moved| reading.moved(*moved));
            }
            self.ownership.set_back(source).await;
        }
        let (before, wait) = self.begun_anew;
        let in_now = self.ingester.counts().deliveries;
        let wait = match in_now > before {
            true => FIRST_WAIT,
            false => (wait * 2).clamp(FIRST_WAIT, LONGEST_WAIT),
        };
        self.begun_anew = (in_now, wait);
        cancel.run_until_cancelled(tokio::time::sleep(wait)).await;
        self.ownership.look().await?;
        Ok(())
    }

    /// Stops reading and drops what waits.
    async fn drop_all(&mut self) {
        self.readers.stop_all().await;
        while self.readers.deliveries.try_recv().is_ok() {}
        self.finished.clear();
        self.drop_what_waits(Some(self.ownership.permit())).await;
    }

    async fn drop_what_waits(&mut self, permit: Option<Arc<dyn Permit>>) {
        let dropped = self.ingester.begin_anew(permit).await;
        if dropped > 0 {
            tracing::warn!(
                messages = dropped,
                "what was read and not committed is dropped, to be read again by whoever has the partitions"
            );
        }
    }
}

/// That another ingester was faster, which is no reason to end.
enum Outrun {
    Withdrawn,
    Fenced(String),
    Displaced,
}

fn outrun(error: &IngestError) -> Option<Outrun> {
    match error {
        IngestError::Lake(LakeError::Withdrawn { .. }) => Some(Outrun::Withdrawn),
        IngestError::Lake(LakeError::Fenced { source_id, .. }) => {
            Some(Outrun::Fenced(source_id.clone()))
        }
        IngestError::EventHub(EventHubError::Displaced { .. }) => Some(Outrun::Displaced),
        _ => None,
    }
}

/// A hub that ends before what is in the lake is another one of the same name.
pub(super) fn not_made_anew(
    hub: &Hub,
    partition: &Partition,
    taken: Option<i64>,
) -> Result<(), EventHubError> {
    match taken {
        Some(taken) if taken > partition.last_sequence_number => Err(EventHubError::Recreated {
            hub: hub.name.clone(),
            partition: partition.id.clone(),
            taken,
            last: partition.last_sequence_number,
        }),
        _ => Ok(()),
    }
}

async fn until(due: Option<std::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        // Nothing waits: somebody else ends the select.
        None => std::future::pending().await,
    }
}
