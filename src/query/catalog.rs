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

use super::views::View;
use super::{QueryError, attempts, roles, time_value, views, watchlists};
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
        let tables = table::all().iter().map(|table| table.name);
        tables.chain(views::ALL.iter().map(|view| view.name)).map(str::to_owned).collect()
    }

    fn table_exist(&self, name: &str) -> bool {
        views::by_name(name).is_some() || table::by_name(name).is_some()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        if let Some(view) = views::by_name(name) {
            return self.view(view).await.map(Some);
        }
        match table::by_name(name) {
            Some(table) => self.within(table).await.map(Some),
            None => Ok(None),
        }
    }
}

impl LakeSchema {
    async fn whole(
        &self,
        table: &'static Table,
    ) -> Result<Arc<dyn TableProvider>, DataFusionError> {
        let opened = self.lake.table(table).await;
        Ok(Arc::new(opened.map_err(|error| DataFusionError::External(Box::new(error)))?))
    }

    /// The rows of the window, of a table of events: snapshots, ledgers and alerts are none.
    async fn within(
        &self,
        table: &'static Table,
    ) -> Result<Arc<dyn TableProvider>, DataFusionError> {
        let provider = self.whole(table).await?;
        match self.window {
            Some(window) if table.is_log() => within(table.name, provider, window),
            _ => Ok(provider),
        }
    }

    async fn view(&self, view: &View) -> Result<Arc<dyn TableProvider>, DataFusionError> {
        let tables: Vec<_> = view.tables.iter().copied().filter_map(table::by_name).collect();
        if view.name == roles::VIEW.name {
            let mut inputs = Vec::new();
            for table in tables {
                inputs.push(self.within(table).await?);
            }
            return Ok(Arc::new(roles::over(inputs).await?));
        }
        let [interactive, non_interactive] = tables.as_slice() else {
            return plan_err!("the tables of {} are not known", view.name);
        };
        // What began before the window is folded as well.
        let inputs = [self.whole(interactive).await?, self.whole(non_interactive).await?];
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
