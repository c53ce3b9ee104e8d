//! Saved queries: files of SQL with a name, typed parameters, and words on how to read the answer.
//!
//! A file is named after the question that it answers and begins with a header of YAML in a comment,
//! so that it stays SQL for every other tool:
//!
//! ```sql
//! /*---
//! title: Failed sign-ins of a user
//! description: >-
//!   Each failure with its reason, the newest first. An expired password was right.
//! parameters:
//!   - {name: user, type: string, meaning: Sign-in name in any case}
//!   - {name: codes, type: list of string, default: null, meaning: Only these result codes}
//! since: 7d
//! tables: [SigninLogs]
//! tags: [signins, user]
//! techniques: [T1078.004]
//! ---*/
//! SELECT TimeGenerated, ResultType, ResultDescription FROM SigninLogs
//! WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType <> '0'
//!   AND lower(UserPrincipalName) = lower($user) AND ($codes IS NULL OR array_has($codes, ResultType))
//! ORDER BY TimeGenerated DESC
//! ```
//!
//! Every query sees `$since` and `$until`, which bound its time: the first instant, and the first after
//! the last. Parameters reach the query as values of their type and are never part of its text. One with
//! a default may be left out; the default may be `null`.

mod builtin;
mod check;
mod error;
mod header;
mod library;
mod parameter;
mod query;

pub use builtin::builtin_queries;
pub use check::check;
pub use error::{SavedError, UseError};
pub use library::{Library, load, read_files};
pub use parameter::{Parameter, Type};
pub use query::{Bound, Origin, SavedQuery};
