//! Sequence numbers of a partition that have no row anywhere, and why: rows of `SequenceGaps`.
//!
//! The sequence numbers of a partition are consecutive, so one that is in no table and no dead
//! letter was lost, unless it is noted here. Notes are committed before the rows of their flush. After a flush
//! that ended too early they are read again, because what comes then may be something else: retention may have
//! removed more, and of two records alike the other one may come first.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use datafusion::logical_expr::{ident, lit};
use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};

use crate::lake::{Lake, LakeError};
use crate::table::{SEQUENCE_GAPS, from_batches};

/// Consecutive sequence numbers without rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SequenceGap {
    /// When it was noticed.
    pub time_generated: DateTime<Utc>,
    /// The partition, as the lake's `txn` actions name it.
    pub source: String,
    /// The first of them.
    pub first_sequence_number: i64,
    /// The last of them.
    pub last_sequence_number: i64,
    /// Why they have no rows.
    pub reason: GapReason,
}

/// Why sequence numbers have no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The hub's retention removed the events before they were read: they are lost.
    RemovedByRetention,
    /// The events were gone when the partition was first read.
    BeforeFirstRead,
    /// The event holds no record, such as `{"records":[]}`.
    NoRecords,
    /// Other events brought every record of the event before, byte for byte.
    Duplicates,
}

impl GapReason {
    /// The hub had removed the events before they were taken in.
    const LOSSES: [Self; 2] = [Self::RemovedByRetention, Self::BeforeFirstRead];

    /// The value of the `Reason` column.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RemovedByRetention => "removed_by_retention",
            Self::BeforeFirstRead => "before_first_read",
            Self::NoRecords => "no_records",
            Self::Duplicates => "duplicates",
        }
    }

    /// Whether the hub had removed the events before they were taken in.
    pub(crate) fn is_loss(self) -> bool {
        Self::LOSSES.contains(&self)
    }

    /// Whether a note of a flush that ended too early is enough where there is another reason now. That others
    /// brought the records of an event is not, when it is lost: those may be lost as well.
    fn stands(self, other: Self) -> bool {
        !(self == Self::Duplicates && other.is_loss())
    }
}

/// What is noted in the lake of a partition after a position, in its order.
pub(super) async fn noted_after(
    lake: &Lake,
    source: &str,
    position: Option<i64>,
) -> Result<Vec<SequenceGap>, LakeError> {
    let after = ident("LastSequenceNumber").gt(lit(position.unwrap_or(-1)));
    let table = lake.table(&SEQUENCE_GAPS).await?;
    let rows = table.rows(&columns(), ident("Source").eq(lit(source)).and(after)).await?;
    let mut noted: Vec<SequenceGap> = from_batches(&rows.try_collect::<Vec<_>>().await?)?;
    noted.sort_by_key(|gap| gap.first_sequence_number);
    Ok(noted)
}

/// Messages that the hub had removed before they were taken in, by partition, as the lake says.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// The version of `SequenceGaps` that says so.
    version: Option<u64>,
    ranges: HashMap<String, Vec<(i64, i64)>>,
}

impl Lost {
    /// Reads what has been noted since.
    pub(super) async fn refresh(&mut self, lake: &Lake) -> Result<(), LakeError> {
        let table = lake.table(&SEQUENCE_GAPS).await?;
        let version = table.version();
        if version == self.version {
            return Ok(());
        }
        let reasons = GapReason::LOSSES.map(|reason| lit(reason.as_str())).to_vec();
        let rows = table.rows(&columns(), ident("Reason").in_list(reasons, false)).await?;
        self.ranges.clear();
        let gaps: Vec<SequenceGap> = from_batches(&rows.try_collect::<Vec<_>>().await?)?;
        for gap in gaps {
            let range = (gap.first_sequence_number, gap.last_sequence_number);
            self.ranges.entry(gap.source).or_default().push(range);
        }
        self.version = version;
        Ok(())
    }

    pub(super) fn has(&self, source: &str, number: i64) -> bool {
        let ranges = self.ranges.get(source);
        ranges.into_iter().flatten().any(|(first, last)| (*first..=*last).contains(&number))
    }
}

fn columns() -> Vec<&'static str> {
    SEQUENCE_GAPS.columns.iter().map(|column| column.name).collect()
}

/// What of a range is noted by none of the others, which are in their order.
pub(super) fn without(
    (mut first, last): (i64, i64),
    reason: GapReason,
    noted: &[SequenceGap],
) -> Vec<(i64, i64)> {
    let mut rest = Vec::new();
    let noted = noted.iter().filter(|gap| gap.reason.stands(reason));
    for gap in noted.filter(|gap| gap.first_sequence_number <= last) {
        if first < gap.first_sequence_number {
            rest.push((first, gap.first_sequence_number - 1));
        }
        first = first.max(gap.last_sequence_number + 1);
    }
    if first <= last {
        rest.push((first, last));
    }
    rest
}

/// Notes a gap; one that continues the last one of its source and reason becomes a part of it.
pub(super) fn note(
    gaps: &mut Vec<SequenceGap>,
    source: &str,
    (first, last): (i64, i64),
    reason: GapReason,
) {
    let continued = gaps.iter_mut().rev().find(|gap| gap.source == source).filter(|gap| {
        gap.reason == reason && gap.last_sequence_number.checked_add(1) == Some(first)
    });
    if let Some(gap) = continued {
        gap.last_sequence_number = last;
        return;
    }
    gaps.push(SequenceGap {
        time_generated: Utc::now(),
        source: source.to_owned(),
        first_sequence_number: first,
        last_sequence_number: last,
        reason,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_left_out_of_a_range() {
        let [empty, removed] = [GapReason::NoRecords, GapReason::RemovedByRetention];
        let mut noted = Vec::new();
        for (range, reason) in
            [((3, 4), empty), ((4, 4), removed), ((6, 6), GapReason::Duplicates), ((8, 9), empty)]
        {
            note(&mut noted, "ns/hub/0", range, reason);
        }
        let without = |range, reason| without(range, reason, &noted);
        assert_eq!(without((1, 10), removed), [(1, 2), (5, 7), (10, 10)]);
        assert_eq!(without((3, 9), removed), [(5, 7)]);
        assert_eq!(without((4, 4), removed), []);
        assert_eq!(without((5, 5), empty), [(5, 5)]);
        assert_eq!(without((6, 6), GapReason::Duplicates), []);
        assert_eq!(without((6, 6), removed), [(6, 6)], "what it repeats was removed as well");
    }

    #[test]
    fn gaps_that_follow_each_other_are_one() {
        let mut gaps = Vec::new();
        note(&mut gaps, "ns/hub/0", (3, 3), GapReason::NoRecords);
        note(&mut gaps, "ns/hub/1", (4, 4), GapReason::NoRecords);
        note(&mut gaps, "ns/hub/0", (4, 4), GapReason::NoRecords);
        note(&mut gaps, "ns/hub/0", (5, 9), GapReason::RemovedByRetention);
        note(&mut gaps, "ns/hub/0", (11, 11), GapReason::RemovedByRetention);
        let all: Vec<_> = gaps
            .iter()
            .map(|gap| (gap.source.as_str(), gap.first_sequence_number, gap.last_sequence_number))
            .collect();
        let (zero, one) = ("ns/hub/0", "ns/hub/1");
        assert_eq!(all, [(zero, 3, 4), (one, 4, 4), (zero, 5, 9), (zero, 11, 11)]);
    }
}
