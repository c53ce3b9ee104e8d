//! Log entries that nobody needs: everything before a checkpoint that is old enough itself.
//!
//! The log of a table grows with each commit, and so does the time to list it. What is left reaches back at
//! least as long as it is to be kept, and begins with a checkpoint, which holds all that came before:
//! files, removals and the position of every source.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, stream};
use object_store::{Error as StoreError, ObjectMeta, ObjectStoreExt};

use super::super::commit::{self, CHECKPOINT_INTERVAL};
use super::super::files::write_error;
use super::super::{Lake, LakeError};
use crate::table::Table;

/// What a clean-up of a log did, or would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CleanedLog {
    /// Files that were deleted.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The version with which the log begins now, when it does not begin with the first.
    pub begins_at: Option<u64>,
}

/// Commits since the last checkpoint that make a further one worth it, beside those that are due by number.
const WORTH_A_CHECKPOINT: u64 = CHECKPOINT_INTERVAL / 4;

impl Lake {
    /// Writes a checkpoint of a table when many commits have come since the last one: each of them is a file that
    /// whoever opens the table has to read.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn checkpoint(&self, table: &'static Table) -> Result<(), LakeError> {
        let Some(log) = self.log(table).await? else { return Ok(()) };
        let after = log.checkpoints().last().copied().unwrap_or_default();
        if log.commits().last().is_none_or(|last| last.saturating_sub(after) < WORTH_A_CHECKPOINT) {
            return Ok(());
        }
        self.blocking(move |inner| {
            if let Some(snapshot) = inner.snapshot(table)? {
                commit::checkpoint(inner, table, &snapshot);
            }
            Ok(())
        })
        .await
    }

    /// Deletes the entries of a table's log that are older than `keep` and that a later checkpoint covers; with
    /// `dry_run` they are only counted.
    ///
    /// Versions from before cannot be read any more. Whoever commits must not sit on a version for so long
    /// (see the fence in `commit`), so `keep` is hours at least.
    ///
    /// # Errors
    /// The log cannot be listed, or a file of it cannot be deleted.
    pub async fn clean_log(
        &self,
        table: &'static Table,
        keep: Duration,
        dry_run: bool,
    ) -> Result<CleanedLog, LakeError> {
        let store = Arc::clone(&self.inner.store);
        let log = self.inner.path(table, "_delta_log/")?;
        let entries = self.inner.list(table, &log).await?;
        let entries: Vec<_> = entries.into_iter().filter_map(Entry::of).collect();
        let Some(cutoff) =
            TimeDelta::from_std(keep).ok().and_then(|keep| Utc::now().checked_sub_signed(keep))
        else {
            return Ok(CleanedLog::default());
        };
        let Some((begins_at, mut old)) = unneeded(entries, cutoff) else {
            return Ok(CleanedLog::default());
        };
        // The oldest first and one by one: whoever stops in between leaves a log without holes.
        old.sort_by_key(|entry| entry.version);
        let cleaned = CleanedLog {
            files: old.len() as u64,
            bytes: old.iter().map(|entry| entry.meta.size).sum(),
            begins_at: Some(begins_at),
        };
        if !dry_run {
            let mut deletions = stream::iter(old)
                .map(|entry| {
                    let store = Arc::clone(&store);
                    async move { store.delete(&entry.meta.location).await }
                })
                .buffered(1);
            while let Some(deleted) = deletions.next().await {
                match deleted {
                    // Another one deletes too.
                    Ok(()) | Err(StoreError::NotFound { .. }) => {}
                    Err(error) => return Err(write_error(table, error)),
                }
            }
        }
        Ok(cleaned)
    }
}

/// A file of the log that belongs to a version.
#[derive(Debug)]
struct Entry {
    version: u64,
    kind: Kind,
    meta: ObjectMeta,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Commit,
    Checkpoint,
    /// Checksums, compacted commits, checkpoints in parts.
    Other,
}

impl Entry {
    /// `None` for what is of no version, such as `_last_checkpoint`.
    fn of(meta: ObjectMeta) -> Option<Self> {
        let name = meta.location.filename()?;
        let (version, kind) = name.split_at_checked(20)?;
        let version = version.parse().ok()?;
        let kind = match kind {
            ".json" => Kind::Commit,
            ".checkpoint.parquet" => Kind::Checkpoint,
            other if other.starts_with('.') => Kind::Other,
            _ => return None,
        };
        Some(Self { version, kind, meta })
    }
}

/// What is before the newest checkpoint all of whose commits are older than the cut-off, and that
/// checkpoint's version.
fn unneeded(entries: Vec<Entry>, cutoff: DateTime<Utc>) -> Option<(u64, Vec<Entry>)> {
    let is_old = |entry: &&Entry| entry.meta.last_modified < cutoff;
    // The first commit that must stay; clocks may differ, so versions decide and not each file's own time.
    let commits = entries.iter().filter(|entry| entry.kind == Kind::Commit);
    let first_young = commits.filter(|entry| !is_old(entry)).map(|entry| entry.version).min();
    let checkpoints = entries.iter().filter(|entry| entry.kind == Kind::Checkpoint);
    let begins_at = checkpoints
        .filter(is_old)
        .map(|entry| entry.version)
        .filter(|version| first_young.is_none_or(|young| *version < young))
        .max()?;
    let old: Vec<_> = entries.into_iter().filter(|entry| entry.version < begins_at).collect();
    (!old.is_empty()).then_some((begins_at, old))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, hour: u32) -> Option<Entry> {
        Entry::of(ObjectMeta {
            location: format!("lake/SigninLogs/_delta_log/{name}").into(),
            last_modified: format!("2026-01-05T{hour:02}:00:00Z").parse().unwrap(),
            size: 1,
            e_tag: None,
            version: None,
        })
    }

    fn kept(checkpoints: &[u64], cutoff: u32) -> (Option<u64>, usize) {
        // A commit an hour, with a checksum that nobody asked for.
        let commits = (0..20)
            .flat_map(|n| [entry(&format!("{n:020}.json"), n), entry(&format!("{n:020}.crc"), n)]);
        let checkpoints = checkpoints
            .iter()
            .map(|n| entry(&format!("{n:020}.checkpoint.parquet"), u32::try_from(*n).unwrap()));
        let entries: Vec<_> = commits.chain(checkpoints).flatten().collect();
        let cutoff = format!("2026-01-05T{cutoff:02}:30:00Z").parse().unwrap();
        unneeded(entries, cutoff).map_or((None, 0), |(at, old)| (Some(at), old.len()))
    }

    #[test]
    fn the_log_begins_with_a_checkpoint_that_is_old_enough() {
        // Of versions 0 to 9, commits and checksums go, and the checkpoint before.
        assert_eq!(kept(&[5, 10, 15], 12), (Some(10), 21));
        assert_eq!(kept(&[10], 10), (Some(10), 20));
    }

    #[test]
    fn without_a_checkpoint_that_is_old_enough_all_stays() {
        assert_eq!(kept(&[], 12), (None, 0));
        assert_eq!(kept(&[15], 12), (None, 0));
    }

    #[test]
    fn a_young_commit_keeps_what_came_after_it_whatever_their_clocks_said() {
        let commits = (0..20).map(|n| entry(&format!("{n:020}.json"), if n == 7 { 19 } else { n }));
        let checkpoints = [5, 10].map(|n| entry(&format!("{n:020}.checkpoint.parquet"), n));
        let entries: Vec<_> = commits.chain(checkpoints).flatten().collect();
        let cutoff = "2026-01-05T15:30:00Z".parse().unwrap();
        assert_eq!(unneeded(entries, cutoff).map(|(begins_at, _)| begins_at), Some(5));
    }

    #[test]
    fn what_is_of_no_version_is_left_alone() {
        for name in ["_last_checkpoint", "_commits/1.json", "0001.json", "00000000000000000001"] {
            assert!(entry(name, 0).is_none(), "{name}");
        }
    }
}
