//! A statement that runs: beside whoever waits for its rows, and no longer than it may.
//!
//! Queries run on threads of their own. A step of one may compute for long without a pause, and neither
//! ingestion nor the clock that ends the query waits for it. Each has its own memory, and its own directory
//! to spill to, which goes when nobody waits for rows any more.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::memory::MemoryStream;
use futures::StreamExt as _;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};

use super::{Parameters, QueryError, Rows, Session, json_columns, limits};

/// Batches that wait for whoever takes them.
const AHEAD: usize = 2;

/// Bytes of stack of a thread, which long statements are read and planned on. It is taken as it is used.
const STACK: usize = 64 << 20;

/// When a statement has to be done, and how long that is.
type Deadline = Option<(Instant, Duration)>;

static THREADS: LazyLock<Option<Runtime>> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    builder.enable_all().thread_name("query").thread_stack_size(STACK).build().ok()
});

/// Where queries run.
fn threads() -> Handle {
    THREADS.as_ref().map_or_else(Handle::current, |threads| threads.handle().clone())
}

pub(super) async fn start(
    session: &Session,
    sql: String,
    parameters: Parameters,
) -> Result<Rows, QueryError> {
    let deadline = session.limits.timeout.map(|span| (Instant::now() + span, span));
    let (runtime, spill) = limits::runtime(session.limits)?;
    let session = session.on(runtime);
    let mut tasks = JoinSet::new();
    let (send, receive) = mpsc::channel::<Result<RecordBatch, QueryError>>(AHEAD);
    let (tell, told) = tokio::sync::oneshot::channel();
    let work = async move {
        let (schema, mut stream) = match started(&session, &sql, parameters).await {
            Ok(started) => started,
            Err(error) => {
                let _ = tell.send(Err(session.said(&error)));
                return;
            }
        };
        if tell.send(Ok(schema)).is_err() {
            return;
        }
        while let Some(batch) = stream.next().await {
            let batch = batch
                .and_then(|batch| json_columns::to_text(&batch).map_err(DataFusionError::from))
                .map_err(|error| session.said(&error));
            let is_last = batch.is_err();
            if send.send(batch).await.is_err() || is_last {
                break;
            }
        }
    };
    tasks.spawn_on(work, &threads());
    let schema = match within(deadline, told).await? {
        Ok(answer) => answer?,
        Err(_) => return Err(unexpected(tasks.join_next().await)),
    };
    let waiting = Some((receive, tasks, spill));
    let batches = futures::stream::unfold(waiting, move |waiting| async move {
        let (mut receive, mut tasks, spill) = waiting?;
        match within(deadline, receive.recv()).await {
            Ok(Some(batch)) => Some((batch, Some((receive, tasks, spill)))),
            Ok(None) => match tasks.join_next().await {
                None | Some(Ok(())) => None,
                ended => Some((Err(unexpected(ended)), None)),
            },
            Err(late) => Some((Err(late), None)),
        }
    });
    Ok(Rows { schema, batches: batches.boxed() })
}

/// Work with a statement that gives no rows, within the same limits.
pub(super) async fn whole<T: Send + 'static, Work>(
    session: &Session,
    work: impl FnOnce(Session) -> Work,
) -> Result<T, QueryError>
where
    Work: Future<Output = Result<T, QueryError>> + Send + 'static,
{
    let deadline = session.limits.timeout.map(|span| (Instant::now() + span, span));
    let (runtime, _spill) = limits::runtime(session.limits)?;
    let mut tasks = JoinSet::new();
    tasks.spawn_on(work(session.on(runtime)), &threads());
    match within(deadline, tasks.join_next()).await? {
        Some(Ok(answer)) => answer,
        Some(Err(ended)) => Err(unexpected(Some(Err(ended)))),
        None => Err(unexpected(None)),
    }
}

async fn started(
    session: &Session,
    sql: &str,
    parameters: Parameters,
) -> Result<(SchemaRef, SendableRecordBatchStream), DataFusionError> {
    if let Some(rows) = session.described(sql).await? {
        let schema = rows.schema();
        let stream = MemoryStream::try_new(vec![rows], Arc::clone(&schema), None)?;
        return Ok((schema, Box::pin(stream)));
    }
    let frame = session.frame(sql, parameters).await?;
    let schema = json_columns::as_text(frame.schema().as_arrow());
    Ok((schema, frame.execute_stream().await?))
}

async fn within<T>(deadline: Deadline, work: impl Future<Output = T>) -> Result<T, QueryError> {
    let Some((until, span)) = deadline else { return Ok(work.await) };
    timeout_at(until, work).await.map_err(|_| {
        QueryError::Failed(format!(
            "it took longer than {span:?}; ask for less, such as a shorter time, or give it longer by \
             `--timeout` or `query.timeout`"
        ))
    })
}

fn unexpected(ended: Option<Result<(), JoinError>>) -> QueryError {
    let reason = match ended {
        Some(Err(reason)) => reason.to_string(),
        _ => "without an answer".to_owned(),
    };
    QueryError::Failed(format!("it ended unexpectedly: {reason}"))
}
