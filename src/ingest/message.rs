//! A message on its way into the rows that wait: decoded, judged record by record, appended.

use std::collections::HashMap;

use super::duplicates::{Duplicates, Verdict};
use super::gaps::GapReason;
use super::progress::Progress;
use super::{BATCH_BYTES, Counts, Ingester};
use crate::decode::{Reason, Record, Rejected, decode};
use crate::failpoint;
use crate::source::Delivery;
use crate::table::{
    self, DEAD_LETTERS, DeadLetter, DeadLetterBuilder, Provenance, RECORD_HASHES, Table,
    TableBuilder,
};

/// The rows that wait, by table.
pub(super) type Builders = HashMap<&'static str, TableBuilder>;

impl Ingester {
    /// Decodes a delivery; whether a batch is full now.
    pub(super) fn accept(&mut self, delivery: &Delivery) -> bool {
        let Some(progress) = self.sources.get_mut(&delivery.source_id) else {
            debug_assert!(false, "delivery of a source that was not resumed");
            return false;
        };
        if progress.last() >= Some(delivery.position) {
            self.counts.repeated += 1;
            return false;
        }
        progress.note_missing(delivery, &mut self.gaps);
        let mut message = Message {
            delivery,
            from: Provenance {
                source: &delivery.source_id,
                position: delivery.position,
                ingested_at: chrono::Utc::now().timestamp_micros(),
            },
            progress,
            builders: &mut self.builders,
            dead: &mut self.dead,
            duplicates: self.duplicates.as_mut().filter(|_| delivery.place.is_of_hub()),
            counts: &mut self.counts,
            is_full: false,
        };
        let (mut appended, mut stored, mut duplicates) = (0, 0, 0);
        for item in decode(&delivery.body).iter() {
            match message.take(item) {
                Taken::Appended => appended += 1,
                Taken::Stored => stored += 1,
                Taken::Duplicate => duplicates += 1,
            }
        }
        let is_full = message.end();
        if appended == 0 && stored == 0 {
            let reason = if duplicates > 0 { GapReason::Duplicates } else { GapReason::NoRecords };
            progress.note_empty(delivery, reason, &mut self.gaps);
        }
        progress.pending = Some(delivery.position);
        self.counts.deliveries += 1;
        self.counts.repeated += stored;
        self.counts.duplicates += duplicates;
        self.waiting.add(appended, delivery.body.len());
        failpoint::reach(failpoint::TAKEN);
        is_full
    }
}

/// What became of a record.
enum Taken {
    /// A row or a dead letter waits.
    Appended,
    /// Another message brought it.
    Duplicate,
    /// It is in its table already.
    Stored,
}

/// A message, and where its records go.
struct Message<'a> {
    delivery: &'a Delivery,
    from: Provenance<'a>,
    progress: &'a mut Progress,
    builders: &'a mut Builders,
    dead: &'a mut DeadLetterBuilder,
    duplicates: Option<&'a mut Duplicates>,
    counts: &'a mut Counts,
    /// Whether rows are enough for a batch.
    is_full: bool,
}

impl Message<'_> {
    fn take(&mut self, item: Result<Record<'_>, &Rejected<'_>>) -> Taken {
        let record = match item {
            Ok(record) => record,
            Err(rejected) => {
                return self.bury(DeadLetter {
                    reason: rejected.reason,
                    detail: rejected.detail.clone(),
                    category: None,
                    body: rejected.bytes,
                    index: rejected.index,
                });
            }
        };
        match self.judge(&record) {
            Verdict::Duplicate => return Taken::Duplicate,
            Verdict::Stored => return Taken::Stored,
            Verdict::New => {}
        }
        match self.append(&record) {
            Ok(taken) => taken,
            Err((reason, detail)) => {
                let category = record.category();
                self.bury(DeadLetter {
                    reason,
                    detail,
                    category: category.as_deref(),
                    body: record.json.as_bytes(),
                    index: record.index,
                })
            }
        }
    }

    /// Whether the record came before.
    fn judge(&mut self, record: &Record<'_>) -> Verdict {
        let Some(duplicates) = &mut self.duplicates else { return Verdict::New };
        let message = (&self.delivery.source_id, self.delivery.position);
        let table = || {
            let builder = builder_of(self.builders, table::table_of(record).ok()?);
            builder.check(record).ok().map(|()| builder.table().name)
        };
        duplicates.judge(record.json, message, self.from.ingested_at, table)
    }

    /// Appends a record to the rows of its table, if that does not hold it already.
    fn append(&mut self, record: &Record<'_>) -> Result<Taken, (Reason, String)> {
        let table = table::table_of(record)?;
        let builder = builder_of(self.builders, table);
        let without_time = |reason| (reason, table::without_time(record).to_owned());
        if self.progress.standing.fence(table.name) >= Some(self.from.position) {
            // A dead letter is in `DeadLetters` only, whose commit comes last.
            builder.check(record).map_err(without_time)?;
            return Ok(Taken::Stored);
        }
        builder.append(record, self.from).map_err(without_time)?;
        self.is_full |= builder.bytes() >= BATCH_BYTES;
        self.progress.touched.insert(table.name);
        *self.counts.rows.entry(table.name).or_default() += 1;
        Ok(Taken::Appended)
    }

    /// Keeps what cannot be a row, with its bytes.
    fn bury(&mut self, letter: DeadLetter<'_>) -> Taken {
        let DeadLetter { reason, detail, category, body, index } = letter;
        let detail = format!("{}, record {index}: {detail}", self.delivery.place);
        self.dead.append(&DeadLetter { reason, detail, category, body, index }, self.from);
        *self.counts.dead.entry(reason).or_default() += 1;
        *self.counts.rows.entry(DEAD_LETTERS.name).or_default() += 1;
        Taken::Appended
    }

    /// All records are taken; whether a batch is full now.
    fn end(self) -> bool {
        let Self { delivery, progress, duplicates, dead, is_full, .. } = self;
        if duplicates.is_some_and(|of| of.end_message(&delivery.source_id, delivery.position)) {
            progress.touched.insert(RECORD_HASHES.name);
        }
        is_full || dead.bytes() >= BATCH_BYTES
    }
}

fn builder_of<'a>(builders: &'a mut Builders, table: &'static Table) -> &'a mut TableBuilder {
    builders.entry(table.name).or_insert_with(|| TableBuilder::new(table))
}
