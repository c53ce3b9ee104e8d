//! The values of one record, each in the slot that the table's layout has for its place.

use super::layout::{Exported, Keys, Layout, Slot};
use super::unmapped::Unmapped;
use super::value::{Value, convert};
use super::{ColumnType, Form};
use crate::decode::{Kind, Member, Record};

/// Where a record's values are, by slot; used again for record after record.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// The field in each slot, counted over the record's fields and then its properties.
    fields: Vec<Option<u16>>,
    /// Whether a column holds the field.
    taken: Vec<bool>,
    /// Slots that were filled, to be emptied for the next record.
    filled: Vec<Slot>,
    envelope: Expected,
    properties: Expected,
    exported: Expected,
}

/// The slots of the last record's keys, in their order. A service writes its records in one order,
/// so the next key is nearly always the one that is expected, and no table of keys is asked.
#[derive(Debug, Default)]
struct Expected(Vec<(Box<str>, Option<Slot>)>);

impl Expected {
    fn slot(&mut self, place: usize, member: &Member<'_>, keys: &Keys) -> Option<Slot> {
        if let Some((key, slot)) = self.0.get(place)
            && **key == *member.raw_key
        {
            return *slot;
        }
        let slot = keys.get(&member.key());
        let expected = (member.raw_key.into(), slot);
        // Places come in order, so this one is there or is the first that is missing.
        if place < self.0.len() {
            self.0[place] = expected;
        } else {
            self.0.push(expected);
        }
        slot
    }
}

impl Slots {
    /// Puts each value of the record into its slot; gives the layout that the slots are of when it
    /// is not the table's own, which is that of raw records.
    pub(super) fn fill<'a>(
        &mut self,
        layout: &'a Layout,
        record: &Record<'_>,
    ) -> Option<&'a Exported> {
        for slot in self.filled.drain(..) {
            self.fields[usize::from(slot)] = None;
        }
        self.taken.clear();
        self.taken.resize(record.fields.len() + record.properties.len(), false);
        if Form::of(record) == Form::Exported {
            let exported = layout.exported();
            self.fill_exported(exported, record);
            return Some(exported);
        }
        self.fields.resize(layout.slots, None);
        for (place, member) in record.fields.iter().enumerate() {
            let slot = self.envelope.slot(place, &member, &layout.envelope);
            self.put(slot, place, &member, record);
        }
        for (place, member) in record.properties.iter().enumerate() {
            let slot = self.properties.slot(place, &member, &layout.properties);
            self.put(slot, record.fields.len() + place, &member, record);
        }
        None
    }

    /// The same for a row: what it has in an object `properties` is no column of Log Analytics.
    fn fill_exported(&mut self, exported: &Exported, record: &Record<'_>) {
        self.fields.resize(exported.slots, None);
        for (place, member) in record.fields.iter().enumerate() {
            let slot = self.exported.slot(place, &member, &exported.keys);
            self.put(slot, place, &member, record);
        }
    }

    fn put(&mut self, slot: Option<Slot>, place: usize, member: &Member<'_>, record: &Record<'_>) {
        if member.kind == Kind::Null {
            self.taken[place] = true;
            return;
        }
        let (Some(slot), Ok(field)) = (slot, u16::try_from(place)) else { return };
        match self.fields[usize::from(slot)] {
            None => {
                self.fields[usize::from(slot)] = Some(field);
                self.filled.push(slot);
            }
            // The same key again: with the same value it says nothing new.
            Some(first) => {
                let first = field_of(record, first);
                self.taken[place] = first.is_some_and(|first| first.json == member.json);
            }
        }
    }

    /// The first value among `slots` that fits the type; equal values beside it count as taken.
    pub(super) fn pick<'a>(
        &mut self,
        slots: &[Slot],
        kind: ColumnType,
        record: &Record<'a>,
    ) -> Option<Value<'a>> {
        let mut picked: Option<(Member<'a>, Value<'a>)> = None;
        for slot in slots {
            let Some(place) = self.fields[usize::from(*slot)] else { continue };
            let Some(member) = field_of(record, place) else { continue };
            match &picked {
                None => {
                    if let Some(value) = convert(&member, kind) {
                        self.taken[usize::from(place)] = true;
                        picked = Some((member, value));
                    }
                }
                Some((first, _)) => {
                    let same = first.json.trim_matches('"') == member.json.trim_matches('"');
                    self.taken[usize::from(place)] |= same;
                }
            }
        }
        picked.map(|(_, value)| value)
    }

    /// Counts values that say the same as `text` as taken.
    pub(super) fn take_equal(&mut self, slots: &[Slot], text: &str, record: &Record<'_>) {
        for slot in slots {
            let Some(place) = self.fields[usize::from(*slot)] else { continue };
            let said = field_of(record, place).and_then(|member| member.text());
            self.taken[usize::from(place)] |= said.as_deref() == Some(text);
        }
    }

    /// Puts what no column holds into `_Unmapped`.
    pub(super) fn leave_rest(&self, record: &Record<'_>, unmapped: &mut Unmapped) {
        let (fields, properties) = self.taken.split_at(record.fields.len());
        for (member, _) in record.fields.iter().zip(fields).filter(|(_, taken)| !**taken) {
            unmapped.top(member.raw_key, member.json);
        }
        for (member, _) in record.properties.iter().zip(properties).filter(|(_, taken)| !**taken) {
            unmapped.property(member.raw_key, member.json);
        }
    }
}

fn field_of<'a>(record: &Record<'a>, place: u16) -> Option<Member<'a>> {
    let place = usize::from(place);
    match place.checked_sub(record.fields.len()) {
        None => record.fields.get(place),
        Some(place) => record.properties.get(place),
    }
}
