//! Who wants to know of commits: told of the rows as they are written, and of the commit once it is in.

use std::fmt::{Debug, Formatter};
use std::time::Duration;

use arrow::array::RecordBatch;

use crate::table::Table;

/// Somebody who counts what is committed.
pub trait Observer: Debug + Send + Sync {
    /// Counts rows that are about to be committed; what was counted is published only when they are in.
    fn written(&self, table: &'static Table, rows: &RecordBatch) -> Counted;

    /// Notes a commit and how long it took, the storing of its files included.
    fn committed(&self, table: &'static Table, took: Duration);
}

/// What was counted of rows that are not in yet.
pub struct Counted(Box<dyn FnOnce() + Send>);

impl Counted {
    /// What is to be done once the rows are in.
    pub fn new(publish: impl FnOnce() + Send + 'static) -> Self {
        Self(Box::new(publish))
    }

    /// The rows are in.
    pub fn publish(self) {
        (self.0)();
    }
}

impl Debug for Counted {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("Counted")
    }
}
