//! Whether the lake keeps what it promises: by its files alone, whatever wrote them.
//!
//! Checked is that
//!
//! - the Delta log of every table is complete and agrees with itself, with the rows that its commits have counted, and
//!   with what other tables have noted of it,
//! - every file that it names is there, has the bytes that were written, the columns of its table, the
//!   rows of its day, and the statistics that the log claims,
//! - no record is in the lake twice, and no row is ahead of the position of its source,
//! - every sequence number of a hub up to its position has a row, a dead letter, or a note in
//!   `SequenceGaps` that says why not.
//!
//! It can run beside writers: `DeadLetters`, which is committed last, is looked at first. Memory holds what
//! is known of the active files, a bit a sequence number, and 8 bytes a row of at most 32 million rows at a time;
//! of a larger lake the column `_Source` is read once more for every 32 million rows.

mod content;
mod doubles;
mod files;
mod finding;
mod gaps;
mod log;
mod notes;
mod places;
mod reader;
mod rows;
mod statistics;
mod vouched;

use std::collections::{BTreeMap, HashMap, HashSet};

pub use finding::{Check, Finding, Level};

use self::files::{Checked, check_files, check_table};
use self::finding::Findings;
use self::gaps::{PartitionFacts, check_gaps};
use self::notes::gap_notes;
use self::rows::{check_positions, read_rows};
use self::vouched::{check_empty_files, check_others};
use crate::lake::{ActiveFile, Lake, LakeError, RETENTION};
use crate::source::is_partition;
use crate::table::{self, DEAD_LETTERS};

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Which files and commits are there, and the sizes of files.
    Quick,
    /// All of it: every commit and every data file is read.
    Full,
}

/// What was checked, and what was found.
#[derive(Debug, Clone)]
pub struct Verification {
    /// How much was looked at.
    pub depth: Depth,
    /// The worst first.
    pub findings: Vec<Finding>,
    /// Tables.
    pub tables: usize,
    /// Active files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Rows that were read; in a quick look, rows that the log counts.
    pub rows: u64,
    /// Partitions of hubs.
    pub partitions: usize,
}

impl Verification {
    /// What is wrong.
    pub fn problems(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.level == Level::Problem)
    }
}

/// Times that a lake is looked at again whose files were replaced and deleted under the eyes of the check.
const LOOKS: usize = 5;

/// Checks a lake.
///
/// # Errors
/// The lake cannot be reached. Whatever is wrong with it is a finding.
pub async fn verify(lake: &Lake, depth: Depth) -> Result<Verification, LakeError> {
    let mut verification = look(lake, depth).await?;
    for _ in 1..LOOKS {
        if !is_outdated(lake, &verification).await {
            break;
        }
        verification = look(lake, depth).await?;
    }
    Ok(verification)
}

/// Whether a file that is found missing or damaged is no part of its table any more: it was replaced, and a vacuum
/// with a short grace deleted it.
async fn is_outdated(lake: &Lake, verification: &Verification) -> bool {
    let mut active: HashMap<&str, HashSet<String>> = HashMap::new();
    for finding in verification.problems() {
        let Some(table) = finding.table.and_then(table::by_name) else { continue };
        if ![Check::File, Check::Content].contains(&finding.check) || finding.place.is_empty() {
            continue;
        }
        if !active.contains_key(table.name) {
            // One that cannot be read is a finding already.
            let Ok(Some(contents)) = lake.contents(table).await else { continue };
            let paths = contents.files.into_iter().map(|file| file.path).collect();
            active.insert(table.name, paths);
        }
        if active.get(table.name).is_some_and(|paths| !paths.contains(&finding.place)) {
            return true;
        }
    }
    false
}

async fn look(lake: &Lake, depth: Depth) -> Result<Verification, LakeError> {
    let mut findings = Findings::default();
    let mut checked = Vec::new();
    let mut removed_until = None;
    let mut tables = lake.present_tables().await?;
    tables.sort_by_key(|table| table.name != DEAD_LETTERS.name);
    let count = tables.len();
    for table in tables {
        let Some((contents, said)) = check_table(lake, table, depth, &mut findings).await? else {
            continue;
        };
        if table.is_log() || table.name == DEAD_LETTERS.name {
            let noted = contents.sources.iter().find(|source| source.source_id == RETENTION);
            let noted = noted.map(|source| source.position);
            removed_until = removed_until.max(noted.or(said.removed_until));
        }
        let files = check_files(lake, table, &contents, &mut findings).await?;
        checked.push(Checked { table, contents, files });
    }
    let active = || checked.iter().flat_map(|checked| &checked.contents.files);
    let dead_letters = checked.iter().find(|checked| checked.table.name == DEAD_LETTERS.name);
    let partitions: BTreeMap<_, _> = dead_letters
        .iter()
        .flat_map(|dead_letters| &dead_letters.contents.sources)
        .filter(|source| is_partition(&source.source_id))
        .map(|source| (source.source_id.clone(), source.position))
        .collect();
    let mut verification = Verification {
        depth,
        findings: Vec::new(),
        tables: count,
        files: active().count(),
        bytes: active().map(|file| file.bytes).sum(),
        rows: active().filter_map(ActiveFile::rows).sum(),
        partitions: partitions.len(),
    };
    if depth == Depth::Full {
        let known = read_rows(lake, &mut checked, &mut findings).await;
        verification.rows = known.rows;
        findings.extend(check_positions(&checked, &known));
        findings.extend(check_empty_files(&checked, &known.with_letters()));
        match gap_notes(lake).await {
            Ok(notes) => {
                let none = PartitionFacts::default();
                for (source, position) in partitions {
                    let facts = known.partitions.get(&source).unwrap_or(&none);
                    findings.extend(check_gaps(&source, position, facts, &notes, removed_until));
                }
            }
            // Without them everything without a row would be unexplained.
            Err(finding) => findings.push(finding),
        }
    }
    findings.extend(check_others(lake, &checked).await);
    verification.findings = findings.finish();
    Ok(verification)
}
