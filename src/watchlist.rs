//! Watchlists: lists that a team keeps in CSV files (VIPs, break-glass accounts, trusted networks), read by
//! queries and rules as tables.
//!
//! `watchlists/VIPs.csv` is the watchlist `VIPs`: a header row, then rows, every column text. A file is read
//! when a query names it, so a change counts from the next query on.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::concat_batches;
use arrow::csv::ReaderBuilder;
use arrow::csv::reader::Format;
use arrow::datatypes::{DataType, Field, Schema};

use crate::suggest::closest;

/// Where watchlists are when nothing says otherwise.
pub const DEFAULT_DIRECTORY: &str = "./watchlists";

/// The column that joins are made over: the first one, if none has this name.
const SEARCH_KEY: &str = "SearchKey";

/// Bytes of the biggest file that is read.
const LARGEST: u64 = 64 << 20;

static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();

/// Says once, at the door, where the watchlists of this process are.
pub fn use_directory(directory: &Path) {
    let _ = DIRECTORY.set(directory.to_owned());
}

/// A watchlist that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum WatchlistError {
    /// No file has this name.
    #[error("unknown watchlist {name:?}; {hint}")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// What there is, or what to do.
        hint: String,
    },
    /// The file cannot be read.
    #[error("watchlist {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is no table.
    #[error("watchlist {path}: {reason}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        reason: String,
    },
}

/// The watchlists in a directory.
#[derive(Debug, Clone)]
pub struct Watchlists {
    directory: PathBuf,
}

impl Default for Watchlists {
    /// Those of this process.
    fn default() -> Self {
        let directory = DIRECTORY.get().cloned().unwrap_or_else(|| DEFAULT_DIRECTORY.into());
        Self { directory }
    }
}

impl Watchlists {
    /// Names of the watchlists, sorted; none if there is no directory.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let name = |path: PathBuf| {
            let is_csv = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
            let stem = path.file_stem()?.to_str()?;
            (is_csv && path.is_file()).then(|| stem.to_owned())
        };
        let mut names: Vec<_> = entries.filter_map(|entry| name(entry.path())).collect();
        names.sort();
        names
    }

    /// The rows of a watchlist as they are now.
    ///
    /// # Errors
    /// There is none of this name, or its file cannot be read or is no table.
    pub fn read(&self, name: &str) -> Result<RecordBatch, WatchlistError> {
        // Only names out of the directory are opened: a name is never a path.
        let names = self.names();
        if !names.iter().any(|own| own == name) {
            let hint = match closest(name, names.iter().map(String::as_str)) {
                Some(hint) => format!("did you mean {hint:?}?"),
                None if name.contains(['/', '\\']) => {
                    let directory = self.directory.display();
                    format!("it is a file of {directory}, named without that and `.csv`")
                }
                None if names.is_empty() => {
                    format!("write {}, with a header row", self.path(name).display())
                }
                None => format!("there are {}", names.join(", ")),
            };
            return Err(WatchlistError::Unknown { name: name.into(), hint });
        }
        let path = self.path(name);
        let failed = |source| WatchlistError::Read { path: path.clone(), source };
        let broken = |reason| WatchlistError::Broken { path: path.clone(), reason };
        if std::fs::metadata(&path).map_err(failed)?.len() > LARGEST {
            return Err(broken(format!("it has more than {} MB", LARGEST >> 20)));
        }
        let bytes = std::fs::read(&path).map_err(failed)?;
        table(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).map_err(broken)
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.directory.join(format!("{name}.csv"));
        let in_capitals = self.directory.join(format!("{name}.CSV"));
        if !path.exists() && in_capitals.exists() { in_capitals } else { path }
    }
}

/// What stands between the columns: where a comma stands in numbers, Excel writes semicolons.
fn delimiter(csv: &[u8]) -> u8 {
    let header = csv.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if header.contains(&b';') && !header.contains(&b',') { b';' } else { b',' }
}

/// CSV as a table of text.
fn table(csv: &[u8]) -> Result<RecordBatch, String> {
    let format = Format::default().with_header(true).with_delimiter(delimiter(csv));
    let reason = |error: arrow::error::ArrowError| {
        let said = error.to_string();
        said.trim_start_matches("Csv error: ").trim_start_matches("Parser error: ").to_owned()
    };
    let (header, _) = format.infer_schema(Cursor::new(csv), Some(0)).map_err(reason)?;
    let names: Vec<_> =
        header.fields().iter().map(|field| field.name().trim().to_owned()).collect();
    if names.iter().all(String::is_empty) {
        return Err("line 1: there is no header row".into());
    }
    for (place, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(format!("line 1: column {} has no name", place + 1));
        }
        if names[..place].contains(name) {
            return Err(format!("line 1: two columns are named {name:?}"));
        }
    }
    let field = |name: &String| Field::new(name, DataType::Utf8, true);
    let schema = Arc::new(Schema::new(names.iter().map(field).collect::<Vec<_>>()));
    let reader = ReaderBuilder::new(Arc::clone(&schema)).with_format(format);
    let reader = reader.build_buffered(Cursor::new(csv)).map_err(reason)?;
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(reason)?;
    let rows = concat_batches(&schema, &batches).map_err(reason)?;
    if names.iter().any(|name| name == SEARCH_KEY) {
        return Ok(rows);
    }
    let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(SEARCH_KEY, DataType::Utf8, true)));
    let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
    columns.push(Arc::clone(rows.column(0)));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(reason)
}
