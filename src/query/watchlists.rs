//! Watchlists in SQL: `_GetWatchlist('VIPs')`, as in Sentinel, and `watchlists.VIPs`.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{
    MemTable, SchemaProvider, TableFunctionArgs, TableFunctionImpl, TableProvider,
};
use datafusion::common::{DataFusionError, Result, plan_err};
use datafusion::logical_expr::Expr;

use crate::watchlist::Watchlists;

/// The schema in which they stand.
pub(super) const SCHEMA: &str = "watchlists";

/// The function's name, as it is looked up.
pub(super) const FUNCTION: &str = "_getwatchlist";

/// A watchlist as SQL names it.
pub(super) fn name_in_sql(name: &str) -> String {
    let is_plain = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && !name.starts_with(|first: char| first.is_numeric());
    match is_plain {
        true => format!("{SCHEMA}.{name}"),
        false => format!("{SCHEMA}.\"{}\"", name.replace('"', "\"\"")),
    }
}

#[derive(Debug, Default)]
pub(super) struct WatchlistTables(Watchlists);

impl WatchlistTables {
    fn provider(&self, name: &str) -> Result<Arc<dyn TableProvider>> {
        let rows = self.0.read(name).map_err(|error| DataFusionError::External(error.into()))?;
        Ok(Arc::new(MemTable::try_new(rows.schema(), vec![vec![rows]])?))
    }
}

#[async_trait]
impl SchemaProvider for WatchlistTables {
    fn table_names(&self) -> Vec<String> {
        self.0.names()
    }

    fn table_exist(&self, name: &str) -> bool {
        self.0.names().iter().any(|own| own == name)
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        self.provider(name).map(Some)
    }
}

impl TableFunctionImpl for WatchlistTables {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        match args.exprs() {
            [Expr::Literal(name, _)] if matches!(name.try_as_str(), Some(Some(_))) => {
                self.provider(name.try_as_str().flatten().unwrap_or_default())
            }
            _ => plan_err!("_GetWatchlist takes the name of a watchlist: _GetWatchlist('VIPs')"),
        }
    }
}
