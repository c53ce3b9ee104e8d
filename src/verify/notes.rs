//! What tables of the lake say of the rows of others.

use std::collections::HashSet;

use serde::Deserialize;

use super::doubles::hash_of;
use crate::ingest::SequenceGap;
use crate::lake::Lake;
use crate::query::Session;
use crate::table::{DEAD_LETTER_REPLAYS, SEQUENCE_GAPS, from_batches};

/// What stands for the records whose rows came by a replay. Tables that cannot be read are findings already.
pub(super) async fn replayed(lake: &Lake) -> HashSet<u64> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(rename = "_Source")]
        source: String,
    }
    let sql = format!("SELECT _Source FROM {} WHERE _Source IS NOT NULL", DEAD_LETTER_REPLAYS.name);
    rows_of::<Row>(lake, &sql).await.iter().map(|row| hash_of(&row.source)).collect()
}

/// Sequence numbers without rows, as ingestion noted them.
pub(super) async fn gap_notes(lake: &Lake) -> Vec<SequenceGap> {
    rows_of(lake, &format!("SELECT * FROM {}", SEQUENCE_GAPS.name)).await
}

async fn rows_of<T: serde::de::DeserializeOwned>(lake: &Lake, sql: &str) -> Vec<T> {
    let read = async {
        let answer = Session::new(lake)?.query(sql).await?;
        Ok::<_, crate::query::QueryError>(answer)
    };
    match read.await.map(|answer| from_batches(&answer.batches)) {
        Ok(Ok(rows)) => rows,
        Ok(Err(error)) => {
            tracing::warn!(%error, sql, "rows cannot be read");
            Vec::new()
        }
        Err(error) => {
            tracing::warn!(%error, sql, "rows cannot be read");
            Vec::new()
        }
    }
}
