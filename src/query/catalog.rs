//! The lake's tables as DataFusion finds them: opened when a statement names them.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::catalog::{
    CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider, TableProvider,
};
use datafusion::common::DataFusionError;
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::logical_expr::{LogicalPlanBuilder, ident, lit};

use super::{QueryError, time_value};
use crate::lake::Lake;
use crate::table;

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
        table::all().iter().map(|table| table.name.to_owned()).collect()
    }

    fn table_exist(&self, name: &str) -> bool {
        table::by_name(name).is_some()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let Some(table) = table::by_name(name) else {
            return Ok(None);
        };
        let external = |error| DataFusionError::External(Box::new(error));
        let provider = Arc::new(self.lake.table(table).await.map_err(external)?);
        match self.window {
            // Snapshots, ledgers and alerts are not events of the window.
            Some(window) if table.is_log() => Ok(Some(within(name, provider, window)?)),
            _ => Ok(Some(provider)),
        }
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
