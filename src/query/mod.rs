//! SQL over the lake, under Log Analytics' names, read-only.
//!
//! Names are case-sensitive and need no quotes, functions work in any case, `->` and `->>` reach
//! into dynamic columns. Statements that would change anything are refused before they are
//! planned. A session can be [narrowed](Session::within) to a window of time: rules run so.

mod catalog;
mod derived_columns;
mod distinct;
mod error;
mod explain;
mod functions;
mod json_columns;
mod optimizer;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use datafusion::common::DataFusionError;
use datafusion::config::Dialect;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::{DataFrame, SQLOptions, SessionConfig, SessionContext};

use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};

pub use catalog::Window;
pub use datafusion::common::ScalarValue;
pub use error::QueryError;
pub use explain::{Explanation, Scan};

use crate::lake::{Lake, LakeTable};

/// Memory that one session may take before it spills to disk, in bytes.
const MEMORY_LIMIT: usize = 1 << 30;

/// In this dialect `a->>'b' = 'c'` compares what `->>` gives; in DataFusion's own it would compare
/// first.
const DIALECT: Dialect = Dialect::PostgreSQL;

/// The name under which the tables stand in `information_schema`.
const CATALOG: &str = "entralog";
const SCHEMA: &str = "lake";

/// A place to run queries.
pub struct Session {
    context: SessionContext,
}

/// The rows of a query, as they come.
pub struct Rows {
    /// Columns, also when there are no rows.
    pub schema: SchemaRef,
    /// Rows.
    pub batches: BoxStream<'static, Result<RecordBatch, QueryError>>,
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
        Self::over(lake, None)
    }

    /// A session in which tables of events hold only the rows of a window.
    ///
    /// # Errors
    /// DataFusion cannot be set up.
    pub fn within(lake: &Lake, window: Window) -> Result<Self, QueryError> {
        Self::over(lake, Some(window))
    }

    fn over(lake: &Lake, window: Option<Window>) -> Result<Self, QueryError> {
        let mut config = SessionConfig::new()
            .with_default_catalog_and_schema(CATALOG, SCHEMA)
            .with_create_default_catalog_and_schema(false)
            .with_information_schema(true);
        config.options_mut().sql_parser.dialect = DIALECT;
        config.options_mut().sql_parser.enable_ident_normalization = false;
        config.options_mut().execution.time_zone = Some("+00:00".into());
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(MEMORY_LIMIT)))
            .with_disk_manager_builder(DiskManagerBuilder::default())
            .build_arc()?;
        let state = SessionStateBuilder::new_with_default_features()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_optimizer_rules(optimizer::rules())
            .build();
        let mut context = SessionContext::new_with_state(state);
        datafusion_functions_json::register_all(&mut context)?;
        functions::register(&context);
        let (url, store) = lake.store();
        context.register_object_store(&url, store);
        context.register_catalog(CATALOG, catalog::of(lake, SCHEMA, window)?);
        Ok(Self { context })
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
        let Rows { schema, batches } = self.stream(sql, parameters).await?;
        Ok(Answer { schema, batches: batches.try_collect().await? })
    }

    /// Starts one read-only statement, whose rows come while it runs; dropping them ends it.
    ///
    /// # Errors
    /// The statement is wrong or would change something. That it failed while it ran is said
    /// among the rows.
    pub async fn stream(
        &self,
        sql: &str,
        parameters: &[(&str, ScalarValue)],
    ) -> Result<Rows, QueryError> {
        let frame = self.frame(sql, parameters).await?;
        let schema = json_columns::as_text(frame.schema().as_arrow());
        let batches = frame.execute_stream().await?.map(|batch| {
            let batch = json_columns::to_text(&batch?).map_err(DataFusionError::from)?;
            Ok(batch)
        });
        Ok(Rows { schema, batches: batches.boxed() })
    }

    /// Names of the lake's tables that a statement reads.
    ///
    /// # Errors
    /// The statement is wrong.
    pub fn tables_of(&self, sql: &str) -> Result<Vec<String>, QueryError> {
        let state = self.context.state();
        let statement = state.sql_to_statement(sql, &DIALECT)?;
        let references = state.resolve_table_references(&statement)?;
        let mut names: Vec<_> = references
            .into_iter()
            .map(|reference| reference.table().to_owned())
            .filter(|name| crate::table::by_name(name).is_some())
            .collect();
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
        self.context.register_table(
            datafusion::common::TableReference::full(CATALOG, catalog::SCRATCH, "rows"),
            Arc::new(table),
        )?;
        let answer = self.query(sql).await;
        self.context.deregister_table(datafusion::common::TableReference::full(
            CATALOG,
            catalog::SCRATCH,
            "rows",
        ))?;
        answer
    }

    async fn frame(
        &self,
        sql: &str,
        parameters: &[(&str, ScalarValue)],
    ) -> Result<DataFrame, QueryError> {
        let frame = self.plan(sql).await?;
        match parameters {
            [] => Ok(frame),
            _ => Ok(frame.with_param_values(parameters.to_vec())?),
        }
    }

    async fn plan(&self, sql: &str) -> Result<DataFrame, QueryError> {
        let read_only = SQLOptions::new()
            .with_allow_ddl(false)
            .with_allow_dml(false)
            .with_allow_statements(false);
        self.context.sql_with_options(sql, read_only).await.map_err(QueryError::from)
    }
}

/// An instant as the value of a parameter.
#[must_use]
pub fn time_value(time: DateTime<Utc>) -> ScalarValue {
    ScalarValue::new_timestamp::<arrow::datatypes::TimestampMicrosecondType>(
        Some(time.timestamp_micros()),
        Some("UTC".into()),
    )
}
