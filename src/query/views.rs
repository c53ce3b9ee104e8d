//! Tables that are made of others when they are read.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::Result;
use futures::future::BoxFuture;

use super::catalog::LakeTables;
use super::{attempts, roles};

/// A view that is being made.
pub(super) type Making<'a> = BoxFuture<'a, Result<Arc<dyn TableProvider>>>;

/// A view.
#[derive(Debug)]
pub(super) struct View {
    pub(super) name: &'static str,
    /// What it is, in a sentence.
    pub(super) about: &'static str,
    /// The tables that it reads.
    pub(super) tables: &'static [&'static str],
    /// What its columns mean.
    pub(super) meanings: &'static [(&'static str, &'static str)],
    /// What those mean that are not among them.
    pub(super) other_columns: &'static str,
    /// Makes it over its tables.
    pub(super) over: fn(&LakeTables) -> Making<'_>,
}

/// All views.
pub(super) const ALL: [&View; 2] = [&attempts::VIEW, &roles::VIEW];

/// The view of a name.
pub(super) fn by_name(name: &str) -> Option<&'static View> {
    ALL.into_iter().find(|view| view.name == name)
}

impl View {
    /// What a column means.
    pub(super) fn meaning(&self, column: &str) -> &'static str {
        let found = self.meanings.iter().find(|(name, _)| *name == column);
        found.map_or(self.other_columns, |(_, meaning)| meaning)
    }
}
