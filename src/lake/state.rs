//! What the log of a table adds up to, action by action: files, removals and positions.
//!
//! Delta gives all of it, sources and removals included, only to who would write a checkpoint; so a checkpoint is
//! begun here, and never written.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StructArray};
use arrow::datatypes::Int64Type;
use chrono::{DateTime, NaiveDate};
use delta_kernel::FilteredEngineData;
use delta_kernel::actions::LOG_TXN_SCHEMA;
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel::snapshot::SnapshotRef;

use super::{ActiveFile, Inner, LakeError, SourcePosition};
use crate::table::{PARTITION_COLUMN, Table};

/// A part of a table's state.
pub(super) enum State {
    /// A file that is part of the table.
    File(ActiveFile),
    /// A file that was, and when it was removed, in milliseconds since the epoch.
    Removed(String, Option<i64>),
    /// Where a source stands.
    Source(SourcePosition),
}

/// Takes every part of the state of a version.
pub(super) fn each(
    inner: &Inner,
    table: &'static Table,
    snapshot: &SnapshotRef,
    mut take: impl FnMut(State) -> Result<(), LakeError>,
) -> Result<(), LakeError> {
    let failed = |error| inner.delta_error(table, error);
    let writer = snapshot.clone().create_checkpoint_writer(inner.engine()).map_err(failed)?;
    for data in writer.checkpoint_data(inner.engine()).map_err(failed)? {
        let data = data
            .and_then(FilteredEngineData::apply_selection_vector)
            .and_then(ArrowEngineData::try_from_engine_data)
            .map_err(failed)?;
        let batch = data.record_batch();
        for (add, row) in rows(batch, "add") {
            take(State::File(ActiveFile {
                path: text(add, "path", row).unwrap_or_default().to_owned(),
                bytes: long(add, "size", row).and_then(|n| n.try_into().ok()).unwrap_or(0),
                date: partition_date(add, row),
                stats: text(add, "stats", row).map(str::to_owned),
            }))?;
        }
        for (remove, row) in rows(batch, "remove") {
            let path = text(remove, "path", row).unwrap_or_default().to_owned();
            take(State::Removed(path, long(remove, "deletionTimestamp", row)))?;
        }
        for (txn, row) in rows(batch, "txn") {
            take(State::Source(SourcePosition {
                source_id: text(txn, "appId", row).unwrap_or_default().to_owned(),
                position: long(txn, "version", row).unwrap_or_default(),
                committed_at: long(txn, "lastUpdated", row)
                    .and_then(DateTime::from_timestamp_millis),
            }))?;
        }
    }
    Ok(())
}

/// Where all sources stand, without the rest of the state: of a checkpoint only their column is read.
pub(super) fn positions(
    inner: &Inner,
    table: &'static Table,
    snapshot: &SnapshotRef,
) -> Result<HashMap<String, i64>, LakeError> {
    let failed = |error| inner.delta_error(table, error);
    let mut positions = HashMap::new();
    let schema = Arc::clone(&LOG_TXN_SCHEMA);
    for read in snapshot.log_segment().read_actions(inner.engine(), schema).map_err(failed)? {
        let read = read.map_err(failed)?;
        let Some(data) = read.actions().any_ref().downcast_ref::<ArrowEngineData>() else {
            continue;
        };
        for (txn, row) in rows(data.record_batch(), "txn") {
            // The newest comes first.
            let source_id = text(txn, "appId", row).unwrap_or_default();
            if !positions.contains_key(source_id) {
                let position = long(txn, "version", row).unwrap_or_default();
                positions.insert(source_id.to_owned(), position);
            }
        }
    }
    Ok(positions)
}

/// The actions of one kind, each with its row in their columns.
fn rows<'a>(
    batch: &'a RecordBatch,
    kind: &str,
) -> impl Iterator<Item = (&'a StructArray, usize)> + use<'a> {
    let actions = batch.column_by_name(kind).and_then(|column| column.as_struct_opt());
    actions.into_iter().flat_map(|actions| {
        (0..actions.len()).filter(|row| actions.is_valid(*row)).map(move |row| (actions, row))
    })
}

fn text<'a>(action: &'a StructArray, field: &str, row: usize) -> Option<&'a str> {
    let values = action.column_by_name(field)?.as_string_opt::<i32>()?;
    values.is_valid(row).then(|| values.value(row))
}

fn long(action: &StructArray, field: &str, row: usize) -> Option<i64> {
    let values = action.column_by_name(field)?.as_primitive_opt::<Int64Type>()?;
    values.is_valid(row).then(|| values.value(row))
}

fn partition_date(add: &StructArray, row: usize) -> Option<NaiveDate> {
    let values = add.column_by_name("partitionValues")?.as_map_opt()?;
    let entries = values.is_valid(row).then(|| values.value(row))?;
    let (keys, days) = (entries.column(0).as_string_opt::<i32>()?, entries.column(1));
    let days = days.as_string_opt::<i32>()?;
    let day = keys.iter().position(|key| key == Some(PARTITION_COLUMN))?;
    days.is_valid(day).then(|| days.value(day).parse().ok())?
}
