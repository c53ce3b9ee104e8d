//! The open partitions: a task for each, and the one way on which all of them hand over what they read.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::hubs::Hub;
use super::ownership::{Holding, Holdings};
use crate::source::Delivery;
use crate::source::eventhub::{EventHubError, Partition, PartitionReader, Reading, Until};

/// Deliveries that wait between readers and ingester; each may be 1 MiB.
const WAITING: usize = 16;

/// Messages that the service may send ahead, for all partitions together: each may be 1 MiB, and what was sent ahead is
/// in memory.
const AHEAD: usize = 256;

/// And for each partition at least, so that it need not wait for every single one.
const LEAST_AHEAD: usize = 8;

/// How long a reader may take to end its connection.
const CLOSING: Duration = Duration::from_millis(2500);

/// Readers of partitions, by the id of their source.
pub(super) struct Readers {
    open: HashMap<Arc<str>, Reader>,
    prefetch: u32,
    deliver: mpsc::Sender<Delivery>,
    end: mpsc::UnboundedSender<ReaderEnded>,
    /// What they read.
    pub(super) deliveries: mpsc::Receiver<Delivery>,
    /// Which of them have ended.
    pub(super) ended: mpsc::UnboundedReceiver<ReaderEnded>,
}

struct Reader {
    /// The number of the claim by which it reads.
    number: u64,
    reading: Arc<Reading>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// A reader that has ended by itself.
pub(super) struct ReaderEnded {
    pub(super) source: Arc<str>,
    /// The number of the claim by which it read.
    pub(super) number: u64,
    pub(super) result: Result<(), EventHubError>,
}

impl Readers {
    /// For so many partitions at most.
    pub(super) fn new(partitions: usize) -> Self {
        let (deliver, deliveries) = mpsc::channel(WAITING);
        let (end, ended) = mpsc::unbounded_channel();
        let prefetch = (AHEAD / partitions.max(1)).max(LEAST_AHEAD);
        let prefetch = u32::try_from(prefetch).unwrap_or(u32::MAX);
        Self { open: HashMap::new(), prefetch, deliver, end, deliveries, ended }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn has(&self, source: &Arc<str>) -> bool {
        self.open.contains_key(source)
    }

    /// The readers whose claim is none of these.
    pub(super) fn without(&self, holdings: &Holdings) -> Vec<Arc<Reading>> {
        let holds = |source: &Arc<str>, number| {
            holdings.get(source).is_some_and(|holding| holding.number == number)
        };
        let lost = self.open.iter().filter(|(source, reader)| !holds(source, reader.number));
        lost.map(|(_, reader)| Arc::clone(&reader.reading)).collect()
    }

    pub(super) fn open(
        &mut self,
        hub: &Hub,
        partition: Partition,
        holding: Holding,
        after: Option<i64>,
        until: Until,
        reading: Arc<Reading>,
    ) {
        let (number, stop) = (holding.number, CancellationToken::new());
        let source = Arc::clone(&partition.source_id);
        let reader = PartitionReader {
            namespace: hub.namespace.clone(),
            hub: hub.name.clone(),
            partition,
            owner_level: holding.level,
            prefetch: self.prefetch,
            after,
            until,
            stop: stop.clone(),
            reading: Arc::clone(&reading),
        };
        let (deliver, end) = (self.deliver.clone(), self.end.clone());
        let of = Arc::clone(&source);
        let task = tokio::spawn(async move {
            let result = reader.run(deliver).await;
            // Whoever wants to know may be gone.
            let _ = end.send(ReaderEnded { source: of, number, result });
        });
        self.open.insert(source, Reader { number, reading, stop, task });
    }

    /// Puts away a reader that has ended; `None` when it was put away already.
    pub(super) async fn close(&mut self, source: &Arc<str>, number: u64) -> Option<Arc<Reading>> {
        self.open.get(source).filter(|reader| reader.number == number)?;
        let Reader { reading, task, .. } = self.open.remove(source)?;
        reading.end();
        if let Err(error) = task.await
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
        Some(reading)
    }

    /// Ends the readers of these partitions in good order, so that their connections do not linger. They hand over
    /// nothing more when it returns.
    pub(super) async fn stop(&mut self, partitions: &[Arc<str>]) -> Vec<Arc<Reading>> {
        let readers = partitions.iter().filter_map(|source| self.open.remove(source)).collect();
        stop(readers).await
    }

    /// The same of all of them.
    pub(super) async fn stop_all(&mut self) {
        stop(self.open.drain().map(|(_, reader)| reader).collect()).await;
    }
}

async fn stop(readers: Vec<Reader>) -> Vec<Arc<Reading>> {
    readers.iter().for_each(|reader| reader.stop.cancel());
    let deadline = Instant::now() + CLOSING;
    let mut readings = Vec::new();
    for Reader { mut task, reading, .. } in readers {
        if timeout_at(deadline, &mut task).await.is_err() {
            task.abort();
            // It has ended when this returns.
            let _ = task.await;
        }
        reading.end();
        readings.push(reading);
    }
    readings
}
