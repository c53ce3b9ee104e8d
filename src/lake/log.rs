//! The Delta log of a table as files: which commits are there, and what each of them says.
//!
//! Everything else asks Delta for the state that the log adds up to. This is for what the state
//! does not tell any more: the history, and whether the log itself is sound.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt as _};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Inner, Lake, LakeError};
use crate::table::Table;

/// Commits that are read at once: each is a small file, and over a network each takes a round trip.
const READ_AT_ONCE: usize = 32;

/// The commits and checkpoints of a table that are there, oldest first.
#[derive(Debug, Clone)]
pub struct TableLog {
    lake: Lake,
    table: &'static Table,
    commits: BTreeSet<u64>,
    checkpoints: BTreeSet<u64>,
    /// The checkpoint that `_last_checkpoint` names.
    last_checkpoint: Option<u64>,
}

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
    /// Files that became part of the table.
    pub added: Vec<AddedFile>,
    /// Files that ceased to be.
    pub removed: Vec<RemovedFile>,
    /// Where sources stand after it, as [`SourcePosition`](super::SourcePosition) has it.
    pub positions: BTreeMap<String, i64>,
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
}

#[derive(Deserialize)]
struct Rows {
    #[serde(rename = "numRecords")]
    rows: Option<u64>,
}

/// The rows that the statistics of a file count.
pub(super) fn rows_of(stats: Option<&str>) -> Option<u64> {
    serde_json::from_str::<Rows>(stats?).ok()?.rows
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

impl Lake {
    /// The log of a table; `None` when there is none.
    ///
    /// # Errors
    /// The log cannot be listed.
    pub async fn log(&self, table: &'static Table) -> Result<Option<TableLog>, LakeError> {
        let mut log = TableLog {
            lake: self.clone(),
            table,
            commits: BTreeSet::new(),
            checkpoints: BTreeSet::new(),
            last_checkpoint: None,
        };
        let directory = log.directory()?;
        for file in self.inner.list(table, &directory).await? {
            let Some(name) = file.location.filename() else { continue };
            match name.split_once('.') {
                Some((version, "json")) => log.commits.extend(version.parse::<u64>()),
                Some((version, rest)) if rest.starts_with("checkpoint.") => {
                    log.checkpoints.extend(version.parse::<u64>());
                }
                None if name == "_last_checkpoint" => {
                    log.last_checkpoint = last_checkpoint(&self.inner, &file.location).await;
                }
                _ => {}
            }
        }
        let is_there = !log.commits.is_empty() || !log.checkpoints.is_empty();
        Ok(is_there.then_some(log))
    }
}

/// It is only a hint, so that one that cannot be read is as good as none.
async fn last_checkpoint(inner: &Inner, path: &Path) -> Option<u64> {
    #[derive(Deserialize)]
    struct Hint {
        version: u64,
    }
    let bytes = inner.store.get(path).await.ok()?.bytes().await.ok()?;
    Some(serde_json::from_slice::<Hint>(&bytes).ok()?.version)
}

impl TableLog {
    /// The table.
    #[must_use]
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// Versions whose commits are there.
    #[must_use]
    pub fn commits(&self) -> &BTreeSet<u64> {
        &self.commits
    }

    /// Versions of which there is a checkpoint.
    #[must_use]
    pub fn checkpoints(&self) -> &BTreeSet<u64> {
        &self.checkpoints
    }

    /// The version of which `_last_checkpoint` says that there is a checkpoint.
    #[must_use]
    pub fn last_checkpoint(&self) -> Option<u64> {
        self.last_checkpoint
    }

    /// Reads commits in the given order, some of them ahead. One that is not as Delta wants it is
    /// [`LakeError::Log`].
    pub fn read<'a>(
        &'a self,
        versions: impl Iterator<Item = u64> + Send + 'a,
    ) -> impl Stream<Item = Result<LogCommit, LakeError>> + Send + 'a {
        stream::iter(versions).map(|version| self.commit(version)).buffered(READ_AT_ONCE)
    }

    async fn commit(&self, version: u64) -> Result<LogCommit, LakeError> {
        let name = commit_name(version);
        let path = self.directory()?.join(name.as_str());
        let read = async { self.lake.inner.store.get(&path).await?.bytes().await };
        let bytes = read.await.map_err(|error| read_error(self.table, &path, &error))?;
        parse(version, &bytes).map_err(|reason| LakeError::Log {
            table: self.table.name.into(),
            file: name,
            reason,
        })
    }

    fn directory(&self) -> Result<Path, LakeError> {
        Ok(self.lake.inner.path_of(self.table)?.join("_delta_log"))
    }
}

/// The file of a commit in `_delta_log`.
#[must_use]
pub fn commit_name(version: u64) -> String {
    format!("{version:020}.json")
}

fn parse(version: u64, bytes: &[u8]) -> Result<LogCommit, String> {
    let mut commit = LogCommit { version, ..LogCommit::default() };
    let lines = (1..).zip(bytes.split(|byte| *byte == b'\n'));
    for (number, line) in lines.filter(|(_, line)| !line.trim_ascii().is_empty()) {
        let action =
            serde_json::from_slice(line).map_err(|error| format!("line {number}: {error}"))?;
        match action {
            Action::Add(file) => commit.added.push(file),
            Action::Remove(file) => commit.removed.push(file),
            Action::Txn(txn) => _ = commit.positions.insert(txn.app_id, txn.version),
            Action::CommitInfo(info) => {
                commit.time = info.timestamp.and_then(DateTime::from_timestamp_millis);
                commit.operation = info.operation;
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
    Ok(commit)
}

impl Inner {
    /// Where a table is in the store.
    pub(super) fn path_of(&self, table: &Table) -> Result<Path, LakeError> {
        self.path_in(table, "")
    }

    /// Where a file is in the store that the log of a table names by `relative`.
    pub(super) fn path_in(&self, table: &Table, relative: &str) -> Result<Path, LakeError> {
        let failed = |reason: String| LakeError::Read {
            table: table.name.into(),
            file: relative.to_owned(),
            reason,
        };
        let url = url::Url::parse(&self.table_root(table))
            .and_then(|root| root.join(relative))
            .map_err(|error| failed(error.to_string()))?;
        Path::from_url_path(url.path()).map_err(|error| failed(error.to_string()))
    }

    /// Every file under a path.
    pub(super) async fn list(
        &self,
        table: &Table,
        path: &Path,
    ) -> Result<Vec<ObjectMeta>, LakeError> {
        match self.store.list(Some(path)).try_collect().await {
            Ok(files) => Ok(files),
            Err(object_store::Error::NotFound { .. }) => Ok(Vec::new()),
            Err(error) => Err(read_error(table, path, &error)),
        }
    }
}

pub(super) fn read_error(table: &Table, path: &Path, error: &object_store::Error) -> LakeError {
    LakeError::Read { table: table.name.into(), file: path.to_string(), reason: error.to_string() }
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
    fn a_line_that_is_no_action_is_named() {
        for text in ["{\"commitInfo\":{}}\n{\"ad\":{}}", "{\"commitInfo\":{}}\n{\"add\":{\"path\":"]
        {
            let error = parse(0, text.as_bytes()).unwrap_err();
            assert!(error.starts_with("line 2: "), "{error}");
        }
    }
}
