//! Whether the log and the files of a table are there.

use std::collections::HashMap;
use std::sync::Arc;

use super::content::DataFile;
use super::finding::{Check, Finding, Findings, Level};
use super::vouched::check_rows;
use super::{Depth, log};
use crate::lake::{Contents, Lake, LakeError, StoredFile};
use crate::table::Table;

/// A table and what of it can be read.
pub(super) struct Checked {
    pub(super) table: &'static Table,
    pub(super) contents: Contents,
    pub(super) files: Vec<DataFile>,
}

/// Checks a table's log; gives what it adds up to, when it can be read.
pub(super) async fn check_table(
    lake: &Lake,
    table: &'static Table,
    depth: Depth,
    findings: &mut Findings,
) -> Result<Option<(Contents, log::Said)>, LakeError> {
    let problem = |detail: String| Finding {
        level: Level::Problem,
        check: Check::Log,
        table: Some(table.name),
        place: "_delta_log".into(),
        detail,
        remedy: "restore the table's _delta_log from a backup",
    };
    // Before the log is listed, so that the list has all that the contents are made of.
    let mut contents = lake.contents(table).await;
    if contents.is_err() {
        // A clean-up may have been faster.
        contents = lake.contents(table).await;
    }
    let Some(log) = lake.log(table).await? else {
        if !lake.stored_files(table).await?.is_empty() {
            findings.push(problem("there are files, and no log that says what they are".into()));
        }
        return Ok(None);
    };
    let log = log::check_files(lake, log, findings).await?;
    let contents = match contents {
        Ok(Some(contents)) => contents,
        Ok(None) => {
            findings.push(problem("Delta finds no table in it".into()));
            return Ok(None);
        }
        Err(error) => {
            // Delta does not say in which file.
            if !log::check_readable(&log, findings).await {
                let reason = match error {
                    LakeError::Delta { source, .. } => source.to_string(),
                    error => error.to_string(),
                };
                findings.push(problem(format!("Delta cannot read it: {reason}")));
            }
            return Ok(None);
        }
    };
    findings.extend(check_rows(table, &contents));
    let said = match depth {
        Depth::Quick => log::Said::default(),
        Depth::Full => log::check_commits(&log, &contents, findings).await,
    };
    Ok(Some((contents, said)))
}

/// Checks that the files of a table are there; gives those that can be read.
pub(super) async fn check_files(
    lake: &Lake,
    table: &'static Table,
    contents: &Contents,
    findings: &mut Findings,
) -> Result<Vec<DataFile>, LakeError> {
    let mut stored: HashMap<_, _> = lake
        .stored_files(table)
        .await?
        .into_iter()
        .map(|StoredFile { path, bytes }| (path, bytes))
        .collect();
    let mut files = Vec::new();
    for file in &contents.files {
        let path = lake.data_path(table, &file.path)?;
        let data = DataFile {
            table,
            store: lake.store().1,
            file: Arc::new(file.clone()),
            columns: Arc::clone(&contents.columns),
            replayed: Arc::default(),
            path: path.clone(),
        };
        let rows = file.rows().map_or_else(String::new, |rows| format!(" with its {rows} rows"));
        let (detail, remedy) = match stored.remove(&path) {
            Some(bytes) if bytes == file.bytes => {
                files.push(data);
                continue;
            }
            Some(bytes) => (
                format!("it has {bytes} bytes where the log says {}", file.bytes),
                "restore the file from a backup: without one its rows are lost",
            ),
            None => (
                format!("it is missing{rows}"),
                "restore the file from a backup: without one its rows are lost",
            ),
        };
        findings.push(data.problem(Check::File, detail, remedy));
    }
    stored.retain(|path, _| path.as_ref().ends_with(".parquet"));
    if !stored.is_empty() {
        let bytes: u64 = stored.values().sum();
        findings.push(Finding {
            level: Level::Note,
            check: Check::File,
            table: Some(table.name),
            place: String::new(),
            detail: format!(
                "{} files with {bytes} bytes are no part of the table: they were replaced, or their writer died",
                stored.len()
            ),
            remedy: "",
        });
    }
    Ok(files)
}
