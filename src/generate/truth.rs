//! `truth.json`: what the generator planted, so that detections can be measured against it.

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::GenerateError;

/// Name of the file in the output directory.
pub(super) const FILE: &str = "truth.json";

/// What a run of the generator wrote, and which attacks and near misses are in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Truth {
    /// The seed that everything was drawn from.
    pub seed: u64,
    /// Number of days covered.
    pub days: u32,
    /// Start of the logs: no record's `time` is before it.
    pub start: DateTime<Utc>,
    /// End of the logs: every record's `time` is before it.
    pub end: DateTime<Utc>,
    /// Number of records, by category.
    pub records: RecordCounts,
    /// Number of Event Hubs message bodies that hold them.
    pub messages: u64,
    /// What detections should find, in no particular order.
    pub attacks: Vec<Attack>,
    /// What detections should leave alone although it resembles an attack.
    pub near_misses: Vec<NearMiss>,
}

/// Number of records, by the `category` that they carry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordCounts {
    /// Interactive sign-ins.
    #[serde(rename = "SignInLogs")]
    pub sign_in: u64,
    /// Sign-ins that a client did for its user.
    #[serde(rename = "NonInteractiveUserSignInLogs")]
    pub non_interactive: u64,
    /// Changes in the directory.
    #[serde(rename = "AuditLogs")]
    pub audit: u64,
}

impl RecordCounts {
    /// All records.
    pub fn total(&self) -> u64 {
        self.sign_in + self.non_interactive + self.audit
    }
}

/// One planted attack, or one planted absence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attack {
    /// Short name, unique in the file: `fast-spray`.
    pub id: String,
    /// What it is, in a few words.
    pub title: String,
    /// Id of the rule that should find it; `None` where none of the shipped rules is about it.
    pub rule: Option<String>,
    /// `createdDateTime` of its first record; for an absence the start of the logs.
    pub start: DateTime<Utc>,
    /// `createdDateTime` of its last record; for an absence the end of the logs.
    pub end: DateTime<Utc>,
    /// User principal names involved, in lower case but for the `#EXT#` of guests. Records may write
    /// them in mixed case.
    pub users: Vec<String>,
    /// Addresses the attack came from.
    pub ip_addresses: Vec<String>,
    /// Directory roles concerned, by display name.
    pub roles: Vec<String>,
    /// Number of records that belong to it; 0 for an absence.
    pub records: u64,
    /// What happened, and how to tell.
    pub description: String,
}

/// Something benign that looks like an attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NearMiss {
    /// Short name, unique in the file.
    pub id: String,
    /// User principal names involved.
    pub users: Vec<String>,
    /// Addresses it comes from.
    pub ip_addresses: Vec<String>,
    /// Why it is benign.
    pub description: String,
}

impl Truth {
    /// Reads the `truth.json` of an output directory.
    ///
    /// # Errors
    /// When the file is not there or is not one that [`generate`](super::generate) wrote.
    pub fn read(dir: &Path) -> Result<Self, GenerateError> {
        let path = dir.join(FILE);
        let text =
            fs::read(&path).map_err(|source| GenerateError::Read { path: path.clone(), source })?;
        serde_json::from_slice(&text).map_err(|source| GenerateError::Parse { path, source })
    }
}
