//! The text of a statement, as people write it: its tokens, and the place that an error is about.

mod caret;
pub(super) mod lexer;

use std::path::Path;

pub(super) use caret::caret;

use super::{Exit, Failure};

/// The statements of a file.
pub(super) fn from_file(path: &Path) -> Result<String, Failure> {
    let sql = std::fs::read_to_string(path).map_err(|error| {
        Failure::said(Exit::Usage, format!("cannot read {}: {error}", path.display()))
    })?;
    // Windows begins text with a mark of its encoding.
    Ok(sql.strip_prefix('\u{feff}').map(Into::into).unwrap_or(sql))
}
