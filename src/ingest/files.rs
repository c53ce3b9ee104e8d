//! Files into the lake, one after the other.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{IngestError, Ingester, Reading, role_snapshot};
use crate::decode::{Rejected, decode};
use crate::lake::Lake;
use crate::source::Delivery;
use crate::source::file::{End, FileError, FileSource, Piece};

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
    /// All but an unfinished last line is in; it is left, since somebody may be writing it.
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
            Ok(End::Incomplete { line, .. }) => FileOutcome::Incomplete { line },
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
        let mut receive = |piece| batch.add(delivery(piece, reading));
        let end = match file.read(taken, &mut receive) {
            Ok(End::Incomplete { rest, grows, .. }) if !grows || holds_records(&rest) => {
                receive(rest);
                Ok(End::Complete)
            }
            end => end,
        };
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

/// What of a piece is new, as it is decoded.
fn delivery(Piece { mut delivery, seen }: Piece, reading: Reading) -> Delivery {
    let known = whole_items(&delivery.body[..seen]);
    if known > 0 {
        delivery.body = without(&delivery.body, known);
    }
    delivery.body = reading.body(delivery.body);
    delivery
}

/// Whether a body that was cut off holds new records that were not.
fn holds_records(Piece { delivery, seen }: &Piece) -> bool {
    let known = whole_items(&delivery.body[..*seen]);
    decode(&delivery.body).iter().skip(known).any(|item| item.is_ok())
}

/// Records and rejected parts of a body that was cut off, without the part where it was.
fn whole_items(cut: &[u8]) -> usize {
    let decoded = decode(cut);
    let items = decoded.iter().count();
    let is_cut = |part: &Rejected<'_>| cut.trim_ascii_end().ends_with(part.bytes);
    match decoded.iter().last() {
        Some(Err(part)) if is_cut(part) => items - 1,
        _ => items,
    }
}

/// A body without its first records, which are in the lake.
fn without(body: &[u8], known: usize) -> Bytes {
    let decoded = decode(body);
    let new = decoded.iter().skip(known).map(|item| match item {
        Ok(record) => record.json.as_bytes(),
        Err(rejected) => rejected.bytes,
    });
    Bytes::from(new.collect::<Vec<_>>().join(&b'\n'))
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
