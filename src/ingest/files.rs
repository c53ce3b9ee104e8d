//! Files into the lake, one after the other.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use super::{IngestError, Ingester, role_snapshot};
use crate::lake::Lake;
use crate::source::Delivery;
use crate::source::file::{End, FileError, FileSource};

/// Deliveries that wait between the thread that reads and the one that decodes.
const WAITING: usize = 64;

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
    mut report: impl FnMut(FileReport, &Ingester),
) -> Result<(), IngestError> {
    for path in paths {
        let outcome = match ingest_file(ingester, lake, &path).await {
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
) -> Result<End, IngestError> {
    let file = open(path).await?;
    if let Some(kind) = role_snapshot::kind(file.head()) {
        let rows = role_snapshot::ingest(lake, file, kind).await?;
        ingester.count(kind, rows);
        return Ok(End::Complete);
    }
    let taken = ingester.resume(&file.source_id).await?;
    let (sender, mut receiver) = mpsc::channel::<Delivery>(WAITING);
    let reading = tokio::task::spawn_blocking(move || {
        file.read(taken, |delivery| sender.blocking_send(delivery).is_ok())
    });
    while let Some(delivery) = receiver.recv().await {
        ingester.take(&delivery).await?;
    }
    Ok(joined(reading.await)?)
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
