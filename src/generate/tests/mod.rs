//! Whole samples, read back from their files and compared with what `truth.json` says of them.

mod files;
mod ordinary;
mod planted;
mod records;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

use super::{GenerateOptions, Truth, generate};

/// Results that say that somebody typed or guessed something wrong.
const WRONG: [&str; 6] = ["50126", "50053", "50034", "50055", "50056", "50057"];
const HOUR_IN_MILLIS: i64 = 3_600_000;

/// A sample with everything that was read back from it.
struct Sample {
    dir: TempDir,
    truth: Truth,
    /// Records of all hubs.
    records: Vec<Value>,
}

impl Sample {
    fn new(events: u64, days: u32, seed: u64) -> Self {
        let dir = TempDir::new().unwrap();
        let options = GenerateOptions { events, seed, days, ..GenerateOptions::default() };
        let truth = generate(&options, dir.path()).unwrap();
        let records = messages(dir.path())
            .into_iter()
            .flat_map(|(_, message)| records_of(&message))
            .collect();
        Self { dir, truth, records }
    }

    fn sign_ins(&self) -> impl Iterator<Item = &Value> {
        self.records.iter().filter(|record| record["category"] != "AuditLogs")
    }

    fn audits(&self) -> impl Iterator<Item = &Value> {
        self.records.iter().filter(|record| record["category"] == "AuditLogs")
    }

    fn snapshot(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.dir.path().join(name)).unwrap();
        let body: Value = serde_json::from_str(&text).unwrap();
        body["value"].as_array().unwrap().clone()
    }

    /// Users whom an audit event of an operation that contains `operation` was initiated by.
    fn initiators(&self, operation: &str) -> BTreeSet<String> {
        self.audits()
            .filter(|record| text(&record["operationName"]).contains(operation))
            .filter_map(|record| {
                record["properties"]["initiatedBy"]["user"]["userPrincipalName"].as_str()
            })
            .map(str::to_owned)
            .collect()
    }

    /// Users who were signed in to where administrators work.
    fn console_users(&self) -> BTreeSet<String> {
        self.sign_ins()
            .filter(|record| {
                let app = text(&record["properties"]["appDisplayName"]);
                [
                    "Azure Portal",
                    "admin center",
                    "Admin Center",
                    "Powershell",
                    "Command Line",
                    "Office 365 Portal",
                ]
                .iter()
                .any(|console| app.contains(console))
            })
            .filter(|record| record["resultType"] == "0")
            .map(user)
            .collect()
    }
}

/// Read by most tests: big enough for all of it, small enough for a debug build.
static SAMPLE: LazyLock<Sample> = LazyLock::new(|| Sample::new(8_000, 14, 7));

/// Hub and body of every message, in the order of the files.
fn messages(dir: &Path) -> Vec<(String, Value)> {
    let mut messages = Vec::new();
    for hub in hubs(dir) {
        for (path, body) in files(&dir.join(&hub)) {
            for line in body.lines() {
                let message =
                    serde_json::from_str(line).unwrap_or_else(|error| panic!("{path}: {error}"));
                messages.push((hub.clone(), message));
            }
        }
    }
    messages
}

fn hubs(dir: &Path) -> Vec<String> {
    [
        "insights-logs-signinlogs",
        "insights-logs-noninteractiveusersigninlogs",
        "insights-logs-auditlogs",
    ]
    .into_iter()
    .filter(|hub| dir.join(hub).is_dir())
    .map(str::to_owned)
    .collect()
}

/// Names and contents of the files of a directory, by name.
fn files(dir: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    files
}

fn records_of(message: &Value) -> Vec<Value> {
    message["records"].as_array().unwrap().clone()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// The user of a sign-in as the truth writes it.
fn user(record: &Value) -> String {
    text(&record["properties"]["userPrincipalName"]).to_lowercase().replace("#ext#", "#EXT#")
}

fn millis(value: &Value) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text(value)).unwrap().timestamp_millis()
}

/// All bytes of a sample, file by file.
fn bytes(dir: &Path) -> Vec<(String, String)> {
    let strip =
        |(name, body): (String, String)| (name.replace(&dir.display().to_string(), ""), body);
    let hubs = hubs(dir);
    let folders = hubs.iter().map(|hub| dir.join(hub)).chain([dir.to_owned()]);
    folders.flat_map(|folder| files(&folder)).map(strip).collect()
}
