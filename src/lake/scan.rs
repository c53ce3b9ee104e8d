//! A table as DataFusion sees it: active files from the snapshot, then DataFusion's Parquet scan.
//!
//! Bounds on `TimeGenerated` go to Delta, which leaves out files by their statistics; all filters
//! go to the Parquet scan, which leaves out row groups and pages.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, DataFusionError, ScalarValue};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, Operator, TableProviderFilterPushDown, TableType, lit};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use delta_kernel::FilteredEngineData;
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::expressions::{Expression, Predicate, Scalar};
use delta_kernel::scan::state::ScanFile;
use delta_kernel::snapshot::SnapshotRef;
use object_store::ObjectMeta;
use object_store::path::Path;

use super::derived::FileAdapters;
use super::{Inner, LakeError, location};
use crate::table::{PARTITION_COLUMN, Table};

const TIME_COLUMN: &str = "TimeGenerated";

/// A table at one version.
#[derive(Debug, Clone)]
pub struct LakeTable {
    inner: Arc<Inner>,
    table: &'static Table,
    snapshot: Option<SnapshotRef>,
    /// Only files that were added after this version are read.
    added_after: Option<u64>,
    schema: SchemaRef,
}

impl LakeTable {
    pub(super) fn new(
        inner: Arc<Inner>,
        table: &'static Table,
        snapshot: Option<SnapshotRef>,
    ) -> Self {
        let mut fields: Vec<_> = table.schema().fields().iter().cloned().collect();
        fields.push(Arc::new(partition_field()));
        let schema = Arc::new(Schema::new(fields));
        Self { inner, table, snapshot, added_after: None, schema }
    }

    /// The table that is read.
    pub(crate) fn table(&self) -> &'static Table {
        self.table
    }

    /// The version that is read; `None` for a table that was never written.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.snapshot.as_ref().map(|snapshot| snapshot.version())
    }

    /// The same table with only the files that were added after `version`.
    #[must_use]
    pub fn added_after(mut self, version: u64) -> Self {
        self.added_after = Some(version);
        self
    }

    /// Active files that can hold rows for these filters.
    async fn files(&self, filters: &[Expr]) -> Result<Vec<ScanFile>, LakeError> {
        let Some(snapshot) = self.snapshot.clone() else {
            return Ok(Vec::new());
        };
        let predicate = time_bounds(filters);
        let (inner, table, added_after) = (Arc::clone(&self.inner), self.table, self.added_after);
        let work = move || active_files(&inner, table, &snapshot, predicate, added_after);
        match tokio::task::spawn_blocking(work).await {
            Ok(files) => files,
            Err(error) => {
                Err(LakeError::Write { table: self.table.name.into(), reason: error.to_string() })
            }
        }
    }
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        // Files and row groups are left out, rows are not: the filter stays above the scan.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let files =
            self.files(filters).await.map_err(|error| DataFusionError::External(error.into()))?;
        if files.is_empty() {
            // A scan without files has no partition, and DataFusion cannot sort or limit that.
            let schema = match projection {
                Some(columns) => Arc::new(self.schema.project(columns)?),
                None => Arc::clone(&self.schema),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let files =
            files.iter().map(|file| self.partitioned_file(file)).collect::<Result<Vec<_>, _>>()?;

        let table_schema = TableSchema::builder(self.table.schema())
            .with_table_partition_cols(vec![Arc::new(partition_field())])
            .build();
        let source = ParquetSource::new(table_schema);
        // A scan without a filter does not adapt itself to a file that has all columns of the table, and
        // derived columns that another writer left null would be read.
        let filter = conjunction(filters.to_vec()).unwrap_or_else(|| lit(true));
        let schema = DFSchema::try_from(Arc::clone(&self.schema))?;
        let source = source.with_predicate(state.create_physical_expr(filter, &schema)?);
        let store = location::store_url(&self.inner.root);
        let groups = FileGroup::new(files).split_files(state.config().target_partitions());
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::parse(store)?, Arc::new(source))
            .with_file_groups(groups)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .with_expr_adapter(Some(Arc::new(FileAdapters(self.table))))
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

impl LakeTable {
    fn partitioned_file(&self, file: &ScanFile) -> Result<PartitionedFile, DataFusionError> {
        let external =
            |error: Box<dyn std::error::Error + Send + Sync>| DataFusionError::External(error);
        let url = url::Url::parse(&self.inner.table_root(self.table))
            .and_then(|root| root.join(&file.path))
            .map_err(|error| external(error.into()))?;
        let location = Path::from_url_path(url.path()).map_err(|error| external(error.into()))?;
        let modified = chrono::DateTime::from_timestamp_millis(file.modification_time);
        let meta = ObjectMeta {
            location,
            last_modified: modified.unwrap_or_default(),
            size: u64::try_from(file.size).unwrap_or_default(),
            e_tag: None,
            version: None,
        };
        let day = file.partition_values.get(PARTITION_COLUMN).and_then(|day| day.parse().ok());
        let day = day.map(|day: chrono::NaiveDate| {
            day.signed_duration_since(chrono::NaiveDate::default()).num_days() as i32
        });
        Ok(PartitionedFile::new_from_meta(meta)
            .with_partition_values(vec![ScalarValue::Date32(day)]))
    }
}

fn partition_field() -> Field {
    Field::new(PARTITION_COLUMN, DataType::Date32, true)
}

fn active_files(
    inner: &Inner,
    table: &Table,
    snapshot: &SnapshotRef,
    predicate: Option<Predicate>,
    added_after: Option<u64>,
) -> Result<Vec<ScanFile>, LakeError> {
    let failed = |error| inner.delta_error(table, error);
    let added = match added_after {
        None => None,
        Some(version) if version >= snapshot.version() => return Ok(Vec::new()),
        Some(version) => added_paths(inner, table, snapshot, version)?,
    };
    let scan = Arc::clone(snapshot)
        .scan_builder()
        .with_predicate(predicate.map(Arc::new))
        .build()
        .map_err(failed)?;
    let mut files = Vec::new();
    for metadata in scan.scan_metadata(inner.engine()).map_err(failed)? {
        let collect = |files: &mut Vec<ScanFile>, file| files.push(file);
        files = metadata
            .and_then(|metadata| metadata.visit_scan_files(files, collect))
            .map_err(failed)?;
    }
    if let Some(added) = added {
        files.retain(|file| added.contains(&file.path));
    }
    Ok(files)
}

/// Paths of the files that were added after a version; `None` when the log no longer tells, so
/// that any file may be new.
fn added_paths(
    inner: &Inner,
    table: &Table,
    snapshot: &SnapshotRef,
    version: u64,
) -> Result<Option<HashSet<String>>, LakeError> {
    use arrow::array::{Array, AsArray};

    let failed = |error| inner.delta_error(table, error);
    let builder = Arc::clone(snapshot).incremental_scan_builder(version);
    let Some(stream) = builder.build(inner.engine()).map_err(failed)? else {
        return Ok(None);
    };
    let mut paths = HashSet::new();
    for data in stream {
        let data = data.and_then(FilteredEngineData::apply_selection_vector).map_err(failed)?;
        let data = ArrowEngineData::try_from_engine_data(data).map_err(failed)?;
        let batch = data.record_batch();
        let Some(add) = batch.column_by_name("add").and_then(|add| add.as_struct_opt()) else {
            continue;
        };
        let Some(path) = add.column_by_name("path").and_then(|path| path.as_string_opt::<i32>())
        else {
            continue;
        };
        for row in (0..path.len()).filter(|row| path.is_valid(*row) && add.is_valid(*row)) {
            paths.insert(path.value(row).to_owned());
        }
    }
    Ok(Some(paths))
}

/// The bounds on `TimeGenerated` among the filters, in Delta's terms.
fn time_bounds(filters: &[Expr]) -> Option<Predicate> {
    let bounds: Vec<_> = filters.iter().filter_map(time_bound).collect();
    (!bounds.is_empty()).then(|| Predicate::and_from(bounds))
}

fn time_bound(filter: &Expr) -> Option<Predicate> {
    match filter {
        Expr::BinaryExpr(binary) if binary.op == Operator::And => {
            match (time_bound(&binary.left), time_bound(&binary.right)) {
                (Some(left), Some(right)) => Some(Predicate::and(left, right)),
                (one, other) => one.or(other),
            }
        }
        Expr::BinaryExpr(binary) => {
            let (operator, value) = match (is_time(&binary.left), is_time(&binary.right)) {
                (true, false) => (binary.op, micros(&binary.right)?),
                (false, true) => (binary.op.swap()?, micros(&binary.left)?),
                _ => return None,
            };
            bound(operator, value)
        }
        Expr::Between(between) if !between.negated && is_time(&between.expr) => {
            Some(Predicate::and(
                bound(Operator::GtEq, micros(&between.low)?)?,
                bound(Operator::LtEq, micros(&between.high)?)?,
            ))
        }
        _ => None,
    }
}

fn bound(operator: Operator, micros: i64) -> Option<Predicate> {
    let column = Expression::column([TIME_COLUMN]);
    let value = Expression::literal(Scalar::Timestamp(micros));
    match operator {
        Operator::Eq => Some(Predicate::eq(column, value)),
        Operator::Lt => Some(Predicate::lt(column, value)),
        Operator::LtEq => Some(Predicate::le(column, value)),
        Operator::Gt => Some(Predicate::gt(column, value)),
        Operator::GtEq => Some(Predicate::ge(column, value)),
        _ => None,
    }
}

fn is_time(expr: &Expr) -> bool {
    matches!(expr, Expr::Column(column) if column.name == TIME_COLUMN)
}

/// A literal time. Literals are already of the column's type when filters are pushed down.
fn micros(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(ScalarValue::TimestampMicrosecond(value, _), _) => *value,
        _ => None,
    }
}
