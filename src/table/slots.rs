//! The values of one record, each in the slot that the table's layout has for its place.

use super::layout::{Exported, Keys, Layout, Slot};
use super::unmapped::Unmapped;
use super::value::{Value, convert};
use super::{ColumnType, Form};
use crate::decode::{Fields, Kind, Member, Record};

/// Where a record's values are, by slot; used again for record after record.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// The field in each slot, counted over the record's fields and then its properties.
    fields: Vec<Option<u16>>,
    /// Whether a column holds the field.
    taken: Vec<bool>,
    /// Slots that were filled and with which field, to be emptied for the next record.
    filled: Vec<(Slot, u16)>,
    envelope: Expected,
    properties: Expected,
    exported: Expected,
}

/// Keys of a record that are expected again, and their length in bytes: more than any service writes.
/// What is remembered stays, so it must not be as big as somebody likes.
const MOST_KEYS: usize = 512;
const LONGEST_KEY: usize = 128;

/// The slots of the last record's keys, in their order. A service writes its records in one order,
/// so the next key is nearly always the one that is expected, and no table of keys is asked.
#[derive(Debug, Default)]
struct Expected(Vec<(Box<str>, Option<Slot>)>);

impl Expected {
    fn slot(&mut self, place: usize, fields: &Fields<'_>, keys: &Keys) -> Option<Slot> {
        if let Some((key, slot)) = self.0.get(place)
            && fields.has_key(place, key)
        {
            return *slot;
        }
        let member = fields.get(place)?;
        let slot = keys.get(&member.key());
        if place >= MOST_KEYS || member.raw_key.len() > LONGEST_KEY {
            return slot;
        }
        if place >= self.0.len() {
            self.0.resize_with(place + 1, Default::default);
        }
        self.0[place] = (member.raw_key.into(), slot);
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
        for (slot, _) in self.filled.drain(..) {
            self.fields[usize::from(slot)] = None;
        }
        self.taken.clear();
        self.taken.resize(record.fields.len() + record.properties.len(), false);
        if Form::of(record) == Form::Exported {
            let exported = layout.exported();
            self.fill_exported(exported, record);
            return Some(exported);
        }
        self.fields.resize(layout.feeding.slots, None);
        for place in 0..record.fields.len() {
            if !self.is_null(place, record.fields.kind(place)) {
                let slot = self.envelope.slot(place, &record.fields, &layout.envelope);
                self.put(slot, place, record);
            }
        }
        let first = record.fields.len();
        for place in 0..record.properties.len() {
            if !self.is_null(first + place, record.properties.kind(place)) {
                let slot = self.properties.slot(place, &record.properties, &layout.properties);
                self.put(slot, first + place, record);
            }
        }
        None
    }

    /// The same for a row: what it has in an object `properties` is no column of Log Analytics.
    fn fill_exported(&mut self, exported: &Exported, record: &Record<'_>) {
        self.fields.resize(exported.feeding.slots, None);
        for place in 0..record.fields.len() {
            if !self.is_null(place, record.fields.kind(place)) {
                let slot = self.exported.slot(place, &record.fields, &exported.keys);
                self.put(slot, place, record);
            }
        }
    }

    /// A null says nothing, so it needs no place.
    fn is_null(&mut self, place: usize, kind: Option<Kind>) -> bool {
        let is_null = kind == Some(Kind::Null);
        self.taken[place] = is_null;
        is_null
    }

    fn put(&mut self, slot: Option<Slot>, place: usize, record: &Record<'_>) {
        let (Some(slot), Ok(field)) = (slot, u16::try_from(place)) else { return };
        match self.fields[usize::from(slot)] {
            None => {
                self.fields[usize::from(slot)] = Some(field);
                self.filled.push((slot, field));
            }
            // The same key again: with the same value it says nothing new.
            Some(first) => {
                let json = |place| field_of(record, place).map(|member| member.json);
                self.taken[place] = json(first) == json(field);
            }
        }
    }

    /// Gives each value whose slot feeds one column alone to `append`, with that column; it says whether
    /// the column has taken it.
    pub(super) fn each_alone<'a>(
        &mut self,
        alone: &[Option<u16>],
        record: &Record<'a>,
        mut append: impl FnMut(usize, Member<'a>) -> bool,
    ) {
        for (slot, place) in &self.filled {
            if let Some(column) = alone[usize::from(*slot)]
                && let Some(member) = field_of(record, *place)
            {
                self.taken[usize::from(*place)] = append(usize::from(column), member);
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
        for (place, _) in self.taken.iter().enumerate().filter(|(_, taken)| !**taken) {
            if let Some(member) = record.fields.get(place) {
                unmapped.top(member.raw_key, member.json);
            } else if let Some(member) = record.properties.get(place - record.fields.len()) {
                unmapped.property(member.raw_key, member.json);
            }
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
