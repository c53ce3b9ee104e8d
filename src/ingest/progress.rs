//! How far a source is in: what the lake says of it, and what waits on top of that.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::gaps::{self, GapReason, SequenceGap};
use crate::lake::{Lake, LakeError};
use crate::source::{Delivery, Place};
use crate::table::{self, DEAD_LETTERS, RECORD_HASHES, SEQUENCE_GAPS, Table};

/// Where a source stands in the lake.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// Everything up to here is in, whatever its table.
    pub(super) committed: Option<i64>,
    /// Rows up to here are in, by [fenced table](fenced_tables).
    fences: HashMap<&'static str, Option<i64>>,
}

impl Standing {
    pub(super) async fn of(lake: &Lake, source_id: &str) -> Result<Self, LakeError> {
        // Before the others: a flush that ends meanwhile must not be known here and unknown there.
        let committed = lake.position(&DEAD_LETTERS, source_id).await?;
        let tables: Vec<_> = fenced_tables().collect();
        let fences = lake.positions(&tables, source_id).await?;
        Ok(Self { committed, fences: tables.iter().map(|table| table.name).zip(fences).collect() })
    }

    /// The same of many sources.
    pub(super) async fn of_all(lake: &Lake, sources: &[Arc<str>]) -> Result<Vec<Self>, LakeError> {
        let committed = lake.all_positions(&[&DEAD_LETTERS]).await?;
        let tables: Vec<_> = fenced_tables().collect();
        let fences = lake.all_positions(&tables).await?;
        let standing = |source: &Arc<str>| Self {
            committed: committed[0].get(&**source).copied(),
            fences: tables
                .iter()
                .zip(&fences)
                .map(|(table, of_table)| (table.name, of_table.get(&**source).copied()))
                .collect(),
        };
        Ok(sources.iter().map(standing).collect())
    }

    /// Rows up to here are in a table.
    pub(super) fn fence(&self, table: &str) -> Option<i64> {
        self.fences.get(table).copied().flatten()
    }

    pub(super) fn set_fence(&mut self, table: &'static Table, position: i64) {
        self.fences.insert(table.name, Some(position));
    }

    /// Whether the last flush ended between the hashes of its records and the committed position.
    pub(super) fn is_broken(&self) -> bool {
        self.fence(RECORD_HASHES.name) > self.committed
    }
}

/// The tables that are committed before `DeadLetters`, each with the positions of its own rows.
pub(super) fn fenced_tables() -> impl Iterator<Item = &'static Table> {
    [&SEQUENCE_GAPS, &RECORD_HASHES].into_iter().chain(table::logs().iter().copied())
}

/// How far a source is in and taken.
#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) standing: Standing,
    /// Taken up to here, not yet committed.
    pub(super) pending: Option<i64>,
    /// Tables that have rows of this source waiting.
    pub(super) touched: BTreeSet<&'static str>,
    /// Gaps after the committed position that were noted already.
    noted: Vec<SequenceGap>,
}

impl Progress {
    /// Goes on from where a source stands.
    pub(super) async fn from(
        lake: &Lake,
        source_id: &Arc<str>,
        standing: Standing,
    ) -> Result<Self, LakeError> {
        let committed = standing.committed;
        let noted = match standing.fence(SEQUENCE_GAPS.name) > committed {
            // A flush ended too early, and what it has read need not be what comes now.
            true => gaps::noted_after(lake, source_id, committed).await?,
            false => Vec::new(),
        };
        Ok(Self { standing, noted, ..Self::default() })
    }

    /// Committed or taken up to here.
    pub(super) fn last(&self) -> Option<i64> {
        self.standing.committed.max(self.pending)
    }

    /// Notes the sequence numbers that are missing before a delivery.
    pub(super) fn note_missing(&mut self, delivery: &Delivery, gaps: &mut Vec<SequenceGap>) {
        let Place::SequenceNumber(number) = delivery.place else { return };
        match self.last() {
            Some(last) if number > last + 1 => {
                self.note(delivery, (last + 1, number - 1), GapReason::RemovedByRetention, gaps);
            }
            None if number > 0 => {
                self.note(delivery, (0, number - 1), GapReason::BeforeFirstRead, gaps);
            }
            _ => {}
        }
    }

    /// Notes the sequence number of a delivery that brings no row.
    pub(super) fn note_empty(
        &mut self,
        delivery: &Delivery,
        reason: GapReason,
        gaps: &mut Vec<SequenceGap>,
    ) {
        if let Place::SequenceNumber(number) = delivery.place {
            self.note(delivery, (number, number), reason, gaps);
        }
    }

    /// Notes sequence numbers, but for those that are noted already.
    fn note(
        &mut self,
        delivery: &Delivery,
        numbers: (i64, i64),
        reason: GapReason,
        gaps: &mut Vec<SequenceGap>,
    ) {
        for numbers in gaps::without(numbers, reason, &self.noted) {
            gaps::note(gaps, &delivery.source_id, numbers, reason);
            self.touched.insert(SEQUENCE_GAPS.name);
        }
    }
}
