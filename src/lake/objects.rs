//! The files of the lake in its store: where they are, and which are there.

use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectMeta, ObjectStore as _};

use super::{Inner, Lake, LakeError};
use crate::table::{self, Table};

/// A file in the directory of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Where it is in the store.
    pub path: Path,
    /// Its bytes.
    pub bytes: u64,
}

impl Lake {
    /// The tables that have a directory, whatever is in it.
    ///
    /// # Errors
    /// The lake cannot be listed.
    pub async fn present_tables(&self) -> Result<Vec<&'static Table>, LakeError> {
        let inner = &self.inner;
        let failed = |reason: String| LakeError::Location { location: self.location(), reason };
        let root = Path::from_url_path(inner.root.path()).map_err(|e| failed(e.to_string()))?;
        let listed = match inner.store.list_with_delimiter(Some(&root)).await {
            Ok(listed) => listed.common_prefixes,
            Err(StoreError::NotFound { .. }) => Vec::new(),
            Err(error) => return Err(failed(error.to_string())),
        };
        let names = listed.iter().filter_map(Path::filename);
        Ok(names.filter_map(table::by_name).collect())
    }

    /// The files in the directory of a table, those of the Delta log left out.
    ///
    /// # Errors
    /// The table cannot be listed.
    pub async fn stored_files(&self, table: &'static Table) -> Result<Vec<StoredFile>, LakeError> {
        let root = self.inner.path(table, "")?;
        let log = root.clone().join("_delta_log");
        let files = self.inner.list(table, &root).await?;
        let files = files.into_iter().filter(|file| !file.location.prefix_matches(&log));
        Ok(files.map(|file| StoredFile { path: file.location, bytes: file.size }).collect())
    }

    /// Where a file is in the store that the log of a table names.
    ///
    /// # Errors
    /// The log's path is none.
    pub(crate) fn data_path(&self, table: &'static Table, path: &str) -> Result<Path, LakeError> {
        self.inner.path(table, path)
    }
}

impl Inner {
    /// Where something below a table's root is in the store; `relative` is encoded as in a URL.
    pub(super) fn path(&self, table: &Table, relative: &str) -> Result<Path, LakeError> {
        let failed = |reason: String| LakeError::Read {
            table: table.name.into(),
            file: relative.to_owned(),
            reason,
        };
        let url = url::Url::parse(&self.table_root(table))
            .and_then(|root| root.join(relative))
            .map_err(|error| failed(error.to_string()))?;
        Path::from_url_path(url.path()).map_err(|error| failed(error.to_string()))
    }

    /// Every file under a path; none when there is no such path.
    pub(super) async fn list(
        &self,
        table: &Table,
        path: &Path,
    ) -> Result<Vec<ObjectMeta>, LakeError> {
        match self.store.list(Some(path)).try_collect().await {
            Ok(files) => Ok(files),
            Err(StoreError::NotFound { .. }) => Ok(Vec::new()),
            Err(error) => Err(read_error(table, path, &error)),
        }
    }
}

/// A file that cannot be listed or read.
pub(super) fn read_error(table: &Table, path: &Path, error: &StoreError) -> LakeError {
    LakeError::Read { table: table.name.into(), file: path.to_string(), reason: error.to_string() }
}
