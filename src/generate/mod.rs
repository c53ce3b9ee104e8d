//! Deterministic sample logs: what Entra would write to Event Hubs for a tenant at work, with attacks
//! planted in it and a list of them beside it. Same options, same bytes, on any machine.
//!
//! # What is written
//!
//! | file | what |
//! |---|---|
//! | `<hub>/<date>.ndjson` | message bodies `{"records":[…]}`, one a line, in the order of `time` |
//! | `roleAssignmentScheduleInstances.json`, `roleEligibilityScheduleInstances.json` | who holds which role, as Microsoft Graph answers |
//! | `truth.json` | [`Truth`]: what was planted; written last, so that a directory with it is complete |
//!
//! # Layout
//!
//! - `tenant`, `names`, `places`, `devices`, `apps`, `roles`, `policies`: what there is.
//! - `clock`, `rhythm`, `span`: when things happen and when they are written.
//! - `background`, `habits`, `chores`, `admin_work`, `near_misses`: what ordinary people do, and
//!   `guard`, which keeps them from looking like an attack.
//! - `plan`: how many of which on which day, and the loop over the days.
//! - `attacks`: what is planted.
//! - `event`, `outcome`: what happened, as small values that days are sorted by.
//! - `signin`, `signin_fields`, `signin_form`: sign-in records.
//! - `audit`, `audit_operations`, `directory_changes`, `pim`: audit records.
//! - `writer`, `snapshot`, `truth`: files.
//! - `draw`: randomness, the same everywhere.

mod admin_work;
mod apps;
mod attacks;
mod audit;
mod audit_operations;
mod background;
mod chores;
mod clock;
mod devices;
mod directory_changes;
mod draw;
mod event;
mod guard;
mod habits;
mod names;
mod near_misses;
mod outcome;
mod pim;
mod places;
mod plan;
mod policies;
mod rhythm;
mod roles;
mod signin;
mod signin_fields;
mod signin_form;
mod snapshot;
mod span;
mod tenant;
#[cfg(test)]
mod tests;
mod truth;
mod writer;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

pub use truth::{Attack, NearMiss, RecordCounts, Truth};

/// What to generate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerateOptions {
    /// Number of records to write, over all categories.
    pub events: u64,
    /// What everything is drawn from.
    pub seed: u64,
    /// Number of days that the logs cover.
    pub days: u32,
    /// The first day, in UTC; days begin at midnight, so that the time of day does not matter.
    pub start: DateTime<Utc>,
}

impl Default for GenerateOptions {
    /// 20,000 records over two weeks that begin on Monday, 5 January 2026.
    fn default() -> Self {
        let monday = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap_or_default();
        Self { events: 20_000, seed: 1, days: 14, start: monday.and_time(NaiveTime::MIN).and_utc() }
    }
}

/// Why no sample could be generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// `days` was 0 or more than ten years.
    #[error("cannot generate logs of {days} days from {start}; choose 1 to 3650 days")]
    Days {
        /// Number of days asked for.
        days: u32,
        /// Start asked for.
        start: DateTime<Utc>,
    },
    /// So few records that what administrators do in the days would not fit.
    #[error("{events} events are too few for {days} days; choose at least {least}, or fewer days")]
    TooFewEvents {
        /// Number of records asked for.
        events: u64,
        /// Number of days asked for.
        days: u32,
        /// The least number of records for these days.
        least: u64,
    },
    /// The output directory has files in it, which would mix with the new ones.
    #[error("{} is not empty; choose a new directory, or empty it", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A file or directory could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what the generator writes.
    #[error("{} is not a truth file of this version", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A record could not be written as JSON.
    #[error("cannot write a record as JSON")]
    Encode {
        /// Why.
        #[from]
        source: serde_json::Error,
    },
}

/// Longest time to generate; also keeps every moment in range.
const MOST_DAYS: u32 = 3650;

/// Writes a sample into `out`, which is created or must be empty, and returns what was planted in it.
///
/// # Errors
/// When the options do not fit each other ([`GenerateError::Days`], [`GenerateError::TooFewEvents`]),
/// when `out` has files in it, and when a file cannot be written; what was written until then stays.
pub fn generate(options: &GenerateOptions, out: &Path) -> Result<Truth, GenerateError> {
    if options.days == 0 || options.days > MOST_DAYS {
        return Err(GenerateError::Days { days: options.days, start: options.start });
    }
    prepare(out)?;
    plan::Plan::new(options)?.write(out)
}

/// Makes the output directory; an old sample in it would mix with the new one.
fn prepare(out: &Path) -> Result<(), GenerateError> {
    let failed = |source| GenerateError::Write { path: out.to_owned(), source };
    fs::create_dir_all(out).map_err(failed)?;
    match fs::read_dir(out).map_err(failed)?.next() {
        None => Ok(()),
        Some(_) => Err(GenerateError::NotEmpty { path: out.to_owned() }),
    }
}
