//! The commits of a table, newest first, and what each of them moved.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use futures::StreamExt as _;

use super::{LakeError, LogCommit, TableLog, is_bookkeeping};

/// Commits before the oldest one that is shown in which it is looked up where its sources stood before.
const LOOK_BACK: usize = 200;

/// A part of the history of a table.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Commits with what they moved, newest first.
    pub entries: Vec<HistoryEntry>,
    /// The oldest version that the log still has, when the history was asked for beyond it.
    pub begins_at: Option<u64>,
}

/// A commit and what it moved.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// What the log says of the commit.
    pub commit: LogCommit,
    /// Where each of its sources stood before.
    pub before: BTreeMap<String, Before>,
}

/// Where a source stood before a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// At this position.
    At(i64),
    /// Nowhere: this was its first commit.
    Nowhere,
    /// The commit that says so is too far back, or the log does not have it any more.
    Unknown,
}

impl TableLog {
    /// The newest `limit` commits, or fewer when the others are older than `since`.
    ///
    /// # Errors
    /// A commit cannot be read.
    pub async fn history(
        &self,
        limit: usize,
        since: Option<DateTime<Utc>>,
    ) -> Result<History, LakeError> {
        let mut history = History::default();
        let mut looked_back = 0;
        let mut is_over = limit == 0;
        // Sources of which it is not known yet where they stood before an entry.
        let mut open: BTreeMap<String, usize> = BTreeMap::new();
        let mut commits = std::pin::pin!(self.read(self.commits().iter().rev().copied()));
        while !is_over || (!open.is_empty() && looked_back < LOOK_BACK) {
            let Some(mut commit) = commits.next().await.transpose()? else { break };
            commit.positions.retain(|source_id, _| !is_bookkeeping(source_id));
            for (source_id, position) in &commit.positions {
                if let Some(entry) = open.remove(source_id) {
                    let before = &mut history.entries[entry].before;
                    before.insert(source_id.clone(), Before::At(*position));
                }
            }
            is_over |= since.is_some_and(|since| commit.time.is_some_and(|time| time < since));
            if is_over {
                looked_back += 1;
                continue;
            }
            let sources: BTreeSet<_> = commit.positions.keys().cloned().collect();
            let entry = history.entries.len();
            open.extend(sources.iter().map(|source| (source.clone(), entry)));
            let before = sources.into_iter().map(|source| (source, Before::Unknown)).collect();
            history.entries.push(HistoryEntry { commit, before });
            is_over |= history.entries.len() >= limit;
        }
        let oldest = self.commits().first().copied();
        if oldest == Some(0) && !open.is_empty() && commits.next().await.is_none() {
            for (source_id, entry) in open {
                history.entries[entry].before.insert(source_id, Before::Nowhere);
            }
        }
        history.begins_at = oldest.filter(|oldest| *oldest > 0 && !is_over);
        Ok(history)
    }
}
