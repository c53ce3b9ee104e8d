//! A message body, walked once: envelopes, arrays, records, and what is none of them.

use std::borrow::Cow;
use std::ops::Range;

use super::json::text_of;
use super::record::{Item, Parts, Stored};
use super::repair::repaired;
use super::scan::{DEEPEST, Fault, Field, Kind, Scanner, Span, balanced_length};
use super::{Reason, Rejected};

/// The key of the array in the envelope that Azure diagnostic settings write.
const RECORDS: &str = "records";

/// The object of a record that holds what its service says.
const PROPERTIES: &str = "properties";

/// Levels of a record; an envelope and its array come on top.
const RECORD_DEPTH: u32 = DEEPEST;

/// Walks one body and collects what is in it.
pub(super) struct Walker<'a> {
    body: &'a [u8],
    scanner: Scanner<'a>,
    /// Whether the body was repaired, so that it is not tried again.
    is_repaired: bool,
    pub(super) items: Vec<Item<'a>>,
    pub(super) fields: Vec<Field>,
    pub(super) properties: Vec<Field>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self {
            body,
            scanner: Scanner::new(body),
            is_repaired: false,
            items: Vec::new(),
            fields: Vec::with_capacity(24),
            properties: Vec::with_capacity(64),
        }
    }

    /// Takes the values of the body, one after the other.
    pub(super) fn walk(&mut self) {
        if self.body.starts_with("\u{feff}".as_bytes()) {
            self.scanner.set_place('\u{feff}'.len_utf8());
        }
        loop {
            self.scanner.skip_space();
            match self.scanner.peek() {
                None => return,
                Some(b'{') => self.document(),
                Some(b'[') => {
                    let start = self.scanner.place();
                    self.scanner.set_place(start + 1);
                    self.elements();
                }
                Some(_) => {
                    let rest = &self.body[self.scanner.place()..];
                    self.reject(
                        rest,
                        reason_of_rest(rest),
                        "neither an object nor an array".into(),
                    );
                    return;
                }
            }
        }
    }

    /// Takes the object that begins here: an envelope of records, or a record.
    fn document(&mut self) {
        let start = self.scanner.place();
        match self.parts(start, true) {
            Ok(Walked::Record(parts)) => self.store(start, parts),
            Ok(Walked::Envelope(before)) => {
                for field in before {
                    let (key, value) = (field.key.start as usize, field.value.end as usize);
                    self.reject_beside(field.kind, start + key - 1..start + value);
                }
                self.envelope();
            }
            Err(fault) => self.mend(start, fault),
        }
    }

    /// Takes the rest of an envelope, from its array on.
    fn envelope(&mut self) {
        self.scanner.set_place(self.scanner.place() + 1);
        if !self.elements() {
            return;
        }
        loop {
            let end = self.scanner.place();
            match self.scanner.goes_on(b'}') {
                Ok(true) => self.scanner.skip_space(),
                Ok(false) => return,
                Err(fault) => return self.reject_from(end, fault),
            }
            let start = self.scanner.place();
            let member = self.scanner.key().and_then(|_| self.scanner.value(RECORD_DEPTH));
            match member {
                Ok((_, kind)) => self.reject_beside(kind, start..self.scanner.place()),
                Err(fault) => return self.reject_from(start, fault),
            }
        }
    }

    /// What an envelope says beside its records belongs to no record, and is not lost either.
    fn reject_beside(&mut self, kind: Kind, member: Range<usize>) {
        if kind != Kind::Null {
            self.reject(&self.body[member], Reason::NotARecord, "a value beside `records`".into());
        }
    }

    /// Takes the elements of an array after its opening bracket; whether it was closed.
    fn elements(&mut self) -> bool {
        if self.scanner.take(b']') {
            return true;
        }
        loop {
            self.scanner.skip_space();
            let before = self.scanner.place();
            self.record();
            let end = self.scanner.place();
            match self.scanner.goes_on(b']') {
                Ok(true) => {}
                Ok(false) => return true,
                Err(fault) => {
                    // What was cut off has been rejected already.
                    if end > before || fault != Fault::CutOff {
                        self.reject_from(end, fault);
                    }
                    return false;
                }
            }
        }
    }

    /// Takes the value that begins here as a record; whatever it is, the place moves past it.
    fn record(&mut self) {
        let start = self.scanner.place();
        if self.scanner.peek() != Some(b'{') {
            return match self.scanner.value(RECORD_DEPTH) {
                Ok(_) => {
                    let value = &self.body[start..self.scanner.place()];
                    self.reject(value, Reason::NotARecord, "a value that is not an object".into());
                }
                Err(fault) => self.reject_from(start, fault),
            };
        }
        match self.parts(start, false) {
            Ok(Walked::Record(parts)) => self.store(start, parts),
            Ok(Walked::Envelope(_)) => {}
            Err(fault) => self.mend(start, fault),
        }
    }

    /// Walks the object at `start`; the fields of a record are places in the record itself.
    fn parts(&mut self, start: usize, may_be_envelope: bool) -> Result<Walked, Fault> {
        let mut scanner = Scanner::new(&self.body[start..]);
        let (fields, properties) = (&mut self.fields, &mut self.properties);
        let (first_field, first_property) = (fields.len(), properties.len());
        let walked = walk_members(&mut scanner, may_be_envelope, fields, properties);
        if walked != Ok(true) {
            properties.truncate(first_property);
        }
        self.scanner.set_place(start + scanner.place());
        match walked {
            Ok(true) => Ok(Walked::Record(Parts {
                fields: first_field..fields.len(),
                properties: first_property..properties.len(),
            })),
            Ok(false) => {
                let mut before: Vec<_> = fields.drain(first_field..).collect();
                before.sort_by_key(|field| field.key.start);
                Ok(Walked::Envelope(before))
            }
            Err(fault) => {
                fields.truncate(first_field);
                Err(fault)
            }
        }
    }

    fn store(&mut self, start: usize, mut parts: Parts) {
        let bytes = &self.body[start..self.scanner.place()];
        match std::str::from_utf8(bytes) {
            Ok(json) => {
                let properties_text = self.unfold_properties(json, &mut parts);
                let json = Cow::Borrowed(json);
                self.items.push(Item::Record(Stored { json, properties_text, parts }));
            }
            Err(error) => {
                let detail = format!("not UTF-8 at byte {}", start + error.valid_up_to());
                self.reject(bytes, Reason::InvalidUtf8, detail);
            }
        }
    }

    /// Some forwarders write `properties` as a string that holds the object: its text, with its
    /// fields in place of the field that it was.
    fn unfold_properties(&mut self, json: &str, parts: &mut Parts) -> Option<String> {
        let last = self.fields[parts.fields.clone()].iter().position(|field| {
            matches!(field.kind, Kind::Text | Kind::EscapedText)
                && field.key.of(json).eq_ignore_ascii_case(PROPERTIES)
        })?;
        if !parts.properties.is_empty() {
            return None;
        }
        let place = parts.fields.start + last;
        let text = text_of(self.fields[place].value.of(json))?;
        let mut scanner = Scanner::new(text.as_bytes());
        let scanned = scanner.fields(RECORD_DEPTH - 1, &mut self.properties);
        scanner.skip_space();
        if scanned.is_err() || scanner.peek().is_some() {
            self.properties.truncate(parts.properties.start);
            return None;
        }
        self.fields.remove(place);
        parts.fields.end -= 1;
        parts.properties.end = self.properties.len();
        Some(text.into_owned())
    }

    /// Takes an object that is not JSON: repaired if it can be, rejected alone if it is clear where
    /// it ends, else rejected with all that follows.
    fn mend(&mut self, start: usize, fault: Fault) {
        let rest = &self.body[start..];
        let Some(length) = balanced_length(rest) else {
            return self.reject_from(start, in_body(fault, start));
        };
        let bytes = &rest[..length];
        self.scanner.set_place(start + length);
        if fault == Fault::TooDeep || self.is_repaired || !self.repair(bytes) {
            self.reject(bytes, reason(fault, bytes), in_body(fault, start).to_string());
        }
    }

    /// Takes what is JSON once it is repaired; whether all of it is.
    fn repair(&mut self, bytes: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(bytes) else { return false };
        let json = repaired(text);
        let mut inner = Walker { is_repaired: true, ..Walker::new(json.as_bytes()) };
        inner.walk();
        if inner.items.iter().any(|item| matches!(item, Item::Rejected(_))) {
            return false;
        }
        let (fields, properties) = (self.fields.len(), self.properties.len());
        self.fields.extend(inner.fields);
        self.properties.extend(inner.properties);
        self.items.extend(inner.items.into_iter().map(|item| item.owned(fields, properties)));
        true
    }

    fn reject_from(&mut self, start: usize, fault: Fault) {
        let rest = without_space(&self.body[start..]);
        let rest = without_space(rest.strip_prefix(b",").unwrap_or(rest));
        self.scanner.set_place(self.body.len());
        if !rest.is_empty() {
            self.reject(rest, reason(fault, rest), fault.to_string());
        }
    }

    fn reject(&mut self, bytes: &'a [u8], reason: Reason, detail: String) {
        let index = self.items.len();
        self.items.push(Item::Rejected(Rejected { index, bytes, reason, detail }));
    }
}

/// What an object turned out to be.
enum Walked {
    Record(Parts),
    /// The place is at its array; the fields are those before it.
    Envelope(Vec<Field>),
}

/// Walks the object at the front: its fields and those of its `properties`. False if it is an
/// envelope: the place is then at its array.
fn walk_members(
    scanner: &mut Scanner<'_>,
    may_be_envelope: bool,
    fields: &mut Vec<Field>,
    properties: &mut Vec<Field>,
) -> Result<bool, Fault> {
    scanner.expect(b'{')?;
    if scanner.take(b'}') {
        return Ok(true);
    }
    let mut own = None;
    loop {
        let (key, key_escaped) = scanner.key()?;
        match scanner.peek() {
            Some(b'[') if may_be_envelope && scanner.is_word(key, RECORDS) => {
                // An envelope has no properties of its own: they are a value like the others.
                fields.extend(own);
                return Ok(false);
            }
            Some(b'{') if own.is_none() && scanner.is_word(key, PROPERTIES) => {
                let start = scanner.place();
                scanner.fields(RECORD_DEPTH - 1, properties)?;
                let value = Span::new(start, scanner.place());
                own = Some(Field { key, key_escaped, value, kind: Kind::Object });
            }
            _ => {
                let (value, kind) = scanner.value(RECORD_DEPTH)?;
                fields.push(Field { key, key_escaped, value, kind });
            }
        }
        if !scanner.goes_on(b'}')? {
            return Ok(true);
        }
    }
}

fn reason(fault: Fault, bytes: &[u8]) -> Reason {
    match fault {
        Fault::TooDeep => Reason::TooDeep,
        Fault::CutOff | Fault::Unexpected { .. } => reason_of_rest(bytes),
    }
}

/// Why bytes that are not JSON are not.
fn reason_of_rest(bytes: &[u8]) -> Reason {
    if std::str::from_utf8(bytes).is_ok() { Reason::InvalidJson } else { Reason::InvalidUtf8 }
}

/// Without the white space of JSON at both ends; other white space is a byte like any other.
fn without_space(bytes: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    let begin = bytes.iter().take_while(|byte| is_space(byte)).count();
    let rest = &bytes[begin..];
    let end = rest.iter().rev().take_while(|byte| is_space(byte)).count();
    &rest[..rest.len() - end]
}

/// The fault of an object at `start`, with its place counted in the body.
fn in_body(fault: Fault, start: usize) -> Fault {
    match fault {
        Fault::Unexpected { at, byte } => Fault::Unexpected { at: at + start, byte },
        Fault::CutOff | Fault::TooDeep => fault,
    }
}
