//! All saved queries: those of the binary, and those in files of the user's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::builtin::{builtin_queries, builtin_text};
use super::{Origin, SavedError, SavedQuery, UseError};
use crate::listing::files_of;
use crate::suggest::closest;

/// Saved queries by name, from files and directories besides the built-in ones; a query of the
/// user's stands in the place of the built-in one of its name.
///
/// # Errors
/// A file cannot be read or is no saved query, or two files have one name.
pub fn load(paths: &[PathBuf]) -> Result<Vec<SavedQuery>, SavedError> {
    let mut queries: BTreeMap<String, SavedQuery> = BTreeMap::new();
    let mut places: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in files(paths)? {
        let query = read(&path)?;
        if let Some(first) = places.insert(query.name.clone(), path.clone()) {
            return Err(SavedError::Duplicate { name: query.name, first, second: path });
        }
        queries.insert(query.name.clone(), query);
    }
    for query in builtin_queries()? {
        queries.entry(query.name.clone()).or_insert(query);
    }
    Ok(queries.into_values().collect())
}

/// The query of a name.
///
/// # Errors
/// There is none; the error names the one that was probably meant.
pub fn find<'a>(queries: &'a [SavedQuery], name: &str) -> Result<&'a SavedQuery, UseError> {
    queries.iter().find(|query| query.name == name).ok_or_else(|| UseError::UnknownQuery {
        name: name.to_owned(),
        meant: closest(name, queries.iter().map(|query| query.name.as_str())).map(Into::into),
    })
}

/// The saved queries of files and directories alone.
///
/// # Errors
/// A file cannot be read or is no saved query.
pub fn read_files(paths: &[PathBuf]) -> Result<Vec<SavedQuery>, SavedError> {
    files(paths)?.iter().map(|path| read(path)).collect()
}

/// The files with saved queries among paths to files and directories.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, SavedError> {
    files_of(paths, &["sql"]).map_err(|(path, source)| SavedError::Read { path, source })
}

fn read(path: &Path) -> Result<SavedQuery, SavedError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| SavedError::Read { path: path.to_owned(), source })?;
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let origin = match builtin_text(name) {
        Some(builtin) if builtin == text => Origin::BuiltIn,
        builtin => Origin::File { path: path.to_owned(), replaces: builtin.is_some() },
    };
    SavedQuery::parse(&text, path, origin)
}
