//! What a body holds, once it is walked: records with their fields, and rejected parts.

use std::borrow::Cow;
use std::ops::Range;

use super::body::Walker;
use super::json::unescaped;
use super::scan::{Field, Kind};
use super::{Rejected, text_of};

/// The records and rejected parts of a body, in its order.
#[derive(Debug)]
pub struct Decoded<'a> {
    items: Vec<Item<'a>>,
    fields: Vec<Field>,
    properties: Vec<Field>,
}

/// A record, or a part of the body that is none.
#[derive(Debug)]
pub(super) enum Item<'a> {
    Record(Stored<'a>),
    Rejected(Rejected<'a>),
}

/// A record's text, and where its fields are in the lists of all fields of the body.
#[derive(Debug)]
pub(super) struct Stored<'a> {
    pub(super) json: Cow<'a, str>,
    /// The text of `properties`, where it is not a part of `json`.
    pub(super) properties_text: Option<String>,
    pub(super) parts: Parts,
}

#[derive(Debug)]
pub(super) struct Parts {
    pub(super) fields: Range<usize>,
    pub(super) properties: Range<usize>,
}

impl Item<'_> {
    /// Independent of its text, with its fields that much further on.
    pub(super) fn owned<'a>(self, fields: usize, properties: usize) -> Item<'a> {
        match self {
            Self::Record(Stored { json, properties_text, parts }) => {
                let shifted = |range: Range<usize>, by| range.start + by..range.end + by;
                Item::Record(Stored {
                    json: Cow::Owned(json.into_owned()),
                    properties_text,
                    parts: Parts {
                        fields: shifted(parts.fields, fields),
                        properties: shifted(parts.properties, properties),
                    },
                })
            }
            Self::Rejected(Rejected { index, reason, detail, .. }) => {
                Item::Rejected(Rejected { index, bytes: &[], reason, detail })
            }
        }
    }
}

impl<'a> Decoded<'a> {
    pub(super) fn of(body: &'a [u8]) -> Self {
        let mut walker = Walker::new(body);
        walker.walk();
        let Walker { items, fields, properties, .. } = walker;
        Self { items, fields, properties }
    }

    /// Records and rejected parts in the order of the body.
    pub fn iter(&self) -> impl Iterator<Item = Result<Record<'_>, &Rejected<'a>>> {
        self.items.iter().enumerate().map(|(index, item)| match item {
            Item::Record(Stored { json, properties_text, parts }) => Ok(Record {
                index,
                json,
                fields: Fields { text: json, fields: &self.fields[parts.fields.clone()] },
                properties: Fields {
                    text: properties_text.as_deref().unwrap_or(json),
                    fields: &self.properties[parts.properties.clone()],
                },
            }),
            Item::Rejected(rejected) => Err(rejected),
        })
    }
}

/// One log record; its values are still JSON text.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Place in the body, counted from 0 over good and rejected records alike.
    pub index: usize,
    /// The record as it was written, or repaired.
    pub json: &'a str,
    /// Its fields beside `properties`, in the order in which they were written.
    pub fields: Fields<'a>,
    /// The fields of its `properties`.
    pub properties: Fields<'a>,
}

impl<'a> Record<'a> {
    /// The log category (`SignInLogs`, `AuditLogs`, …) that decides the table.
    #[must_use]
    pub fn category(&self) -> Option<Cow<'a, str>> {
        text_of(self.fields.find("category")?.json)
    }
}

/// Fields of an object, in their order.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    text: &'a str,
    fields: &'a [Field],
}

impl<'a> Fields<'a> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The field at a place.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<Member<'a>> {
        self.fields.get(place).map(|field| Member::new(self.text, field))
    }

    /// What the value at a place is.
    #[must_use]
    pub fn kind(&self, place: usize) -> Option<Kind> {
        self.fields.get(place).map(|field| field.kind)
    }

    /// Whether the key at a place is written exactly so.
    #[must_use]
    pub fn has_key(&self, place: usize, raw_key: &str) -> bool {
        self.fields.get(place).is_some_and(|field| self.raw_key(field) == raw_key.as_bytes())
    }

    /// The first field of a key, in any case.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<Member<'a>> {
        let is_key = |field: &&Field| self.raw_key(field).eq_ignore_ascii_case(key.as_bytes());
        self.fields.iter().find(is_key).map(|field| Member::new(self.text, field))
    }

    fn raw_key(&self, field: &Field) -> &'a [u8] {
        &self.text.as_bytes()[field.key.start as usize..field.key.end as usize]
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Member<'a>> + use<'a> {
        let text = self.text;
        self.fields.iter().map(move |field| Member::new(text, field))
    }
}

/// A key and its value.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// The key as it was written between its quotes.
    pub raw_key: &'a str,
    key_escaped: bool,
    /// The value as it was written.
    pub json: &'a str,
    /// What the value is.
    pub kind: Kind,
}

impl<'a> Member<'a> {
    pub(super) fn new(text: &'a str, field: &Field) -> Self {
        Self {
            raw_key: field.key.of(text),
            key_escaped: field.key_escaped,
            json: field.value.of(text),
            kind: field.kind,
        }
    }

    /// The key; as it was written if its escapes are not Unicode.
    #[must_use]
    pub fn key(&self) -> Cow<'a, str> {
        if !self.key_escaped {
            return Cow::Borrowed(self.raw_key);
        }
        unescaped(&format!("\"{}\"", self.raw_key)).map_or(Cow::Borrowed(self.raw_key), Cow::Owned)
    }
}
