//! Sequence numbers of a partition without a row, and what is known of them.

use std::collections::BTreeMap;

use super::finding::{Check, Finding, Level};
use super::places::NumberSet;
use crate::ingest::{GapReason, SequenceGap};

/// What the rows of all tables say of one partition.
#[derive(Debug, Default)]
pub(super) struct PartitionFacts {
    /// Sequence numbers that have rows.
    pub(super) numbers: NumberSet,
    /// For each file, its first sequence number and the time before which none of its rows was taken in, in
    /// microseconds since the epoch.
    pub(super) ingested: Vec<(i64, i64)>,
}

impl PartitionFacts {
    /// A time before which an event was not taken in: events are taken in in their order.
    fn ingested_after(&self, number: i64) -> Option<i64> {
        let before = self.ingested.iter().filter(|(first, _)| *first <= number);
        before.map(|(_, time)| *time).max()
    }
}

/// Checks that every sequence number up to `position` has a row, or that it is known why not.
///
/// `removed_until` is the latest time at which a row that the lake's retention has removed can have
/// been taken in.
pub(super) fn check_gaps(
    source: &str,
    position: i64,
    facts: &PartitionFacts,
    notes: &[SequenceGap],
    removed_until: Option<i64>,
) -> Vec<Finding> {
    let mut notes: Vec<_> = notes.iter().filter(|note| note.source == source).collect();
    // What was lost was lost, also where it was a repetition before.
    notes.sort_by_key(|note| (note.first_sequence_number, !note.reason.is_loss()));
    let first_noted = notes.first().map(|note| note.first_sequence_number);
    let begin = facts.numbers.first().into_iter().chain(first_noted).min().unwrap_or(0);
    let mut findings = Vec::new();
    if begin > 0 && removed_until.is_none() {
        findings.push(finding(
            Level::Note,
            source,
            format!("rows begin at sequence number {begin}; whether there was anything before is not known"),
            "",
        ));
    }
    let mut known: BTreeMap<Known, Ranges> = BTreeMap::new();
    for missing in facts.numbers.missing(begin, position) {
        let (explained, unexplained) = explain(missing, &notes);
        for (range, reason) in explained {
            known.entry(Known::Noted(reason)).or_default().push(range);
        }
        for range in unexplained {
            let is_expired = removed_until.is_some_and(|until| {
                facts.ingested_after(range.0).is_none_or(|ingested| ingested <= until)
            });
            let what = if is_expired { Known::Expired } else { Known::Nothing };
            known.entry(what).or_default().push(range);
        }
    }
    findings.extend(known.into_iter().map(|(what, ranges)| {
        let (level, why, remedy) = what.said();
        finding(level, source, format!("{}: {why}", events(&ranges)), remedy)
    }));
    findings
}

/// What is known of sequence numbers without a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Nothing,
    Noted(GapReason),
    /// The lake's retention can have removed their rows.
    Expired,
}

impl Known {
    fn said(self) -> (Level, &'static str, &'static str) {
        match self {
            Self::Nothing => (
                Level::Problem,
                "in no table and no dead letter",
                "if a file or a commit is reported too, their rows were in it; otherwise they were lost: take them in again from an archive of the hub",
            ),
            Self::Noted(GapReason::RemovedByRetention) => (
                Level::Explained,
                "removed by the hub's retention before they were read",
                "they are lost to the lake, unless an archive of the hub holds them; a longer retention of the hub gives more time",
            ),
            Self::Noted(GapReason::BeforeFirstRead) => {
                (Level::Note, "gone when the partition was first read", "")
            }
            Self::Noted(GapReason::NoRecords) => (Level::Note, "without a record in them", ""),
            Self::Noted(GapReason::Duplicates) => {
                (Level::Note, "all of their records came before in others, byte for byte", "")
            }
            Self::Expired => (
                Level::Explained,
                "their rows may have been removed by the lake's own retention",
                "",
            ),
        }
    }
}

type Range = (i64, i64);
type Ranges = Vec<Range>;

/// Cuts a range into what notes say of it, and the rest.
fn explain((mut first, last): Range, notes: &[&SequenceGap]) -> (Vec<(Range, GapReason)>, Ranges) {
    let (mut explained, mut unexplained) = (Vec::new(), Vec::new());
    for note in notes {
        let from = note.first_sequence_number.max(first);
        let to = note.last_sequence_number.min(last);
        if from > to {
            continue;
        }
        if first < from {
            unexplained.push((first, from - 1));
        }
        explained.push(((from, to), note.reason));
        first = to + 1;
    }
    if first <= last {
        unexplained.push((first, last));
    }
    (explained, unexplained)
}

/// Ranges that are written out; of more only the number is said.
const WRITTEN_OUT: usize = 5;

/// Ranges in words.
fn events(ranges: &[Range]) -> String {
    let count: i64 = ranges.iter().map(|(first, last)| last - first + 1).sum();
    let words = ranges.iter().take(WRITTEN_OUT).map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first} to {last}"),
    });
    let words = words.collect::<Vec<_>>().join(", ");
    let more = match ranges.len().saturating_sub(WRITTEN_OUT) {
        0 => String::new(),
        more => format!(" and {more} more ranges"),
    };
    let (events, numbers) = if count == 1 { ("event", "number") } else { ("events", "numbers") };
    format!("{count} {events}, sequence {numbers} {words}{more}")
}

fn finding(level: Level, source: &str, detail: String, remedy: &'static str) -> Finding {
    Finding { level, check: Check::Gap, table: None, place: source.to_owned(), detail, remedy }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(first: i64, last: i64, reason: GapReason) -> SequenceGap {
        SequenceGap {
            time_generated: chrono::Utc::now(),
            source: "ns/hub/0".into(),
            first_sequence_number: first,
            last_sequence_number: last,
            reason,
        }
    }

    fn facts(numbers: impl IntoIterator<Item = i64>) -> PartitionFacts {
        let mut facts = PartitionFacts::default();
        numbers.into_iter().for_each(|number| facts.numbers.insert(number));
        facts.ingested = vec![(0, 100), (50, 200)];
        facts
    }

    fn said(findings: &[Finding]) -> Vec<(Level, &str)> {
        findings.iter().map(|finding| (finding.level, finding.detail.as_str())).collect()
    }

    #[test]
    fn what_no_note_explains_is_a_problem() {
        let notes = [note(7, 9, GapReason::RemovedByRetention), note(12, 12, GapReason::NoRecords)];
        let facts = facts((0..5).chain([10, 11]).chain(13..20));
        let findings = check_gaps("ns/hub/0", 20, &facts, &notes, None);
        let by_retention = "3 events, sequence numbers 7 to 9: removed by the hub's retention before they were read";
        assert_eq!(
            said(&findings),
            [
                (
                    Level::Problem,
                    "3 events, sequence numbers 5 to 6, 20: in no table and no dead letter"
                ),
                (Level::Explained, by_retention),
                (Level::Note, "1 event, sequence number 12: without a record in them"),
            ]
        );
        let findings = check_gaps("ns/hub/1", 30, &self::facts((0..30).step_by(3)), &[], None);
        let many = "21 events, sequence numbers 1 to 2, 4 to 5, 7 to 8, 10 to 11, 13 to 14 and 5 more ranges: in no table and no dead letter";
        assert_eq!(said(&findings), [(Level::Problem, many)]);
    }

    #[test]
    fn a_partition_without_a_row_is_missing_from_its_beginning() {
        let findings = check_gaps("ns/hub/0", 4, &PartitionFacts::default(), &[], None);
        let all = "5 events, sequence numbers 0 to 4: in no table and no dead letter";
        assert_eq!(said(&findings), [(Level::Problem, all)]);
    }

    #[test]
    fn retention_explains_only_what_it_can_have_removed() {
        let facts = facts((10..60).chain(70..80));
        let level = |until| {
            let findings = check_gaps("ns/hub/0", 79, &facts, &[], until);
            findings.iter().map(|finding| finding.level).collect::<Vec<_>>()
        };
        // The gap from 60 on was taken in at 200 or later.
        assert_eq!(level(Some(150)), [Level::Problem]);
        assert_eq!(level(Some(250)), [Level::Explained]);
        assert_eq!(level(None), [Level::Note, Level::Problem]);
    }
}
