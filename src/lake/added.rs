//! Which files brought new rows after a version, told by the commits since then.
//!
//! Detections ask this. A commit that only arranges rows anew, such as a compaction, says of its files
//! that they change no data: they bring nothing new, and what they replace still is new to whoever has
//! not looked at it. Rows that were removed for good are no longer new, unless they
//! had been arranged anew before. The commits are read one by one
//! and not by way of a snapshot, which begins at the last checkpoint.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt, TryStreamExt, stream};
use object_store::{Error as StoreError, ObjectStoreExt};

use super::active::LakeFile;
use super::files::block_on;
use super::objects::read_error;
use super::statistics::Statistics;
use super::{AddedFile, Inner, LakeError, LogCommit, action};
use crate::table::{PARTITION_COLUMN, Table};

/// Commits, or files, that are asked for at once.
const CONCURRENT: usize = 16;

/// Commits of a table that are remembered: what rules ask for is mostly what they asked for before.
const REMEMBERED: usize = 20_000;

/// What commits of a table do, by version.
type ByVersion = BTreeMap<u64, Arc<Vec<Change>>>;

/// The commits of each table that were read.
#[derive(Debug, Default)]
pub(super) struct Commits(Mutex<HashMap<&'static str, ByVersion>>);

impl Commits {
    fn get(&self, table: &Table, version: u64) -> Option<Arc<Vec<Change>>> {
        let commits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        commits.get(table.name)?.get(&version).cloned()
    }

    fn insert(&self, table: &Table, version: u64, changes: &Arc<Vec<Change>>) {
        let mut commits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_table = commits.entry(table.name).or_default();
        of_table.insert(version, Arc::clone(changes));
        if of_table.len() > REMEMBERED {
            of_table.pop_first();
        }
    }
}

/// The files that brought new rows after version `after`, up to version `until`; `None` when the log no
/// longer tells, so that any file may be new.
pub(super) fn added_files(
    inner: &Inner,
    table: &Table,
    after: u64,
    until: u64,
) -> Result<Option<Vec<LakeFile>>, LakeError> {
    block_on(async {
        let commits = stream::iter(after + 1..=until).map(|version| read(inner, table, version));
        let mut commits = commits.buffered(CONCURRENT);
        let mut news = News::default();
        while let Some(commit) = commits.try_next().await? {
            let Some(commit) = commit else { return Ok(None) };
            news.apply(&commit);
        }
        news.into_files(inner, table).await.map(Some)
    })
}

/// What a commit does to a file.
#[derive(Debug)]
struct Change {
    what: What,
    /// False when the commit only arranges rows anew.
    data_change: bool,
}

#[derive(Debug)]
enum What {
    Add(LakeFile),
    Remove(String),
}

/// What a commit does; `None` when it is not there any more.
async fn read(
    inner: &Inner,
    table: &Table,
    version: u64,
) -> Result<Option<Arc<Vec<Change>>>, LakeError> {
    if let Some(changes) = inner.commits.get(table, version) {
        return Ok(Some(changes));
    }
    let Some(commit) = action::read(inner, table, version).await? else { return Ok(None) };
    let changes = Arc::new(changes(commit));
    inner.commits.insert(table, version, &changes);
    Ok(Some(changes))
}

fn changes(commit: LogCommit) -> Vec<Change> {
    let removed = commit
        .removed
        .into_iter()
        .map(|file| Change { data_change: file.data_change, what: What::Remove(file.path) });
    let added = commit
        .added
        .into_iter()
        .map(|file| Change { data_change: file.data_change, what: What::Add(file.into()) });
    removed.chain(added).collect()
}

/// What the commits that were read so far come to.
#[derive(Debug, Default)]
struct News {
    /// Files with new rows, and whether they were replaced meanwhile.
    added: BTreeMap<String, (LakeFile, bool)>,
    /// Files that hold rows of others, and are still active.
    arranged: BTreeMap<String, LakeFile>,
}

impl News {
    fn apply(&mut self, commit: &[Change]) {
        for Change { what, data_change } in commit {
            match what {
                What::Add(file) if *data_change => {
                    self.added.insert(file.path.clone(), (file.clone(), false));
                }
                What::Add(file) => {
                    self.arranged.insert(file.path.clone(), file.clone());
                }
                What::Remove(path) => {
                    self.arranged.remove(path);
                    if *data_change {
                        self.added.remove(path);
                    } else if let Some((_, replaced)) = self.added.get_mut(path) {
                        *replaced = true;
                    }
                }
            }
        }
    }

    /// The new files. One that was replaced is read all the same, as long as it is there; if it is not, then
    /// what may hold its rows is read: the files of its day into which others went.
    async fn into_files(self, inner: &Inner, table: &Table) -> Result<Vec<LakeFile>, LakeError> {
        let (replaced, active): (Vec<_>, Vec<_>) =
            self.added.into_values().partition(|(_, replaced)| *replaced);
        let mut files: Vec<_> = active.into_iter().map(|(file, _)| file).collect();
        let mut looks = stream::iter(replaced)
            .map(|(file, _)| async {
                let path = inner.path(table, &file.path)?;
                match inner.store.head(&path).await {
                    Ok(_) => Ok((file, true)),
                    Err(StoreError::NotFound { .. }) => Ok((file, false)),
                    Err(error) => Err(read_error(table, &path, &error)),
                }
            })
            .buffered(CONCURRENT);
        let mut arranged = self.arranged;
        while let Some((file, is_there)) = looks.try_next().await? {
            if is_there {
                files.push(file);
            } else {
                let of_day = arranged.extract_if(.., |_, arranged| arranged.day == file.day);
                files.extend(of_day.map(|(_, arranged)| arranged));
            }
        }
        Ok(files)
    }
}

impl From<AddedFile> for LakeFile {
    fn from(add: AddedFile) -> Self {
        let day = add.partition_values.get(PARTITION_COLUMN).and_then(Option::as_deref);
        Self {
            day: day.and_then(|day| day.parse().ok()),
            path: add.path,
            bytes: add.size,
            stored_at: add.modification_time,
            statistics: add.stats.as_deref().map(Statistics::of).unwrap_or_default(),
            has_deletions: add.deletion_vector.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(commits: &[&str]) -> (Vec<String>, Vec<String>) {
        let mut news = News::default();
        for commit in commits {
            news.apply(&changes(action::parse(1, commit.as_bytes()).unwrap()));
        }
        let added = news.added.into_values().map(|(file, replaced)| {
            if replaced { format!("{} replaced", file.path) } else { file.path }
        });
        (added.collect(), news.arranged.into_keys().collect())
    }

    fn add(path: &str, data_change: bool) -> String {
        format!(
            r#"{{"add":{{"path":"{path}","partitionValues":{{"date":"2026-01-05"}},"size":1,"modificationTime":2,"dataChange":{data_change}}}}}"#
        )
    }

    fn remove(path: &str, data_change: bool) -> String {
        format!(r#"{{"remove":{{"path":"{path}","dataChange":{data_change}}}}}"#)
    }

    #[test]
    fn a_compaction_brings_nothing_new_and_what_it_replaces_stays_new() {
        let compaction = [add("c", false), remove("a", false), remove("b", false)].join("\n");
        let (added, arranged) =
            after(&["{\"commitInfo\":{}}", &add("b", true), &compaction, &add("d", true)]);
        assert_eq!(added, ["b replaced", "d"]);
        assert_eq!(arranged, ["c"]);
    }

    #[test]
    fn files_that_were_removed_are_not_new_and_hold_no_rows_of_others() {
        let (added, arranged) = after(&[
            &add("a", true),
            &[add("c", false), remove("a", false)].join("\n"),
            &add("b", true),
            &[remove("b", true), remove("c", true)].join("\n"),
        ]);
        assert_eq!(added, ["a replaced"]);
        assert!(arranged.is_empty(), "{arranged:?}");
    }
}
