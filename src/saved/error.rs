//! Errors of saved queries: of the files, and of their use.

use std::path::PathBuf;

/// A saved query that cannot be used, and where it is wrong.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It is no saved query.
    #[error("{path}: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and key where they are known.
        reason: String,
    },
    /// Two files have the same name.
    #[error("saved query {name:?} is in {first} and in {second}; rename one of them")]
    Duplicate {
        /// The name.
        name: String,
        /// One file.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
}

impl SavedError {
    /// Whether the file that is wrong would be the query of this name.
    pub(super) fn is_of(&self, name: &str) -> bool {
        let path = match self {
            Self::Read { path, .. } | Self::Invalid { path, .. } => path,
            Self::Duplicate { second, .. } => second,
        };
        path.file_stem().is_some_and(|stem| stem == name)
    }
}

/// A saved query that was asked for, or given values, in a way that it does not know.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UseError {
    /// The file of this name is no saved query.
    #[error("{reason}")]
    Broken {
        /// What is wrong, and where.
        reason: String,
    },
    /// There is no query of this name.
    #[error("there is no saved query {name:?}{}", hint(.meant, "`entralog saved list` names them"))]
    UnknownQuery {
        /// The name.
        name: String,
        /// The name that is most like it.
        meant: Option<String>,
    },
    /// The query has no parameter of this name.
    #[error("saved query {query:?} has no parameter {name:?}{}", hint(.meant, .has))]
    UnknownParameter {
        /// The query.
        query: String,
        /// The name.
        name: String,
        /// The name that is most like it.
        meant: Option<String>,
        /// The parameters that it has, in words.
        has: String,
    },
    /// A parameter without a default has no value.
    #[error("saved query {query:?} needs {name:?}, a {kind}: {meaning}; give it as {name}=VALUE")]
    Missing {
        /// The query.
        query: String,
        /// The parameter.
        name: String,
        /// Its type.
        kind: super::Type,
        /// What it means.
        meaning: String,
    },
    /// A parameter has two values.
    #[error("parameter {name:?} is given twice; give it once, a list as {name}=FIRST,SECOND")]
    Repeated {
        /// The parameter.
        name: String,
    },
    /// A value is not of the type.
    #[error("parameter {name:?}: {reason}")]
    IllTyped {
        /// The parameter.
        name: String,
        /// What is wrong and what to write.
        reason: String,
    },
    /// The time ends before it begins.
    #[error("the time from {since} until {until} is empty; `since` must be before `until`")]
    NoTime {
        /// Its begin.
        since: String,
        /// Its end.
        until: String,
    },
}

fn hint(meant: &Option<String>, otherwise: &str) -> String {
    match meant {
        Some(meant) => format!("; did you mean {meant:?}?"),
        None => format!("; {otherwise}"),
    }
}
