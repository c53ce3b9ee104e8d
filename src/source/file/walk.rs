//! Paths that the user gave to the files that are read.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::FileError;

/// The name under which `entralog generate` writes what it planted, beside the logs: in a
/// directory of logs it is not a log.
pub const ANSWER_SHEET: &str = "truth.json";

const EXTENSIONS: [&str; 5] = ["json", "ndjson", "jsonl", "log", "csv"];

/// Files as they are; of directories, all files of a kind that is read, in the order of their
/// paths, so that days come one after the other.
///
/// # Errors
/// A path does not exist, a directory cannot be listed, or holds nothing to read.
pub fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, FileError> {
    let mut files = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            files.push(path.clone());
            continue;
        }
        let failed = |source| FileError::Open { path: path.clone(), source };
        if std::fs::metadata(path).map_err(failed)?.is_dir() {
            let before = files.len();
            walk(path, &mut files, &mut HashSet::new())?;
            if files.len() == before {
                return Err(FileError::Nothing { path: path.clone() });
            }
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// `seen` are the directories that were listed: links may lead back to one.
fn walk(
    directory: &Path,
    files: &mut Vec<PathBuf>,
    seen: &mut HashSet<PathBuf>,
) -> Result<(), FileError> {
    let failed = |source| FileError::Open { path: directory.into(), source };
    if !seen.insert(directory.canonicalize().map_err(failed)?) {
        return Ok(());
    }
    let mut entries = std::fs::read_dir(directory)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>())
        .map_err(failed)?;
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name == ANSWER_SHEET {
            continue;
        }
        if path.is_dir() {
            walk(&path, files, seen)?;
        } else if is_read(&name) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_read(name: &str) -> bool {
    let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name);
    plain.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_gives_its_logs_in_order_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        for name in
            ["b/1.ndjson", "a/2.json.gz", "a/1.jsonl.zst", "truth.json", ".x.json", "README.md"]
        {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "{}").unwrap();
        }
        let files = expand(&[directory.path().to_owned()]).unwrap();
        let names: Vec<_> = files
            .iter()
            .map(|f| f.strip_prefix(directory.path()).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["a/1.jsonl.zst", "a/2.json.gz", "b/1.ndjson"]);
    }

    #[test]
    fn a_path_that_is_not_there_is_named() {
        let error = expand(&["/no/such/file".into()]).unwrap_err().to_string();
        assert!(error.starts_with("cannot read /no/such/file: No such file"), "{error}");
    }
}
