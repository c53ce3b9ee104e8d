//! An ingester that begins anew: what waits is dropped, and read again from where the lake is.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Counts, Ingester};
use crate::lake::Permit;
use crate::table::DeadLetterBuilder;

/// What had gone in with each of the last commits that were asked for.
#[derive(Debug, Default)]
pub(super) struct Sealed {
    /// With the last commit that is known to be in.
    committed: Counts,
    /// With those after it, by their number.
    asked: VecDeque<(u64, Counts)>,
}

impl Sealed {
    /// Counts of what is in, after so many commits.
    fn settle(&mut self, made: u64) {
        while self.asked.front().is_some_and(|(number, _)| *number <= made) {
            if let Some((_, counts)) = self.asked.pop_front() {
                self.committed = counts;
            }
        }
    }
}

impl Ingester {
    /// Notes what goes in with the commit that was just asked for.
    pub(super) fn note_sealed(&mut self) {
        let (asked, made) = self.committer().commits();
        self.sealed.settle(made);
        self.sealed.asked.push_back((asked, self.counts.clone()));
    }

    /// Lets commits that are on their way end, drops what waits and forgets all sources; `permit` is asked
    /// before each commit from now on. Gives how many deliveries were dropped.
    pub(super) async fn begin_anew(&mut self, permit: Option<Arc<dyn Permit>>) -> u64 {
        if let Some(committer) = self.committer.take() {
            let (made, ended) = committer.end().await;
            self.sealed.settle(made);
            if let Err(error) = ended {
                tracing::debug!("the last commit was not made: {error}");
            }
        }
        let taken = self.counts.deliveries;
        if self.waiting.since.is_none() && self.sealed.asked.is_empty() {
            // All of it is in, also what went in past the commits.
            self.sealed.committed = self.counts.clone();
        }
        self.sealed.asked.clear();
        self.counts = self.sealed.committed.clone();
        self.builders.clear();
        self.dead = DeadLetterBuilder::default();
        self.gaps.clear();
        self.sources.clear();
        self.waiting = super::Waiting::default();
        // It knows records that were dropped.
        self.duplicates =
            self.duplicates.as_ref().map(|known| super::Duplicates::new(known.settings()));
        self.permit = permit;
        taken - self.counts.deliveries
    }

    /// Forgets a source of which nothing waits: another ingester goes on with it.
    pub(super) fn forget(&mut self, source_id: &Arc<str>) {
        let progress = self.sources.remove(source_id);
        debug_assert!(
            progress.is_none_or(|progress| progress.pending.is_none()),
            "rows of it wait"
        );
    }
}
