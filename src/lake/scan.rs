//! A table as DataFusion sees it: active files from the snapshot, then DataFusion's Parquet scan.
//!
//! Bounds on `TimeGenerated` and on the day go to Delta, which leaves out files by what its log says; all filters
//! go to the Parquet scan, which leaves out row groups, pages and rows.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::logical_expr::{Expr, Operator, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::expressions::lit as physical_lit;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use delta_kernel::expressions::{Expression, Predicate, Scalar};
use delta_kernel::snapshot::SnapshotRef;
use object_store::ObjectMeta;

use super::active::{LakeFile, Listing};
use super::added::added_files;
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
    /// The files that are read, where they are not those that are active.
    chosen: Option<Arc<Vec<LakeFile>>>,
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
        Self { inner, table, snapshot, chosen: None, schema }
    }

    /// The table that is read.
    pub(crate) fn table(&self) -> &'static Table {
        self.table
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// The version that is read; `None` for a table that was never written.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.snapshot.as_ref().map(|snapshot| snapshot.version())
    }

    /// The same table with only the rows that came after `version`, even if they are in other files by now.
    /// It is all rows when the log does not reach back so far.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn added_after(self, version: u64) -> Result<Self, LakeError> {
        let Some(until) = self.version() else { return Ok(self) };
        self.blocking(move |this| {
            let added = match version < until {
                true => added_files(&this.inner, this.table, version, until)?,
                false => Some(Vec::new()),
            };
            Ok(Self { chosen: added.map(Arc::new), ..this })
        })
        .await
    }

    /// Takes out the files whose rows are all alike by the log's word: `alike` gets the first and the last
    /// `TimeGenerated` of a file, in microseconds since the epoch. Gives those times and the table without
    /// these files, which need not be opened then.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn without_files(
        self,
        alike: impl Fn(i64, i64) -> bool + Send + 'static,
    ) -> Result<(Vec<(i64, i64)>, Self), LakeError> {
        self.blocking(move |this| {
            let files = match (&this.chosen, &this.snapshot) {
                (Some(chosen), _) => chosen.to_vec(),
                (None, Some(snapshot)) => {
                    Listing::read(&this.inner, this.table, snapshot, None, true)?.files
                }
                (None, None) => Vec::new(),
            };
            let (mut times, mut rest) = (Vec::new(), Vec::new());
            for file in files {
                match file.statistics.times {
                    // What a deletion vector leaves of a file, its statistics do not say.
                    Some(of_file) if !file.has_deletions && alike(of_file.0, of_file.1) => {
                        times.push(of_file);
                    }
                    _ => rest.push(file),
                }
            }
            Ok((times, Self { chosen: Some(Arc::new(rest)), ..this }))
        })
        .await
    }

    /// How many files the table has, and their bytes.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(crate) async fn size(&self) -> Result<(u64, u64), LakeError> {
        let files = self.files(&[]).await?;
        Ok((files.len() as u64, files.iter().map(|file| file.bytes).sum()))
    }

    /// The same table with only these files.
    pub(super) fn of_files(self, files: Vec<LakeFile>) -> Self {
        Self { chosen: Some(Arc::new(files)), ..self }
    }

    /// Files that can hold rows for these filters.
    async fn files(&self, filters: &[Expr]) -> Result<Arc<Vec<LakeFile>>, LakeError> {
        if let Some(chosen) = &self.chosen {
            return Ok(Arc::clone(chosen));
        }
        let Some(snapshot) = self.snapshot.clone() else {
            return Ok(Arc::default());
        };
        let predicate = time_bounds(filters);
        self.clone()
            .blocking(move |this| {
                let listing = Listing::read(&this.inner, this.table, &snapshot, predicate, false)?;
                Ok(Arc::new(listing.files))
            })
            .await
    }

    /// Reads the log where that may block.
    async fn blocking<T: Send + 'static>(
        self,
        work: impl FnOnce(Self) -> Result<T, LakeError> + Send + 'static,
    ) -> Result<T, LakeError> {
        let table = self.table;
        match tokio::task::spawn_blocking(move || work(self)).await {
            Ok(result) => result,
            Err(error) => {
                Err(LakeError::Write { table: table.name.into(), reason: error.to_string() })
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
        // DataFusion keeps the filter, and moves it into the scan itself.
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
        let (store, footers) = (Arc::clone(&self.inner.store), Arc::clone(&self.inner.footers));
        let readers = CachedParquetFileReaderFactory::new(store, footers);
        let source =
            ParquetSource::new(table_schema).with_parquet_file_reader_factory(Arc::new(readers));
        // A scan without a filter does not adapt itself to a file that has all columns of the table, and
        // derived columns that another writer left null would be read. The filters of the query themselves
        // DataFusion moves here from above the scan; given twice, they would be evaluated twice.
        let source = source.with_predicate(physical_lit(true));
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
    fn partitioned_file(&self, file: &LakeFile) -> Result<PartitionedFile, DataFusionError> {
        let external = |error: LakeError| DataFusionError::External(error.into());
        let modified = chrono::DateTime::from_timestamp_millis(file.stored_at);
        let meta = ObjectMeta {
            location: self.inner.path(self.table, &file.path).map_err(external)?,
            last_modified: modified.unwrap_or_default(),
            size: file.bytes,
            e_tag: None,
            version: None,
        };
        Ok(PartitionedFile::new_from_meta(meta)
            .with_partition_values(vec![ScalarValue::Date32(file.day_number())]))
    }
}

fn partition_field() -> Field {
    Field::new(PARTITION_COLUMN, DataType::Date32, true)
}

/// The bounds on time and day among the filters, in Delta's terms.
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
        Expr::BinaryExpr(binary) => match (column(&binary.left), column(&binary.right)) {
            (Some(name), None) => bound(name, binary.op, literal(name, &binary.right)?),
            (None, Some(name)) => bound(name, binary.op.swap()?, literal(name, &binary.left)?),
            _ => None,
        },
        Expr::Between(between) if !between.negated => {
            let name = column(&between.expr)?;
            Some(Predicate::and(
                bound(name, Operator::GtEq, literal(name, &between.low)?)?,
                bound(name, Operator::LtEq, literal(name, &between.high)?)?,
            ))
        }
        _ => None,
    }
}

fn bound(name: &str, operator: Operator, value: Scalar) -> Option<Predicate> {
    let column = Expression::column([name]);
    let value = Expression::literal(value);
    match operator {
        Operator::Eq => Some(Predicate::eq(column, value)),
        Operator::Lt => Some(Predicate::lt(column, value)),
        Operator::LtEq => Some(Predicate::le(column, value)),
        Operator::Gt => Some(Predicate::gt(column, value)),
        Operator::GtEq => Some(Predicate::ge(column, value)),
        _ => None,
    }
}

/// The column that an expression is, if the log has bounds of it for every file.
fn column(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Column(column) => {
            [TIME_COLUMN, PARTITION_COLUMN].into_iter().find(|name| *name == column.name)
        }
        _ => None,
    }
}

/// A literal of a column's type. Literals are already of this type when filters are pushed down.
fn literal(name: &str, expr: &Expr) -> Option<Scalar> {
    let Expr::Literal(value, _) = expr else { return None };
    match value {
        ScalarValue::TimestampMicrosecond(Some(micros), _) if name == TIME_COLUMN => {
            Some(Scalar::Timestamp(*micros))
        }
        ScalarValue::Date32(Some(day)) if name == PARTITION_COLUMN => Some(Scalar::Date(*day)),
        _ => None,
    }
}
