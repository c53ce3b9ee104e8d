//! One statement: planned and run beside the terminal, which Ctrl-C gets back at any time.

use std::io::BufWriter;
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};

use super::Settings;
use super::pager::Paged;
use crate::cli::Failure;
use crate::cli::output::{Shown, counted, settled, write_stream};
use crate::cli::waiting::Waiting;
use crate::query::{ScalarValue, Session};

/// How a statement ended that was not wrong.
pub(super) enum Asked {
    /// With rows, after so long; what a pager was looked at does not count.
    Shown(Shown, Duration),
    /// With Ctrl-C.
    Cancelled,
}

/// Runs a statement and shows its rows.
pub(super) async fn ask(
    session: &Session,
    sql: &str,
    parameters: &[(&str, ScalarValue)],
    settings: &Settings,
) -> Result<Asked, Failure> {
    let begun = Instant::now();
    let mut interrupts = signal(SignalKind::interrupt())?;
    let waiting = Waiting::start();
    // A query has threads of its own, and ends when nobody waits for it.
    let rows = tokio::select! {
        rows = session.stream(sql, parameters) => counted(rows?, &waiting),
        _ = interrupts.recv() => return Ok(Asked::Cancelled),
    };
    let rows = settled(rows);
    let screen = settings.screen();
    let mut paged = Paged::new(&waiting, settings.pages(&screen));
    let shown = tokio::select! {
        shown = write_stream(rows, settings.format, settings.limit, Box::new(BufWriter::new(&mut paged)), screen) => Some(shown),
        _ = interrupts.recv() => None,
    };
    let took = begun.elapsed();
    let ended = tokio::task::block_in_place(|| paged.end());
    let Some(shown) = shown else { return Ok(Asked::Cancelled) };
    let shown = shown?;
    ended?;
    Ok(Asked::Shown(shown, took))
}
