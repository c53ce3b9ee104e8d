//! A rule: one YAML file with the field names of Microsoft Sentinel's analytics rules.
//!
//! Fields: <https://learn.microsoft.com/azure/sentinel/sentinel-analytic-rules-creation>, plus
//! `queryLanguage` and `tests`, which are ours.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Period;
use super::selftest::RuleTest;

/// A rule file that cannot be used, and where.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It is not a rule.
    #[error("{path}: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column where the reader knows them.
        reason: String,
    },
    /// Two files have the same id.
    #[error(
        "rule id {id:?} is in {first} and in {second}; ids must differ, because alerts are told apart by them"
    )]
    Duplicate {
        /// The id.
        id: String,
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
}

/// A detection.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Stable for the rule's life: alert ids are derived from it.
    pub id: String,
    /// Title.
    pub name: String,
    /// What it finds and why that matters.
    pub description: String,
    /// How bad a finding is.
    pub severity: Severity,
    /// Length of a slice.
    pub query_frequency: Period,
    /// Length of the window that the query sees.
    pub query_period: Period,
    /// With `triggerThreshold`: how many findings in a slice raise alerts.
    #[serde(default)]
    pub trigger_operator: TriggerOperator,
    /// See `triggerOperator`.
    #[serde(default)]
    pub trigger_threshold: u64,
    /// MITRE ATT&CK tactics.
    #[serde(default)]
    pub tactics: Vec<String>,
    /// MITRE ATT&CK techniques.
    #[serde(default)]
    pub relevant_techniques: Vec<String>,
    /// The query.
    pub query: String,
    /// Its language.
    pub query_language: QueryLanguage,
    /// Which columns name whom an alert is about.
    #[serde(default)]
    pub entity_mappings: Vec<EntityMapping>,
    /// One alert a finding, or one a slice.
    #[serde(default)]
    pub event_grouping_settings: EventGrouping,
    /// For how long the same finding raises no further alert.
    #[serde(default)]
    pub suppression_duration: Option<Period>,
    /// Names for columns that go into the alert.
    #[serde(default)]
    pub custom_details: std::collections::BTreeMap<String, String>,
    /// Version of the rule.
    pub version: String,
    /// Sentinel's kind; only scheduled rules run here.
    #[serde(default)]
    pub kind: Kind,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The rule's own tests.
    #[serde(default)]
    pub tests: Vec<RuleTest>,
    /// Where the rule was read.
    #[serde(skip)]
    pub path: PathBuf,
}

/// Severities of Sentinel, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Severity {
    /// Good to know.
    Informational,
    /// Look at it some time.
    Low,
    /// Look at it today.
    Medium,
    /// Look at it now.
    High,
}

impl Severity {
    /// The value of `AlertSeverity`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }
}

/// How the number of findings is compared with the threshold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum TriggerOperator {
    /// More than.
    #[default]
    #[serde(rename = "gt", alias = "GreaterThan")]
    GreaterThan,
    /// Fewer than.
    #[serde(rename = "lt", alias = "LessThan")]
    LessThan,
    /// Exactly.
    #[serde(rename = "eq", alias = "Equal")]
    Equal,
    /// Any other number.
    #[serde(rename = "ne", alias = "NotEqual")]
    NotEqual,
}

impl TriggerOperator {
    /// Whether this many findings raise alerts.
    #[must_use]
    pub fn is_met(self, findings: u64, threshold: u64) -> bool {
        match self {
            Self::GreaterThan => findings > threshold,
            Self::LessThan => findings < threshold,
            Self::Equal => findings == threshold,
            Self::NotEqual => findings != threshold,
        }
    }
}

/// Languages of queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QueryLanguage {
    /// DataFusion SQL.
    Sql,
}

/// Kinds of rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Kind {
    /// Runs over slices.
    #[default]
    Scheduled,
}

/// Columns that name one entity.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntityMapping {
    /// `Account`, `IP`, …
    pub entity_type: String,
    /// Which column is which identifier.
    pub field_mappings: Vec<FieldMapping>,
}

/// An identifier of an entity and its column.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldMapping {
    /// `FullName`, `Address`, …
    pub identifier: String,
    /// Column of the query's result.
    pub column_name: String,
}

/// See [`AggregationKind`].
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventGrouping {
    /// How findings become alerts.
    pub aggregation_kind: AggregationKind,
}

/// How findings become alerts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum AggregationKind {
    /// All findings of a slice are one alert.
    #[default]
    SingleAlert,
    /// Each finding is an alert.
    AlertPerResult,
}

impl Rule {
    /// Reads a rule from YAML.
    ///
    /// # Errors
    /// The text is not a rule; the error says where.
    pub fn parse(text: &str, path: &Path) -> Result<Self, RuleError> {
        let invalid = |reason: String| RuleError::Invalid { path: path.to_owned(), reason };
        let mut rule: Self = crate::yaml::parse(text).map_err(invalid)?;
        rule.path = path.to_owned();
        if rule.id.trim().is_empty() {
            return Err(invalid("key `id`: it is empty".into()));
        }
        if rule.query_period < rule.query_frequency {
            return Err(invalid(format!(
                "key `queryPeriod`: {} is shorter than `queryFrequency` {}, so rows would be in no window",
                rule.query_period, rule.query_frequency
            )));
        }
        Ok(rule)
    }
}
