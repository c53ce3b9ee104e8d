//! A table's way in: which place in a raw record fills which slot, and which slots feed a column.
//!
//! Made once per table from its column list. Keys are matched as written first, and then in any
//! case, because real records carry `callerIpAddress`, `calleripaddress` and `CallerIpAddress`.

use std::collections::HashMap;

use super::{Column, ColumnType, Origin, Table};

/// Index into the values of one record that a table knows.
pub(super) type Slot = u16;

#[derive(Debug)]
pub(super) struct Layout {
    pub(super) table: &'static Table,
    pub(super) columns: Vec<ColumnLayout>,
    /// The place of each slot in a raw record, as `key` or `properties.key`.
    pub(super) paths: Vec<String>,
    envelope: Keys,
    properties: Keys,
}

#[derive(Debug)]
pub(super) struct ColumnLayout {
    pub(super) column: &'static Column,
    /// Slots in order of preference.
    pub(super) slots: Vec<Slot>,
}

#[derive(Debug, Default)]
struct Keys {
    exact: HashMap<String, Slot>,
    folded: HashMap<String, Slot>,
}

impl Keys {
    fn get(&self, key: &str) -> Option<Slot> {
        self.exact.get(key).or_else(|| self.folded.get(&key.to_ascii_lowercase())).copied()
    }
}

const PROPERTIES: &str = "properties.";

impl Layout {
    pub(super) fn new(table: &'static Table) -> Self {
        let mut layout = Self {
            table,
            columns: Vec::new(),
            paths: Vec::new(),
            envelope: Keys::default(),
            properties: Keys::default(),
        };
        for column in table.all_columns() {
            // Columns of our own are filled by whoever makes the row.
            let places = if column.name.starts_with('_') { Vec::new() } else { column.places() };
            let slots = places.iter().map(|place| layout.slot(place)).collect();
            layout.columns.push(ColumnLayout { column, slots });
        }
        layout.accept_flat_records();
        layout
    }

    /// The slot of a top-level key.
    pub(super) fn envelope(&self, key: &str) -> Option<Slot> {
        self.envelope.get(key)
    }

    /// The slot of a key inside `properties`.
    pub(super) fn properties(&self, key: &str) -> Option<Slot> {
        self.properties.get(key)
    }

    /// The place of the column that decides a row's day.
    pub(super) fn time_generated(&self) -> usize {
        let is_time = |c: &ColumnLayout| c.column.name == "TimeGenerated";
        self.columns.iter().position(is_time).unwrap_or_default()
    }

    fn slot(&mut self, path: &str) -> Slot {
        let (keys, key) = match path.strip_prefix(PROPERTIES) {
            Some(key) => (&mut self.properties, key),
            None => (&mut self.envelope, path),
        };
        if let Some(slot) = keys.exact.get(key) {
            return *slot;
        }
        let slot = Slot::try_from(self.paths.len()).unwrap_or(Slot::MAX);
        self.paths.push(path.to_owned());
        keys.exact.insert(key.to_owned(), slot);
        keys.folded.insert(key.to_ascii_lowercase(), slot);
        slot
    }

    /// Some senders flatten `properties` into the record: a top-level key that means nothing by
    /// itself is then the property of that name.
    fn accept_flat_records(&mut self) {
        let flat: Vec<_> =
            self.properties.exact.iter().map(|(key, slot)| (key.clone(), *slot)).collect();
        for (key, slot) in flat {
            if self.envelope.get(&key).is_none() {
                self.envelope.folded.insert(key.to_ascii_lowercase(), slot);
                self.envelope.exact.insert(key, slot);
            }
        }
    }
}

impl ColumnLayout {
    /// The text that every row has, for columns that are not read from the record.
    pub(super) fn constant(&self) -> Option<&'static str> {
        match self.column.origin {
            Origin::Constant(value) => Some(value),
            Origin::Property | Origin::Record(_) => None,
        }
    }

    pub(super) fn kind(&self) -> ColumnType {
        self.column.kind
    }
}
