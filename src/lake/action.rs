//! One commit of a Delta log: the actions in its file, a line each.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use object_store::{Error as StoreError, ObjectStoreExt as _};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::objects::read_error;
use super::statistics::rows_of;
use super::{ENGINE_NAME, Inner, LakeError};
use crate::table::Table;

/// What one commit says.
#[derive(Debug, Clone, Default)]
pub struct LogCommit {
    /// The version that it made.
    pub version: u64,
    /// When it was made, as its writer says.
    pub time: Option<DateTime<Utc>>,
    /// What its writer calls it: `STREAMING UPDATE`, `CREATE TABLE`, …
    pub operation: Option<String>,
    /// Who wrote it, such as `entralog/0.1.0`.
    pub writer: Option<String>,
    /// What it does, as its writer counted it; only of commits of entralog.
    pub counted: Option<CommitCounts>,
    /// Files that became part of the table.
    pub added: Vec<AddedFile>,
    /// Files that ceased to be.
    pub removed: Vec<RemovedFile>,
    /// Where sources stand after it, as [`SourcePosition`](super::SourcePosition) has it.
    pub positions: BTreeMap<String, i64>,
}

/// What a commit does, in numbers: Delta's `operationMetrics`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CommitCounts {
    /// Files that it adds.
    pub files_added: u64,
    /// Files that it removes.
    pub files_removed: u64,
    /// Rows of the files that it adds.
    pub rows: u64,
    /// Rows of the files that it removes, where that is known.
    pub rows_removed: Option<u64>,
}

/// An `add` action.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddedFile {
    /// Its path, relative to the table and encoded as in a URL.
    pub path: String,
    /// Its bytes.
    pub size: u64,
    /// Whether its rows are new, as opposed to written anew.
    #[serde(default)]
    pub data_change: bool,
    /// Its statistics, as JSON.
    pub stats: Option<String>,
    #[serde(default)]
    pub(super) partition_values: HashMap<String, Option<String>>,
    #[serde(default)]
    pub(super) modification_time: i64,
    pub(super) deletion_vector: Option<IgnoredAny>,
}

/// A `remove` action.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemovedFile {
    /// Its path, as it was added.
    pub path: String,
    /// Its bytes, where the writer says so.
    pub size: Option<u64>,
    /// Whether its rows are gone, as opposed to written anew.
    #[serde(default)]
    pub data_change: bool,
    /// Its statistics, as JSON, where the writer says so.
    pub stats: Option<String>,
}

/// One line of a commit.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Action {
    Add(AddedFile),
    Remove(RemovedFile),
    Txn(Txn),
    CommitInfo(CommitInfo),
    MetaData(IgnoredAny),
    Protocol(IgnoredAny),
    DomainMetadata(IgnoredAny),
    Cdc(IgnoredAny),
    CheckpointMetadata(IgnoredAny),
    Sidecar(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Txn {
    app_id: String,
    version: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommitInfo {
    timestamp: Option<i64>,
    operation: Option<String>,
    engine_info: Option<String>,
    // Other writers have numbers in it, and what not.
    operation_metrics: Option<serde_json::Value>,
}

impl LogCommit {
    /// Rows of the files that it adds; `None` when one of them does not count them.
    #[must_use]
    pub fn rows_added(&self) -> Option<u64> {
        self.added.iter().map(AddedFile::rows).sum()
    }

    /// Rows of the files that it removes, where its writer says so.
    #[must_use]
    pub fn rows_removed(&self) -> Option<u64> {
        let counted = self.counted.and_then(|counted| counted.rows_removed);
        counted.or_else(|| self.removed.iter().map(RemovedFile::rows).sum())
    }
}

impl AddedFile {
    /// Its rows, where the statistics count them.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        rows_of(self.stats.as_deref())
    }
}

impl RemovedFile {
    /// Its rows, where the writer says so.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        rows_of(self.stats.as_deref())
    }
}

const FILES_ADDED: &str = "numAddedFiles";
const FILES_REMOVED: &str = "numRemovedFiles";
const ROWS: &str = "numOutputRows";
const ROWS_REMOVED: &str = "numDeletedRows";

impl CommitCounts {
    /// As Delta wants them, under the names that other writers use too.
    pub(super) fn metrics(self) -> impl Iterator<Item = (&'static str, Option<String>)> {
        let metrics = [
            (FILES_ADDED, Some(self.files_added)),
            (FILES_REMOVED, Some(self.files_removed)),
            (ROWS, Some(self.rows)),
            (ROWS_REMOVED, self.rows_removed),
        ];
        metrics.into_iter().filter_map(|(name, n)| Some((name, Some(n?.to_string()))))
    }

    fn of(metrics: &serde_json::Value) -> Option<Self> {
        let count = |name: &str| metrics.get(name)?.as_str()?.parse().ok();
        Some(Self {
            files_added: count(FILES_ADDED)?,
            files_removed: count(FILES_REMOVED)?,
            rows: count(ROWS)?,
            rows_removed: count(ROWS_REMOVED),
        })
    }
}

/// The file of a commit in `_delta_log`.
#[must_use]
pub fn commit_name(version: u64) -> String {
    format!("{version:020}.json")
}

/// Reads a commit; `None` when its file is not there.
pub(super) async fn read(
    inner: &Inner,
    table: &Table,
    version: u64,
) -> Result<Option<LogCommit>, LakeError> {
    let file = commit_name(version);
    let path = inner.path(table, &format!("_delta_log/{file}"))?;
    let read = async { inner.store.get(&path).await?.bytes().await };
    let bytes = match read.await {
        Ok(bytes) => bytes,
        Err(StoreError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(read_error(table, &path, &error)),
    };
    let damaged = |reason| LakeError::Log { table: table.name.into(), file, reason };
    parse(version, &bytes).map(Some).map_err(damaged)
}

/// Reads the file of a commit; the reason when it is not as Delta wants it.
pub(super) fn parse(version: u64, bytes: &[u8]) -> Result<LogCommit, String> {
    let mut commit = LogCommit { version, ..LogCommit::default() };
    let mut is_empty = true;
    let lines = (1..).zip(bytes.split(|byte| *byte == b'\n'));
    for (number, line) in lines.filter(|(_, line)| !line.trim_ascii().is_empty()) {
        is_empty = false;
        let action = serde_json::from_slice(line).map_err(|error| said(number, &error))?;
        match action {
            Action::Add(file) => commit.added.push(file),
            Action::Remove(file) => commit.removed.push(file),
            Action::Txn(txn) => _ = commit.positions.insert(txn.app_id, txn.version),
            Action::CommitInfo(info) => {
                commit.time = info.timestamp.and_then(DateTime::from_timestamp_millis);
                commit.operation = info.operation;
                let is_own =
                    info.engine_info.as_ref().is_some_and(|name| name.starts_with(ENGINE_NAME));
                commit.counted =
                    info.operation_metrics.filter(|_| is_own).as_ref().and_then(CommitCounts::of);
                commit.writer = info.engine_info;
            }
            Action::MetaData(_)
            | Action::Protocol(_)
            | Action::DomainMetadata(_)
            | Action::Cdc(_)
            | Action::CheckpointMetadata(_)
            | Action::Sidecar(_) => {}
        }
    }
    if is_empty {
        return Err("there is nothing in it".into());
    }
    Ok(commit)
}

/// The parser only sees the one line, and would call it the first.
fn said(line: usize, error: &serde_json::Error) -> String {
    let reason = error.to_string();
    let reason = reason.rsplit_once(" at line ").map_or(reason.as_str(), |(reason, _)| reason);
    format!("line {line}, column {}: {reason}", error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_says_what_it_changed() {
        let text = concat!(
            r#"{"commitInfo":{"timestamp":1700000000000,"operation":"WRITE","engineInfo":"x/1"}}"#,
            "\n",
            r#"{"add":{"path":"date%3D2026-01-05/a.parquet","size":9,"dataChange":true,"stats":"{\"numRecords\":3}","partitionValues":{}}}"#,
            "\n",
            r#"{"remove":{"path":"b.parquet","dataChange":false}}"#,
            "\n",
            r#"{"txn":{"appId":"ns/hub/0","version":7,"lastUpdated":1}}"#,
            "\n",
        );
        let commit = parse(4, text.as_bytes()).unwrap();
        assert_eq!((commit.version, commit.writer.as_deref()), (4, Some("x/1")));
        assert_eq!((commit.added[0].rows(), commit.added[0].data_change), (Some(3), true));
        assert_eq!((commit.removed[0].rows(), commit.removed[0].size), (None, None));
        assert_eq!(commit.positions, [("ns/hub/0".to_owned(), 7)].into());
    }

    #[test]
    fn only_what_entralog_counted_is_taken_for_its_count() {
        let counts =
            CommitCounts { files_added: 2, files_removed: 1, rows: 30, rows_removed: Some(4) };
        let metrics: HashMap<_, _> = counts.metrics().collect();
        let of = |writer: &str| {
            let info = serde_json::json!({"engineInfo": writer, "operationMetrics": metrics});
            parse(1, serde_json::json!({"commitInfo": info}).to_string().as_bytes())
                .unwrap()
                .counted
        };
        assert_eq!(of("entralog/9"), Some(counts));
        assert_eq!(of("Apache-Spark/3.5"), None);
    }

    #[test]
    fn a_line_that_is_no_action_is_named() {
        for text in ["{\"commitInfo\":{}}\n{\"ad\":{}}", "{\"commitInfo\":{}}\n{\"add\":{\"path\":"]
        {
            let error = parse(0, text.as_bytes()).unwrap_err();
            assert!(error.starts_with("line 2, column "), "{error}");
            assert!(!error.contains("line 1"), "{error}");
        }
    }

    #[test]
    fn a_file_without_an_action_is_no_commit() {
        for text in ["", "\n", " \n\n"] {
            assert_eq!(
                parse(0, text.as_bytes()).unwrap_err(),
                "there is nothing in it",
                "{text:?}"
            );
        }
    }
}
