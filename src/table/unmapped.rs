//! The `_Unmapped` column: what of a record has no column, as JSON text.

/// The `_Unmapped` object of one row, written as text while the record is walked.
#[derive(Debug, Default)]
pub(super) struct Unmapped {
    top: String,
    properties: String,
    json: String,
}

impl Unmapped {
    pub(super) fn clear(&mut self) {
        self.top.clear();
        self.properties.clear();
    }

    /// Adds a field of the record; key and value are as they were written.
    pub(super) fn top(&mut self, raw_key: &str, json: &str) {
        member(&mut self.top, raw_key, json);
    }

    /// Adds a field of its `properties`.
    pub(super) fn property(&mut self, raw_key: &str, json: &str) {
        member(&mut self.properties, raw_key, json);
    }

    /// The object, if there is anything in it.
    pub(super) fn json(&mut self) -> Option<&str> {
        let Self { top, properties, json } = self;
        if top.is_empty() && properties.is_empty() {
            return None;
        }
        json.clear();
        json.push('{');
        json.push_str(top);
        if !properties.is_empty() {
            if !top.is_empty() {
                json.push(',');
            }
            json.push_str(r#""properties":{"#);
            json.push_str(properties);
            json.push('}');
        }
        json.push('}');
        Some(json)
    }
}

fn member(object: &mut String, raw_key: &str, json: &str) {
    if !object.is_empty() {
        object.push(',');
    }
    object.push('"');
    object.push_str(raw_key);
    object.push_str("\":");
    object.push_str(json);
}
