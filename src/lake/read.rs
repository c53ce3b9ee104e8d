//! The rows of a table for entralog's own work, without SQL.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{Expr, ident};
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use futures::{Stream, TryStreamExt as _};

use super::{Inner, LakeError, LakeTable, location};

/// Rows of a batch: few, because rows have a hundred columns and a sort holds a batch of each sorted run.
const BATCH: usize = 1024;

impl LakeTable {
    /// Some columns of the rows that pass a filter, one file after the other.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn rows(
        self,
        columns: &[&str],
        filter: Expr,
    ) -> Result<impl Stream<Item = Result<RecordBatch, LakeError>> + use<>, LakeError> {
        let table = self.table();
        let failed = move |error: DataFusionError| LakeError::Read {
            table: table.name.into(),
            file: "a data file".into(),
            reason: error.to_string(),
        };
        let columns = columns.iter().map(|column| ident(*column)).collect::<Vec<_>>();
        let frame = frame(self, RuntimeEnvBuilder::new()).map_err(failed)?;
        let rows = frame.filter(filter).and_then(|frame| frame.select(columns)).map_err(failed)?;
        Ok(rows.execute_stream().await.map_err(failed)?.map_err(failed))
    }
}

/// A table to be read on one core, within the limits of a runtime.
pub(super) fn frame(
    table: LakeTable,
    runtime: RuntimeEnvBuilder,
) -> Result<DataFrame, DataFusionError> {
    let config = SessionConfig::new().with_target_partitions(1).with_batch_size(BATCH);
    let context = SessionContext::new_with_config_rt(config, runtime.build_arc()?);
    let Inner { root, store, .. } = table.inner();
    context.register_object_store(&location::store_url(root), Arc::clone(store));
    context.read_table(Arc::new(table))
}
