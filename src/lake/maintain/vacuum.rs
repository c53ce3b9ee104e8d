//! Data files that nobody needs any more: replaced or removed long ago, or never committed.
//!
//! A version that was current within the grace period can still be read afterwards. What no commit names is
//! left alone until it is as old, because its writer may be about to commit it.

use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, stream};
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectMeta, ObjectStoreExt};

use super::super::files::write_error;
use super::super::state::{self, State};
use super::super::{Inner, Lake, LakeError};
use crate::table::Table;

/// However short the grace: a file that no commit names may belong to a writer that is about to commit it.
const UNCOMMITTED: Duration = Duration::from_secs(60 * 60);

/// For so long Delta remembers when a file was removed, unless a table says otherwise.
const REMEMBERED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Files that are deleted at once.
const CONCURRENT: usize = 16;

/// Why a file is not needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unneeded {
    /// It was replaced by a compaction or removed by a retention.
    Removed,
    /// No commit names it: its writer died or lost a race, or it was removed very long ago.
    Unnamed,
    /// Its writer died while it stored it on this machine, under a name that counts for nothing.
    HalfStored,
}

/// A file that nobody needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnneededFile {
    /// Its path in the store, or on this machine if it is half stored.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was removed from the table, or stored if it never was in it.
    pub since: DateTime<Utc>,
    /// Why nobody needs it.
    pub why: Unneeded,
}

/// What a vacuum did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vacuumed {
    /// The files.
    pub files: Vec<UnneededFile>,
}

impl Vacuumed {
    /// Bytes of the files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

impl Lake {
    /// Deletes the data files of a table that no version within the grace period needs; with `dry_run`
    /// they are only listed.
    ///
    /// Queries that began earlier than the grace period ago may fail, so it is days and not minutes. Files
    /// that no commit names stay for an hour at least, however short the grace.
    ///
    /// # Errors
    /// The table cannot be read, a file cannot be deleted, or the grace is longer than Delta remembers when
    /// files were removed.
    pub async fn vacuum(
        &self,
        table: &'static Table,
        grace: Duration,
        dry_run: bool,
    ) -> Result<Vacuumed, LakeError> {
        let store = Arc::clone(&self.inner.store);
        // Listed before the log is read: whatever was committed meanwhile is in the log then.
        let stored = data_files(&self.inner, table).await?;
        let Some(named) = self.blocking(move |inner| Named::read(inner, table, grace)).await?
        else {
            return Ok(Vacuumed::default());
        };
        let now = Utc::now();
        let mut files: Vec<_> =
            stored.iter().filter_map(|file| named.judge(file, grace, now)).collect();
        if !dry_run {
            // By value: a future that borrows them could not be spawned.
            let paths: Vec<_> = files.iter().map(|file| Path::from(file.path.as_str())).collect();
            let mut deletions = stream::iter(paths)
                .map(|path| {
                    let store = Arc::clone(&store);
                    async move { store.delete(&path).await }
                })
                .buffer_unordered(CONCURRENT);
            while let Some(deleted) = deletions.next().await {
                match deleted {
                    // Another one deletes too.
                    Ok(()) | Err(StoreError::NotFound { .. }) => {}
                    Err(error) => return Err(write_error(table, error)),
                }
            }
        }
        let half_stored = self.blocking(move |inner| {
            let Some(directory) = inner.local_directory(table) else { return Ok(Vec::new()) };
            delete_half_stored(&directory, grace.max(UNCOMMITTED), dry_run)
                .map_err(|error| write_error(table, error))
        });
        files.extend(half_stored.await?);
        Ok(Vacuumed { files })
    }
}

/// What a killed process was storing below a directory, older than this. The store gives a file its name once
/// it is whole; until then it is called `name#1`, and is not listed.
fn delete_half_stored(
    directory: &std::path::Path,
    grace: Duration,
    dry_run: bool,
) -> std::io::Result<Vec<UnneededFile>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            files.extend(delete_half_stored(&entry.path(), grace, dry_run)?);
            continue;
        }
        let half = name.to_str().and_then(|name| name.rsplit_once('#'));
        let is_half = half.is_some_and(|(_, number)| number.parse::<u32>().is_ok());
        if !is_half {
            continue;
        }
        let metadata = match entry.metadata() {
            // Its writer has given it its name meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            metadata => metadata?,
        };
        let stored = metadata.modified()?;
        if stored.elapsed().is_ok_and(|age| age >= grace) {
            files.push(UnneededFile {
                path: entry.path().display().to_string(),
                bytes: metadata.len(),
                since: stored.into(),
                why: Unneeded::HalfStored,
            });
            if !dry_run {
                match std::fs::remove_file(entry.path()) {
                    // Another one deletes too.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    removed => removed?,
                }
            }
        }
    }
    Ok(files)
}

/// All Parquet files below a table but for those of its log, and of whatever else is hidden.
async fn data_files(inner: &Inner, table: &Table) -> Result<Vec<ObjectMeta>, LakeError> {
    let root = inner.path(table, "")?;
    let is_data = |meta: &ObjectMeta| {
        let Some(mut parts) = meta.location.prefix_match(&root) else { return false };
        meta.location.as_ref().ends_with(".parquet")
            && parts.all(|part| !part.as_ref().starts_with(['_', '.']))
    };
    let files = inner.list(table, &root).await?;
    Ok(files.into_iter().filter(is_data).collect())
}

/// The files that the log names.
struct Named {
    active: HashSet<Path>,
    /// When files were removed, in milliseconds since the epoch.
    removed: HashMap<Path, i64>,
}

impl Named {
    /// `None` when there is no table.
    fn read(
        inner: &Inner,
        table: &'static Table,
        grace: Duration,
    ) -> Result<Option<Self>, LakeError> {
        let Some(snapshot) = inner.snapshot(table)? else { return Ok(None) };
        let remembered = snapshot.table_properties().deleted_file_retention_duration;
        let remembered = remembered.unwrap_or(REMEMBERED);
        if grace > remembered {
            return Err(LakeError::Grace { table: table.name.into(), remembered });
        }
        let mut named = Self { active: HashSet::new(), removed: HashMap::new() };
        state::each(inner, table, &snapshot, |state| {
            match state {
                State::File(file) => _ = named.active.insert(inner.path(table, &file.path)?),
                State::Removed(path, time) => {
                    named.removed.insert(inner.path(table, &path)?, time.unwrap_or_default());
                }
                State::Source(_) => {}
            }
            Ok(())
        })?;
        Ok(Some(named))
    }

    /// The file if nobody needs it.
    fn judge(
        &self,
        file: &ObjectMeta,
        grace: Duration,
        now: DateTime<Utc>,
    ) -> Option<UnneededFile> {
        if self.active.contains(&file.location) {
            return None;
        }
        let removed = self.removed.get(&file.location);
        let (since, why, grace) = match removed {
            Some(time) => (DateTime::from_timestamp_millis(*time)?, Unneeded::Removed, grace),
            None => (file.last_modified, Unneeded::Unnamed, grace.max(UNCOMMITTED)),
        };
        let grace = TimeDelta::from_std(grace).ok()?;
        (since.checked_add_signed(grace)? <= now).then(|| UnneededFile {
            path: file.location.to_string(),
            bytes: file.size,
            since,
            why,
        })
    }
}
