//! Records that come twice, byte for byte the same, in two messages of a hub: stored once.
//!
//! Azure Monitor sends a record again when it is not sure that it got through. Each message has a
//! sequence number of its own, so only the records themselves tell. Their hashes are kept for a while: in
//! memory, and in `RecordHashes`, which a flush commits before the tables of their records. Records that differ in a
//! single byte are two.
//!
//! A flush that ended too early leaves hashes behind of which nobody knows whether their records are in. But it is
//! known of each table how far the partition has come in it, which tells: a record is in its table if the
//! table has reached its message. If it is not, its hash counts for nothing, and whichever message brings it first
//! is the one.

mod rows;
mod window;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use chrono::Utc;
use datafusion::logical_expr::{Expr, ident, lit};
use datafusion::scalar::ScalarValue;
use futures::TryStreamExt as _;

use self::rows::{Message, Rows};
use self::window::{Hash, Window, hash_of};
use super::gaps::Lost;
use super::progress::Standing;
use crate::lake::{Eagerness, Lake, LakeError, LakeTable};
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

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    New,
    /// Another message brought it, or this one did before.
    Duplicate,
    /// It came from this message, and is in its table.
    Stored,
}

/// The records that are known, and those of them that wait to be committed.
#[derive(Debug)]
pub(super) struct Duplicates {
    deduplication: Deduplication,
    window: Window,
    /// Hashes of flushes that ended too early, each with the messages that brought it.
    unsettled: HashMap<Hash, Vec<(Arc<str>, i64)>>,
    /// Messages of which hashes may have been left behind, and which never came again.
    lost: Lost,
    /// Where the partitions of these stood.
    standings: HashMap<Arc<str>, Standing>,
    /// Names this ingester's rows, which it need not read.
    ingester: String,
    /// The version of `RecordHashes` up to which others' rows are known.
    seen: Option<u64>,
    waiting: Rows,
    /// Of the message at hand.
    hashes: Vec<Hash>,
    found: u64,
    /// Duplicates since the last commit.
    found_in_all: u64,
    flushes: u32,
}

impl Duplicates {
    pub(super) fn new(deduplication: Deduplication) -> Self {
        Self {
            deduplication,
            window: Window::new(deduplication.window, deduplication.memory),
            unsettled: HashMap::new(),
            lost: Lost::default(),
            standings: HashMap::new(),
            ingester: uuid::Uuid::new_v4().to_string(),
            seen: None,
            waiting: Rows::default(),
            hashes: Vec::new(),
            found: 0,
            found_in_all: 0,
            flushes: 0,
        }
    }

    /// Goes on with a partition from where it stands. What was judged before must be committed.
    pub(super) async fn resume(
        &mut self,
        lake: &Lake,
        source: &Arc<str>,
        standing: &Standing,
    ) -> Result<(), LakeError> {
        self.refresh(lake).await?;
        if !standing.is_broken() {
            return Ok(());
        }
        let after = ident(rows::POSITION).gt(lit(standing.committed.unwrap_or(-1)));
        let of_source = ident(rows::SOURCE).eq(lit(source.as_ref())).and(after);
        let table = lake.table(&RECORD_HASHES).await?;
        let broken = read(table.clone(), of_source).await?;
        let hashes: HashSet<_> = broken.into_iter().flat_map(|message| message.hashes).collect();
        let mut unsettled: HashMap<Hash, Vec<(Arc<str>, i64)>> = HashMap::new();
        let mut settled = HashSet::new();
        let mut standings = HashMap::from([(Arc::clone(source), standing.clone())]);
        for message in self.not_lost(read(table, self.within_window()).await?) {
            let of_message = &message.source;
            if !standings.contains_key(of_message) {
                let standing = Standing::of(lake, of_message).await?;
                standings.insert(Arc::clone(of_message), standing);
            }
            let committed = standings.get(of_message).and_then(|standing| standing.committed);
            for hash in message.hashes.iter().filter(|hash| hashes.contains(*hash)) {
                if committed >= Some(message.position) {
                    settled.insert(*hash);
                } else {
                    let messages = unsettled.entry(*hash).or_default();
                    messages.push((Arc::clone(of_message), message.position));
                }
            }
        }
        for (hash, messages) in unsettled {
            if !settled.contains(&hash) {
                self.window.remove(&hash);
                self.unsettled.insert(hash, messages);
            }
        }
        self.standings.extend(standings);
        Ok(())
    }

    /// How repeated records are recognized.
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
        let of_others = ident(rows::INGESTER).not_eq(lit(self.ingester.as_str()));
        self.lost.refresh(lake).await?;
        let mut found = self.not_lost(read(table, self.within_window().and(of_others)).await?);
        found.sort_by_key(|message| message.time);
        for Message { time, hashes, .. } in found {
            for hash in hashes {
                self.window.insert(hash, time);
            }
        }
        self.seen = Some(version);
        Ok(())
    }

    /// Messages without those whose flush ended too early and which the hub had removed by then: their records are not
    /// in, and another message may bring them.
    fn not_lost(&self, mut messages: Vec<Message>) -> Vec<Message> {
        messages.retain(|message| !self.lost.has(&message.source, message.position));
        messages
    }

    fn within_window(&self) -> Expr {
        let window = chrono::Duration::from_std(self.deduplication.window);
        let since = window.ok().and_then(|window| Utc::now().checked_sub_signed(window));
        let since = since.unwrap_or_default().timestamp_micros();
        let since = ScalarValue::TimestampMicrosecond(Some(since), Some("UTC".into()));
        ident(rows::TIME).gt_eq(lit(since))
    }

    /// Judges a record of a message that came at a time, in microseconds since the epoch. `table` gives its table,
    /// and `None` if it has to become a dead letter: these are committed last.
    pub(super) fn judge(
        &mut self,
        record: &str,
        (source, position): (&Arc<str>, i64),
        time: i64,
        table: impl FnOnce() -> Option<&'static str>,
    ) -> Verdict {
        let hash = hash_of(record.as_bytes());
        if let Some(messages) = self.unsettled.get_mut(&hash) {
            let table = table();
            messages.retain(|(source, position)| {
                let standing = self.standings.get(source).zip(table);
                standing.and_then(|(of, table)| of.fence(table)) >= Some(*position)
            });
            if messages.is_empty() {
                self.unsettled.remove(&hash);
            } else {
                self.window.insert(hash, time);
                // Of what one of them brought, this message is a repetition; also if it was about to bring it itself.
                let is_own = |(of, at): &(Arc<str>, i64)| of == source && *at == position;
                if let Some(own) = messages.iter().position(is_own) {
                    messages.swap_remove(own);
                    return Verdict::Stored;
                }
            }
        }
        if self.window.insert(hash, time) {
            self.hashes.push(hash);
            Verdict::New
        } else {
            self.found += 1;
            Verdict::Duplicate
        }
    }

    /// A message has been judged to its end; whether that makes a row.
    pub(super) fn end_message(&mut self, source: &str, position: i64) -> bool {
        let has_row = !self.hashes.is_empty() || self.found > 0;
        if has_row {
            self.waiting.append(source, position, &self.hashes, self.found);
        }
        self.found_in_all += std::mem::take(&mut self.found);
        self.hashes.clear();
        has_row
    }

    /// The rows of what was taken since the last time; `None` when nothing was.
    pub(super) fn take_rows(&mut self) -> Option<Result<RecordBatch, ArrowError>> {
        let found = std::mem::take(&mut self.found_in_all);
        if found > 0 {
            tracing::info!(records = found, "came again, byte for byte, and are stored once");
        }
        self.waiting.finish(Utc::now().timestamp_micros(), &self.ingester)
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

async fn read(table: LakeTable, filter: Expr) -> Result<Vec<Message>, LakeError> {
    let failed = |error: ArrowError| LakeError::Read {
        table: RECORD_HASHES.name.into(),
        file: "a data file".into(),
        reason: error.to_string(),
    };
    let mut found = Vec::new();
    let mut stream = table.rows(&rows::READ, filter).await?;
    while let Some(batch) = stream.try_next().await? {
        found.extend(rows::messages(&batch).map_err(failed)?);
    }
    Ok(found)
}

async fn merge(lake: &Lake) -> Result<(), LakeError> {
    for group in lake.mergeable(&RECORD_HASHES, Eagerness::WhereItPays).await? {
        lake.merge(&group).await?;
    }
    Ok(())
}
