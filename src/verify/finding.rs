//! What a check found.

use std::collections::BTreeMap;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something is wrong.
    Problem,
    /// Something is missing, and it is known why.
    Explained,
    /// Nothing is wrong, and it is good to know.
    Note,
}

impl Level {
    /// In a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Explained => "explained",
            Self::Note => "note",
        }
    }
}

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// The Delta log is complete and agrees with itself.
    Log,
    /// Files are there and have the size that the log says.
    File,
    /// The bytes of a file are those that were written, and can be read.
    Content,
    /// Rows, bounds and nulls of a file are those that the log claims.
    Statistics,
    /// A file has the columns of its table.
    Columns,
    /// The rows of a file are of its day.
    Partition,
    /// No record is in the lake twice.
    Doubled,
    /// No row is ahead of the position of its source.
    Position,
    /// No sequence number is without a row.
    Gap,
}

impl Check {
    /// In a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::File => "file",
            Self::Content => "content",
            Self::Statistics => "statistics",
            Self::Columns => "columns",
            Self::Partition => "partition",
            Self::Doubled => "doubled",
            Self::Position => "position",
            Self::Gap => "gap",
        }
    }
}

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What was checked.
    pub check: Check,
    /// The table; `None` when it is about a source.
    pub table: Option<&'static str>,
    /// The file, relative to the table, or the source.
    pub place: String,
    /// What is wrong.
    pub detail: String,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Findings of one table and check that are listed; more are only counted.
const LISTED: usize = 50;

/// Findings as they come.
#[derive(Debug, Default)]
pub(super) struct Findings {
    listed: Vec<Finding>,
    counts: BTreeMap<(Level, Check, Option<&'static str>), usize>,
}

impl Findings {
    pub(super) fn push(&mut self, finding: Finding) {
        let count = self.counts.entry((finding.level, finding.check, finding.table)).or_default();
        *count += 1;
        if *count <= LISTED {
            self.listed.push(finding);
        }
    }

    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.push(finding));
    }

    /// The worst first, with how many more there are.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        for ((level, check, table), count) in self.counts {
            if let Some(more) = count.checked_sub(LISTED).filter(|more| *more > 0) {
                self.listed.push(Finding {
                    level,
                    check,
                    table,
                    place: String::new(),
                    detail: format!("and {more} more of this kind"),
                    remedy: "",
                });
            }
        }
        self.listed.sort_by_key(|finding| (finding.level, finding.check, finding.table));
        self.listed
    }
}
