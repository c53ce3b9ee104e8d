//! Dead letters to the rows of one batch.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::error::ArrowError;

use super::{LetterKey, ReplayError};
use crate::decode::{Reason, Record, decode};
use crate::table::{
    self, DEAD_LETTERS, DeadLetter, DeadLetterBuilder, Provenance, Table, TableBuilder,
};

/// The records of a batch, by dead letter and `_Source` of the row, with the table that each goes
/// to; a dead letter without any record has one entry without a table.
pub(super) type Plan = BTreeMap<(LetterKey, String), Option<String>>;

/// Rows that wait for their commits.
#[derive(Debug, Default)]
pub(super) struct Batch {
    plan: Plan,
    rows: BTreeMap<&'static str, Rows>,
    remains: DeadLetterBuilder,
    /// `_Source` and reason of each of the remains.
    remain_sources: Vec<String>,
    remain_reasons: Vec<Reason>,
}

#[derive(Debug)]
struct Rows {
    builder: TableBuilder,
    sources: Vec<String>,
}

impl Batch {
    /// What the batch places where.
    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Decodes a dead letter; gives the reason when it has to stay one, and has taken nothing then.
    ///
    /// With the plan of a claim, exactly what that names is placed.
    pub(super) fn decode(
        &mut self,
        key: &LetterKey,
        body: &[u8],
        claimed: Option<&Plan>,
    ) -> Result<Option<Reason>, ReplayError> {
        let decoded = decode(body);
        let items: Vec<_> = decoded.iter().collect();
        if items.is_empty() {
            self.plan.insert((key.clone(), key.source.clone()), None);
        }
        let mut rejected = Vec::new();
        let count = items.len();
        for (index, item) in items.into_iter().enumerate() {
            let source =
                if count == 1 { key.source.clone() } else { format!("{}.{index}", key.source) };
            let entry = (key.clone(), source);
            let planned = claimed.map(|plan| plan.get(&entry).cloned().flatten());
            let (reason, detail) = match item {
                Ok(record) => match self.place(&record, &entry.1, planned.as_ref()) {
                    Ok(table) => {
                        self.plan.insert(entry, Some(table.name.into()));
                        continue;
                    }
                    Err(reason) => reason,
                },
                Err(rejected) => (rejected.reason, rejected.detail.clone()),
            };
            if let Some(Some(table)) = planned {
                return Err(ReplayError::OtherVersion { row_source: entry.1, table });
            }
            rejected.push((entry.1, reason, detail, item));
        }
        if claimed.is_none() && count > 0 && rejected.len() == count {
            return Ok(Some(rejected[0].1));
        }
        for (source, reason, detail, item) in rejected {
            let (body, category) = match item {
                Ok(record) => (record.json.as_bytes(), record.category()),
                Err(rejected) => (rejected.bytes, None),
            };
            let detail = format!("replay of dead letter {}: {detail}", key.id());
            let category = category.as_deref();
            let letter = DeadLetter { reason, detail, category, body, index: 0 };
            self.remains.append(&letter, provenance());
            self.remain_sources.push(source);
            self.remain_reasons.push(reason);
        }
        Ok(None)
    }

    /// Appends a record to the rows of its table, which a claim may have fixed.
    fn place(
        &mut self,
        record: &Record<'_>,
        source: &str,
        planned: Option<&Option<String>>,
    ) -> Result<&'static Table, (Reason, String)> {
        let table = table::table_of(record)?;
        if planned.is_some_and(|planned| planned.as_deref() != Some(table.name)) {
            let detail = format!("no place in {} was claimed for it", table.name);
            return Err((Reason::UnknownCategory, detail));
        }
        let rows = self
            .rows
            .entry(table.name)
            .or_insert_with(|| Rows { builder: TableBuilder::new(table), sources: Vec::new() });
        rows.builder
            .append(record, provenance())
            .map_err(|reason| (reason, table::without_time(record).to_owned()))?;
        rows.sources.push(source.to_owned());
        Ok(table)
    }

    /// The rows of a table; `None` when the batch has none for it.
    pub(super) fn rows(
        &mut self,
        table: &'static Table,
    ) -> Result<Option<RecordBatch>, ReplayError> {
        match self.rows.remove(table.name) {
            Some(Rows { mut builder, sources }) if !sources.is_empty() => {
                with_sources(table, builder.finish(), sources).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What of the dead letters is still dead, as dead letters, and the reason of each.
    pub(super) fn remains(mut self) -> Result<(RecordBatch, Vec<Reason>), ReplayError> {
        let rows = with_sources(&DEAD_LETTERS, self.remains.finish(), self.remain_sources)?;
        Ok((rows, self.remain_reasons))
    }
}

/// The time is that of the replay; the source is put in by [`with_sources`].
fn provenance() -> Provenance<'static> {
    Provenance { source: "", position: 0, ingested_at: chrono::Utc::now().timestamp_micros() }
}

/// Rows with these texts as their `_Source`.
fn with_sources(
    table: &'static Table,
    rows: Result<RecordBatch, ArrowError>,
    sources: Vec<String>,
) -> Result<RecordBatch, ReplayError> {
    let replaced = rows.and_then(|rows| {
        let (schema, mut columns, _) = rows.into_parts();
        let sources: ArrayRef = Arc::new(StringArray::from(sources));
        columns[schema.index_of("_Source")?] = sources;
        RecordBatch::try_new(schema, columns)
    });
    replaced.map_err(|source| ReplayError::Batch { table: table.name, source })
}
