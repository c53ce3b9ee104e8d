//! Sequence numbers of a partition that have no row anywhere, and why: rows of `SequenceGaps`.
//!
//! The sequence numbers of a partition are consecutive, so one that is in no table and no dead
//! letter was lost, unless it is noted here. A note is committed as rows are, with the position of
//! its source, so that it is there once and never without what it explains.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

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
