//! What a query does, and how much of the lake it need not read.

use std::sync::Arc;

use datafusion::catalog::default_table_source::source_as_provider;
use datafusion::common::DataFusionError;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig};
use datafusion::datasource::source::DataSourceExec;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::metrics::{MetricValue, MetricsSet};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::scalar::ScalarValue;
use futures::TryStreamExt as _;

use super::attempts::Attempts;
use super::{Parameters, QueryError, Session, owned, running};
use crate::lake::LakeTable;

/// What was found out about a query by running it.
#[derive(Debug)]
pub struct Explanation {
    /// The plan that was run, a step a line, with what each step did.
    pub plan: String,
    /// What was read of the lake.
    pub scans: Vec<Scan>,
}

/// One reading of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// The table.
    pub table: String,
    /// Files of the table.
    pub files: u64,
    /// Files of which the log says that no row in them can be meant.
    pub files_skipped: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Bytes that were read.
    pub bytes_read: u64,
    /// Row groups of the files that were opened.
    pub row_groups: u64,
    /// Row groups that were left out by the bounds of their columns.
    pub row_groups_skipped: u64,
    /// Row groups that were left out by Bloom filters.
    pub row_groups_skipped_by_bloom_filter: u64,
    /// Rows of other row groups that were left out by the bounds of pages.
    pub rows_skipped_by_pages: u64,
    /// Rows that were read.
    pub rows_read: u64,
}

impl Session {
    /// Runs a statement for what it takes, and not for its rows.
    ///
    /// # Errors
    /// As for [`stream`](Session::stream); that it failed while it ran as well.
    pub async fn explain(
        &self,
        sql: &str,
        parameters: &[(&str, ScalarValue)],
    ) -> Result<Explanation, QueryError> {
        let (sql, parameters) = (sql.to_owned(), owned(parameters));
        let explained = |session: Self| async move {
            let explained = session.explained(&sql, parameters).await;
            explained.map_err(|error| session.said(&error, &sql))
        };
        running::whole(self, explained).await
    }

    async fn explained(
        &self,
        sql: &str,
        parameters: Parameters,
    ) -> Result<Explanation, DataFusionError> {
        let (state, plan) = self.frame(self.read(sql)?, parameters).await?.into_parts();
        let plan = state.optimize(&plan)?;
        let physical = state.query_planner().create_physical_plan(&plan, &state).await?;
        let rows = execute_stream(Arc::clone(&physical), state.task_ctx())?;
        rows.try_for_each(|_| std::future::ready(Ok(()))).await?;

        let mut read = Vec::new();
        scans_of(&physical, &mut read);
        let mut scans = Vec::new();
        for table in tables_of(&plan)? {
            let (files, bytes) =
                table.size().await.map_err(|error| DataFusionError::External(Box::new(error)))?;
            let name = table.table().name;
            // A scan that needs no file is none for DataFusion.
            let place = read.iter().position(|(scan, _)| scan.table == name);
            let (scan, opened) = place.map(|place| read.remove(place)).unwrap_or_default();
            let files_skipped = files.saturating_sub(opened);
            scans.push(Scan { table: name.to_owned(), files, files_skipped, bytes, ..scan });
        }
        let plan = DisplayableExecutionPlan::with_metrics(physical.as_ref()).indent(false);
        Ok(Explanation { plan: plan.to_string(), scans })
    }
}

/// The tables of the lake that a plan reads, each as often as it does.
fn tables_of(plan: &LogicalPlan) -> Result<Vec<LakeTable>, DataFusionError> {
    let mut tables = Vec::new();
    plan.apply_with_subqueries(|plan| {
        if let LogicalPlan::TableScan(scan) = plan
            && let Ok(provider) = source_as_provider(&scan.source)
        {
            tables.extend(provider.downcast_ref::<LakeTable>().cloned());
            let attempts = provider.downcast_ref::<Attempts>();
            tables.extend(attempts.into_iter().flat_map(Attempts::tables));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(tables)
}

/// What the scans of a plan have read, each with the number of its files.
fn scans_of(plan: &Arc<dyn ExecutionPlan>, scans: &mut Vec<(Scan, u64)>) {
    if let Some(source) = plan.downcast_ref::<DataSourceExec>()
        && let Some(config) = source.data_source().downcast_ref::<FileScanConfig>()
    {
        let mut files: Vec<_> = config
            .file_groups
            .iter()
            .flat_map(FileGroup::files)
            .map(|file| &file.object_meta.location)
            .collect();
        files.sort();
        files.dedup();
        // A file lies in the directory of its day, and that in the table's.
        let table = files.first().and_then(|file| file.parts().rev().nth(2));
        let mut scan = Scan {
            table: table.map(|table| table.as_ref().to_owned()).unwrap_or_default(),
            ..Scan::default()
        };
        if let Some(metrics) = plan.metrics() {
            scan.note(&metrics);
        }
        scans.push((scan, files.len() as u64));
    }
    plan.children().into_iter().for_each(|child| scans_of(child, scans));
}

impl Scan {
    fn note(&mut self, metrics: &MetricsSet) {
        for metric in metrics.iter() {
            match metric.value() {
                MetricValue::OutputRows(rows) => self.rows_read += rows.value() as u64,
                // The filter has looked at these, too.
                MetricValue::Count { name, count } if name == "pushdown_rows_pruned" => {
                    self.rows_read += count.value() as u64;
                }
                MetricValue::Count { name, count } if name == "bytes_scanned" => {
                    self.bytes_read += count.value() as u64;
                }
                MetricValue::PruningMetrics { name, pruning_metrics } => {
                    let pruned = pruning_metrics.pruned() as u64;
                    match name.as_ref() {
                        "row_groups_pruned_statistics" => {
                            self.row_groups += pruned + pruning_metrics.matched() as u64;
                            self.row_groups_skipped += pruned;
                        }
                        "row_groups_pruned_bloom_filter" => {
                            self.row_groups_skipped_by_bloom_filter += pruned;
                        }
                        "page_index_rows_pruned" => self.rows_skipped_by_pages += pruned,
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }
}
