//! Records that come twice, byte for byte the same, in two messages of a hub: stored once.
//!
//! Azure Monitor sends a record again when it is not sure that it got through. Each message has a
//! sequence number of its own, so only the records themselves tell. Their hashes are kept for a
//! while: in memory, and in `RecordHashes`, where they are committed in every flush after the rows and
//! before the position that says that all of it is in. So a hash in the lake is that of a record that is
//! in the lake, too. Records that differ in a single byte are two.

mod rows;
mod window;

use std::time::Duration;

use arrow::array::RecordBatch;
use chrono::Utc;
use datafusion::logical_expr::{ident, lit};
use datafusion::scalar::ScalarValue;
use futures::TryStreamExt as _;

use self::window::{Hash, Window, hash_of};
use crate::lake::{Eagerness, Lake, LakeError};
use crate::table::RECORD_HASHES;

/// Flushes after which small files of hashes are merged, so that a start reads few.
const MERGE_AFTER: u32 = 64;

/// How repeated records are recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deduplication {
    /// For how long a record is known after it came, at least.
    pub window: Duration,
    /// Memory for their hashes, in bytes, 19.4 of them a record. When it does not do for the window, what
    /// came first is forgotten first.
    pub memory: usize,
}

impl Default for Deduplication {
    fn default() -> Self {
        Self { window: Duration::from_secs(48 * 60 * 60), memory: 128 << 20 }
    }
}

/// The records that are known, and those of them that wait to be committed.
#[derive(Debug)]
pub(super) struct Duplicates {
    deduplication: Deduplication,
    window: Window,
    /// Names this ingester's rows, which it need not read.
    ingester: String,
    /// The version of `RecordHashes` up to which others' rows are known.
    seen: Option<u64>,
    waiting: Vec<Hash>,
    /// Records that were known, since the last commit.
    found: u64,
    flushes: u32,
}

impl Duplicates {
    pub(super) fn new(deduplication: Deduplication) -> Self {
        Self {
            deduplication,
            window: Window::new(deduplication.window, deduplication.memory),
            ingester: uuid::Uuid::new_v4().to_string(),
            seen: None,
            waiting: Vec::new(),
            found: 0,
            flushes: 0,
        }
    }

    pub(super) fn settings(&self) -> Deduplication {
        self.deduplication
    }

    /// Learns what this and other ingesters have committed.
    pub(super) async fn refresh(&mut self, lake: &Lake) -> Result<(), LakeError> {
        let table = lake.table(&RECORD_HASHES).await?;
        let Some(version) = table.version().filter(|version| self.seen != Some(*version)) else {
            return Ok(());
        };
        let table = match self.seen {
            Some(seen) => table.added_after(seen).await?,
            None => table,
        };
        let window = chrono::Duration::from_std(self.deduplication.window);
        let since = window.ok().and_then(|window| Utc::now().checked_sub_signed(window));
        let since = since.unwrap_or_default().timestamp_micros();
        let since = ScalarValue::TimestampMicrosecond(Some(since), Some("UTC".into()));
        let own = ident("Ingester").not_eq(lit(self.ingester.as_str()));
        let filter = ident(rows::READ[0]).gt_eq(lit(since)).and(own);

        let mut found = Vec::new();
        let mut stream = table.rows(&rows::READ, filter).await?;
        while let Some(batch) = stream.try_next().await? {
            found.extend(rows::hashes_of(&batch).map_err(|error| LakeError::Read {
                table: RECORD_HASHES.name.into(),
                file: "a data file".into(),
                reason: error.to_string(),
            })?);
        }
        found.sort_by_key(|(time, _)| *time);
        for (time, hashes) in found {
            for hash in hashes {
                self.window.insert(hash, time);
            }
        }
        self.seen = Some(version);
        Ok(())
    }

    /// Takes a record that came at a time, in microseconds since the epoch; whether it is new.
    pub(super) fn is_new(&mut self, record: &str, time: i64) -> bool {
        let hash = hash_of(record.as_bytes());
        let is_new = self.window.insert(hash, time);
        if is_new {
            self.waiting.push(hash);
        } else {
            self.found += 1;
        }
        is_new
    }

    /// The rows of what was taken since the last time; `None` when nothing was.
    pub(super) fn take_rows(&mut self) -> Option<Result<RecordBatch, arrow::error::ArrowError>> {
        if self.waiting.is_empty() && self.found == 0 {
            return None;
        }
        let (hashes, found) = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.found));
        if found > 0 {
            tracing::info!(records = found, "came again, byte for byte, and are stored once");
        }
        Some(rows::rows(Utc::now().timestamp_micros(), &self.ingester, &hashes, found))
    }

    /// Merges small files now and then, beside everything else.
    pub(super) fn merge_now_and_then(&mut self, lake: &Lake) {
        self.flushes += 1;
        if !self.flushes.is_multiple_of(MERGE_AFTER) {
            return;
        }
        let lake = lake.clone();
        tokio::spawn(async move {
            if let Err(error) = merge(&lake).await {
                tracing::warn!("files of {} were not merged: {error}", RECORD_HASHES.name);
            }
        });
    }
}

async fn merge(lake: &Lake) -> Result<(), LakeError> {
    for group in lake.mergeable(&RECORD_HASHES, Eagerness::WhereItPays).await? {
        lake.merge(&group).await?;
    }
    Ok(())
}
