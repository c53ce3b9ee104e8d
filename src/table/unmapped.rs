//! The `_Unmapped` column: what of a record has no column, as JSON text.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The `_Unmapped` object of one row, written as text while the record is walked.
#[derive(Debug, Default)]
pub(super) struct Unmapped {
    top: String,
    properties: String,
}

impl Unmapped {
    pub(super) fn clear(&mut self) {
        self.top.clear();
        self.properties.clear();
    }

    pub(super) fn top(&mut self, key: &str, json: &str) {
        member(&mut self.top, key, json);
    }

    pub(super) fn property(&mut self, key: &str, json: &str) {
        member(&mut self.properties, key, json);
    }

    pub(super) fn json(&self) -> Option<Cow<'static, str>> {
        let Self { top, properties } = self;
        match (top.is_empty(), properties.is_empty()) {
            (true, true) => None,
            (false, true) => Some(format!("{{{top}}}").into()),
            (true, false) => Some(format!(r#"{{"properties":{{{properties}}}}}"#).into()),
            (false, false) => Some(format!(r#"{{{top},"properties":{{{properties}}}}}"#).into()),
        }
    }
}

fn member(object: &mut String, key: &str, json: &str) {
    if !object.is_empty() {
        object.push(',');
    }
    let key = serde_json::Value::from(key);
    // Writing to a string cannot fail.
    let _ = write!(object, "{key}:{json}");
}
