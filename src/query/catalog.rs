//! The lake's tables as DataFusion finds them: opened when a statement names them.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::catalog::{
    CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider, TableProvider,
};
use datafusion::common::{DataFusionError, Result, plan_datafusion_err};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, ident, lit};

use super::{QueryError, time_value, views, watchlists};
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
) -> std::result::Result<Arc<dyn CatalogProvider>, QueryError> {
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema(schema, Arc::new(LakeTables { lake: lake.clone(), window }))?;
    catalog
        .register_schema(watchlists::SCHEMA, Arc::new(watchlists::WatchlistTables::default()))?;
    catalog.register_schema(SCRATCH, Arc::new(MemorySchemaProvider::new()))?;
    Ok(Arc::new(catalog))
}

/// The lake's tables, in a window if there is one.
#[derive(Debug)]
pub(super) struct LakeTables {
    lake: Lake,
    window: Option<Window>,
}

#[async_trait]
impl SchemaProvider for LakeTables {
    fn table_names(&self) -> Vec<String> {
        let tables = table::all().iter().map(|table| table.name);
        tables.chain(views::ALL.iter().map(|view| view.name)).map(str::to_owned).collect()
    }

    fn table_exist(&self, name: &str) -> bool {
        views::by_name(name).is_some() || table::by_name(name).is_some()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if let Some(view) = views::by_name(name) {
            return (view.over)(self).await.map(Some);
        }
        match table::by_name(name) {
            Some(_) => self.within(name).await.map(Some),
            None => Ok(None),
        }
    }
}

impl LakeTables {
    pub(super) fn window(&self) -> Option<Window> {
        self.window
    }

    /// A table with all its rows.
    pub(super) async fn whole(&self, name: &str) -> Result<Arc<dyn TableProvider>> {
        self.opened(known(name)?).await
    }

    /// The rows of the window, of a table of events: snapshots, ledgers and alerts are none.
    pub(super) async fn within(&self, name: &str) -> Result<Arc<dyn TableProvider>> {
        self.filtered(name, |Window { start, end }| {
            time().gt_eq(lit(time_value(start))).and(time().lt(lit(time_value(end))))
        })
        .await
    }

    /// The same with all that came before: what holds in the window may have begun then.
    pub(super) async fn until_end(&self, name: &str) -> Result<Arc<dyn TableProvider>> {
        self.filtered(name, |window| time().lt(lit(time_value(window.end)))).await
    }

    async fn filtered(
        &self,
        name: &str,
        is_in: impl Fn(Window) -> Expr,
    ) -> Result<Arc<dyn TableProvider>> {
        let table = known(name)?;
        let provider = self.opened(table).await?;
        let Some(window) = self.window.filter(|_| table.is_log()) else { return Ok(provider) };
        let rows = LogicalPlanBuilder::scan(name, provider_as_source(provider), None)?;
        Ok(Arc::new(ViewTable::new(rows.filter(is_in(window))?.build()?, None)))
    }

    async fn opened(&self, table: &'static Table) -> Result<Arc<dyn TableProvider>> {
        let opened = self.lake.table(table).await;
        Ok(Arc::new(opened.map_err(|error| DataFusionError::External(Box::new(error)))?))
    }
}

fn known(name: &str) -> Result<&'static Table> {
    table::by_name(name).ok_or_else(|| plan_datafusion_err!("table '{name}' not found"))
}

fn time() -> Expr {
    ident("TimeGenerated")
}
