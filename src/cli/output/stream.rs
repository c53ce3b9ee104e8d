//! Rows of a query, written as they come.

use std::io::{IsTerminal as _, Write};
use std::str::FromStr;

use arrow::array::RecordBatch;
use futures::{Stream, StreamExt as _};

use super::{Failure, Format, Out, Screen, form, note, renamed, to_stdout, with_own_names};
use crate::cli::waiting::Waiting;
use crate::query::{QueryError, Rows};

/// Rows that a terminal gets when nobody says how many.
const ON_TERMINALS: u64 = 1_000;

/// How many rows are shown: a number, or `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Limit {
    /// All of them.
    All,
    /// So many.
    Rows(u64),
}

impl Limit {
    /// The limit asked for, else one on a terminal and none in a pipe.
    pub(in crate::cli) fn or_default(asked: Option<Self>) -> Self {
        asked.unwrap_or(match std::io::stdout().is_terminal() {
            true => Self::Rows(ON_TERMINALS),
            false => Self::All,
        })
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "all" => Ok(Self::All),
            number => number
                .parse()
                .map(Self::Rows)
                .map_err(|_| format!("{text:?} is no number of rows: write 100 or all")),
        }
    }
}

/// What was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct Shown {
    /// Rows.
    pub(in crate::cli) rows: u64,
    /// Whether there are more.
    pub(in crate::cli) has_more: bool,
}

/// Prints the rows of a query.
///
/// # Errors
/// The query fails while it runs, when some rows may have been printed; or standard output does.
pub(in crate::cli) async fn stream(
    rows: Rows,
    format: Format,
    limit: Limit,
) -> Result<Shown, Failure> {
    format.check()?;
    let waiting = Waiting::start();
    let rows = counted(rows, &waiting);
    let out = Box::new(After { waiting, out: to_stdout() });
    let shown = write_stream(rows, format, limit, out, Screen::of_stdout()).await?;
    if shown.has_more {
        note(&format!(
            "there are more rows than these {}; --limit all shows all of them",
            shown.rows
        ));
    }
    Ok(shown)
}

/// The same rows, counted by the line that says that a query runs.
pub(in crate::cli) fn counted(rows: Rows, waiting: &Waiting) -> Rows {
    let counter = waiting.counter();
    let count = move |batch: &Result<RecordBatch, QueryError>| {
        counter.add(batch.as_ref().map_or(0, RecordBatch::num_rows));
    };
    Rows { batches: rows.batches.inspect(count).boxed(), ..rows }
}

/// Writes the rows of a query.
///
/// # Errors
/// As for [`stream`].
pub(in crate::cli) async fn write_stream(
    rows: Rows,
    format: Format,
    limit: Limit,
    out: Out<'_>,
    screen: Screen,
) -> Result<Shown, Failure> {
    let schema = with_own_names(&rows.schema);
    let mut form = form(format, out, &schema, screen)?;
    let mut limited = Limited { batches: rows.batches, limit, rows: 0, has_more: false };
    while let Some(batch) = limited.next().await? {
        form.write(&renamed(&batch, &schema)?)?;
    }
    form.finish(limited.has_more)?;
    Ok(Shown { rows: limited.rows, has_more: limited.has_more })
}

/// Output that takes away the line that says that a query runs.
struct After<'w> {
    waiting: Waiting,
    out: Out<'w>,
}

impl Write for After<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.waiting.stop();
        self.out.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// Rows up to a limit, and whether there was one more.
struct Limited<S> {
    batches: S,
    limit: Limit,
    rows: u64,
    has_more: bool,
}

impl<S: Stream<Item = Result<RecordBatch, QueryError>> + Unpin> Limited<S> {
    async fn next(&mut self) -> Result<Option<RecordBatch>, Failure> {
        while !self.has_more {
            let Some(batch) = self.batches.next().await.transpose()? else { return Ok(None) };
            let left = match self.limit {
                Limit::All => u64::MAX,
                Limit::Rows(limit) => limit - self.rows,
            };
            let rows = left.min(batch.num_rows() as u64);
            self.has_more = rows < batch.num_rows() as u64;
            self.rows += rows;
            if rows > 0 {
                // It is at most what the batch has.
                return Ok(Some(batch.slice(0, usize::try_from(rows).unwrap_or(usize::MAX))));
            }
        }
        Ok(None)
    }
}
