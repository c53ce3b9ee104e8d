//! Tables: their columns, and where in a raw record each column comes from.
//!
//! A table is one small file that lists its columns. Log tables carry Log Analytics' names and
//! types, and name the category of the records that belong to them. Tables of entralog's own
//! (alerts, runs, positions) are declared in the same way and filled by the layer that owns them.
//! Every log table also has columns whose names start with `_`: [`STANDARD`] ones, and [`Derived`]
//! ones where it has the column that they are made of.

mod aad_graph_activity_logs;
mod adfs_signin_logs;
mod agent_risk_events;
mod audit_logs;
mod b2c_request_logs;
mod builder;
mod custom_security_attribute_audit_logs;
mod dead_letters;
mod derived;
mod derived_columns;
mod enriched_microsoft365_audit_logs;
mod form;
mod layout;
mod managed_identity_signin_logs;
mod microsoft_graph_activity_logs;
mod microsoft_service_principal_signin_logs;
mod network_access_traffic;
mod non_interactive_user_signin_logs;
mod own;
mod provisioning_logs;
mod recognize;
mod remote_network_health_logs;
mod risky_agents;
mod risky_service_principals;
mod risky_users;
mod rows;
mod service_principal_risk_events;
mod service_principal_signin_logs;
mod shared_columns;
mod signin_logs;
mod slots;
mod unmapped;
mod user_risk_events;
mod value;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::decode::Member;

pub use builder::{Provenance, TableBuilder};
pub use dead_letters::{DeadLetter, DeadLetterBuilder};
pub use derived::{DERIVED_VERSION, Derivation, Derived};
pub use form::{Form, exported_type, table_of, without_time};
pub use own::{
    ALERT_DELIVERIES, DEAD_LETTER_REPLAYS, DEAD_LETTERS, RECORD_HASHES, ROLE_ASSIGNMENTS,
    ROLE_ELIGIBILITY, RULE_RUNS, SECURITY_ALERT, SEQUENCE_GAPS,
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
    /// Columns in order, without [`Derived`] and [`STANDARD`] ones.
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
    /// The columns that are made of it, in every table that lists it.
    pub derived: &'static [Column],
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
    /// The column that names it among its [`derived`](Column::derived) ones.
    Derived(Derivation),
}

impl Column {
    /// Names the places in the raw record, for a column that is not the property of its name.
    const fn from(mut self, places: &'static [&'static str]) -> Self {
        self.origin = Origin::Record(places);
        self
    }

    /// Names the columns that are made of it.
    const fn derives(mut self, derived: &'static [Column]) -> Self {
        self.derived = derived;
        self
    }

    /// Whether a value fits the column's type.
    #[must_use]
    pub fn takes(&self, value: &Member<'_>) -> bool {
        value::convert(value, self.kind).is_some()
    }

    /// The places in the raw record that the value comes from, in order of preference.
    #[must_use]
    pub fn places(&self) -> Vec<Cow<'static, str>> {
        match self.origin {
            Origin::Property => vec![format!("properties.{}", camel_case(self.name)).into()],
            Origin::Record(places) => places.iter().copied().map(Cow::Borrowed).collect(),
            Origin::Constant(_) | Origin::Derived(_) => Vec::new(),
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

    /// Its name in Log Analytics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Long => "long",
            Self::Real => "real",
            Self::Boolean => "bool",
            Self::Time => "datetime",
            Self::Dynamic => "dynamic",
            Self::Binary => "binary",
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

    /// All columns in order: those that it lists, those that are made of them, and in log tables
    /// [`STANDARD`] ones.
    pub fn all_columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        let derived = self.derived().into_iter().map(|derived| derived.column);
        self.columns.iter().chain(derived).chain(self.standard())
    }

    /// The columns that are not made of others.
    pub(crate) fn filled_columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.columns.iter().chain(self.standard())
    }

    fn standard(&self) -> &'static [Column] {
        if self.is_log() { STANDARD } else { &[] }
    }

    /// The columns that are made of others, in order.
    #[must_use]
    pub fn derived(&self) -> Vec<Derived> {
        derived::of(self.columns)
    }

    /// Whether records of a category, whatever its case, belong here.
    #[must_use]
    pub fn is_of(&self, category: &str) -> bool {
        self.categories.iter().any(|own| own.eq_ignore_ascii_case(category))
    }

    /// The column whose value may come from a place of the raw record, such as `properties.userId`; of
    /// several the one that would rather have it from there.
    #[must_use]
    pub fn column_from(&self, place: &str) -> Option<&'static Column> {
        let is_place = |own: &Cow<'_, str>| own.eq_ignore_ascii_case(place);
        let own_columns = self.columns.iter().filter(|column| !column.name.starts_with('_'));
        own_columns
            .filter_map(|column| Some((column.places().iter().position(is_place)?, column)))
            .min_by_key(|(position, _)| *position)
            .map(|(_, column)| column)
    }

    /// The Arrow schema of the rows, without [`PARTITION_COLUMN`].
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        schema_of(self.all_columns())
    }
}

fn schema_of(columns: impl Iterator<Item = &'static Column>) -> SchemaRef {
    let fields = columns.map(|column| Field::new(column.name, column.kind.arrow(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Tables of Entra log records.
static LOGS: &[&Table] = &[
    &signin_logs::TABLE,
    &non_interactive_user_signin_logs::TABLE,
    &service_principal_signin_logs::TABLE,
    &managed_identity_signin_logs::TABLE,
    &microsoft_service_principal_signin_logs::TABLE,
    &adfs_signin_logs::TABLE,
    &audit_logs::TABLE,
    &custom_security_attribute_audit_logs::TABLE,
    &provisioning_logs::TABLE,
    &risky_users::TABLE,
    &user_risk_events::TABLE,
    &risky_service_principals::TABLE,
    &service_principal_risk_events::TABLE,
    &risky_agents::TABLE,
    &agent_risk_events::TABLE,
    &microsoft_graph_activity_logs::TABLE,
    &aad_graph_activity_logs::TABLE,
    &network_access_traffic::TABLE,
    &remote_network_health_logs::TABLE,
    &enriched_microsoft365_audit_logs::TABLE,
    &b2c_request_logs::TABLE,
];

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
    LOGS.iter().copied().find(|table| table.is_of(category))
}

const fn column(name: &'static str, kind: ColumnType, about: &'static str) -> Column {
    Column { name, kind, origin: Origin::Property, about, derived: &[] }
}

const fn constant(name: &'static str, value: &'static str, about: &'static str) -> Column {
    Column { origin: Origin::Constant(value), ..text(name, about) }
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
        let expected = [
            ("SigninLogs", 95),
            ("AADNonInteractiveUserSignInLogs", 86),
            ("AADServicePrincipalSignInLogs", 46),
            ("AADManagedIdentitySignInLogs", 47),
            ("MicrosoftServicePrincipalSignInLogs", 25),
            ("ADFSSignInLogs", 47),
            ("AuditLogs", 32),
            ("AADCustomSecurityAttributeAuditLogs", 29),
            ("AADProvisioningLogs", 28),
            ("AADRiskyUsers", 17),
            ("AADUserRiskEvents", 27),
            ("AADRiskyServicePrincipals", 18),
            ("AADServicePrincipalRiskEvents", 28),
            ("AADRiskyAgents", 18),
            ("AADAgentRiskEvents", 22),
            ("MicrosoftGraphActivityLogs", 35),
            ("AADGraphActivityLogs", 37),
            ("NetworkAccessTraffic", 95),
            ("RemoteNetworkHealthLogs", 16),
            ("EnrichedMicrosoft365AuditLogs", 24),
            ("AADB2CRequestLogs", 14),
        ];
        assert_eq!(counts, expected);
    }

    #[test]
    fn every_column_says_what_it_means() {
        for table in all() {
            for column in table.all_columns() {
                let about = column.about;
                let is_a_sentence = about.len() > 10 && about.ends_with('.');
                assert!(is_a_sentence, "{}.{}: {about:?}", table.name, column.name);
            }
        }
    }

    #[test]
    fn a_category_belongs_to_one_table() {
        let mut categories: Vec<_> = LOGS
            .iter()
            .flat_map(|table| table.categories)
            .map(|category| category.to_ascii_lowercase())
            .collect();
        let count = categories.len();
        categories.sort();
        categories.dedup();
        assert_eq!(categories.len(), count);
    }

    #[test]
    fn a_category_finds_its_table_in_any_case() {
        assert_eq!(by_category("signinlogs").unwrap().name, "SigninLogs");
        assert_eq!(by_category("SignInLogs").unwrap().name, "SigninLogs");
        assert!(by_category("SigninLog").is_none());
    }
}
