//! The rows of all files, read once: what is in the lake of every source, and whether its positions agree.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::{Stream, StreamExt as _, stream};

use super::content::{DataFile, Facts};
use super::doubles::{Part, doubles, repeated as repeated_of};
use super::files::Checked;
use super::finding::{Check, Finding, Findings, Level};
use super::gaps::PartitionFacts;
use super::notes::replayed;
use crate::lake::Lake;
use crate::source::{is_file, is_partition};
use crate::table::{DEAD_LETTERS, Table, by_name};

/// What the rows of all tables say.
#[derive(Default)]
pub(super) struct Known {
    /// Rows that were read.
    pub(super) rows: u64,
    /// Whether it is known which of them came by a replay.
    is_replayed_known: bool,
    /// By table and source, the greatest position of a row and a file that has it.
    last: HashMap<(&'static str, String), (i64, String)>,
    /// What is there of each partition of a hub.
    pub(super) partitions: HashMap<String, PartitionFacts>,
}

/// Reads every file that can be read.
pub(super) async fn read_rows(
    lake: &Lake,
    checked: &mut [Checked],
    findings: &mut Findings,
) -> Known {
    let replayed = replayed(lake).await;
    let is_replayed_known = replayed.is_ok();
    let replayed = Arc::new(replayed.unwrap_or_else(|finding| {
        findings.push(finding);
        HashSet::new()
    }));
    let mut files: Vec<_> = checked.iter_mut().flat_map(|c| std::mem::take(&mut c.files)).collect();
    files.iter_mut().for_each(|file| file.replayed = Arc::clone(&replayed));
    let with_places: Vec<_> = files.iter().filter(|file| file.has_places()).cloned().collect();
    let rows = with_places.iter().filter_map(|file| file.file.rows()).sum();
    let mut known = Known { is_replayed_known, ..Known::default() };
    // A dead letter that was replayed has the `_Source` of its row.
    let mut repeated = HashMap::from([(false, Vec::new()), (true, Vec::new())]);
    for part in Part::all(rows) {
        let mut hashes = HashMap::from([(false, Vec::new()), (true, Vec::new())]);
        if part.is_first() {
            let mut all = spawned(files.clone(), move |file| async move {
                let facts = file.check(part).await;
                (file, facts)
            });
            while let Some((file, mut facts)) = all.next().await {
                let of_kind = hashes.entry(file.table.is_log()).or_default();
                of_kind.append(&mut facts.hashes);
                findings.extend(std::mem::take(&mut facts.findings));
                known.add(&file, facts);
            }
        } else {
            let mut all = spawned(with_places.clone(), move |file| async move {
                (file.table.is_log(), file.hashes(part).await)
            });
            while let Some((is_log, mut more)) = all.next().await {
                hashes.entry(is_log).or_default().append(&mut more);
            }
        }
        for (is_log, hashes) in hashes {
            repeated.entry(is_log).or_default().extend(repeated_of(hashes));
        }
    }
    for (is_log, hashes) in repeated {
        let files: Vec<_> =
            with_places.iter().filter(|file| file.table.is_log() == is_log).cloned().collect();
        findings.extend(doubles(files, hashes).await);
    }
    known
}

/// Does the same to every file, as many at once as there are cores.
pub(super) fn spawned<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    files: Vec<DataFile>,
    work: impl Fn(DataFile) -> F + Send + 'static,
) -> impl Stream<Item = T> {
    let at_once = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    stream::iter(files)
        .map(move |file| tokio::spawn(work(file)))
        .buffer_unordered(at_once)
        .filter_map(|done| {
            let done = match done {
                Ok(done) => Some(done),
                // Only a runtime that ends cancels it.
                Err(error) => {
                    error.try_into_panic().map_or(None, |panic| std::panic::resume_unwind(panic))
                }
            };
            std::future::ready(done)
        })
}

impl Known {
    /// The files and partitions of which there are dead letters.
    pub(super) fn with_letters(&self) -> HashSet<&str> {
        let of_letters = self.last.keys().filter(|(table, _)| *table == DEAD_LETTERS.name);
        of_letters.map(|(_, source)| source.as_str()).collect()
    }

    fn add(&mut self, file: &DataFile, facts: Facts) {
        self.rows += facts.rows;
        for (source, of_source) in facts.sources {
            if is_partition(&source) {
                let partition = self.partitions.entry(source.clone()).or_default();
                partition.numbers.merge(of_source.numbers);
                partition.ingested.extend(of_source.ingested);
            }
            let Some(last) = of_source.last else { continue };
            let known =
                self.last.entry((file.table.name, source)).or_insert((i64::MIN, String::new()));
            if last > known.0 {
                *known = (last, file.file.path.clone());
            }
        }
    }
}

/// No row is ahead of the position of its source in its table.
pub(super) fn check_positions(checked: &[Checked], known: &Known) -> Vec<Finding> {
    let positions: HashMap<_, _> = checked
        .iter()
        .flat_map(|Checked { table, contents, .. }| {
            contents.sources.iter().map(|s| ((table.name, s.source_id.as_str()), s.position))
        })
        .collect();
    let mut findings = Vec::new();
    // Rows of a replay are of positions that their table never had.
    let last = known.last.iter().filter(|_| known.is_replayed_known);
    for ((table, source), (last, file)) in last {
        let position = positions.get(&(*table, source.as_str())).copied();
        if position < Some(*last) {
            let position = position.map_or_else(|| "not known".to_owned(), |p| format!("at {p}"));
            findings.push(Finding {
                level: Level::Problem,
                check: Check::Position,
                table: Some(table),
                place: file.clone(),
                detail: format!("it has a row of {source} at {last}, and the source is {position} in this table"),
                remedy: "its rows would be taken in again: do not ingest before the log is restored from a backup",
            });
        }
    }
    // A flush commits the tables of logs before `DeadLetters`.
    for ((table, source), position) in &positions {
        let last = positions.get(&(DEAD_LETTERS.name, *source)).copied();
        let is_source = is_partition(source) || is_file(source);
        let is_log = by_name(table).is_some_and(Table::is_log);
        if is_source && is_log && last < Some(*position) {
            let last = last.map_or_else(|| "the beginning".to_owned(), |last| last.to_string());
            findings.push(Finding {
                level: Level::Explained,
                check: Check::Position,
                table: by_name(table).map(|table| table.name),
                place: (*source).to_owned(),
                detail: format!("it is at {position}, and DeadLetters at {last}: a flush is under way or ended too early, or the last commit of DeadLetters was deleted"),
                remedy: "ingest it again: what is in the lake is passed over, and what DeadLetters lacks is added",
            });
        }
    }
    findings
}
