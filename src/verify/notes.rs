//! What tables of the lake say of the rows of others.

use std::collections::HashSet;

use serde::Deserialize;

use super::doubles::hash_of;
use super::finding::{Check, Finding, Level};
use crate::ingest::SequenceGap;
use crate::lake::Lake;
use crate::query::Session;
use crate::table::{DEAD_LETTER_REPLAYS, SEQUENCE_GAPS, Table, from_batches};

/// What stands for the records whose rows came by a replay.
pub(super) async fn replayed(lake: &Lake) -> Result<HashSet<u64>, Finding> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(rename = "_Source")]
        source: String,
    }
    let sql = format!("SELECT _Source FROM {} WHERE _Source IS NOT NULL", DEAD_LETTER_REPLAYS.name);
    let rows = rows_of::<Row>(lake, &DEAD_LETTER_REPLAYS, &sql).await?;
    Ok(rows.iter().map(|row| hash_of(&row.source)).collect())
}

/// Sequence numbers without rows, as ingestion noted them.
pub(super) async fn gap_notes(lake: &Lake) -> Result<Vec<SequenceGap>, Finding> {
    rows_of(lake, &SEQUENCE_GAPS, &format!("SELECT * FROM {}", SEQUENCE_GAPS.name)).await
}

async fn rows_of<T: serde::de::DeserializeOwned>(
    lake: &Lake,
    table: &'static Table,
    sql: &str,
) -> Result<Vec<T>, Finding> {
    let failed = |reason: String| Finding {
        level: Level::Problem,
        check: Check::Content,
        table: Some(table.name),
        place: String::new(),
        detail: format!("its rows cannot be read, and what they explain was not checked: {reason}"),
        remedy: "if a file or a commit of it is reported too, mend that; otherwise see what the reason says",
    };
    let answer = match Session::new(lake) {
        Ok(session) => session.query(sql).await,
        Err(error) => Err(error),
    };
    let answer = answer.map_err(|error| failed(error.to_string()))?;
    from_batches(&answer.batches).map_err(|error| failed(error.to_string()))
}
