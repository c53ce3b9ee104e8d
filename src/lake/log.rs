//! The Delta log of a table as files: which commits are there, and what each of them says.
//!
//! Everything else asks Delta for the state that the log adds up to. This is for what the state
//! does not tell any more: the history, and whether the log itself is sound.

use std::collections::BTreeSet;

use futures::{Stream, StreamExt as _, stream};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use serde::Deserialize;

use super::{Inner, Lake, LakeError, LogCommit, action, commit_name};
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
    /// Those of the commits whose files have no byte.
    empty: BTreeSet<u64>,
    /// The checkpoint that `_last_checkpoint` names.
    last_checkpoint: Option<u64>,
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
            empty: BTreeSet::new(),
            last_checkpoint: None,
        };
        let directory = self.inner.path(table, "_delta_log")?;
        for file in self.inner.list(table, &directory).await? {
            let Some(name) = file.location.filename() else { continue };
            match name.split_once('.') {
                Some((version, "json")) => {
                    let Ok(version) = version.parse() else { continue };
                    log.commits.insert(version);
                    if file.size == 0 {
                        log.empty.insert(version);
                    }
                }
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

    /// Versions whose commits have files without a byte.
    #[must_use]
    pub fn empty(&self) -> &BTreeSet<u64> {
        &self.empty
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

    /// Reads commits in the given order, some of them ahead. One that was cleaned up since the log was listed
    /// is left out; one that is not as Delta wants it is [`LakeError::Log`].
    pub fn read<'a>(
        &'a self,
        versions: impl Iterator<Item = u64> + Send + 'a,
    ) -> impl Stream<Item = Result<LogCommit, LakeError>> + Send + 'a {
        stream::iter(versions)
            .map(|version| self.commit(version))
            .buffered(READ_AT_ONCE)
            .filter_map(|commit| std::future::ready(commit.transpose()))
    }

    async fn commit(&self, version: u64) -> Result<Option<LogCommit>, LakeError> {
        let commit = action::read(&self.lake.inner, self.table, version).await?;
        if commit.is_some() || self.begins_after(version).await? {
            return Ok(commit);
        }
        Err(LakeError::Log {
            table: self.table.name.into(),
            file: commit_name(version),
            reason: "it was there and is missing now".into(),
        })
    }

    /// Whether the log begins after this version by now.
    async fn begins_after(&self, version: u64) -> Result<bool, LakeError> {
        let log = self.lake.log(self.table).await?;
        Ok(log.is_some_and(|log| log.commits.first().is_some_and(|first| *first > version)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::Advance;
    use crate::table::by_name;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_cleaned_up_since_it_was_listed_is_left_out_and_what_is_missing_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let lake = Lake::open(directory.path().to_str().unwrap()).unwrap();
        let table = by_name("SigninLogs").unwrap();
        for n in 0..3 {
            let from = (n > 0).then_some(n - 1);
            let advance = Advance { source_id: "ns/hub/0".into(), from, to: n };
            lake.commit(table, None, vec![advance]).await.unwrap();
        }
        let log = lake.log(table).await.unwrap().unwrap();
        let read = async || {
            let commits: Vec<_> = log.read(0..4).collect().await;
            commits.into_iter().map(|commit| commit.map(|c| c.version).ok()).collect::<Vec<_>>()
        };
        let file =
            |version| directory.path().join("SigninLogs/_delta_log").join(commit_name(version));
        assert_eq!(read().await, [Some(0), Some(1), Some(2), Some(3)]);
        std::fs::remove_file(file(0)).unwrap();
        std::fs::remove_file(file(1)).unwrap();
        assert_eq!(read().await, [Some(2), Some(3)]);
        std::fs::remove_file(file(3)).unwrap();
        assert_eq!(read().await, [Some(2), None]);
    }
}
