//! Keeping tables in shape while others read and write them: small files become few that are sorted,
//! days that are past their retention go, and so do files and log entries that nobody needs any more.
//!
//! Each change is one commit, and none of them can fail a writer: a blind append that loses the race for
//! a version takes the next one. What a killed process leaves behind is files that no commit names, which a
//! vacuum removes later.

mod compact;
mod log;
mod plan;
mod retain;
mod rewrite;
mod vacuum;

pub use compact::{Group, Merged};
pub use log::CleanedLog;
pub use plan::Eagerness;
pub use retain::Removed;
pub use vacuum::{Unneeded, UnneededFile, Vacuumed};
