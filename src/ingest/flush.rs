//! One flush: what waited, and the commits that put it into the lake.

use arrow::array::RecordBatch;

use super::IngestError;
use crate::lake::{Advance, Lake};
use crate::table::{DEAD_LETTERS, Table};

/// Rows that are ready to be committed, with the positions of their sources.
#[derive(Debug)]
pub(super) struct Flush {
    /// Log tables that have rows.
    pub(super) tables: Vec<TableRows>,
    pub(super) dead: RecordBatch,
    /// Everything of these sources up to here is then in.
    pub(super) advances: Vec<Advance>,
}

#[derive(Debug)]
pub(super) struct TableRows {
    pub(super) table: &'static Table,
    pub(super) rows: RecordBatch,
    pub(super) advances: Vec<Advance>,
}

impl Flush {
    /// Commits table after table, and `DeadLetters` when all rows are in.
    pub(super) async fn commit(self, lake: Lake) -> Result<(), IngestError> {
        for TableRows { table, rows, advances } in self.tables {
            lake.commit(table, Some(rows), advances).await?;
        }
        lake.commit(&DEAD_LETTERS, Some(self.dead), self.advances).await?;
        Ok(())
    }
}
