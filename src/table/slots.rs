//! The values of one record, each in the slot that the table's layout has for its place.

use std::borrow::Cow;

use super::layout::{Layout, Slot};
use super::unmapped::Unmapped;
use super::value::{Value, convert};
use super::{ColumnType, Table};
use crate::decode::text_of;

/// The values of one record that the table knows, as JSON text.
pub(super) struct Slots<'a> {
    values: Vec<Option<Cow<'a, str>>>,
    taken: Vec<bool>,
}

impl<'a> Slots<'a> {
    pub(super) fn new(count: usize) -> Self {
        Self { values: vec![None; count], taken: vec![false; count] }
    }

    /// Gives the value back when there is no slot for it, or another value is in it already.
    pub(super) fn fill(
        &mut self,
        slot: Option<Slot>,
        json: Cow<'a, str>,
    ) -> Result<(), Cow<'a, str>> {
        let Some(slot) = slot else { return Err(json) };
        match &mut self.values[usize::from(slot)] {
            Some(value) if *value == json => Ok(()),
            Some(_) => Err(json),
            empty => {
                *empty = Some(json);
                Ok(())
            }
        }
    }

    pub(super) fn fill_property(
        &mut self,
        slot: Option<Slot>,
        key: &str,
        json: Cow<'a, str>,
        unmapped: &mut Unmapped,
    ) {
        if json != "null"
            && let Err(json) = self.fill(slot, json)
        {
            unmapped.property(key, &json);
        }
    }

    /// The first value among `slots` that fits the type; equal values beside it count as taken.
    pub(super) fn pick(&mut self, slots: &[Slot], kind: ColumnType) -> Option<Value<'_>> {
        let fits = |slot: &&Slot| {
            self.values[usize::from(**slot)]
                .as_deref()
                .is_some_and(|json| convert(json, kind).is_some())
        };
        let winner = usize::from(*slots.iter().find(fits)?);
        for slot in slots.iter().map(|slot| usize::from(*slot)) {
            let same = match (&self.values[slot], &self.values[winner]) {
                (Some(a), Some(b)) => a.trim_matches('"') == b.trim_matches('"'),
                _ => false,
            };
            self.taken[slot] |= same;
        }
        convert(self.values[winner].as_deref()?, kind)
    }

    pub(super) fn leave_rest(&self, layout: &Layout, unmapped: &mut Unmapped) {
        for ((value, taken), path) in self.values.iter().zip(&self.taken).zip(&layout.paths) {
            let Some(json) = value.as_deref().filter(|_| !taken) else {
                continue;
            };
            // The category decided the table, so the table's name says it.
            if *path == "category" && names_table(json, layout.table) {
                continue;
            }
            match path.strip_prefix("properties.") {
                Some(key) => unmapped.property(key, json),
                None => unmapped.top(path, json),
            }
        }
    }
}

fn names_table(category: &str, table: &Table) -> bool {
    text_of(category).is_some_and(|category| table.categories.contains(&&*category))
}
