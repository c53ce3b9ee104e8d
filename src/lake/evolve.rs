//! Columns that a table of the lake does not have yet: it was made by an older version.
//!
//! They are added to its Delta schema before rows with them are committed, because other readers of
//! Delta see only the columns that the schema names. Files from before have null there. Columns are
//! only ever added: a table of a newer version keeps what this one does not know.

use delta_kernel::committer::FileSystemCommitter;
use delta_kernel::engine::arrow_conversion::TryFromArrow;
use delta_kernel::schema::{StructField, StructType};
use delta_kernel::snapshot::SnapshotRef;
use delta_kernel::transaction::{CommitResult, TransactionBuilder, UpdateTableOperation};

use super::vouched::Count;
use super::{ENGINE_INFO, Inner, LakeError};
use crate::table::Table;

/// Races lost in a row before it is given up. Who wins one has mostly added the same columns.
const ATTEMPTS: u32 = 20;

/// A snapshot that has every column of `table`: the given one, or a newer one.
pub(super) fn with_all_columns(
    inner: &Inner,
    table: &'static Table,
    mut snapshot: SnapshotRef,
) -> Result<SnapshotRef, LakeError> {
    for _ in 0..ATTEMPTS {
        let missing = missing(inner, table, &snapshot)?;
        if missing.is_empty() {
            return Ok(snapshot);
        }
        if let Some(evolved) = add(inner, table, snapshot.clone(), missing)? {
            return Ok(evolved);
        }
        // Another writer was faster.
        snapshot = inner.snapshot(table)?.unwrap_or(snapshot);
    }
    Err(LakeError::Contention { table: table.name.into(), attempts: ATTEMPTS })
}

/// The columns of `table` that the snapshot lacks.
fn missing(
    inner: &Inner,
    table: &Table,
    snapshot: &SnapshotRef,
) -> Result<Vec<StructField>, LakeError> {
    let columns = StructType::try_from_arrow(table.schema().as_ref())
        .map_err(|error| inner.delta_error(table, error.into()))?;
    let stored = snapshot.schema();
    let mut missing = Vec::new();
    for column in columns.fields() {
        match stored.field(column.name()) {
            None => missing.push(column.clone()),
            Some(field) if field.data_type() == column.data_type() => {}
            Some(field) => {
                return Err(LakeError::ColumnType {
                    table: table.name.into(),
                    column: column.name().clone(),
                    stored: field.data_type().to_string(),
                    expected: column.data_type().to_string(),
                });
            }
        }
    }
    Ok(missing)
}

/// Adds columns on top of `snapshot`; `None` when another writer was faster.
fn add(
    inner: &Inner,
    table: &'static Table,
    snapshot: SnapshotRef,
    columns: Vec<StructField>,
) -> Result<Option<SnapshotRef>, LakeError> {
    let failed = |error| inner.delta_error(table, error);
    let names: Vec<_> = columns.iter().map(|column| column.name().clone()).collect();
    let count = Count::of(inner, table, &snapshot)?.and_then(|count| count.after(Some(0), Some(0)));
    let builder = snapshot.update_table(UpdateTableOperation::AlterTable, ENGINE_INFO, false);
    let said = count.into_iter().flat_map(Count::said);
    let builder = said.fold(builder, |builder, (name, n)| builder.with_transaction_id(name, n));
    let transaction = columns
        .into_iter()
        .fold(builder, TransactionBuilder::add_column)
        .build(inner.engine(), Box::new(FileSystemCommitter::new()))
        .map_err(failed)?;
    match transaction.commit(inner.engine()).map_err(failed)? {
        CommitResult::Committed(committed) => {
            tracing::info!(table = table.name, columns = names.join(", "), "columns added");
            if let Some(snapshot) = committed.post_commit_snapshot() {
                inner.remember(table, snapshot);
                return Ok(Some(snapshot.clone()));
            }
            inner.snapshot(table)
        }
        CommitResult::Conflicted(_) => Ok(None),
        CommitResult::Retryable(retryable) => Err(failed(retryable.error)),
    }
}
