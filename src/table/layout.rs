//! A table's way in: which place in a raw record fills which slot, and which slots feed a column.
//!
//! Made once per table from its column list. Keys are matched in any case, because real records carry
//! `callerIpAddress`, `calleripaddress` and `CallerIpAddress`. Rows that Log Analytics gave out have a
//! layout of their own, [`Exported`], where each column is fed by its own name.
//!
//! A record has values for half of a table's columns, so a row is made from what is there: a value whose
//! slot feeds one column [alone](Feeding::alone) goes straight into it, and only columns with a choice ask
//! for their slots.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{Column, ColumnType, Origin, Table};

/// Index into the values of one record that a table knows.
pub(super) type Slot = u16;

#[derive(Debug)]
pub(super) struct Layout {
    pub(super) table: &'static Table,
    pub(super) columns: Vec<ColumnLayout>,
    pub(super) envelope: Keys,
    pub(super) properties: Keys,
    pub(super) feeding: Feeding,
    exported: OnceLock<Exported>,
}

/// The layout of exported rows.
#[derive(Debug, Default)]
pub(super) struct Exported {
    pub(super) keys: Keys,
    pub(super) feeding: Feeding,
    /// What rows say where a column has the same text in every row.
    pub(super) constants: Vec<(&'static str, Vec<Slot>)>,
}

/// Which slots feed which columns, by their place among the table's columns.
#[derive(Debug, Default)]
pub(super) struct Feeding {
    /// How many slots there are.
    pub(super) slots: usize,
    /// The slots of the column that decides a row's day.
    pub(super) time_generated: Vec<Slot>,
    /// For each slot, the column that it alone feeds and that has no other slot: nearly all are so.
    pub(super) alone: Vec<Option<u16>>,
    /// The other columns, each with its slots in order of preference.
    pub(super) shared: Vec<(usize, Vec<Slot>)>,
}

/// Where a union of tables has a column in two types, its export has a column for each, with the
/// type as a suffix: `DeviceDetail_dynamic` and `DeviceDetail_string`.
pub(super) const TWIN_SUFFIXES: [&str; 8] =
    ["_dynamic", "_string", "_datetime", "_long", "_int", "_real", "_bool", "_guid"];

#[derive(Debug)]
pub(super) struct ColumnLayout {
    pub(super) column: &'static Column,
    /// What fills it.
    pub(super) fill: Fill,
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
        let columns = table.filled_columns();
        let columns = columns.map(|column| ColumnLayout { column, fill: fill(column) });
        let mut layout = Self {
            table,
            columns: columns.collect(),
            envelope: Keys::default(),
            properties: Keys::default(),
            feeding: Feeding::default(),
            exported: OnceLock::new(),
        };
        let fed: Vec<_> = fed_columns(&layout.columns)
            .map(|(place, column)| {
                let slots = column.places().iter().map(|path| layout.slot(path)).collect();
                (place, column, slots)
            })
            .collect();
        layout.feeding.share_out(fed);
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
        let feeding = &mut self.feeding;
        *keys.0.entry(key.to_ascii_lowercase()).or_insert_with(|| feeding.new_slot())
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

impl Feeding {
    fn new_slot(&mut self) -> Slot {
        self.slots += 1;
        Slot::try_from(self.slots - 1).unwrap_or(Slot::MAX)
    }

    /// Says which column takes what of the slots.
    fn share_out(&mut self, fed: Vec<(usize, &'static Column, Vec<Slot>)>) {
        let mut columns_of = vec![0; self.slots];
        for slot in fed.iter().flat_map(|(_, _, slots)| slots) {
            columns_of[usize::from(*slot)] += 1;
        }
        self.alone = vec![None; self.slots];
        for (place, column, slots) in fed {
            if is_time(column) {
                self.time_generated.clone_from(&slots);
            }
            match (slots.as_slice(), u16::try_from(place)) {
                ([slot], Ok(place)) if columns_of[usize::from(*slot)] == 1 => {
                    self.alone[usize::from(*slot)] = Some(place);
                }
                _ => self.shared.push((place, slots)),
            }
        }
    }
}

impl Exported {
    fn new(columns: &[ColumnLayout]) -> Self {
        let mut exported = Self::default();
        let mut fed = Vec::new();
        for (place, ColumnLayout { column, fill }) in columns.iter().enumerate() {
            match fill {
                Fill::Slots => fed.push((place, *column, exported.slots_of(column, columns))),
                Fill::Constant(text) => {
                    let slots = exported.slots_of(column, columns);
                    exported.constants.push((text, slots));
                }
                Fill::IngestedAt | Fill::Source | Fill::Unmapped => {}
            }
        }
        date_by_creation(&mut fed);
        exported.feeding.share_out(fed);
        exported
    }

    /// The slots of a column's name and of its twins.
    fn slots_of(&mut self, column: &Column, columns: &[ColumnLayout]) -> Vec<Slot> {
        let is_own = |name: &str| columns.iter().any(|c| c.column.name.eq_ignore_ascii_case(name));
        let twins = TWIN_SUFFIXES.map(|suffix| format!("{}{suffix}", column.name));
        let twins = twins.iter().map(String::as_str).filter(|twin| !is_own(twin));
        std::iter::once(column.name)
            .chain(twins)
            .map(|name| {
                let slot = self.feeding.new_slot();
                self.keys.0.insert(name.to_ascii_lowercase(), slot);
                slot
            })
            .collect()
    }
}

/// A row without `TimeGenerated`, which a query may have left out, is dated like a raw record
/// without `time`: by the column that is read from the same place.
fn date_by_creation(fed: &mut [(usize, &'static Column, Vec<Slot>)]) {
    let Some(time) = fed.iter().position(|(_, column, _)| is_time(column)) else { return };
    for place in fed[time].1.places() {
        let is_fed = |column: &Column| !is_time(column) && column.places().contains(&place);
        if let Some((_, _, same)) = fed.iter().find(|(_, column, _)| is_fed(column)) {
            let same = same.clone();
            fed[time].2.extend(same);
        }
    }
}

fn is_time(column: &Column) -> bool {
    column.name == "TimeGenerated"
}

/// The columns that are filled from records, with their places among all.
fn fed_columns(columns: &[ColumnLayout]) -> impl Iterator<Item = (usize, &'static Column)> + use<> {
    let is_fed = |(_, layout): &(usize, &ColumnLayout)| matches!(layout.fill, Fill::Slots);
    let fed = columns.iter().enumerate().filter(is_fed);
    fed.map(|(place, layout)| (place, layout.column)).collect::<Vec<_>>().into_iter()
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
        (_, Origin::Property | Origin::Record(_) | Origin::Derived(_)) => Fill::Slots,
    }
}
