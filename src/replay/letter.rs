//! Dead letters as they are kept, and how one of them is named.

use std::collections::HashSet;

use arrow::array::AsArray;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{ReplayError, finished};
use crate::decode::Reason;
use crate::lake::Lake;
use crate::query::{Session, time_value};
use crate::table::from_batches;

/// Every reason for which there are dead letters.
pub const REASONS: [Reason; 7] = [
    Reason::InvalidUtf8,
    Reason::InvalidJson,
    Reason::TooDeep,
    Reason::NotARecord,
    Reason::MissingCategory,
    Reason::UnknownCategory,
    Reason::NoTime,
];

/// What tells a dead letter from all others: both were committed with it and never change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
pub struct LetterKey {
    /// Its `TimeGenerated`.
    #[serde(rename = "TimeGenerated")]
    pub time: DateTime<Utc>,
    /// Its `_Source`.
    #[serde(rename = "_Source")]
    pub source: String,
}

impl LetterKey {
    /// A short name for people: 16 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.time.timestamp_micros().to_be_bytes());
        hash.update(self.source.as_bytes());
        hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A dead letter without its body.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Letter {
    /// Which it is.
    #[serde(flatten)]
    pub key: LetterKey,
    /// Why it is dead.
    pub reason: String,
    /// Why, in words, with the place in its source.
    pub detail: String,
    /// The record's category, where it has one.
    pub category: Option<String>,
    /// Size of the body.
    pub bytes: u64,
    /// When it was replayed.
    pub replayed: Option<DateTime<Utc>>,
}

/// Which dead letters are listed.
#[derive(Debug, Default, Clone)]
pub struct Filter {
    /// Those with this `Reason` only.
    pub reason: Option<String>,
    /// Those with this `_Source` only.
    pub source: Option<String>,
    /// Also those that were replayed.
    pub replayed: bool,
    /// The newest only.
    pub limit: Option<usize>,
}

/// Lists dead letters, the newest first.
///
/// # Errors
/// The lake cannot be read.
pub async fn letters(lake: &Lake, filter: &Filter) -> Result<Vec<Letter>, ReplayError> {
    // What was claimed by a replay that has not ended is not replayed yet.
    let finished = finished(lake).await?.unwrap_or(0);
    let reason = filter.reason.as_ref().map(|reason| format!("d.Reason = {}", quoted(reason)));
    let source = filter.source.as_ref().map(|source| format!("d._Source = {}", quoted(source)));
    let open = (!filter.replayed).then(|| "r.Replayed IS NULL".to_owned());
    let conditions: Vec<_> = reason.into_iter().chain(source).chain(open).collect();
    let condition =
        if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
    let limit = filter.limit.map(|limit| format!("LIMIT {limit}")).unwrap_or_default();
    let sql = format!(
        "SELECT d.TimeGenerated, d._Source, d.Reason, d.Detail, d.Category,
                octet_length(encode(d.Body, 'hex')) / 2 AS Bytes, r.Replayed
         FROM DeadLetters d LEFT JOIN (
           SELECT DeadLetterTime, DeadLetterSource, max(TimeGenerated) AS Replayed
           FROM DeadLetterReplays WHERE Batch <= {finished} GROUP BY DeadLetterTime, DeadLetterSource
         ) r ON d._Source = r.DeadLetterSource AND d.TimeGenerated = r.DeadLetterTime
         WHERE {condition} ORDER BY d.TimeGenerated DESC, d._Source {limit}"
    );
    let answer = Session::new(lake)?.query(&sql).await?;
    Ok(from_batches(&answer.batches)?)
}

/// The keys of all dead letters, replayed ones included.
///
/// # Errors
/// The lake cannot be read.
pub async fn keys(lake: &Lake) -> Result<Vec<LetterKey>, ReplayError> {
    let sql = "SELECT TimeGenerated, _Source FROM DeadLetters";
    let answer = Session::new(lake)?.query(sql).await?;
    Ok(from_batches(&answer.batches)?)
}

/// The body of a dead letter; `None` when the lake does not hold it any more.
///
/// # Errors
/// The lake cannot be read.
pub async fn body(lake: &Lake, key: &LetterKey) -> Result<Option<Vec<u8>>, ReplayError> {
    Ok(bodies(lake, std::iter::once(key)).await?.pop().map(|(_, body)| body))
}

/// The bodies of some dead letters, oldest first.
///
/// # Errors
/// The lake cannot be read.
pub async fn bodies(
    lake: &Lake,
    keys: impl Iterator<Item = &LetterKey>,
) -> Result<Vec<(LetterKey, Vec<u8>)>, ReplayError> {
    let wanted: HashSet<_> = keys.collect();
    let times = wanted.iter().map(|key| key.time);
    let (Some(first), Some(last)) = (times.clone().min(), times.max()) else {
        return Ok(Vec::new());
    };
    let sources: Vec<_> = wanted.iter().map(|key| quoted(&key.source)).collect();
    let sql = format!(
        "SELECT TimeGenerated, _Source, Body FROM DeadLetters
         WHERE TimeGenerated >= $first AND TimeGenerated <= $last AND _Source IN ({})
         ORDER BY TimeGenerated, _Source",
        sources.join(", ")
    );
    let session = Session::new(lake)?;
    let between = [("first", first), ("last", last)].map(|(name, time)| (name, time_value(time)));
    let answer = session.query_with(&sql, &between).await?;
    let mut found = Vec::new();
    for mut batch in answer.batches {
        let body = batch.remove_column(batch.num_columns() - 1);
        let keys: Vec<LetterKey> = from_batches(&[batch])?;
        let bodies = body.as_binary::<i32>().iter().map(|body| body.unwrap_or_default().to_vec());
        found.extend(keys.into_iter().zip(bodies).filter(|(key, _)| wanted.contains(key)));
    }
    Ok(found)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
