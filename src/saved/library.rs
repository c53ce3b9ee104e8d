//! All saved queries: those of the binary, and those in files of the user's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::builtin::{builtin_queries, builtin_text};
use super::{Origin, SavedError, SavedQuery, UseError};
use crate::listing::files_of;
use crate::suggest::closest;

/// Saved queries, and what of the user's files is none.
#[derive(Debug)]
pub struct Library {
    /// Those that can be used, by name.
    pub queries: Vec<SavedQuery>,
    /// Files that cannot be read or are no saved query, and names that are taken.
    pub problems: Vec<SavedError>,
}

/// Saved queries from files and directories besides the built-in ones; a query of the
/// user's stands in the place of the built-in one of its name. A file that is wrong is left out alone.
///
/// # Errors
/// A built-in query is broken, which the project's tests rule out.
pub fn load(paths: &[PathBuf]) -> Result<Library, SavedError> {
    let mut queries: BTreeMap<String, SavedQuery> = BTreeMap::new();
    let mut places: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut problems = Vec::new();
    let mut found = Vec::new();
    for path in paths {
        match files(std::slice::from_ref(path)) {
            Ok(files) => found.extend(files),
            Err(problem) => problems.push(problem),
        }
    }
    for path in found {
        // A shell makes the file that `saved show NAME > FILE` is to write before it runs that.
        if std::fs::metadata(&path).is_ok_and(|file| file.len() == 0) {
            continue;
        }
        match read(&path) {
            Err(problem) => problems.push(problem),
            Ok(SavedQuery { name, .. }) if places.contains_key(&name) => {
                let first = places[&name].clone();
                problems.push(SavedError::Duplicate { name, first, second: path });
            }
            Ok(query) => {
                places.insert(query.name.clone(), path);
                queries.insert(query.name.clone(), query);
            }
        }
    }
    for query in builtin_queries()? {
        queries.entry(query.name.clone()).or_insert(query);
    }
    Ok(Library { queries: queries.into_values().collect(), problems })
}

impl Library {
    /// The query of a name.
    ///
    /// # Errors
    /// There is none, when the error names the one that was probably meant; or the file with it is wrong.
    pub fn find(&self, name: &str) -> Result<&SavedQuery, UseError> {
        let is_of_file = |problem: &&SavedError| problem.is_of(name);
        // A file that is wrong may be meant to stand in the place of a built-in query.
        if let Some(problem) = self.problems.iter().find(is_of_file) {
            return Err(UseError::Broken { reason: problem.to_string() });
        }
        let names = self.queries.iter().map(|query| query.name.as_str());
        let found = self.queries.iter().find(|query| query.name == name);
        found.ok_or_else(|| UseError::UnknownQuery {
            name: name.to_owned(),
            meant: closest(name, names).map(Into::into),
        })
    }
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
