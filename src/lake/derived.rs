//! Derived columns of files that lack them: files that were written before a column was made, by
//! another version, or by another writer.
//!
//! For each file a scan adapts its expressions to the columns that the file has. Here a derived
//! column that the file lacks becomes an expression over the columns that it is made of, which
//! computes it by the code that makes it at ingest. Any other column that the file lacks is null.
//!
//! What a file has of derived columns is believed only where its footer says that this version made
//! them: another writer fills columns that it knows nothing of with null.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr_adapter::{
    DefaultPhysicalExprAdapterFactory, PhysicalExprAdapter, PhysicalExprAdapterFactory,
};
use parquet::file::metadata::KeyValue;

use crate::table::{DERIVED_VERSION, Derived, Table};

/// Names in the footer of a data file the version that its derived columns are of.
const STAMP: &str = "entralog.derived";

/// What the footer of a data file of this version says.
pub(super) fn stamp() -> Vec<KeyValue> {
    vec![KeyValue::new(STAMP.into(), DERIVED_VERSION.to_string())]
}

/// Whether the derived columns of a file are those that this version makes. The Parquet reader puts
/// what the footer says into the metadata of the schema.
fn is_stamped(file: &Schema) -> bool {
    file.metadata.get(STAMP).is_some_and(|version| *version == DERIVED_VERSION.to_string())
}

/// Adapts expressions over a table to each of its files.
#[derive(Debug)]
pub(super) struct FileAdapters(pub(super) &'static Table);

impl PhysicalExprAdapterFactory for FileAdapters {
    fn create(&self, table: SchemaRef, file: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        let mut missing = self.0.derived();
        if is_stamped(&file) {
            missing.retain(|derived| file.field_with_name(derived.column.name).is_err());
        }
        let rest = DefaultPhysicalExprAdapterFactory.create(Arc::clone(&table), file)?;
        Ok(Arc::new(FileAdapter { table, missing, rest }))
    }
}

#[derive(Debug)]
struct FileAdapter {
    table: SchemaRef,
    /// Derived columns that the file lacks, or has of another making.
    missing: Vec<Derived>,
    /// What adapts all other columns.
    rest: Arc<dyn PhysicalExprAdapter>,
}

impl PhysicalExprAdapter for FileAdapter {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        // Downwards: what a column is made of may be missing too.
        let made = expr.transform_down(|expr| {
            let column = expr.downcast_ref::<Column>();
            let derived = column.and_then(|column| {
                self.missing.iter().find(|derived| derived.column.name == column.name())
            });
            Ok(match derived {
                Some(derived) => Transformed::yes(DerivedExpr::of(*derived, &self.table)?),
                None => Transformed::no(expr),
            })
        });
        self.rest.rewrite(made.data()?)
    }
}

/// A derived column that is computed where it is read.
#[derive(Debug, Clone)]
struct DerivedExpr {
    derived: Derived,
    arguments: Vec<Arc<dyn PhysicalExpr>>,
}

impl DerivedExpr {
    fn of(derived: Derived, table: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
        let column = |name: &&str| -> Result<Arc<dyn PhysicalExpr>> {
            Ok(Arc::new(Column::new_with_schema(name, table)?))
        };
        let arguments = derived.arguments().iter().map(column).collect::<Result<_>>()?;
        Ok(Arc::new(Self { derived, arguments }))
    }
}

impl PhysicalExpr for DerivedExpr {
    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let text = |argument: &Arc<dyn PhysicalExpr>| -> Result<ArrayRef> {
            let values = argument.evaluate(batch)?.into_array(batch.num_rows())?;
            Ok(cast(&values, &DataType::Utf8)?)
        };
        let arguments = self.arguments.iter().map(text).collect::<Result<Vec<_>>>()?;
        let texts: Vec<_> = arguments.iter().map(AsArray::as_string::<i32>).collect();
        Ok(ColumnarValue::Array(self.derived.evaluate(&texts)))
    }

    fn return_field(&self, _: &Schema) -> Result<FieldRef> {
        let column = self.derived.column;
        Ok(Arc::new(Field::new(column.name, column.kind.arrow(), true)))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        self.arguments.iter().collect()
    }

    fn with_new_children(
        self: Arc<Self>,
        arguments: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>, DataFusionError> {
        Ok(Arc::new(Self { derived: self.derived, arguments }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.derived)
    }
}

impl fmt::Display for DerivedExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} AS {}", self.derived, self.derived.column.name)
    }
}

impl PartialEq for DerivedExpr {
    fn eq(&self, other: &Self) -> bool {
        self.derived.derivation == other.derived.derivation && self.arguments == other.arguments
    }
}

impl Eq for DerivedExpr {}

impl Hash for DerivedExpr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.derived.derivation.hash(state);
        self.arguments.hash(state);
    }
}
