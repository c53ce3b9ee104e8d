//! A statement that runs: beside whoever waits for its rows, and no longer than it may.
//!
//! Queries run on threads of their own. A step of one may compute for long without a pause, and neither
//! ingestion nor the clock that ends the query waits for it. Each has its own memory, and its own directory
//! to spill to, which goes when nobody waits for rows any more.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::memory::MemoryStream;
use futures::StreamExt as _;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinError, JoinSet};

use super::bounds::Bounds;
use super::limits::SpillDirectory;
use super::{Parameters, QueryError, Rows, Session, describe, limits};

/// Batches that wait for whoever takes them.
const AHEAD: usize = 2;

/// Bytes of stack of a thread, which long statements are read and planned on. It is taken as it is used.
const STACK: usize = 64 << 20;

/// Threads that queries run on.
#[derive(Debug)]
struct Threads(Option<Runtime>);

/// Those that the next query runs on.
static THREADS: Mutex<Option<Arc<Threads>>> = Mutex::new(None);

impl Threads {
    fn now() -> Result<Arc<Self>, QueryError> {
        let mut current = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(threads) = current.as_ref() {
            return Ok(Arc::clone(threads));
        }
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.enable_all().thread_name("query").thread_stack_size(STACK).build();
        let runtime = runtime.map_err(|error| {
            QueryError::Failed(format!("there are no threads to run it on: {error}"))
        })?;
        Ok(Arc::clone(current.insert(Arc::new(Self(Some(runtime))))))
    }

    fn spawn(&self, tasks: &mut JoinSet<()>, work: impl Future<Output = ()> + Send + 'static) {
        match &self.0 {
            Some(runtime) => tasks.spawn_on(work, runtime.handle()),
            None => tasks.spawn(work),
        };
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // Whatever computes without a pause is not waited for.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A query under way, until nobody waits for it any more.
struct Running {
    tasks: JoinSet<()>,
    threads: Arc<Threads>,
    _spill: Option<SpillDirectory>,
}

impl Running {
    /// Nothing yet, and the session that it is to run in.
    fn new(session: &Session) -> Result<(Self, Session), QueryError> {
        let (runtime, spill) = limits::runtime(session.limits)?;
        let running = Self { tasks: JoinSet::new(), threads: Threads::now()?, _spill: spill };
        Ok((running, session.on(runtime)))
    }

    fn begin(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.threads.spawn(&mut self.tasks, work);
    }

    /// What it tells, or why it ended without a word.
    async fn told<T>(
        &mut self,
        bounds: &Bounds,
        told: oneshot::Receiver<Result<T, QueryError>>,
    ) -> Result<T, QueryError> {
        match bounds.hold(told).await? {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                self.tasks.join_next().await;
                Err(error)
            }
            Err(_) => match self.tasks.join_next().await {
                Some(Err(ended)) => Err(unexpected(Some(&ended))),
                _ => Err(unexpected(None)),
            },
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.abort_all();
        while self.tasks.try_join_next().is_some() {}
        if self.tasks.is_empty() {
            return;
        }
        // It may go on to compute until it pauses, and keeps its threads as long: the next gets others.
        let mut current = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, &self.threads)) {
            *current = None;
        }
    }
}

pub(super) async fn start(
    session: &Session,
    sql: String,
    parameters: Parameters,
) -> Result<Rows, QueryError> {
    let bounds = Bounds::new(session.limits);
    let (mut running, session) = Running::new(session)?;
    let (send, receive) = mpsc::channel::<Result<RecordBatch, QueryError>>(AHEAD);
    let (tell, told) = oneshot::channel();
    let work = async move {
        let (head, mut stream) = match started(&session, &sql, parameters).await {
            Ok(started) => started,
            Err(error) => {
                let _ = tell.send(Err(session.said(&error, &sql)));
                return;
            }
        };
        if tell.send(Ok(head)).is_err() {
            return;
        }
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(|error| session.said(&error, &sql));
            let is_last = batch.is_err();
            if send.send(batch).await.is_err() || is_last {
                break;
            }
        }
    };
    running.begin(work);
    let Head { schema, is_ordered } = running.told(&bounds, told).await?;
    let waiting = Some((receive, running));
    let batches = futures::stream::unfold(waiting, move |waiting| async move {
        let (mut receive, mut running) = waiting?;
        match bounds.hold(receive.recv()).await {
            Ok(Some(batch)) => Some((batch, Some((receive, running)))),
            Ok(None) => match running.tasks.join_next().await {
                None | Some(Ok(())) => None,
                Some(Err(ended)) => Some((Err(unexpected(Some(&ended))), None)),
            },
            Err(beyond) => Some((Err(beyond), None)),
        }
    });
    Ok(Rows { schema, batches: batches.boxed(), is_ordered })
}

/// Work with a statement that gives no rows, within the same limits.
pub(super) async fn whole<T: Send + 'static, Work>(
    session: &Session,
    work: impl FnOnce(Session) -> Work,
) -> Result<T, QueryError>
where
    Work: Future<Output = Result<T, QueryError>> + Send + 'static,
{
    let bounds = Bounds::new(session.limits);
    let (mut running, session) = Running::new(session)?;
    let (tell, told) = oneshot::channel();
    let work = work(session);
    running.begin(async move {
        let _ = tell.send(work.await);
    });
    running.told(&bounds, told).await
}

/// What is known of rows before they come.
struct Head {
    schema: SchemaRef,
    is_ordered: bool,
}

async fn started(
    session: &Session,
    sql: &str,
    parameters: Parameters,
) -> Result<(Head, SendableRecordBatchStream), DataFusionError> {
    let statement = session.read(sql)?;
    if let Some(rows) = describe::answer(&session.context, &statement).await? {
        let schema = rows.schema();
        let stream = MemoryStream::try_new(vec![rows], Arc::clone(&schema), None)?;
        return Ok((Head { schema, is_ordered: true }, Box::pin(stream)));
    }
    let frame = session.frame(statement, parameters).await?;
    let schema = Arc::clone(frame.schema().inner());
    let is_ordered = is_ordered(frame.logical_plan());
    Ok((Head { schema, is_ordered }, frame.execute_stream().await?))
}

/// Whether a plan says in which order its rows come.
fn is_ordered(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Sort(_)
        | LogicalPlan::Values(_)
        | LogicalPlan::Explain(_)
        | LogicalPlan::Analyze(_) => true,
        LogicalPlan::Projection(above) => is_ordered(&above.input),
        LogicalPlan::Limit(above) => is_ordered(&above.input),
        _ => false,
    }
}

fn unexpected(ended: Option<&JoinError>) -> QueryError {
    let reason = ended.map_or_else(|| "without an answer".to_owned(), ToString::to_string);
    QueryError::Failed(format!("it ended unexpectedly: {reason}"))
}
