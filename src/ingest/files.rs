//! Files into the lake, one after the other.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use super::{IngestError, Ingester, Reading, role_snapshot};
use crate::lake::Lake;
use crate::source::Delivery;
use crate::source::file::{End, FileError, FileSource};

/// Deliveries go from the thread that reads to the one that decodes in batches of about this many
/// bytes, since waking the other thread for each would cost more than reading it.
const BATCH_BYTES: usize = 256 * 1024;

/// Batches that wait.
const WAITING: usize = 8;

/// What became of one file.
#[derive(Debug)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// How its reading ended.
    pub outcome: FileOutcome,
}

/// How the reading of a file ended.
#[derive(Debug)]
pub enum FileOutcome {
    /// All of it is in.
    Complete,
    /// All but an unfinished last line is in.
    Incomplete {
        /// The line, counted from 1.
        line: u64,
    },
    /// It could not be read to its end; what came before is in.
    Failed(IngestError),
}

/// Takes in files in the given order and reports each as it ends.
///
/// A file that cannot be read does not keep the others out.
///
/// # Errors
/// The lake cannot be read or written.
pub async fn ingest_files(
    ingester: &mut Ingester,
    lake: &Lake,
    paths: Vec<PathBuf>,
    reading: Reading,
    mut report: impl FnMut(FileReport, &Ingester),
) -> Result<(), IngestError> {
    for path in paths {
        let outcome = match ingest_file(ingester, lake, &path, reading).await {
            Ok(End::Complete | End::Stopped) => FileOutcome::Complete,
            Ok(End::Incomplete { line }) => FileOutcome::Incomplete { line },
            Err(error @ (IngestError::File(_) | IngestError::RoleSnapshot { .. })) => {
                FileOutcome::Failed(error)
            }
            Err(error) => return Err(error),
        };
        report(FileReport { path, outcome }, ingester);
    }
    ingester.flush().await
}

async fn ingest_file(
    ingester: &mut Ingester,
    lake: &Lake,
    path: &Path,
    reading: Reading,
) -> Result<End, IngestError> {
    let file = open(path).await?;
    if let Some(kind) = role_snapshot::kind(file.head()) {
        let rows = role_snapshot::ingest(lake, file, kind).await?;
        ingester.count(kind, rows);
        return Ok(End::Complete);
    }
    reading.check(&file)?;
    let taken = ingester.resume(&file.source_id).await?;
    let (sender, mut receiver) = mpsc::channel::<Vec<Delivery>>(WAITING);
    let task = tokio::task::spawn_blocking(move || {
        let mut batch = Batch { sender, deliveries: Vec::new(), bytes: 0 };
        let end = file.read(taken, |mut delivery| {
            delivery.body = reading.body(delivery.body);
            batch.add(delivery)
        });
        batch.send();
        end
    });
    while let Some(deliveries) = receiver.recv().await {
        for delivery in &deliveries {
            ingester.take(delivery).await?;
        }
    }
    Ok(joined(task.await)?)
}

/// Deliveries that are sent together.
struct Batch {
    sender: mpsc::Sender<Vec<Delivery>>,
    deliveries: Vec<Delivery>,
    bytes: usize,
}

impl Batch {
    /// Whether the receiver still wants more.
    fn add(&mut self, delivery: Delivery) -> bool {
        self.bytes += delivery.body.len();
        self.deliveries.push(delivery);
        self.bytes < BATCH_BYTES || self.send()
    }

    fn send(&mut self) -> bool {
        self.bytes = 0;
        self.sender.blocking_send(std::mem::take(&mut self.deliveries)).is_ok()
    }
}

async fn open(path: &Path) -> Result<FileSource, FileError> {
    let path = path.to_owned();
    joined(tokio::task::spawn_blocking(move || FileSource::open(&path)).await)
}

fn joined<T>(result: Result<Result<T, FileError>, tokio::task::JoinError>) -> Result<T, FileError> {
    match result {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
