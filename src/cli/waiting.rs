//! The line that says that a query runs, on a terminal; nothing in a pipe.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

/// What takes less is not worth a line.
const NOTICEABLE: Duration = Duration::from_millis(500);

/// A line that says that a query runs, for how long, and how many rows have come. It goes when this is dropped.
pub(super) struct Waiting(Arc<State>);

/// Counts the rows that have come.
#[derive(Clone)]
pub(super) struct Counter(Arc<State>);

#[derive(Default)]
struct State {
    bar: Mutex<Option<ProgressBar>>,
    is_over: AtomicBool,
    rows: AtomicU64,
}

impl Waiting {
    /// Begins to wait; the line comes after half a second.
    pub(super) fn start() -> Self {
        let state = Arc::new(State::default());
        if std::io::stderr().is_terminal() {
            let shown = Arc::clone(&state);
            // A thread of its own, because a query may hold all those of the runtime.
            std::thread::spawn(move || {
                std::thread::sleep(NOTICEABLE);
                while shown.show() {
                    std::thread::sleep(Duration::from_millis(100));
                }
            });
        }
        Self(state)
    }

    pub(super) fn counter(&self) -> Counter {
        Counter(Arc::clone(&self.0))
    }

    /// Takes the line away, for good.
    pub(super) fn stop(&self) {
        if self.0.is_over.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(bar) = self.0.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Counter {
    pub(super) fn add(&self, rows: usize) {
        self.0.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }
}

impl State {
    /// `false` when it is over.
    fn show(&self) -> bool {
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_over.load(Ordering::Relaxed) {
            return false;
        }
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner().with_elapsed(NOTICEABLE);
            if let Ok(style) = ProgressStyle::with_template("{spinner} running {elapsed} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        match self.rows.load(Ordering::Relaxed) {
            0 => {}
            rows => bar.set_message(format!("{} rows", HumanCount(rows))),
        }
        bar.tick();
        true
    }
}
