//! Dead letters through `decode` again, once a newer version can read them; each exactly once.
//!
//! A replay goes in batches, numbered without a gap. The number is the position of one source,
//! [`SOURCE`], so the `txn` fences of every table hold it to an order as they do for a hub:
//!
//! 1. *Claim.* One commit to `DeadLetterReplays` moves its position from n-1 to n and names each
//!    record of the batch with the table that it goes to. Of two processes one gets through, and
//!    only when batch n-1 is finished.
//! 2. *Rows.* One commit a table that the claim names, with the position n.
//! 3. *Finish.* One commit to `DeadLetters` with the position n: the batch is in.
//!
//! Whoever finds `DeadLetterReplays` ahead of `DeadLetters` finishes that batch first, from the
//! claim alone: which records it has, and where they go, does not depend on who finishes it or with
//! what selection. A table that is at n already has its rows, and a commit that comes late is
//! refused. So a batch that was claimed gets in once, whoever dies and however many work at it. A
//! dead letter that still cannot be decoded is never claimed: nothing is written about it.
//!
//! A row's `_Source` is that of its dead letter, which is what it would have been had the record
//! been decodable at first. When a dead letter turns out to hold several records, they are told
//! apart as `<_Source>.0`, `<_Source>.1`; those of them that cannot be placed are dead letters of
//! their own then.

mod batch;
mod letter;

use std::collections::{BTreeMap, HashSet};

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use chrono::Utc;
use serde::{Deserialize, Serialize};

use batch::{Batch, Plan};
pub use letter::{Filter, Letter, LetterKey, REASONS, bodies, body, keys, letters};

use crate::decode::Reason;
use crate::ingest::FlushLimits;
use crate::lake::{Advance, Lake, LakeError};
use crate::query::{QueryError, Session};
use crate::table::{
    self, DEAD_LETTER_REPLAYS, DEAD_LETTERS, RowsError, Table, from_batches, to_batch,
};

/// The source whose positions are the numbers of batches.
pub const SOURCE: &str = "replay/DeadLetters";

/// Dead letters of one batch at most: their names go into one query.
const LARGEST_BATCH: usize = 1_000;

/// Why a replay stopped; running it again continues it.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The lake could not be read or written.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Dead letters could not be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Rows of our own tables do not fit.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// Rows could not be made into a batch.
    #[error("rows of {table} do not fit together: {source}")]
    Batch {
        /// The table.
        table: &'static str,
        /// Arrow's reason.
        source: ArrowError,
    },
    /// A batch was begun by a version that could place more than this one can.
    #[error(
        "a replay that another version of entralog began puts {row_source} into {table}, which this version cannot: finish it with that version or a newer one"
    )]
    OtherVersion {
        /// The row's `_Source`.
        row_source: String,
        /// The table that it was to go to.
        table: String,
    },
}

/// Which dead letters are replayed: those that meet both.
#[derive(Debug, Default, Clone)]
pub struct Selection {
    /// Those with this `Reason` only.
    pub reason: Option<String>,
    /// Those only; empty for all.
    pub keys: HashSet<LetterKey>,
}

/// What a replay did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Rows that this replay added, by table.
    pub rows: BTreeMap<&'static str, u64>,
    /// Selected dead letters that still cannot be decoded, by what is wrong with them now.
    pub dead: BTreeMap<Reason, u64>,
}

/// A row of `DeadLetterReplays`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Claim {
    time_generated: chrono::DateTime<Utc>,
    batch: i64,
    dead_letter_time: chrono::DateTime<Utc>,
    dead_letter_source: String,
    /// Null for a dead letter that turned out to hold no record.
    target_table: Option<String>,
    #[serde(rename = "_Source")]
    source: String,
}

/// Replays the selected dead letters, and first finishes what an earlier replay has left.
///
/// `progress` is called after each batch with the number of dead letters done and to do.
///
/// # Errors
/// The lake cannot be read or written. What was claimed until then is finished by the next replay.
pub async fn replay(
    lake: &Lake,
    selection: &Selection,
    limits: FlushLimits,
    mut progress: impl FnMut(usize, usize),
) -> Result<Replayed, ReplayError> {
    let mut done = Replayed::default();
    'anew: loop {
        let mut position = finish_claimed(lake, &mut done).await?;
        let letters = selected(lake, selection).await?;
        let mut dead: BTreeMap<_, u64> = BTreeMap::new();
        let mut seen = 0;
        for group in split(&letters, limits) {
            let mut batch = Batch::default();
            for (key, body) in bodies(lake, group.iter().map(|letter| &letter.key)).await? {
                if let Some(reason) = batch.decode(&key, &body, None)? {
                    *dead.entry(reason).or_default() += 1;
                }
            }
            if !batch.plan().is_empty() {
                let number = position.unwrap_or(0) + 1;
                match claim(lake, position, number, batch.plan()).await {
                    Ok(()) => {}
                    // Another replay was faster: what is left has to be looked at again.
                    Err(ReplayError::Lake(LakeError::Fenced { .. })) => continue 'anew,
                    Err(error) => return Err(error),
                }
                finish(lake, number, batch, &mut done).await?;
                position = Some(number);
            }
            seen += group.len();
            progress(seen, letters.len());
        }
        for (reason, count) in dead {
            *done.dead.entry(reason).or_default() += count;
        }
        return Ok(done);
    }
}

/// The number of the last batch that is in.
pub(crate) async fn finished(lake: &Lake) -> Result<Option<i64>, LakeError> {
    lake.position(&DEAD_LETTERS, SOURCE).await
}

/// Finishes what was claimed and is not in; gives the number of the last batch.
async fn finish_claimed(lake: &Lake, done: &mut Replayed) -> Result<Option<i64>, ReplayError> {
    let finished = finished(lake).await?;
    let claimed = lake.position(&DEAD_LETTER_REPLAYS, SOURCE).await?;
    for number in finished.unwrap_or(0) + 1..=claimed.unwrap_or(0) {
        tracing::info!(batch = number, "finishing a replay that did not end");
        let plan = claimed_plan(lake, number).await?;
        let keys: HashSet<_> = plan.keys().map(|(key, _)| key).collect();
        let bodies = bodies(lake, keys.iter().copied()).await?;
        if bodies.len() < keys.len() {
            let gone = keys.len() - bodies.len();
            tracing::warn!(gone, "dead letters are not in the lake any more");
        }
        let mut batch = Batch::default();
        for (key, body) in &bodies {
            batch.decode(key, body, Some(&plan))?;
        }
        finish(lake, number, batch, done).await?;
    }
    Ok(claimed)
}

async fn claimed_plan(lake: &Lake, number: i64) -> Result<Plan, ReplayError> {
    let sql = format!("SELECT * FROM DeadLetterReplays WHERE Batch = {number}");
    let answer = Session::new(lake)?.query(&sql).await?;
    let claims: Vec<Claim> = from_batches(&answer.batches)?;
    let entry = |claim: Claim| {
        let key = LetterKey { time: claim.dead_letter_time, source: claim.dead_letter_source };
        ((key, claim.source), claim.target_table)
    };
    Ok(claims.into_iter().map(entry).collect())
}

async fn claim(
    lake: &Lake,
    from: Option<i64>,
    number: i64,
    plan: &Plan,
) -> Result<(), ReplayError> {
    let now = Utc::now();
    let claims: Vec<_> = plan
        .iter()
        .map(|((key, source), table)| Claim {
            time_generated: now,
            batch: number,
            dead_letter_time: key.time,
            dead_letter_source: key.source.clone(),
            target_table: table.clone(),
            source: source.clone(),
        })
        .collect();
    let rows = to_batch(&DEAD_LETTER_REPLAYS, &claims)?;
    let advance = Advance { source_id: SOURCE.into(), from, to: number };
    lake.commit(&DEAD_LETTER_REPLAYS, Some(rows), vec![advance]).await?;
    Ok(())
}

/// Commits the rows of a claimed batch, and then that it is in.
async fn finish(
    lake: &Lake,
    number: i64,
    mut batch: Batch,
    done: &mut Replayed,
) -> Result<(), ReplayError> {
    for table in table::logs() {
        let Some(rows) = batch.rows(table)? else {
            continue;
        };
        let count = rows.num_rows() as u64;
        if commit(lake, table, rows, number).await? {
            *done.rows.entry(table.name).or_default() += count;
        }
    }
    let (remains, reasons) = batch.remains()?;
    if commit(lake, &DEAD_LETTERS, remains, number).await? {
        for reason in reasons {
            *done.dead.entry(reason).or_default() += 1;
        }
    }
    Ok(())
}

/// Commits rows of a batch unless the table has them; says whether it did.
async fn commit(
    lake: &Lake,
    table: &'static Table,
    rows: RecordBatch,
    number: i64,
) -> Result<bool, LakeError> {
    loop {
        let from = lake.position(table, SOURCE).await?;
        if from >= Some(number) {
            return Ok(false);
        }
        let advance = Advance { source_id: SOURCE.into(), from, to: number };
        match lake.commit(table, Some(rows.clone()), vec![advance]).await {
            Ok(_) => return Ok(true),
            // Somebody else is at the same batch.
            Err(LakeError::Fenced { .. }) => {}
            Err(error) => return Err(error),
        }
    }
}

/// The selected dead letters that were not replayed, oldest first.
async fn selected(lake: &Lake, selection: &Selection) -> Result<Vec<Letter>, ReplayError> {
    let filter = Filter { reason: selection.reason.clone(), ..Filter::default() };
    let mut letters = letters(lake, &filter).await?;
    if !selection.keys.is_empty() {
        letters.retain(|letter| selection.keys.contains(&letter.key));
    }
    letters.reverse();
    Ok(letters)
}

/// Dead letters in groups that fit into one batch.
fn split(letters: &[Letter], limits: FlushLimits) -> impl Iterator<Item = &[Letter]> {
    let most = limits.rows.clamp(1, LARGEST_BATCH);
    let mut rest = letters;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |letter: &&Letter| {
            bytes += usize::try_from(letter.bytes).unwrap_or(usize::MAX);
            bytes <= limits.bytes
        };
        let count = rest.iter().take(most).take_while(fits).count().max(1);
        let (group, others) = rest.split_at_checked(count)?;
        rest = others;
        Some(group)
    })
}
