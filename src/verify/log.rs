//! Whether a Delta log is complete and agrees with itself.
//!
//! Delta reads the newest checkpoint and what came after it. Here every commit that is still there is
//! read, and what they add up to is held against what Delta says: a commit that was edited after it
//! went into a checkpoint is found too.

use std::collections::{BTreeSet, HashMap};

use futures::StreamExt as _;

use super::finding::{Check, Finding, Findings, Level};
use crate::lake::{
    AddedFile, CommitCounts, Contents, Lake, LakeError, LogCommit, TableLog, commit_name,
    is_bookkeeping,
};

const RESTORE_LOG: &str =
    "restore the file from a backup of the table's _delta_log; do not write to the lake before";

/// What a table's commits say beyond the state.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// When rows were last removed for good, in microseconds since the epoch.
    pub(super) removed_until: Option<i64>,
}

/// Times that a log is listed again that seems to lack something.
const LISTINGS: usize = 4;

/// Checks that no file of the log is missing; gives the log as it was found.
///
/// A listing is no snapshot: beside writers and a clean-up it may lack what was there all the time. What
/// is really missing is missing twice.
pub(super) async fn check_files(
    lake: &Lake,
    mut log: TableLog,
    findings: &mut Findings,
) -> Result<TableLog, LakeError> {
    let mut missing = missing_files(&log);
    for _ in 1..LISTINGS {
        if missing.is_empty() {
            break;
        }
        let Some(again) = lake.log(log.table()).await? else { break };
        log = again;
        let before = std::mem::replace(&mut missing, missing_files(&log));
        if missing == before {
            break;
        }
    }
    findings.extend(missing);
    Ok(log)
}

fn missing_files(log: &TableLog) -> Vec<Finding> {
    let (commits, checkpoints) = (log.commits(), log.checkpoints());
    let problem = |place: String, detail: String| problem(log, place, detail);
    let mut findings = Vec::new();
    let newest_checkpoint = checkpoints.last().copied().max(log.last_checkpoint());
    if let Some(named) = log.last_checkpoint().filter(|named| !checkpoints.contains(named)) {
        findings.push(problem(
            format!("{named:020}.checkpoint.parquet"),
            format!("the checkpoint of version {named}, which _last_checkpoint names, is missing"),
        ));
    }
    for version in log.empty() {
        findings.push(problem(commit_name(*version), "there is nothing in it".into()));
    }
    let (Some(first), Some(last)) = (commits.first().copied(), commits.last().copied()) else {
        findings.push(problem("_delta_log".into(), "there is no commit in it".into()));
        return findings;
    };
    for (from, to) in holes(commits) {
        let detail = match from == to {
            true => format!("commit {from} is missing"),
            false => format!("commits {from} to {to} are missing"),
        };
        findings.push(problem(commit_name(from), detail));
    }
    if first > 0 && checkpoints.last().is_none_or(|checkpoint| checkpoint + 1 < first) {
        findings.push(problem(
            commit_name(first - 1),
            format!("commits before {first} are missing, and no checkpoint holds what they said"),
        ));
    }
    if let Some(checkpoint) = newest_checkpoint.filter(|checkpoint| *checkpoint > last) {
        findings.push(problem(
            commit_name(last + 1),
            format!(
                "the commits end at {last}, but there was a checkpoint of {checkpoint}: commits after {last} are missing"
            ),
        ));
    }
    findings
}

/// Ranges of versions between the first and the last that are not there.
fn holes(commits: &BTreeSet<u64>) -> Vec<(u64, u64)> {
    let pairs = commits.iter().zip(commits.iter().skip(1));
    pairs.filter(|(a, b)| **a + 1 < **b).map(|(a, b)| (a + 1, b - 1)).collect()
}

/// Reads every commit of a log that Delta cannot read; whether one of them is damaged.
pub(super) async fn check_readable(log: &TableLog, findings: &mut Findings) -> bool {
    let mut is_named = !log.empty().is_empty();
    let mut commits = std::pin::pin!(log.read(log.commits().iter().copied()));
    while let Some(commit) = commits.next().await {
        if let Err(error) = commit {
            is_named = true;
            findings.extend(unreadable(log, error));
        }
    }
    is_named
}

/// A commit that cannot be read; `None` for an empty one, which was found when the log was listed.
fn unreadable(log: &TableLog, error: LakeError) -> Option<Finding> {
    let (file, reason) = match error {
        LakeError::Log { file, reason, .. } | LakeError::Read { file, reason, .. } => {
            (file, reason)
        }
        error => (String::new(), error.to_string()),
    };
    let is_known = log.empty().iter().any(|version| commit_name(*version) == file);
    (!is_known).then(|| problem(log, file, format!("it cannot be read: {reason}")))
}

/// Reads every commit and holds what they add up to against the table's state.
pub(super) async fn check_commits(
    log: &TableLog,
    contents: &Contents,
    findings: &mut Findings,
) -> Said {
    let mut replay = Replay::default();
    let versions: Vec<_> = log.commits().range(..=contents.version).copied().collect();
    let mut commits = std::pin::pin!(log.read(versions.iter().copied()));
    while let Some(commit) = commits.next().await {
        match commit {
            Ok(commit) => {
                replay.first.get_or_insert(commit.version);
                findings.extend(check_counts(log, &commit));
                for (source, from, to) in replay.apply(&commit) {
                    let detail = format!("it moves {source} back from {from} to {to}");
                    findings.push(problem(log, commit_name(commit.version), detail));
                }
            }
            Err(error) => {
                replay.is_whole = false;
                findings.extend(unreadable(log, error));
            }
        }
    }
    // A clean-up may have taken the first ones meanwhile.
    let begins_at_zero = replay.first == Some(0) && holes(log.commits()).is_empty();
    let said = Said { removed_until: replay.removed_until };
    replay.compare(log, contents, begins_at_zero, findings);
    said
}

/// Whether a commit has the files and rows that its writer counted.
fn check_counts(log: &TableLog, commit: &LogCommit) -> Option<Finding> {
    let counted = commit.counted?;
    let found = CommitCounts {
        files_added: commit.added.len() as u64,
        files_removed: commit.removed.len() as u64,
        rows: commit.added.iter().filter_map(AddedFile::rows).sum(),
        // Whoever removes a file need not say what was in it.
        rows_removed: counted.rows_removed,
    };
    (counted != found).then(|| {
        let words = |counts: CommitCounts| {
            let CommitCounts { files_added, files_removed, rows, .. } = counts;
            format!("{files_added} files added with {rows} rows, {files_removed} removed")
        };
        let detail = format!("it was written with {}, and has {}", words(counted), words(found));
        problem(log, commit_name(commit.version), detail)
    })
}

/// Bytes and statistics of a file.
type Claim = (u64, Option<String>);

/// What commits add up to.
struct Replay {
    /// The commit that last spoke of each file, and what it said: that it is there, or that it is gone.
    files: HashMap<String, (u64, Option<Claim>)>,
    positions: HashMap<String, i64>,
    removed_until: Option<i64>,
    /// The first commit that was read.
    first: Option<u64>,
    /// Whether every commit could be read.
    is_whole: bool,
}

impl Default for Replay {
    fn default() -> Self {
        Self {
            files: HashMap::new(),
            positions: HashMap::new(),
            removed_until: None,
            first: None,
            is_whole: true,
        }
    }
}

impl Replay {
    /// Takes a commit; gives the sources that it moves back.
    fn apply(&mut self, commit: &LogCommit) -> Vec<(String, i64, i64)> {
        let version = commit.version;
        for file in &commit.removed {
            self.files.insert(file.path.clone(), (version, None));
            if file.data_change {
                self.removed_until =
                    self.removed_until.max(commit.time.map(|time| time.timestamp_micros()));
            }
        }
        for file in &commit.added {
            let claim = (file.size, canonical(file.stats.as_deref()));
            self.files.insert(file.path.clone(), (version, Some(claim)));
        }
        let mut back = Vec::new();
        for (source, to) in &commit.positions {
            match self.positions.insert(source.clone(), *to) {
                Some(from) if from > *to && !is_bookkeeping(source) => {
                    back.push((source.clone(), from, *to));
                }
                _ => {}
            }
        }
        back
    }

    fn compare(
        mut self,
        log: &TableLog,
        contents: &Contents,
        begins_at_zero: bool,
        findings: &mut Findings,
    ) {
        const DISAGREE: &str = "the commits and the checkpoint disagree";
        for file in &contents.files {
            let (version, said) = match self.files.remove(&file.path) {
                Some(said) => said,
                None if begins_at_zero && self.is_whole => {
                    let detail = format!("{DISAGREE}: no commit adds {}", file.path);
                    findings.push(problem(log, "_delta_log".into(), detail));
                    continue;
                }
                // It was added before the oldest commit that is still there.
                None => continue,
            };
            let state = (file.bytes, canonical(file.stats.as_deref()));
            let detail = match said {
                None => format!("{DISAGREE}: it removes {}, which is in the table", file.path),
                Some(claim) if claim != state => {
                    format!("{DISAGREE} on the size or the statistics of {}", file.path)
                }
                Some(_) => continue,
            };
            findings.push(problem(log, commit_name(version), detail));
        }
        for (path, (version, said)) in self.files {
            if said.is_some() && self.is_whole {
                let detail = format!("{DISAGREE}: it adds {path}, which is not in the table");
                findings.push(problem(log, commit_name(version), detail));
            }
        }
        let state: HashMap<_, _> =
            contents.sources.iter().map(|s| (s.source_id.as_str(), s.position)).collect();
        for (source, said) in self.positions {
            let position = state.get(source.as_str()).copied();
            if position != Some(said) {
                let detail = format!(
                    "{DISAGREE} on the position of {source}: {said} and {}",
                    position.map_or_else(|| "none".to_owned(), |position| position.to_string())
                );
                findings.push(problem(log, "_delta_log".into(), detail));
            }
        }
    }
}

/// Statistics in a form that does not depend on the order of their keys.
fn canonical(stats: Option<&str>) -> Option<String> {
    let stats: serde_json::Value = serde_json::from_str(stats?).ok()?;
    Some(stats.to_string())
}

fn problem(log: &TableLog, place: String, detail: String) -> Finding {
    Finding {
        level: Level::Problem,
        check: Check::Log,
        table: Some(log.table().name),
        place,
        detail,
        remedy: RESTORE_LOG,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_what_is_missing_in_between() {
        assert_eq!(holes(&[0, 1, 2].into()), []);
        assert_eq!(holes(&[3, 5, 6, 9].into()), [(4, 4), (7, 8)]);
    }
}
