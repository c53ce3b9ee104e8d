//! Progress on a terminal; nothing in a pipe.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar of one piece of work.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new(what: &str) -> Self {
        let bar = ProgressBar::new(0);
        if !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template("{msg:24} {bar:30} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        Self(bar)
    }

    pub(super) fn set(&self, done: usize, all: usize) {
        self.0.set_length(all as u64);
        self.0.set_position(done as u64);
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// What takes less is not worth a line.
const NOTICEABLE: Duration = Duration::from_millis(500);

/// A line that says that a query runs, for how long, and how many rows have come.
#[derive(Clone)]
pub(super) struct Waiting(Arc<State>);

struct State {
    bar: Mutex<Option<ProgressBar>>,
    is_over: AtomicBool,
    rows: AtomicU64,
}

impl Waiting {
    /// Begins to wait; the line comes after half a second, and on terminals only.
    pub(super) fn start() -> Self {
        let is_over = AtomicBool::new(!std::io::stderr().is_terminal());
        let state = Arc::new(State { bar: Mutex::default(), is_over, rows: AtomicU64::new(0) });
        let waiting = Self(state);
        let own = waiting.clone();
        // A thread of its own, because a query may hold all those of the runtime.
        std::thread::spawn(move || {
            std::thread::sleep(NOTICEABLE);
            while own.show() {
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        waiting
    }

    /// Counts rows that have come.
    pub(super) fn count(&self, rows: u64) {
        self.0.rows.fetch_add(rows, Ordering::Relaxed);
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

    /// `false` when it is over.
    fn show(&self) -> bool {
        let mut bar = self.0.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if self.0.is_over.load(Ordering::Relaxed) {
            return false;
        }
        let bar = bar.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner().with_elapsed(NOTICEABLE);
            if let Ok(style) = ProgressStyle::with_template("{spinner} running {elapsed} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        match self.0.rows.load(Ordering::Relaxed) {
            0 => {}
            rows => bar.set_message(format!("{} rows", HumanCount(rows))),
        }
        bar.tick();
        true
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}
