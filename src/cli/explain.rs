//! What a query does and what it need not read: `--explain` of `query` and of `saved run`.

use std::io::Write as _;

use serde::Serialize;

use super::output::{self, Format};
use super::{Context, Exit, Failure};
use crate::query::{Explanation, ScalarValue, Scan, Session};

/// Runs a statement and prints, instead of its rows, what was read of each table; for people with the plan
/// before it.
pub(super) async fn run(
    context: &Context,
    session: &Session,
    sql: &str,
    parameters: &[(&str, ScalarValue)],
) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row {
        table: String,
        files: u64,
        files_skipped: u64,
        row_groups: u64,
        row_groups_skipped: u64,
        rows_skipped_by_pages: u64,
        rows_read: u64,
        bytes: u64,
        bytes_read: u64,
    }
    let Explanation { plan, scans } = session.explain(sql, parameters).await?;
    if context.format() == Format::Table {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{plan}")?;
        out.flush()?;
    }
    let row = |scan: Scan| Row {
        table: scan.table,
        files: scan.files,
        files_skipped: scan.files_skipped,
        row_groups: scan.row_groups,
        row_groups_skipped: scan.row_groups_skipped + scan.row_groups_skipped_by_bloom_filter,
        rows_skipped_by_pages: scan.rows_skipped_by_pages,
        rows_read: scan.rows_read,
        bytes: scan.bytes,
        bytes_read: scan.bytes_read,
    };
    let rows: Vec<_> = scans.into_iter().map(row).collect();
    output::print_rows(&rows, context.format())?;
    Ok(Exit::Done)
}
