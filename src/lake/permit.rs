//! Whether a writer may still commit: another one may have been given its sources meanwhile.
//!
//! Positions alone keep rows from being written twice. A permit keeps a writer that was held up from committing
//! ahead of the one that reads its sources by now, which would be refused then.

use std::fmt::Debug;

use super::Advance;

/// Says whether a writer may commit.
pub trait Permit: Debug + Send + Sync {
    /// Whether these positions may be moved. It is asked right before each attempt to commit, on a thread that
    /// may block.
    ///
    /// # Errors
    /// A source is another writer's by now, or it is not known whose it is.
    fn ask(&self, advances: &[Advance]) -> Result<(), Withdrawn>;
}

/// Why nothing may be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// The source that must not be moved.
    pub source_id: String,
    /// The reason.
    pub reason: String,
}
