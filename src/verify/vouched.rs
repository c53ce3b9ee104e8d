//! Whether tables have what others say that they had: commits, and the rows of files.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::files::Checked;
use super::finding::{Check, Finding, Level};
use crate::lake::{ActiveFile, Contents, Lake, Vouched, commit_name};
use crate::source::is_file;
use crate::table::{self, DEAD_LETTERS, SEQUENCE_GAPS, Table};

const RESTORE: &str =
    "restore the table's _delta_log and data files from a backup; do not write to the lake before";

/// Whether the files of a table have as many rows as its commits have counted.
pub(super) fn check_rows(table: &'static Table, contents: &Contents) -> Option<Finding> {
    let stated = |wanted| {
        let source =
            contents.sources.iter().find(|s| Vouched::parse(&s.source_id) == Some(wanted))?;
        u64::try_from(source.position).ok()
    };
    let finding = |level, detail, remedy| {
        let place = "_delta_log".into();
        Some(Finding { level, check: Check::Log, table: Some(table.name), place, detail, remedy })
    };
    let (Some(counted), Some(at)) = (stated(Vouched::Rows), stated(Vouched::RowsAt)) else {
        if contents.files.is_empty() {
            return None;
        }
        let detail = "its rows were not counted by the version that wrote them: that a file was taken out of its log would not be noticed";
        return finding(Level::Note, detail.into(), "");
    };
    if at != contents.version {
        let detail = format!(
            "its rows are counted up to version {at}, and another writer made version {}: that a file was taken out of its log would not be noticed",
            contents.version
        );
        return finding(Level::Note, detail, "");
    }
    // Where statistics are missing, each such file is a note already.
    let rows: u64 = contents.files.iter().map(ActiveFile::rows).sum::<Option<u64>>()?;
    let detail = match rows.cmp(&counted) {
        std::cmp::Ordering::Equal => return None,
        std::cmp::Ordering::Less => format!(
            "its files have {rows} rows where its commits counted {counted}: {} are missing, because a file was taken out of a commit or a checkpoint",
            counted - rows
        ),
        std::cmp::Ordering::Greater => format!(
            "its files have {rows} rows where its commits counted {counted}: a file was added to a commit or a checkpoint"
        ),
    };
    finding(Level::Problem, detail, RESTORE)
}

/// Holds what tables say of each other against what they have.
pub(super) async fn check_others(lake: &Lake, checked: &[Checked]) -> Vec<Finding> {
    let contents: HashMap<_, _> =
        checked.iter().map(|checked| (checked.table.name, &checked.contents)).collect();
    let mut findings = Vec::new();
    for (name, (said, by)) in versions_said(checked) {
        let Some(table) = table::by_name(name) else { continue };
        let found = contents.get(name).map(|contents| contents.version);
        if found >= Some(said) {
            continue;
        }
        // It may have been looked at before; one that cannot be read is a finding already.
        let Ok(found) = lake.version(table).await else { continue };
        if found >= Some(said) {
            continue;
        }
        let (place, detail) = match found {
            None => (
                "_delta_log".into(),
                format!(
                    "the table is missing with all of its rows: {by} has seen its version {said}"
                ),
            ),
            Some(found) => (
                commit_name(found + 1),
                format!(
                    "the commits end at {found}, and {by} has seen version {said}: what came after {found} is missing with its rows"
                ),
            ),
        };
        findings.push(problem(Check::Log, name, place, detail));
    }
    findings.extend(check_taken(&contents));
    findings.extend(check_dead_letters(&contents));
    findings
}

/// The latest version that any table says of each, and which table does.
fn versions_said(checked: &[Checked]) -> BTreeMap<&'static str, (u64, &'static str)> {
    let mut said: BTreeMap<&'static str, (u64, &'static str)> = BTreeMap::new();
    for Checked { table, contents, .. } in checked {
        for source in &contents.sources {
            let Some(Vouched::Version(of)) = Vouched::parse(&source.source_id) else { continue };
            let version = u64::try_from(source.position).unwrap_or_default();
            let known = said.entry(of).or_insert((version, table.name));
            if version > known.0 {
                *known = (version, table.name);
            }
        }
    }
    said
}

/// The rows of files that `DeadLetters` says are in a table are, by the table's own position.
fn check_taken(contents: &HashMap<&'static str, &Contents>) -> Vec<Finding> {
    let Some(dead_letters) = contents.get(DEAD_LETTERS.name) else { return Vec::new() };
    let mut said: BTreeMap<&'static str, Vec<(&str, i64)>> = BTreeMap::new();
    for source in &dead_letters.sources {
        if let Some(Vouched::Position { source: file, table }) = Vouched::parse(&source.source_id) {
            said.entry(table).or_default().push((file, source.position));
        }
    }
    let mut findings = Vec::new();
    for (table, files) in said {
        // Of a table that is missing that is said once.
        let Some(contents) = contents.get(table) else { continue };
        let positions: HashMap<_, _> =
            contents.sources.iter().map(|s| (s.source_id.as_str(), s.position)).collect();
        for (file, said) in files {
            let found = positions.get(file).copied();
            if found < Some(said) {
                let found = found
                    .map_or_else(|| "nothing".into(), |found| format!("what is before {found}"));
                let detail = format!(
                    "DeadLetters says that its rows up to {said} are in this table, which has {found} of it: the rest is missing"
                );
                findings.push(problem(Check::Position, table, file.to_owned(), detail));
            }
        }
    }
    findings
}

/// Whoever writes rows of sources makes `DeadLetters` first. A version that did so afterwards has made at
/// least one commit more of it before it wrote again.
fn check_dead_letters(contents: &HashMap<&'static str, &Contents>) -> Option<Finding> {
    const TWO_FLUSHES: u64 = 2;
    let is_written = |contents: &&&Contents| {
        contents.version >= TWO_FLUSHES
            && contents
                .sources
                .iter()
                .any(|s| crate::source::is_partition(&s.source_id) || is_file(&s.source_id))
    };
    let is_missing = !contents.contains_key(DEAD_LETTERS.name);
    let is_said = contents.values().any(|contents| {
        contents
            .sources
            .iter()
            .any(|s| Vouched::parse(&s.source_id) == Some(Vouched::Version(DEAD_LETTERS.name)))
    });
    let logs = contents.iter().filter(|(name, _)| table::by_name(name).is_some_and(Table::is_log));
    let written = logs.map(|(_, contents)| contents).find(is_written);
    (is_missing && !is_said && written.is_some()).then(|| {
        let detail = "the table is missing, and others have rows: where sources stand, and what could not be decoded, is not known any more";
        problem(Check::Log, DEAD_LETTERS.name, "_delta_log".into(), detail.into())
    })
}

/// Files that were taken in and of which no table has anything. That may be so; a version that did not note where
/// their rows went cannot tell.
pub(super) fn check_empty_files(
    checked: &[Checked],
    has_letters: &HashSet<&str>,
) -> Option<Finding> {
    let of = |name: &str| checked.iter().find(|checked| checked.table.name == name);
    let taken = &of(DEAD_LETTERS.name)?.contents.sources;
    let others =
        checked.iter().filter(|c| ![DEAD_LETTERS.name, SEQUENCE_GAPS.name].contains(&c.table.name));
    let known: HashSet<_> =
        others.flat_map(|c| &c.contents.sources).map(|s| s.source_id.as_str()).collect();
    let is_empty =
        |source: &&str| is_file(source) && !known.contains(source) && !has_letters.contains(source);
    let noted: BTreeSet<_> = taken
        .iter()
        .filter_map(|s| match Vouched::parse(&s.source_id) {
            Some(Vouched::Position { source, .. }) => Some(source),
            _ => None,
        })
        .collect();
    let taken = taken.iter().map(|s| s.source_id.as_str());
    let empty: Vec<_> = taken.filter(is_empty).filter(|file| !noted.contains(file)).collect();
    let first = empty.first()?;
    Some(Finding {
        level: Level::Note,
        check: Check::Position,
        table: None,
        place: (*first).to_owned(),
        detail: match empty.len() {
            1 => "it was taken in, and no table has a row of it: it held no record".into(),
            n => format!(
                "{n} files such as this were taken in, and no table has a row of them: they held no record"
            ),
        } + ", or its rows were lost before entralog noted where rows go",
        remedy: "",
    })
}

fn problem(check: Check, table: &'static str, place: String, detail: String) -> Finding {
    Finding { level: Level::Problem, check, table: Some(table), place, detail, remedy: RESTORE }
}
