//! Places on the way of a row where a test can have the process die, as it would by `kill -9`.
//!
//! `ENTRALOG_FAILPOINT=NAME@N` ends the process when it comes to a place for the Nth time, and `NAME@N:stop` stops it
//! there until it gets SIGCONT; with `NAME@N:hang` it never gets further on this thread. Builds without debug assertions have none of this.

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

/// Ends, stops or holds the process if this is where and when it was told to.
#[cfg(debug_assertions)]
pub(crate) fn reach(name: &'static str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Told {
        place: String,
        /// How often it is still to be passed.
        left: AtomicU64,
        what: Option<String>,
    }

    static TOLD: OnceLock<Option<Told>> = OnceLock::new();
    let told = TOLD.get_or_init(|| {
        let told = std::env::var("ENTRALOG_FAILPOINT").ok()?;
        let (place, times) = told.split_once('@')?;
        let (times, what) = match times.split_once(':') {
            Some((times, what)) => (times, Some(what.to_owned())),
            None => (times, None),
        };
        Some(Told { place: place.to_owned(), left: AtomicU64::new(times.parse().ok()?), what })
    });
    if let Some(Told { place, left, what }) = told
        && place == name
        && left.fetch_sub(1, Ordering::Relaxed) == 1
    {
        match what.as_deref() {
            Some("stop") => {
                let script = "kill -STOP \"$0\"";
                let process = std::process::id().to_string();
                let _ = std::process::Command::new("sh").args(["-c", script, &process]).status();
            }
            Some("hang") => loop {
                std::thread::park();
            },
            // Nothing is unwound, flushed or waited for.
            _ => std::process::abort(),
        }
    }
}

/// Does nothing in a release.
#[cfg(not(debug_assertions))]
pub(crate) fn reach(_: &'static str) {}
