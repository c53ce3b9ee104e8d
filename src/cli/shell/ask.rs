//! One statement: planned and run beside the terminal, which Ctrl-C gets back at any time.

use std::io::BufWriter;
use std::sync::Arc;

use futures::channel::mpsc;
use futures::{SinkExt as _, StreamExt as _};
use tokio::signal::unix::{SignalKind, signal};

use super::Settings;
use super::lexer::is_unordered;
use super::pager::Paged;
use super::workers::Workers;
use crate::cli::output::{Shown, settled, write_stream};
use crate::cli::progress::Waiting;
use crate::cli::{Exit, Failure};
use crate::query::{QueryError, Rows, ScalarValue, Session};

/// How a statement ended that was not wrong.
pub(super) enum Asked {
    /// With rows.
    Shown(Shown),
    /// With Ctrl-C.
    Cancelled,
}

/// Runs a statement and shows its rows.
pub(super) async fn ask(
    workers: &Workers,
    session: &Arc<Session>,
    sql: &str,
    parameters: Vec<(String, ScalarValue)>,
    settings: &Settings,
) -> Result<Asked, Failure> {
    /// However it ends, the line that says that it runs goes.
    struct Over(Waiting);
    impl Drop for Over {
        fn drop(&mut self) {
            self.0.stop();
        }
    }

    let mut interrupts = signal(SignalKind::interrupt())?;
    let waiting = Waiting::start();
    let _over = Over(waiting.clone());
    let is_unordered = is_unordered(sql);
    let (own, sql) = (Arc::clone(session), sql.to_owned());
    let mut planning = workers.spawn(async move {
        let parameters: Vec<_> =
            parameters.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        own.stream(&sql, &parameters).await
    });
    let rows = tokio::select! {
        rows = &mut planning => rows.map_err(|error| broken(&error))??,
        _ = interrupts.recv() => {
            planning.abort();
            return Ok(Asked::Cancelled);
        }
    };
    let (rows, pumping) = beside(workers, rows, waiting.clone());
    let rows = if is_unordered { settled(rows) } else { rows };
    let screen = settings.screen();
    let mut paged = Paged::new(&waiting, settings.pages(&screen));
    let shown = tokio::select! {
        shown = write_stream(rows, settings.format, settings.limit, Box::new(BufWriter::new(&mut paged)), screen) => Some(shown),
        _ = interrupts.recv() => None,
    };
    // Whatever is still read for it is read for nobody.
    pumping.abort();
    let ended = tokio::task::block_in_place(|| paged.end());
    match shown {
        None => Ok(Asked::Cancelled),
        Some(shown) => {
            let shown = shown?;
            ended?;
            Ok(Asked::Shown(shown))
        }
    }
}

/// The same rows, read by a task of their own, so that work that does not pause holds nothing up.
fn beside(workers: &Workers, rows: Rows, waiting: Waiting) -> (Rows, tokio::task::JoinHandle<()>) {
    let Rows { schema, mut batches, .. } = rows;
    let (mut sender, receiver) = mpsc::channel(1);
    let pumping = workers.spawn(async move {
        while let Some(batch) = batches.next().await {
            if let Ok(batch) = &batch {
                waiting.count(batch.num_rows() as u64);
            }
            let is_last = batch.is_err();
            if sender.send(batch).await.is_err() || is_last {
                break;
            }
        }
    });
    (Rows { schema, batches: receiver.boxed() }, pumping)
}

fn broken(error: &tokio::task::JoinError) -> Failure {
    Failure::new(Exit::Wrong, QueryError::Failed(error.to_string()).into())
}
