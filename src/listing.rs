//! Files that are named by themselves or by the directory that they are in.

use std::io;
use std::path::{Path, PathBuf};

/// The files among paths, and those with one of the extensions in directories among them, by name.
///
/// # Errors
/// The path that cannot be read, and why.
pub(crate) fn files_of(
    paths: &[PathBuf],
    extensions: &[&str],
) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(files_at(path, extensions).map_err(|error| (path.clone(), error))?);
    }
    Ok(files)
}

fn files_at(path: &Path, extensions: &[&str]) -> io::Result<Vec<PathBuf>> {
    if !std::fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
    let mut files = entries.collect::<io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|of| extensions.iter().any(|one| of == *one)));
    files.sort();
    Ok(files)
}
