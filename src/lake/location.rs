//! Where a lake is: a directory, or the URL of an object store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use url::Url;

use super::{LakeError, store};

/// A directory or URL to the lake's root (with a slash at its end) and its store, with these options.
pub(super) fn resolve(
    location: &str,
    options: &[(String, String)],
) -> Result<(Url, Arc<dyn ObjectStore>), LakeError> {
    let failed = |reason: String| {
        // What follows may be a secret.
        let location = location.split_once('?').map_or(location, |(before, _)| before);
        LakeError::Location { location: location.into(), reason }
    };
    let url = match Url::parse(location) {
        // A one-letter scheme is a Windows drive.
        Ok(url) if url.scheme().len() > 1 => with_slash(url),
        _ => directory(Path::new(location)).map_err(failed)?,
    };
    let store = store::open(&url, options).map_err(failed)?;
    Ok((url, store))
}

pub(super) fn memory() -> (Url, Arc<dyn ObjectStore>) {
    let root = Url::parse("memory:///lake/");
    // A constant that parses.
    let root = root.unwrap_or_else(|error| unreachable!("memory URL: {error}"));
    (root, Arc::new(InMemory::new()))
}

/// The part of the URL that names the store; paths in it are the rest.
pub(super) fn store_url(root: &Url) -> Url {
    let mut url = root.clone();
    url.set_path("/");
    url.set_query(None);
    url
}

/// As the user would write it: a path for a directory, else the URL.
pub(super) fn display(root: &Url) -> String {
    local(root).map_or_else(|| root.to_string(), |path| path.display().to_string())
}

/// The directory that a URL names on this machine.
pub(super) fn local(root: &Url) -> Option<PathBuf> {
    // Any URL without a host has a path; only a file's is one of this machine.
    (root.scheme() == "file").then(|| root.to_file_path().ok()).flatten()
}

fn directory(path: &Path) -> Result<Url, String> {
    if path.as_os_str().is_empty() {
        return Err("it is empty".into());
    }
    let absolute = existing_part_resolved(path).map_err(|error| error.to_string())?;
    if absolute.is_file() {
        return Err("it is a file".into());
    }
    Url::from_directory_path(&absolute).map_err(|()| "not an absolute path".into())
}

/// Resolves links in what exists, so that one directory has one name.
fn existing_part_resolved(path: &Path) -> std::io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    for ancestor in absolute.ancestors() {
        if let Ok(resolved) = ancestor.canonicalize() {
            let rest = absolute.strip_prefix(ancestor).unwrap_or(Path::new(""));
            return Ok(if rest.as_os_str().is_empty() { resolved } else { resolved.join(rest) });
        }
    }
    Ok(absolute)
}

fn with_slash(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_and_its_absolute_form_are_one_lake() {
        let (relative, _) = resolve("some/lake", &[]).unwrap();
        let absolute = std::env::current_dir().unwrap().join("some/lake");
        assert_eq!(resolve(absolute.to_str().unwrap(), &[]).unwrap().0, relative);
        assert!(relative.path().ends_with("/some/lake/"));
    }

    #[test]
    fn what_cannot_be_a_lake_is_named() {
        for (location, reason) in
            [("", "it is empty"), ("Cargo.toml", "it is a file"), ("gopher://x/", "")]
        {
            let error = resolve(location, &[]).unwrap_err().to_string();
            assert!(error.contains(&format!("{location:?}")) && error.contains(reason), "{error}");
        }
    }
}
