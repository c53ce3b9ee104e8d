//! Whether a Delta log is complete and agrees with itself.
//!
//! Delta reads the newest checkpoint and what came after it. Here every commit that is still there is
//! read, and what they add up to is held against what Delta says: a commit that was edited after it
//! went into a checkpoint is found too.

use std::collections::{BTreeSet, HashMap};

use futures::StreamExt as _;

use super::finding::{Check, Finding, Findings, Level};
use crate::lake::{Contents, LakeError, LogCommit, TableLog, commit_name};

const RESTORE_LOG: &str =
    "restore the file from a backup of the table's _delta_log; do not write to the lake before";

/// What a table's commits say beyond the state.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// When rows were last removed for good, in microseconds since the epoch.
    pub(super) removed_until: Option<i64>,
}

/// Checks that no file of the log is missing.
pub(super) fn check_files(log: &TableLog, findings: &mut Findings) {
    let (commits, checkpoints) = (log.commits(), log.checkpoints());
    let problem = |place: String, detail: String| problem(log, place, detail);
    let newest_checkpoint = checkpoints.last().copied().max(log.last_checkpoint());
    if let Some(named) = log.last_checkpoint().filter(|named| !checkpoints.contains(named)) {
        findings.push(problem(
            format!("{named:020}.checkpoint.parquet"),
            format!("the checkpoint of version {named}, which _last_checkpoint names, is missing"),
        ));
    }
    let (Some(first), Some(last)) = (commits.first().copied(), commits.last().copied()) else {
        return findings.push(problem("_delta_log".into(), "there is no commit in it".into()));
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
}

/// Ranges of versions between the first and the last that are not there.
fn holes(commits: &BTreeSet<u64>) -> Vec<(u64, u64)> {
    let pairs = commits.iter().zip(commits.iter().skip(1));
    pairs.filter(|(a, b)| **a + 1 < **b).map(|(a, b)| (a + 1, b - 1)).collect()
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
                for (source, from, to) in replay.apply(&commit) {
                    let detail = format!("it moves {source} back from {from} to {to}");
                    findings.push(problem(log, commit_name(commit.version), detail));
                }
            }
            Err(error) => {
                replay.is_whole = false;
                let (file, reason) = match error {
                    LakeError::Log { file, reason, .. } | LakeError::Read { file, reason, .. } => {
                        (file, reason)
                    }
                    error => (String::new(), error.to_string()),
                };
                findings.push(problem(log, file, format!("it cannot be read: {reason}")));
            }
        }
    }
    let begins_at_zero = log.commits().first() == Some(&0) && holes(log.commits()).is_empty();
    let said = Said { removed_until: replay.removed_until };
    replay.compare(log, contents, begins_at_zero, findings);
    said
}

/// Bytes and statistics of a file.
type Claim = (u64, Option<String>);

/// What commits add up to.
struct Replay {
    /// The commit that last spoke of each file, and what it said: that it is there, or that it is gone.
    files: HashMap<String, (u64, Option<Claim>)>,
    positions: HashMap<String, i64>,
    removed_until: Option<i64>,
    /// Whether every commit could be read.
    is_whole: bool,
}

impl Default for Replay {
    fn default() -> Self {
        Self {
            files: HashMap::new(),
            positions: HashMap::new(),
            removed_until: None,
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
                Some(from) if from > *to => back.push((source.clone(), from, *to)),
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
