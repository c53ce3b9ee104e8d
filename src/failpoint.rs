//! Places on the way of a row where a test can have the process die, as it would by `kill -9`.
//!
//! `ENTRALOG_FAILPOINT=NAME@N` ends the process when it comes to a place for the Nth time. Builds without
//! debug assertions have none of this.

/// A delivery was decoded, its rows wait.
pub(crate) const TAKEN: &str = "taken";
/// A data file is encoded, and about to be stored.
pub(crate) const BEFORE_FILE: &str = "before-file";
/// A data file is stored, and in no commit yet.
pub(crate) const AFTER_FILE: &str = "after-file";
/// All files of a commit are stored.
pub(crate) const BEFORE_COMMIT: &str = "before-commit";
/// A table has its commit, and other tables may lack theirs.
pub(crate) const AFTER_COMMIT: &str = "after-commit";
/// The Delta log is about to get a checkpoint.
pub(crate) const BEFORE_CHECKPOINT: &str = "before-checkpoint";

/// Ends the process if this is where and when it was told to die.
#[cfg(debug_assertions)]
pub(crate) fn reach(name: &'static str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// The place, and how often it is still to be passed.
    static TOLD: OnceLock<Option<(String, AtomicU64)>> = OnceLock::new();
    let told = TOLD.get_or_init(|| {
        let told = std::env::var("ENTRALOG_FAILPOINT").ok()?;
        let (name, times) = told.split_once('@')?;
        Some((name.to_owned(), AtomicU64::new(times.parse().ok()?)))
    });
    if let Some((place, left)) = told
        && place == name
        && left.fetch_sub(1, Ordering::Relaxed) == 1
    {
        // Nothing is unwound, flushed or waited for.
        std::process::abort();
    }
}

/// Does nothing in a release.
#[cfg(not(debug_assertions))]
pub(crate) fn reach(_: &'static str) {}
