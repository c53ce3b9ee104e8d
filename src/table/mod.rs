//! Tables: their columns, and where in a raw record each column comes from.
//!
//! A table is one small file that lists its columns. Log tables carry Log Analytics' names and
//! types, and name the category of the records that belong to them. Tables of entralog's own
//! (alerts, runs, positions) are declared in the same way and filled by the layer that owns them.
//! Every log table also has [`STANDARD`] columns, whose names start with `_`.

mod audit_logs;
mod builder;
mod dead_letters;
mod layout;
mod non_interactive_user_signin_logs;
mod own;
mod rows;
mod signin_logs;
mod slots;
mod unmapped;
mod value;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

pub use builder::{Provenance, TableBuilder};
pub use dead_letters::{DeadLetter, DeadLetterBuilder};
pub use own::{
    ALERT_DELIVERIES, DEAD_LETTER_REPLAYS, DEAD_LETTERS, ROLE_ASSIGNMENTS, ROLE_ELIGIBILITY,
    RULE_RUNS, SECURITY_ALERT,
};
pub use rows::{RowsError, from_batches, to_batch};

/// The column that every table is partitioned by: the UTC day of `TimeGenerated`.
pub const PARTITION_COLUMN: &str = "date";

/// A table of the lake.
#[derive(Debug)]
pub struct Table {
    /// Its name in Log Analytics, or one of our own.
    pub name: &'static str,
    /// What a row is, in one sentence.
    pub about: &'static str,
    /// The `category` of the raw records that belong here; none for tables of our own.
    pub categories: &'static [&'static str],
    /// Columns in order, without [`STANDARD`].
    pub columns: &'static [Column],
}

/// A column and where its value comes from.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Name in Log Analytics, or ours with a leading `_`.
    pub name: &'static str,
    /// Type of the values.
    pub kind: ColumnType,
    /// Where the value comes from.
    pub origin: Origin,
    /// What it means, in a line.
    pub about: &'static str,
}

/// Where a column's value comes from.
#[derive(Debug, Clone, Copy)]
pub enum Origin {
    /// The property of the column's name: `UserId` from `properties.userId`.
    Property,
    /// Places in the raw record, the first that has a value wins. Empty: the raw record has none.
    Record(&'static [&'static str]),
    /// The same text in every row.
    Constant(&'static str),
}

impl Column {
    /// Names the places in the raw record, for a column that is not the property of its name.
    const fn from(mut self, places: &'static [&'static str]) -> Self {
        self.origin = Origin::Record(places);
        self
    }

    /// The places in the raw record that the value comes from, in order of preference.
    #[must_use]
    pub fn places(&self) -> Vec<Cow<'static, str>> {
        match self.origin {
            Origin::Property => vec![format!("properties.{}", camel_case(self.name)).into()],
            Origin::Record(places) => places.iter().copied().map(Cow::Borrowed).collect(),
            Origin::Constant(_) => Vec::new(),
        }
    }
}

/// `userId` for `UserId`, `ipAddress` for `IPAddress`.
fn camel_case(name: &str) -> String {
    let capitals = name.chars().take_while(char::is_ascii_uppercase).count();
    let lowered = if capitals < name.len() { capitals.max(2) - 1 } else { capitals };
    name[..lowered].to_ascii_lowercase() + &name[lowered..]
}

/// Types of Log Analytics columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// `string`
    Text,
    /// `long`
    Long,
    /// `real`
    Real,
    /// `bool`
    Boolean,
    /// `datetime`: microseconds, UTC
    Time,
    /// `dynamic`: JSON text
    Dynamic,
    /// Raw bytes; of our own tables only
    Binary,
}

impl ColumnType {
    /// The Arrow type that holds it.
    #[must_use]
    pub fn arrow(self) -> DataType {
        match self {
            Self::Text | Self::Dynamic => DataType::Utf8,
            Self::Long => DataType::Int64,
            Self::Real => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Binary => DataType::Binary,
        }
    }
}

/// Columns that every log table has besides its own.
pub static STANDARD: &[Column] = &[
    time("_IngestedAt", "When entralog took the record in; `ingestion_time()` of Log Analytics."),
    text("_Source", "The delivery that brought it: `<source>@<position>#<index in the body>`."),
    dynamic("_Unmapped", "What has no column or did not fit its column's type, as a JSON object."),
];

impl Table {
    /// Whether its rows are records of an Entra log.
    #[must_use]
    pub fn is_log(&self) -> bool {
        !self.categories.is_empty()
    }

    /// All columns in order, [`STANDARD`] ones at the end of log tables.
    pub fn all_columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        let standard: &'static [Column] = if self.is_log() { STANDARD } else { &[] };
        self.columns.iter().chain(standard)
    }

    /// The Arrow schema of the rows, without [`PARTITION_COLUMN`].
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        let fields =
            self.all_columns().map(|column| Field::new(column.name, column.kind.arrow(), true));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

/// Tables of Entra log records.
static LOGS: &[&Table] =
    &[&signin_logs::TABLE, &non_interactive_user_signin_logs::TABLE, &audit_logs::TABLE];

static ALL: LazyLock<Vec<&'static Table>> =
    LazyLock::new(|| LOGS.iter().chain(own::TABLES).copied().collect());

/// Every table of the lake, log tables first.
#[must_use]
pub fn all() -> &'static [&'static Table] {
    &ALL
}

/// Tables of Entra log records.
#[must_use]
pub fn logs() -> &'static [&'static Table] {
    LOGS
}

/// The table with this exact name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Table> {
    all().iter().copied().find(|table| table.name == name)
}

/// The table of a log category, whatever its case.
#[must_use]
pub fn by_category(category: &str) -> Option<&'static Table> {
    let matches =
        |table: &&Table| table.categories.iter().any(|own| own.eq_ignore_ascii_case(category));
    LOGS.iter().copied().find(matches)
}

const fn column(name: &'static str, kind: ColumnType, about: &'static str) -> Column {
    Column { name, kind, origin: Origin::Property, about }
}

const fn constant(name: &'static str, value: &'static str, about: &'static str) -> Column {
    Column { name, kind: ColumnType::Text, origin: Origin::Constant(value), about }
}

const fn text(name: &'static str, about: &'static str) -> Column {
    column(name, ColumnType::Text, about)
}

const fn long(name: &'static str, about: &'static str) -> Column {
    column(name, ColumnType::Long, about)
}

const fn real(name: &'static str, about: &'static str) -> Column {
    column(name, ColumnType::Real, about)
}

const fn boolean(name: &'static str, about: &'static str) -> Column {
    column(name, ColumnType::Boolean, about)
}

const fn time(name: &'static str, about: &'static str) -> Column {
    column(name, ColumnType::Time, about)
}

const fn dynamic(name: &'static str, about: &'static str) -> Column {
    column(name, ColumnType::Dynamic, about)
}

const fn binary(name: &'static str, about: &'static str) -> Column {
    column(name, ColumnType::Binary, about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_unique_columns_and_a_time() {
        for table in all() {
            let mut names: Vec<_> = table.all_columns().map(|c| c.name.to_lowercase()).collect();
            assert!(names.contains(&"timegenerated".to_owned()), "{}", table.name);
            assert!(!names.contains(&PARTITION_COLUMN.to_owned()), "{}", table.name);
            let count = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), count, "{}", table.name);
        }
    }

    #[test]
    fn log_tables_have_the_published_number_of_columns() {
        let counts: Vec<_> = LOGS.iter().map(|table| (table.name, table.columns.len())).collect();
        assert_eq!(
            counts,
            [("SigninLogs", 95), ("AADNonInteractiveUserSignInLogs", 86), ("AuditLogs", 32)]
        );
    }

    #[test]
    fn a_category_finds_its_table_in_any_case() {
        assert_eq!(by_category("signinlogs").unwrap().name, "SigninLogs");
        assert_eq!(by_category("SignInLogs").unwrap().name, "SigninLogs");
        assert!(by_category("SigninLog").is_none());
    }
}
