//! What can go wrong between us and the lake.

use delta_kernel::KernelError;

use crate::table::RowsError;

/// An error of the lake, with the table and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The lake's location is not a path or URL that is supported.
    #[error(
        "lake location {location:?} cannot be used: {reason}; give a directory or a URL such as abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH"
    )]
    Location {
        /// As the user gave it.
        location: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no lake at the location.
    #[error(
        "there is no lake at {location}; `entralog ingest --lake {location} --from PATH` makes one"
    )]
    NoLake {
        /// The lake's URL.
        location: String,
    },
    /// Delta could not read or write a table.
    #[error("table {table} of the lake at {location}: {source}{}", remedy(source))]
    Delta {
        /// The table.
        table: String,
        /// The lake's URL.
        location: String,
        /// Delta's reason.
        source: Box<KernelError>,
    },
    /// A file of a table could not be listed or read.
    #[error("table {table}: {file} cannot be read: {reason}{}", remedy_text(reason))]
    Read {
        /// The table.
        table: String,
        /// The file or directory.
        file: String,
        /// The reason.
        reason: String,
    },
    /// A file of a Delta log is not as Delta wants it.
    #[error(
        "table {table}: {file} of its Delta log is damaged: {reason}; `entralog lake verify` says more"
    )]
    Log {
        /// The table.
        table: String,
        /// The file in `_delta_log`.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A data file could not be encoded or stored.
    #[error("table {table}: a data file could not be written: {reason}{}", remedy_text(reason))]
    Write {
        /// The table.
        table: String,
        /// The reason.
        reason: String,
    },
    /// Another writer has moved a source's position since it was read: what was to be written is
    /// in the lake already, or will be written by the other.
    #[error(
        "table {table}: position of {source_id} is {found:?} where {expected:?} was expected: another writer has taken over; nothing was written"
    )]
    Fenced {
        /// The table.
        table: String,
        /// The source whose position moved.
        source_id: String,
        /// The position that was to be continued.
        expected: Option<i64>,
        /// The position that the table has.
        found: Option<i64>,
    },
    /// The writer was not sure of a source any more when it was about to commit.
    #[error("table {table}: {source_id} {reason}; nothing was written")]
    Withdrawn {
        /// The table.
        table: String,
        /// The source.
        source_id: String,
        /// Why it must not be moved.
        reason: String,
    },
    /// Other writers were faster too many times in a row.
    #[error("table {table}: gave up after {attempts} lost races with other writers; try again")]
    Contention {
        /// The table.
        table: String,
        /// Races lost.
        attempts: u32,
    },
    /// A column of the lake is of another type than the same column here.
    #[error(
        "table {table}: column {column} is {stored} in the lake where {expected} was expected; nothing was written: use the version of entralog that made the table, or another lake"
    )]
    ColumnType {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its type in the lake, as Delta names it.
        stored: String,
        /// Its type here, as Delta names it.
        expected: String,
    },
    /// Files cannot be merged without losing a column that this version does not know.
    #[error(
        "table {table}: it has a column {column} that this version of entralog does not know and would lose; let the version that added it compact the table"
    )]
    ForeignColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// A vacuum is to spare files for longer than Delta knows when they were removed.
    #[error(
        "table {table}: Delta remembers for {} h when a file was removed; give a grace that is no longer",
        remembered.as_secs() / 3600
    )]
    Grace {
        /// The table.
        table: String,
        /// How long removals are remembered.
        remembered: std::time::Duration,
    },
    /// A commit took so long that it may be at a version that the log has dropped meanwhile.
    #[error(
        "table {table}: version {version} took {} s to commit, and its log begins later by now: whether it counts is not known; it is looked up and repeated if need be",
        took.as_secs()
    )]
    Overtaken {
        /// The table.
        table: String,
        /// The version.
        version: u64,
        /// How long ago the version before was looked at.
        took: std::time::Duration,
    },
    /// Rows of our own tables do not fit.
    #[error(transparent)]
    Rows(#[from] RowsError),
}

fn remedy(error: &KernelError) -> &'static str {
    remedy_text(&error.to_string())
}

fn remedy_text(reason: &str) -> &'static str {
    if reason.contains("Permission denied") || reason.contains("Read-only file system") {
        "; let the user that runs entralog write there, or choose another --lake"
    } else if reason.contains("No space left") {
        "; free some space: nothing was lost, and the next run continues from here"
    } else {
        ""
    }
}
