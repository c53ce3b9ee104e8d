//! How the process ends, and what it says when it fails.

use std::io::Write as _;
use std::process::ExitCode;

use crate::config::ConfigError;
use crate::detect::{DetectError, RuleError};
use crate::ingest::IngestError;
use crate::lake::LakeError;
use crate::query::QueryError;
use crate::replay::ReplayError;
use crate::source::file::FileError;

/// Exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: findings, or checks that failed.
    Findings,
    /// 2: the query or a rule is wrong.
    Wrong,
    /// 3: the configuration or the usage is wrong.
    Usage,
    /// 4: a source, the lake or a destination cannot be reached.
    Unreachable,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error with the exit code that it means.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    /// A failure with its exit code.
    #[must_use]
    pub fn new(exit: Exit, error: anyhow::Error) -> Self {
        Self { exit, error }
    }

    /// What failed, in a sentence.
    pub(super) fn message(&self) -> String {
        self.error.to_string()
    }

    /// Whether a reader has seen enough and closed the pipe, which is no failure.
    pub(super) fn is_closed_pipe(&self) -> bool {
        self.error.chain().any(|cause| {
            cause
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
        })
    }

    /// The same, with more words below.
    pub(super) fn with_lines(self, lines: &str) -> Self {
        Self::said(self.exit, format!("{}\n{lines}", self.error))
    }

    /// A failure in words.
    pub(super) fn said(exit: Exit, message: impl Into<String>) -> Self {
        Self::new(exit, anyhow::Error::msg(message.into()))
    }
}

/// Says on standard error what failed, and gives the exit code.
pub(super) fn report(failure: &Failure) -> ExitCode {
    if failure.is_closed_pipe() {
        return Exit::Done.into();
    }
    let _ = writeln!(std::io::stderr(), "error: {}", failure.error);
    failure.exit.into()
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Unreachable, error.into())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Usage, error.into())
    }
}

impl From<LakeError> for Failure {
    fn from(error: LakeError) -> Self {
        let exit = match error {
            LakeError::Location { .. } => Exit::Usage,
            _ => Exit::Unreachable,
        };
        Self::new(exit, error.into())
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        let exit = match error {
            QueryError::Wrong(_) | QueryError::Failed(_) => Exit::Wrong,
            QueryError::Lake(_) => Exit::Unreachable,
        };
        Self::new(exit, error.into())
    }
}

impl From<RuleError> for Failure {
    fn from(error: RuleError) -> Self {
        Self::new(Exit::Wrong, error.into())
    }
}

impl From<DetectError> for Failure {
    fn from(error: DetectError) -> Self {
        let exit = match &error {
            DetectError::Lake(_) | DetectError::Query { source: QueryError::Lake(_), .. } => {
                Exit::Unreachable
            }
            _ => Exit::Wrong,
        };
        Self::new(exit, error.into())
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::new(Exit::Unreachable, error.into())
    }
}

impl From<IngestError> for Failure {
    fn from(error: IngestError) -> Self {
        Self::new(Exit::Unreachable, error.into())
    }
}

impl From<ReplayError> for Failure {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Lake(error) => error.into(),
            ReplayError::Query(error) => error.into(),
            error => Self::new(Exit::Unreachable, error.into()),
        }
    }
}
