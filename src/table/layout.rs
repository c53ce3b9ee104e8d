//! A table's way in: which place in a raw record fills which slot, and which slots feed a column.
//!
//! Made once per table from its column list. Keys are matched in any case, because real records carry
//! `callerIpAddress`, `calleripaddress` and `CallerIpAddress`. Rows that Log Analytics gave out have a
//! layout of their own, [`Exported`], where each column is fed by its own name.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{Column, ColumnType, Origin, Table};

/// Index into the values of one record that a table knows.
pub(super) type Slot = u16;

#[derive(Debug)]
pub(super) struct Layout {
    pub(super) table: &'static Table,
    pub(super) columns: Vec<ColumnLayout>,
    /// The place of the column that decides a row's day.
    pub(super) time_generated: usize,
    /// How many slots there are.
    pub(super) slots: usize,
    pub(super) envelope: Keys,
    pub(super) properties: Keys,
    exported: OnceLock<Exported>,
}

/// Which slot a column name of an exported row fills, and which slots feed a column.
#[derive(Debug)]
pub(super) struct Exported {
    pub(super) slots: usize,
    pub(super) keys: Keys,
    /// For each column of the table, slots in order of preference.
    pub(super) columns: Vec<Vec<Slot>>,
}

/// Where a union of tables has a column in two types, its export has a column for each, with the
/// type as a suffix: `DeviceDetail_dynamic` and `DeviceDetail_string`.
const TWIN_SUFFIXES: [&str; 8] =
    ["_dynamic", "_string", "_datetime", "_long", "_int", "_real", "_bool", "_guid"];

#[derive(Debug)]
pub(super) struct ColumnLayout {
    pub(super) column: &'static Column,
    /// What fills it.
    pub(super) fill: Fill,
    /// Slots in order of preference.
    pub(super) slots: Vec<Slot>,
}

/// What fills a column.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fill {
    /// The record.
    Slots,
    /// The same text in every row.
    Constant(&'static str),
    /// When the record was taken in.
    IngestedAt,
    /// The delivery that brought it.
    Source,
    /// What of the record no other column holds.
    Unmapped,
}

/// The slots of the keys of one object, by key in lower case.
#[derive(Debug, Default)]
pub(super) struct Keys(HashMap<String, Slot>);

impl Keys {
    pub(super) fn get(&self, key: &str) -> Option<Slot> {
        self.0.get(&key.to_ascii_lowercase()).copied()
    }
}

const PROPERTIES: &str = "properties.";

/// What Azure Monitor writes around `properties`, in lower case: there these keys mean something
/// else than the properties of the same name.
const ENVELOPE: &[&str] = &[
    "time",
    "resourceid",
    "operationname",
    "operationversion",
    "category",
    "tenantid",
    "resulttype",
    "resultsignature",
    "resultdescription",
    "durationms",
    "calleripaddress",
    "correlationid",
    "identity",
    "level",
    "location",
];

impl Layout {
    pub(super) fn new(table: &'static Table) -> Self {
        let mut layout = Self {
            table,
            columns: Vec::new(),
            time_generated: 0,
            slots: 0,
            envelope: Keys::default(),
            properties: Keys::default(),
            exported: OnceLock::new(),
        };
        for column in table.all_columns() {
            // Columns of our own are filled by whoever makes the row.
            let places = if column.name.starts_with('_') { Vec::new() } else { column.places() };
            let slots = places.iter().map(|place| layout.slot(place)).collect();
            layout.columns.push(ColumnLayout { column, fill: fill(column), slots });
        }
        let is_time = |c: &ColumnLayout| c.column.name == "TimeGenerated";
        layout.time_generated = layout.columns.iter().position(is_time).unwrap_or_default();
        layout.accept_flat_records();
        layout
    }

    /// The layout of exported rows; made when the first of them comes.
    pub(super) fn exported(&self) -> &Exported {
        self.exported.get_or_init(|| Exported::new(&self.columns))
    }

    fn slot(&mut self, path: &str) -> Slot {
        let (keys, key) = match path.strip_prefix(PROPERTIES) {
            Some(key) => (&mut self.properties, key),
            None => (&mut self.envelope, path),
        };
        *keys.0.entry(key.to_ascii_lowercase()).or_insert_with(|| {
            self.slots += 1;
            Slot::try_from(self.slots - 1).unwrap_or(Slot::MAX)
        })
    }

    /// Some senders flatten `properties` into the record: a top-level key that means nothing by
    /// itself is then the property of that name.
    fn accept_flat_records(&mut self) {
        for (key, slot) in &self.properties.0 {
            if !ENVELOPE.contains(&key.as_str()) {
                self.envelope.0.entry(key.clone()).or_insert(*slot);
            }
        }
    }
}

impl Exported {
    fn new(columns: &[ColumnLayout]) -> Self {
        let mut exported = Self { slots: 0, keys: Keys::default(), columns: Vec::new() };
        let is_own = |name: &str| columns.iter().any(|c| c.column.name.eq_ignore_ascii_case(name));
        for ColumnLayout { column, fill, .. } in columns {
            let mut slots = Vec::new();
            if matches!(fill, Fill::Slots | Fill::Constant(_)) {
                slots.push(exported.slot(column.name));
                let twins = TWIN_SUFFIXES.map(|suffix| format!("{}{suffix}", column.name));
                let twins = twins.iter().filter(|twin| !is_own(twin));
                slots.extend(twins.map(|twin| exported.slot(twin)));
            }
            exported.columns.push(slots);
        }
        exported.date_by_creation(columns);
        exported
    }

    /// A row without `TimeGenerated`, which a query may have left out, is dated like a raw record
    /// without `time`: by the column that is read from the same place.
    fn date_by_creation(&mut self, columns: &[ColumnLayout]) {
        let is_time = |c: &ColumnLayout| c.column.name == "TimeGenerated";
        let Some(time) = columns.iter().position(is_time) else { return };
        for place in columns[time].column.places() {
            let is_fed = |c: &ColumnLayout| !is_time(c) && c.column.places().contains(&place);
            if let Some(same) = columns.iter().position(is_fed) {
                let slots = self.columns[same].clone();
                self.columns[time].extend(slots);
            }
        }
    }

    fn slot(&mut self, name: &str) -> Slot {
        let slot = Slot::try_from(self.slots).unwrap_or(Slot::MAX);
        self.slots += 1;
        self.keys.0.insert(name.to_ascii_lowercase(), slot);
        slot
    }
}

impl ColumnLayout {
    pub(super) fn kind(&self) -> ColumnType {
        self.column.kind
    }
}

fn fill(column: &Column) -> Fill {
    match (column.name, column.origin) {
        ("_IngestedAt", _) => Fill::IngestedAt,
        ("_Source", _) => Fill::Source,
        ("_Unmapped", _) => Fill::Unmapped,
        (_, Origin::Constant(text)) => Fill::Constant(text),
        (_, Origin::Property | Origin::Record(_)) => Fill::Slots,
    }
}
