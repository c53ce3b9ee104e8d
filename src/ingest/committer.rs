//! The thread that encodes rows and commits them, while the ingester decodes the next ones.

use std::collections::HashMap;
use std::panic::resume_unwind;
use std::sync::Arc;

use arrow::array::RecordBatch;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::IngestError;
use crate::lake::{Advance, Lake, Permit, TableWriter};
use crate::table::Table;

/// Batches that wait to be encoded.
const WAITING: usize = 1;

/// Takes batches of rows, and commits them when it is told to, in the order in which it is told.
///
/// After an error it takes nothing more.
#[derive(Debug)]
pub(super) struct Committer {
    sender: mpsc::Sender<Work>,
    state: watch::Receiver<State>,
    /// Commits that were asked for.
    asked: u64,
    /// Until it is known to have ended.
    thread: Option<JoinHandle<Result<(), IngestError>>>,
}

/// A table and where its sources stand after the commit.
pub(super) type TableAdvances = (&'static Table, Vec<Advance>);

enum Work {
    Rows(&'static Table, RecordBatch),
    /// Commits what waits, table after table.
    Commit(Vec<TableAdvances>),
    /// Answers when all that came before is done.
    Settle(oneshot::Sender<()>),
}

#[derive(Debug, Default, Clone, Copy)]
struct State {
    /// Commits that were made.
    made: u64,
    /// Bytes of the rows that wait.
    bytes: usize,
}

impl Committer {
    pub(super) fn new(lake: Lake, permit: Option<Arc<dyn Permit>>) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        let (publish, state) = watch::channel(State::default());
        let thread =
            tokio::task::spawn_blocking(move || run(&lake, permit.as_ref(), receiver, &publish));
        Self { sender, state, asked: 0, thread: Some(thread) }
    }

    /// Commits that were asked for, and those of them that were made.
    pub(super) fn commits(&self) -> (u64, u64) {
        (self.asked, self.state.borrow().made)
    }

    /// Bytes of the rows that no commit has been asked for.
    pub(super) fn bytes(&self) -> usize {
        let state = *self.state.borrow();
        if state.made == self.asked { state.bytes } else { 0 }
    }

    pub(super) async fn write(
        &mut self,
        table: &'static Table,
        rows: RecordBatch,
    ) -> Result<(), IngestError> {
        self.send(Work::Rows(table, rows)).await
    }

    /// Asks for a commit and does not wait for it.
    pub(super) async fn commit(&mut self, tables: Vec<TableAdvances>) -> Result<(), IngestError> {
        self.asked += 1;
        self.send(Work::Commit(tables)).await
    }

    /// Waits until all that was asked for is done.
    pub(super) async fn settle(&mut self) -> Result<(), IngestError> {
        let (sender, receiver) = oneshot::channel();
        self.send(Work::Settle(sender)).await?;
        if receiver.await.is_err() {
            self.ended().await?;
        }
        Ok(())
    }

    async fn send(&mut self, work: Work) -> Result<(), IngestError> {
        if self.sender.send(work).await.is_err() {
            self.ended().await?;
        }
        Ok(())
    }

    /// Waits for the thread to end before its time, and gives the reason.
    pub(super) async fn failure(&mut self) -> Result<(), IngestError> {
        while self.state.changed().await.is_ok() {}
        self.ended().await
    }

    /// Lets the thread end, with all that it was asked for done; how many commits were made.
    pub(super) async fn end(mut self) -> (u64, Result<(), IngestError>) {
        // It ends when nobody can send any more.
        drop(std::mem::replace(&mut self.sender, mpsc::channel(1).0));
        let ended = self.ended().await;
        (self.commits().1, ended)
    }

    async fn ended(&mut self) -> Result<(), IngestError> {
        let Some(thread) = &mut self.thread else { return Ok(()) };
        let ended = thread.await;
        // Only now: whoever waits beside other things may be dropped while it waits.
        self.thread = None;
        match ended {
            Ok(result) => result,
            // Cancelled by a runtime that ends: nobody asks for more then.
            Err(error) => error.try_into_panic().map_or(Ok(()), |panic| resume_unwind(panic)),
        }
    }
}

/// Works until the ingester goes away; what was not committed by then is dropped.
fn run(
    lake: &Lake,
    permit: Option<&Arc<dyn Permit>>,
    mut receiver: mpsc::Receiver<Work>,
    publish: &watch::Sender<State>,
) -> Result<(), IngestError> {
    let mut writers: HashMap<&'static str, TableWriter> = HashMap::new();
    let writer = |table| lake.writer(table).with_permit(permit.cloned());
    let mut made = 0;
    while let Some(work) = receiver.blocking_recv() {
        match work {
            Work::Rows(table, rows) => {
                writers.entry(table.name).or_insert_with(|| writer(table)).write(&rows)?;
            }
            Work::Commit(tables) => {
                for (table, advances) in tables {
                    let waiting = writers.remove(table.name);
                    waiting.unwrap_or_else(|| writer(table)).commit(&advances)?;
                }
                made += 1;
            }
            Work::Settle(answer) => {
                // Whoever asked may be gone.
                let _ = answer.send(());
                continue;
            }
        }
        let bytes = writers.values().map(TableWriter::bytes).sum();
        publish.send_replace(State { made, bytes });
    }
    Ok(())
}
