//! Secrets: named in the configuration, read from the environment or a file when they are used.

use std::path::PathBuf;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A secret that is named but cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set.
    #[error("environment variable {0} is not set, but the configuration takes a secret from it")]
    Variable(String),
    /// The file cannot be read.
    #[error("cannot read the secret in {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// Where a secret is.
#[derive(Clone)]
pub enum Secret {
    /// In an environment variable.
    Env(String),
    /// In a file, without the new-line at its end.
    File(PathBuf),
    /// Given by the program itself; never read from a configuration.
    Given(String),
}

impl Secret {
    /// The secret itself.
    ///
    /// # Errors
    /// The variable is not set or the file cannot be read.
    pub fn reveal(&self) -> Result<String, SecretError> {
        match self {
            Self::Env(name) => std::env::var(name).map_err(|_| SecretError::Variable(name.clone())),
            Self::File(path) => std::fs::read_to_string(path)
                .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
                .map_err(|source| SecretError::File { path: path.clone(), source }),
            Self::Given(secret) => Ok(secret.clone()),
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "Env({name})"),
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Given(_) => f.write_str("Given(…)"),
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Reference {
            env: Option<String>,
            file: Option<PathBuf>,
        }
        // The value itself must not get into the message: it may be the secret.
        let help = "`connectionString` and other secrets are named, not written: {env: NAME} or {file: PATH}";
        match Reference::deserialize(deserializer) {
            Ok(Reference { env: Some(name), file: None }) => Ok(Self::Env(name)),
            Ok(Reference { env: None, file: Some(path) }) => Ok(Self::File(path)),
            _ => Err(D::Error::custom(help)),
        }
    }
}
