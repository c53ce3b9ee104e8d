//! A saved query, and the values that it runs with.

use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

use super::header::{self, Header};
use super::parameter::Parameter;
use super::{SavedError, UseError};
use crate::period::Period;
use crate::query::{ScalarValue, time_value};
use crate::suggest::closest;

/// Names that every query has without listing them.
pub(super) const OF_TIME: [&str; 2] = ["since", "until"];

/// A query with a name and parameters.
#[derive(Debug, Clone)]
pub struct SavedQuery {
    /// The name of its file without `.sql`: the question that it answers.
    pub name: String,
    /// The question in words.
    pub title: String,
    /// How it is answered and how to read the answer.
    pub description: String,
    /// Its parameters besides `since` and `until`.
    pub parameters: Vec<Parameter>,
    /// How far back it looks unless told.
    pub since: Period,
    /// The tables that it reads.
    pub tables: Vec<String>,
    /// Labels to find it by.
    pub tags: Vec<String>,
    /// ATT&CK techniques that the answer may show.
    pub techniques: Vec<String>,
    /// The whole file, which is SQL as it is: the header is a comment.
    pub sql: String,
    /// Where it is from.
    pub origin: Origin,
}

/// Where a saved query is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It comes with the binary.
    BuiltIn,
    /// A file of the user's.
    File {
        /// Its path.
        path: PathBuf,
        /// Whether it stands in the place of a built-in query of this name.
        replaces: bool,
    },
}

/// The values that a query runs with.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// All values by name, `since` and `until` among them.
    pub values: Vec<(String, ScalarValue)>,
}

impl SavedQuery {
    /// Reads a saved query.
    ///
    /// # Errors
    /// The text is no saved query; the error says where.
    pub fn parse(text: &str, path: &Path, origin: Origin) -> Result<Self, SavedError> {
        Self::read(text, path, origin)
            .map_err(|reason| SavedError::Invalid { path: path.to_owned(), reason })
    }

    fn read(text: &str, path: &Path, origin: Origin) -> Result<Self, String> {
        // Windows begins text with a mark of its encoding.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if !name.split('-').all(is_word) {
            return Err(
                "name the file after its question, as small-letters-with-hyphens.sql".into()
            );
        }
        let Header { title, description, parameters, since, tables, tags, techniques } =
            header::read(text)?;
        let query = Self {
            name: name.to_owned(),
            title,
            description,
            parameters: parameters.iter().map(|entry| entry.value.parameter()).collect(),
            since,
            tables,
            tags,
            techniques,
            sql: text.to_owned(),
            origin,
        };
        for (entry, parameter) in parameters.iter().zip(&query.parameters) {
            let line = entry.defined.line();
            let wrong = |reason: String| Err(format!("line {line}: key `parameters`: {reason}"));
            let name = parameter.name.as_str();
            let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
                && name.bytes().all(|b| b == b'_' || b.is_ascii_lowercase() || b.is_ascii_digit());
            if !is_name {
                return wrong(format!("{name:?} is no name; write small_letters_and_digits"));
            }
            if OF_TIME.contains(&name) {
                return wrong(format!("every query has `{name}` by itself"));
            }
            if query.parameters.iter().filter(|other| other.name == name).count() > 1 {
                return wrong(format!("two parameters are named `{name}`"));
            }
            if let Err(reason) = parameter.default_value(Utc::now()) {
                return wrong(format!("the default of `{name}`: {reason}"));
            }
        }
        for (key, missing) in
            [("title", query.title.trim()), ("description", query.description.trim())]
        {
            if missing.is_empty() {
                return Err(format!("key `{key}`: it is empty"));
            }
        }
        Ok(query)
    }

    /// The values of a run: those given by name and text, else the defaults.
    ///
    /// Without `until` the time ends now, and without `since` it is as long as the file says.
    ///
    /// # Errors
    /// A value is missing, unknown, repeated or not of its type, or there is no time between
    /// `since` and `until`.
    pub fn bind(
        &self,
        given: &[(String, String)],
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Bound, UseError> {
        for (index, (name, _)) in given.iter().enumerate() {
            if !self.parameters.iter().any(|parameter| parameter.name == *name) {
                return Err(self.unknown(name));
            }
            if given[..index].iter().any(|(other, _)| other == name) {
                return Err(UseError::Repeated { name: name.clone() });
            }
        }
        let until = until.unwrap_or(now);
        let since = since.unwrap_or_else(|| {
            until.checked_sub_signed(self.since.delta()).unwrap_or(DateTime::<Utc>::MIN_UTC)
        });
        if since >= until {
            let text = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
            return Err(UseError::NoTime { since: text(since), until: text(until) });
        }
        let mut values =
            vec![("since".to_owned(), time_value(since)), ("until".to_owned(), time_value(until))];
        for parameter in &self.parameters {
            let text = given.iter().find(|(name, _)| *name == parameter.name);
            values.push((parameter.name.clone(), self.value(parameter, text, now)?));
        }
        Ok(Bound { values })
    }

    fn value(
        &self,
        parameter: &Parameter,
        given: Option<&(String, String)>,
        now: DateTime<Utc>,
    ) -> Result<ScalarValue, UseError> {
        let ill_typed = |reason| UseError::IllTyped { name: parameter.name.clone(), reason };
        if let Some((_, text)) = given {
            return parameter.kind.of_text(text, now).map_err(ill_typed);
        }
        parameter.default_value(now).map_err(ill_typed)?.ok_or_else(|| UseError::Missing {
            query: self.name.clone(),
            name: parameter.name.clone(),
            kind: parameter.kind,
            meaning: parameter.meaning.clone(),
        })
    }

    fn unknown(&self, name: &str) -> UseError {
        let names: Vec<_> = self.parameters.iter().map(|p| p.name.as_str()).collect();
        let has = match &names[..] {
            _ if OF_TIME.contains(&name) => format!("write --{name} instead"),
            [] => "it has none but `since` and `until`".into(),
            names => format!("it has {}", names.join(", ")),
        };
        UseError::UnknownParameter {
            query: self.name.clone(),
            name: name.to_owned(),
            meant: closest(name, names).map(Into::into),
            has,
        }
    }
}

impl Bound {
    /// The values as [`Session::stream`](crate::query::Session::stream) takes them.
    #[must_use]
    pub fn as_parameters(&self) -> Vec<(&str, ScalarValue)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.clone())).collect()
    }
}
