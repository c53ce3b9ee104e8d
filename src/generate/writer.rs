//! The files: per event hub and day one, with one message body `{"records":[…]}` a line.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::Serialize;

use super::GenerateError;
use super::audit::AuditRecords;
use super::draw::{Rng, Weighted, rng_for};
use super::event::{Category, Event, What};
use super::signin::SignInRecords;
use super::tenant::Tenant;
use super::truth::RecordCounts;

/// All files of records, fed in the order of `time`.
pub(super) struct Files<'a> {
    sign_ins: SignInRecords<'a>,
    audits: AuditRecords<'a>,
    rng: Rng,
    /// In the order of [`Category::ALL`].
    hubs: [HubWriter; 3],
    /// The record at hand, kept to be filled again.
    record: Vec<u8>,
}

impl<'a> Files<'a> {
    pub(super) fn create(out: &Path, tenant: &'a Tenant) -> Result<Self, GenerateError> {
        let hub = |category| HubWriter::create(out, category, tenant.seed);
        Ok(Self {
            sign_ins: SignInRecords::new(tenant),
            audits: AuditRecords::new(tenant),
            rng: rng_for(tenant.seed, "records"),
            hubs: [hub(Category::SignIn)?, hub(Category::NonInteractive)?, hub(Category::Audit)?],
            record: Vec::new(),
        })
    }

    pub(super) fn write(&mut self, events: &[Event]) -> Result<(), GenerateError> {
        for event in events {
            self.record.clear();
            match &event.what {
                What::SignIn(sign_in) => {
                    self.sign_ins.write(&mut self.rng, event, sign_in, &mut self.record)?;
                }
                What::Audit(audit) => {
                    self.audits.write(&mut self.rng, event, audit, &mut self.record)?;
                }
            }
            self.hubs[event.category() as usize].write(event.time.date(), &self.record)?;
        }
        Ok(())
    }

    /// Ends all files, and tells how many records and messages are in them.
    pub(super) fn close(mut self) -> Result<(RecordCounts, u64), GenerateError> {
        self.hubs.iter_mut().try_for_each(HubWriter::close)?;
        let [sign_in, non_interactive, audit] = self.hubs.each_ref().map(|hub| hub.records);
        let messages = self.hubs.iter().map(|hub| hub.messages).sum();
        Ok((RecordCounts { sign_in, non_interactive, audit }, messages))
    }
}

/// How often a message holds 1, 2, 3, … records: most hold few, some are full.
const BATCHES: [u64; 20] =
    [400, 170, 100, 70, 50, 38, 30, 25, 20, 17, 14, 12, 10, 9, 8, 7, 6, 5, 5, 14];

/// Writes the records of one hub, in the order of their `time`.
struct HubWriter {
    dir: PathBuf,
    rng: Rng,
    batches: Weighted,
    open: Option<Open>,
    /// Records that the message at hand still takes; 0 between messages.
    room: usize,
    records: u64,
    messages: u64,
}

struct Open {
    date: NaiveDate,
    path: PathBuf,
    file: BufWriter<File>,
}

impl HubWriter {
    /// Makes the directory of the hub under `out`.
    fn create(out: &Path, category: Category, seed: u64) -> Result<Self, GenerateError> {
        let dir = out.join(category.hub());
        fs::create_dir_all(&dir)
            .map_err(|source| GenerateError::Write { path: dir.clone(), source })?;
        Ok(Self {
            dir,
            rng: rng_for(seed, category.hub()),
            batches: Weighted::new(BATCHES),
            open: None,
            room: 0,
            records: 0,
            messages: 0,
        })
    }

    /// Appends a record of the given date, which must not be before that of the last one.
    fn write(&mut self, date: NaiveDate, record: &[u8]) -> Result<(), GenerateError> {
        if self.open.as_ref().is_none_or(|open| open.date != date) {
            self.close()?;
            self.open = Some(Open::create(&self.dir, date)?);
        }
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        let before: &[u8] = if self.room == 0 {
            self.room = 1 + self.batches.pick(&mut self.rng);
            self.messages += 1;
            b"{\"records\":["
        } else {
            b","
        };
        self.room -= 1;
        let after: &[u8] = if self.room == 0 { b"]}\n" } else { b"" };
        self.records += 1;
        [before, record, after]
            .iter()
            .try_for_each(|part| open.file.write_all(part))
            .map_err(|source| open.error(source))
    }

    /// Ends the message at hand and the file.
    fn close(&mut self) -> Result<(), GenerateError> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        let end: &[u8] = if self.room > 0 { b"]}\n" } else { b"" };
        self.room = 0;
        // Flushed by hand: what fails when a BufWriter is dropped is lost.
        open.file
            .write_all(end)
            .and_then(|()| open.file.flush())
            .map_err(|source| open.error(source))
    }
}

impl Open {
    fn create(dir: &Path, date: NaiveDate) -> Result<Self, GenerateError> {
        let path = dir.join(format!("{date}.ndjson"));
        match File::create_new(&path) {
            Ok(file) => Ok(Self { date, path, file: BufWriter::with_capacity(1 << 20, file) }),
            Err(source) => Err(GenerateError::Write { path, source }),
        }
    }

    fn error(&self, source: std::io::Error) -> GenerateError {
        GenerateError::Write { path: self.path.clone(), source }
    }
}

/// Writes `value` as a file of indented JSON.
pub(super) fn write_json(path: PathBuf, value: &impl Serialize) -> Result<(), GenerateError> {
    let text =
        serde_json::to_string_pretty(value).map_err(|source| GenerateError::Encode { source })?;
    fs::write(&path, text + "\n").map_err(|source| GenerateError::Write { path, source })
}
