//! The lake's tables as DataFusion finds them: opened when a statement names them.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::catalog::{
    CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider, TableProvider,
};
use datafusion::common::{DataFusionError, plan_err};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::logical_expr::{LogicalPlanBuilder, ident, lit};

use super::{QueryError, attempts, time_value, watchlists};
use crate::lake::Lake;
use crate::table::{self, Table};

/// Where tables are put that only one statement sees.
pub(super) const SCRATCH: &str = "scratch";

/// A span of `TimeGenerated`; the end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First instant.
    pub start: DateTime<Utc>,
    /// First instant after it.
    pub end: DateTime<Utc>,
}

pub(super) fn of(
    lake: &Lake,
    schema: &str,
    window: Option<Window>,
) -> Result<Arc<dyn CatalogProvider>, QueryError> {
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema(schema, Arc::new(LakeSchema { lake: lake.clone(), window }))?;
    catalog
        .register_schema(watchlists::SCHEMA, Arc::new(watchlists::WatchlistTables::default()))?;
    catalog.register_schema(SCRATCH, Arc::new(MemorySchemaProvider::new()))?;
    Ok(Arc::new(catalog))
}

#[derive(Debug)]
struct LakeSchema {
    lake: Lake,
    window: Option<Window>,
}

#[async_trait]
impl SchemaProvider for LakeSchema {
    fn table_names(&self) -> Vec<String> {
        let views = [attempts::NAME.to_owned()];
        table::all().iter().map(|table| table.name.to_owned()).chain(views).collect()
    }

    fn table_exist(&self, name: &str) -> bool {
        name == attempts::NAME || table::by_name(name).is_some()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        if name == attempts::NAME {
            return self.attempts().await.map(Some);
        }
        let Some(table) = table::by_name(name) else {
            return Ok(None);
        };
        let provider = self.provider(table).await?;
        match self.window {
            // Snapshots, ledgers and alerts are not events of the window.
            Some(window) if table.is_log() => Ok(Some(within(name, provider, window)?)),
            _ => Ok(Some(provider)),
        }
    }
}

impl LakeSchema {
    async fn provider(
        &self,
        table: &'static Table,
    ) -> Result<Arc<dyn TableProvider>, DataFusionError> {
        let opened = self.lake.table(table).await;
        Ok(Arc::new(opened.map_err(|error| DataFusionError::External(Box::new(error)))?))
    }

    async fn attempts(&self) -> Result<Arc<dyn TableProvider>, DataFusionError> {
        let mut inputs = Vec::new();
        for table in attempts::TABLES.into_iter().filter_map(table::by_name) {
            inputs.push(self.provider(table).await?);
        }
        let Ok(inputs) = <[Arc<dyn TableProvider>; 2]>::try_from(inputs) else {
            return plan_err!("the tables of {} are not known", attempts::NAME);
        };
        Ok(Arc::new(attempts::Attempts::new(inputs, self.window).await?))
    }
}

fn within(
    name: &str,
    provider: Arc<dyn TableProvider>,
    window: Window,
) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let time = || ident("TimeGenerated");
    let plan = LogicalPlanBuilder::scan(name, provider_as_source(provider), None)?
        .filter(
            time().gt_eq(lit(time_value(window.start))).and(time().lt(lit(time_value(window.end)))),
        )?
        .build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}
