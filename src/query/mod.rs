//! SQL over the lake, under Log Analytics' names, read-only.
//!
//! Names are case-sensitive and need no quotes, functions work in any case, `->` and `->>` reach
//! into dynamic columns. Statements that would change anything are refused before they are
//! planned. A session can be [narrowed](Session::within) to a window of time: rules run so.

mod attempts;
mod bounds;
mod catalog;
mod clock;
mod derived_columns;
mod describe;
mod distinct;
mod durations;
mod dynamic;
mod error;
mod explain;
mod functions;
mod limits;
mod optimizer;
mod roles;
mod running;
mod shift;
mod sources;
mod statement;
mod unnest;
mod views;
mod watchlists;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use datafusion::catalog::TableFunctionImpl;
use datafusion::common::{DataFusionError, TableReference};
use datafusion::config::Dialect;
use datafusion::execution::FunctionRegistry as _;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::{DataFrame, SQLOptions, SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use object_store::ObjectStore;
use url::Url;

pub use catalog::Window;
pub use datafusion::common::ScalarValue;
pub use error::QueryError;
pub use explain::{Explanation, Scan};
pub use limits::Limits;
pub(crate) use statement::SqlDialect;

use crate::lake::{Lake, LakeTable};
use clock::Clock;
use durations::Durations;
use error::Surroundings;

/// The name under which the tables stand in `information_schema`.
const CATALOG: &str = "entralog";
const SCHEMA: &str = "lake";

/// A place to run queries.
#[derive(Clone)]
pub struct Session {
    context: SessionContext,
    limits: Limits,
    /// Where the files of the lake are.
    store: (Url, Arc<dyn ObjectStore>),
}

/// The rows of a query, as they come.
pub struct Rows {
    /// Columns, also when there are no rows.
    pub schema: SchemaRef,
    /// Rows.
    pub batches: BoxStream<'static, Result<RecordBatch, QueryError>>,
    /// Whether the statement says in which order they come.
    pub is_ordered: bool,
}

/// The rows of a query.
#[derive(Debug)]
pub struct Answer {
    /// Columns, also when there are no rows.
    pub schema: SchemaRef,
    /// Rows.
    pub batches: Vec<RecordBatch>,
}

impl Session {
    /// A session over all of the lake.
    ///
    /// # Errors
    /// DataFusion cannot be set up.
    pub fn new(lake: &Lake) -> Result<Self, QueryError> {
        Self::over(lake, None, Limits::default())
    }

    /// A session over all of the lake whose queries take no more than what is given.
    ///
    /// # Errors
    /// DataFusion cannot be set up.
    pub fn with_limits(lake: &Lake, limits: Limits) -> Result<Self, QueryError> {
        Self::over(lake, None, limits)
    }

    /// A session in which tables of events hold only the rows of a window, and whose queries take no more than what is
    /// given.
    ///
    /// # Errors
    /// DataFusion cannot be set up.
    pub fn within(lake: &Lake, window: Window, limits: Limits) -> Result<Self, QueryError> {
        Self::over(lake, Some(window), limits)
    }

    fn over(lake: &Lake, window: Option<Window>, limits: Limits) -> Result<Self, QueryError> {
        let config = config()
            .with_default_catalog_and_schema(CATALOG, SCHEMA)
            .with_create_default_catalog_and_schema(false)
            .with_information_schema(true);
        let context = context_of(config, Arc::default())?;
        let watchlists: Arc<dyn TableFunctionImpl> =
            Arc::new(watchlists::WatchlistTables::default());
        context.register_udtf(watchlists::FUNCTION, watchlists);
        context.register_catalog(CATALOG, catalog::of(lake, SCHEMA, window)?);
        Ok(Self { context, limits, store: lake.store() })
    }

    /// The same session for one query, with memory and disk of its own.
    fn on(&self, runtime: Arc<RuntimeEnv>) -> Self {
        let (url, store) = &self.store;
        runtime.register_object_store(url, Arc::clone(store));
        let state = SessionStateBuilder::new_from_existing(self.context.state());
        let context = SessionContext::new_with_state(state.with_runtime_env(runtime).build());
        Self { context, limits: self.limits, store: self.store.clone() }
    }

    /// Runs one read-only statement.
    ///
    /// # Errors
    /// The statement is wrong, would change something, or fails while it runs.
    pub async fn query(&self, sql: &str) -> Result<Answer, QueryError> {
        self.query_with(sql, &[]).await
    }

    /// Runs one read-only statement with values for its `$name` parameters.
    ///
    /// # Errors
    /// As for [`query`](Self::query).
    pub async fn query_with(
        &self,
        sql: &str,
        parameters: &[(&str, ScalarValue)],
    ) -> Result<Answer, QueryError> {
        let Rows { schema, batches, .. } = self.stream(sql, parameters).await?;
        Ok(Answer { schema, batches: batches.try_collect().await? })
    }

    /// Starts one read-only statement, whose rows come while it runs; dropping them ends it, and so
    /// does the [time](Limits::timeout) that it may take.
    ///
    /// # Errors
    /// The statement is wrong or would change something. That it failed while it ran is said
    /// among the rows.
    pub async fn stream(
        &self,
        sql: &str,
        parameters: &[(&str, ScalarValue)],
    ) -> Result<Rows, QueryError> {
        running::start(self, sql.to_owned(), owned(parameters)).await
    }

    /// Names of the lake's tables that a statement reads, also through a view.
    ///
    /// # Errors
    /// The statement is wrong.
    pub fn tables_of(&self, sql: &str) -> Result<Vec<String>, QueryError> {
        let said = |error| self.said(&error, sql);
        let statement = self.read(sql).map_err(said)?;
        let references = self.context.state().resolve_table_references(&statement).map_err(said)?;
        let mut names = Vec::new();
        for reference in references {
            let name = reference.table();
            match views::by_name(name) {
                Some(view) => names.extend(view.tables.iter().map(|&name| name.to_owned())),
                None if crate::table::by_name(name).is_some() => names.push(name.to_owned()),
                None => {}
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Runs a statement over one table as given, under the name `rows`.
    pub(crate) async fn query_table(
        &self,
        table: LakeTable,
        sql: &str,
    ) -> Result<Answer, QueryError> {
        let name = || TableReference::full(CATALOG, catalog::SCRATCH, "rows");
        self.context.register_table(name(), Arc::new(table))?;
        let answer = self.query(sql).await;
        self.context.deregister_table(name())?;
        answer
    }

    fn read(&self, sql: &str) -> Result<Statement, DataFusionError> {
        statement::read(&self.context.state(), sql)
    }

    /// A statement as DataFusion runs it, with values for its parameters.
    async fn frame(
        &self,
        statement: Statement,
        parameters: Parameters,
    ) -> Result<DataFrame, DataFusionError> {
        let frame = self.plan(statement).await?;
        if parameters.is_empty() { Ok(frame) } else { frame.with_param_values(parameters) }
    }

    async fn plan(&self, mut statement: Statement) -> Result<DataFrame, DataFusionError> {
        let read_only = SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false);
        statement::rewrite(&mut statement);
        let plan = self.context.state().statement_to_plan(statement).await?;
        read_only.verify_plan(&plan)?;
        self.context.execute_logical_plan(plan).await
    }

    /// An error of a statement in words that name what there is.
    fn said(&self, error: &DataFusionError, sql: &str) -> QueryError {
        let state = self.context.state();
        let functions = (state.scalar_functions().keys())
            .chain(state.aggregate_functions().keys())
            .chain(state.window_functions().keys())
            .cloned()
            .collect();
        let aliases = statement::aliases(sql);
        error::classify(error, &Surroundings { functions, aliases, limits: self.limits })
    }
}

/// Values for the parameters of a statement, by name.
type Parameters = Vec<(String, ScalarValue)>;

fn owned(parameters: &[(&str, ScalarValue)]) -> Parameters {
    parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

/// How SQL is read and run here.
fn config() -> SessionConfig {
    let mut config = SessionConfig::new();
    // In DataFusion's own, `a->>'b' = 'c'` would compare first.
    config.options_mut().sql_parser.dialect = Dialect::PostgreSQL;
    config.options_mut().sql_parser.enable_ident_normalization = false;
    let execution = &mut config.options_mut().execution;
    execution.time_zone = Some("+00:00".into());
    // The columns that a filter does not need are read for the rows that pass it only.
    execution.parquet.pushdown_filters = true;
    execution.parquet.reorder_filters = true;
    config
}

/// A context with all functions and rules, and no tables.
fn context_of(
    config: SessionConfig,
    runtime: Arc<RuntimeEnv>,
) -> Result<SessionContext, DataFusionError> {
    let mut builder = SessionStateBuilder::new_with_default_features();
    builder.expr_planners().get_or_insert_default().insert(0, Arc::new(dynamic::Planner));
    let state = builder
        .with_config(config)
        .with_runtime_env(runtime)
        .with_optimizer_rules(optimizer::rules())
        .with_physical_optimizer_rule(Arc::new(shift::Shifts))
        .build();
    let mut context = SessionContext::new_with_state(state);
    datafusion_functions_json::register_all(&mut context)?;
    dynamic::register(&mut context)?;
    context.register_function_rewrite(Arc::new(Durations::new()))?;
    context.register_function_rewrite(Arc::new(Clock))?;
    functions::register(&context);
    Ok(context)
}

/// A context to plan in what another one runs.
fn plain_context() -> Result<SessionContext, DataFusionError> {
    context_of(config(), Arc::new(RuntimeEnv::default()))
}

/// An instant as the value of a parameter.
#[must_use]
pub fn time_value(time: DateTime<Utc>) -> ScalarValue {
    ScalarValue::new_timestamp::<arrow::datatypes::TimestampMicrosecondType>(
        Some(time.timestamp_micros()),
        Some("UTC".into()),
    )
}
