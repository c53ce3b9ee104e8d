//! The header of a saved query: YAML between `/*---` and `---*/` at the head of the file.

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::parameter::{Parameter, Type};
use crate::period::Period;

const BEGIN: &str = "/*---";
const END: &str = "---*/";

/// What a header says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Header {
    pub(super) title: String,
    pub(super) description: String,
    #[serde(default)]
    pub(super) parameters: Vec<Spanned<ParameterEntry>>,
    pub(super) since: Period,
    pub(super) tables: Vec<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) techniques: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ParameterEntry {
    name: String,
    r#type: Type,
    // `default: null` is a default, and none is none.
    #[serde(default, deserialize_with = "some")]
    default: Option<Value>,
    meaning: String,
}

fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl ParameterEntry {
    pub(super) fn parameter(&self) -> Parameter {
        Parameter {
            name: self.name.clone(),
            kind: self.r#type,
            default: self.default.clone(),
            meaning: self.meaning.clone(),
        }
    }
}

/// Reads the header of a file; what is wrong is said with the line of the file.
pub(super) fn read(text: &str) -> Result<Header, String> {
    let begin = text.trim_start();
    let Some(inside) = begin.strip_prefix(BEGIN) else {
        return Err(format!(
            "line 1: a saved query begins with a header of YAML between {BEGIN} and {END}"
        ));
    };
    let Some((yaml, _)) = inside.split_once(END) else {
        return Err(format!("line 1: the header has no end; close it with {END}"));
    };
    let lines_before = text[..text.len() - begin.len()].matches('\n').count();
    if let Some((before, _)) = yaml.split_once("*/") {
        let line = 1 + lines_before + before.matches('\n').count();
        return Err(format!(
            "line {line}: `*/` ends the comment before the header ends with {END}"
        ));
    }
    // With empty lines for those before it, the reader counts the lines of the file.
    crate::yaml::parse(&format!("{}{yaml}", "\n".repeat(lines_before)))
}
