//! Where saved queries of the user's are.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Where they are looked for when nothing is said.
const PLACE: &str = "./queries/saved";

/// Saved queries besides the built-in ones.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Queries {
    /// Files and directories.
    paths: Option<Vec<PathBuf>>,
}

impl Queries {
    /// Files and directories with saved queries: those that are named, else `./queries/saved` when
    /// it is there.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        match &self.paths {
            Some(paths) => paths.clone(),
            None => {
                Some(Path::new(PLACE)).filter(|p| p.is_dir()).map(Into::into).into_iter().collect()
            }
        }
    }
}
