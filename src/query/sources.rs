//! What can be read from: the lake's tables, the views over them, and watchlists.

use super::{views, watchlists};
use crate::table;
use crate::watchlist::Watchlists;

/// Something to read from.
pub(super) struct Source {
    /// As SQL names it.
    pub(super) name: String,
    /// `log`, `own`, `view` or `watchlist`.
    pub(super) kind: &'static str,
    /// What it is, in a sentence.
    pub(super) about: String,
}

/// All that there is at the moment.
pub(super) fn all() -> impl Iterator<Item = Source> {
    let tables = table::all().iter().map(|table| Source {
        name: table.name.into(),
        kind: if table.is_log() { "log" } else { "own" },
        about: table.about.into(),
    });
    let views = views::ALL.iter().map(|view| Source {
        name: view.name.into(),
        kind: "view",
        about: view.about.into(),
    });
    let lists = Watchlists::default().names().into_iter().map(|name| Source {
        name: watchlists::name_in_sql(&name),
        kind: "watchlist",
        about: format!("Also _GetWatchlist('{name}')."),
    });
    tables.chain(views).chain(lists)
}
