//! Small files of a day to one, sorted: the same rows, in one commit that says so.
//!
//! Rows are sorted by hour, within the hour by who it is about, and then by time. So a query over a span of
//! time reads a few row groups next to each other, and one for a user reads a page or two of each hour.
//! Sorting takes a bounded amount of memory and goes to disk beyond it.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use chrono::{NaiveDate, Utc};
use datafusion::common::DataFusionError;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{Expr, cast, ident, lit};
use datafusion::physical_plan::SendableRecordBatchStream;
use futures::StreamExt;
use tokio::sync::mpsc;

use super::super::active::{self, LakeFile, Listing, day_number};
use super::super::files::{DataFile, Order, write_error};
use super::super::{Inner, Lake, LakeError, LakeTable, commit, evolve, read, writer};
use super::plan::{self, Eagerness};
use super::rewrite::{self, Rewrite};
use crate::table::{PARTITION_COLUMN, Table};

/// Memory for sorting, in bytes; what is more goes to disk. The file that is made comes on top.
const SORT_MEMORY: usize = 64 << 20;

const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// Whom rows are about, by the first of these columns that a table has.
const WHO: &[&str] = &[
    "UserPrincipalName",
    "UserId",
    "ServicePrincipalId",
    "_InitiatedBy_user_userPrincipalName",
    "AppId",
    "RuleId",
    "_RuleId",
];

/// Files of one day that can become one.
#[derive(Debug, Clone)]
pub struct Group {
    table: &'static Table,
    day: NaiveDate,
    files: Vec<LakeFile>,
}

impl Group {
    /// The table.
    #[must_use]
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// The day of the rows.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        self.day
    }

    /// How many files become one.
    #[must_use]
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// Bytes of these files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// What a merge did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// Rows that were sorted.
    pub rows: u64,
    /// Bytes of the file that holds them now.
    pub bytes: u64,
}

impl Lake {
    /// The files of a table that can be merged, in groups that become a file each.
    ///
    /// # Errors
    /// The table cannot be read, or a newer version of entralog or another writer has added columns to it
    /// that this version would lose.
    pub async fn mergeable(
        &self,
        table: &'static Table,
        eagerness: Eagerness,
    ) -> Result<Vec<Group>, LakeError> {
        self.blocking(move |inner| {
            let Some(snapshot) = inner.snapshot(table)? else { return Ok(Vec::new()) };
            let known = |name: &str| {
                name == PARTITION_COLUMN || table.all_columns().any(|column| column.name == name)
            };
            let stored = snapshot.schema();
            if let Some(foreign) = stored.fields().find(|field| !known(field.name())) {
                return Err(LakeError::ForeignColumn {
                    table: table.name.into(),
                    column: foreign.name().clone(),
                });
            }
            let files = Listing::read(inner, table, &snapshot, None, true)?.files;
            let groups = plan::groups(files, eagerness, Utc::now().timestamp_millis());
            Ok(groups.into_iter().map(|(day, files)| Group { table, day, files }).collect())
        })
        .await
    }

    /// Merges a group; `None` when another process has rewritten some of its files meanwhile, so that
    /// nothing was changed.
    ///
    /// # Errors
    /// A file cannot be read, or the new one cannot be stored or committed. Nothing was changed then.
    pub async fn merge(&self, group: &Group) -> Result<Option<Merged>, LakeError> {
        let Group { table, day, ref files } = *group;
        let rows = self.table(table).await?.of_files(files.clone());
        let mut sorted = sorted(rows).await.map_err(|error| write_error(table, error))?;
        // Encoding blocks, and is done beside the sorting.
        let (sender, receiver) = mpsc::channel(2);
        let encoded = {
            let group = group.clone();
            self.blocking(move |inner| encode(inner, &group, receiver))
        };
        let read = async {
            while let Some(batch) = sorted.next().await {
                // When the other end is gone, it says why.
                if sender.send(batch.map(Some)).await.is_err() {
                    break;
                }
            }
            let _ = sender.send(Ok(None)).await;
        };
        let ((), encoded) = tokio::join!(read, encoded);
        let Encoded { rows, bytes, path, added } = encoded?;
        let expected: Option<u64> = files.iter().map(|file| file.statistics.rows).sum();
        if expected.is_some_and(|expected| expected != rows) {
            let reason = format!(
                "{rows} rows of {day} were read where the log says {}; nothing was changed",
                expected.unwrap_or_default()
            );
            return Err(write_error(table, reason));
        }
        let files = files.clone();
        let committed = self
            .blocking(move |inner| {
                let merge = Rewrite::Merge { files: &files, path: &path, added: &added };
                rewrite::commit(inner, table, day, &merge)
            })
            .await?;
        Ok(committed.map(|_| Merged { rows, bytes }))
    }
}

/// All rows of a table in their order.
async fn sorted(rows: LakeTable) -> Result<SendableRecordBatchStream, DataFusionError> {
    let pool = Arc::new(FairSpillPool::new(SORT_MEMORY));
    let table = rows.table();
    let columns: Vec<Expr> = table.all_columns().map(|column| ident(column.name)).collect();
    let time = || ident("TimeGenerated");
    let hour: Expr = cast(time(), DataType::Int64) / lit(MICROS_PER_HOUR);
    let who = WHO.iter().copied().find(|who| table.all_columns().any(|column| column.name == *who));
    let mut order = vec![hour.sort(true, false)];
    order.extend(who.map(|who| ident(who).sort(true, false)));
    order.push(time().sort(true, false));
    let rows = read::frame(rows, RuntimeEnvBuilder::new().with_memory_pool(pool))?;
    rows.sort(order)?.select(columns)?.execute_stream().await
}

/// A file that is stored.
struct Encoded {
    rows: u64,
    bytes: u64,
    /// Its path below the table's root.
    path: String,
    /// What the commit says of it.
    added: Arc<RecordBatch>,
}

/// Encodes batches up to the end, which is `None`.
fn encode(
    inner: &Inner,
    group: &Group,
    mut batches: mpsc::Receiver<Result<Option<RecordBatch>, DataFusionError>>,
) -> Result<Encoded, LakeError> {
    let Group { table, day, .. } = *group;
    let mut file: Option<DataFile> = None;
    let mut rows = 0;
    loop {
        // A merge that was given up does not say that this was all.
        let batch = batches.blocking_recv().ok_or_else(|| write_error(table, "given up"))?;
        let Some(batch) = batch.map_err(|error| write_error(table, error))? else { break };
        if batch.num_rows() == 0 {
            continue;
        }
        // The stream may call a column that cannot be null one that can.
        let batch = RecordBatch::try_new(table.schema(), batch.columns().to_vec())
            .map_err(|error| write_error(table, error))?;
        rows += batch.num_rows() as u64;
        let mut open = match file.take() {
            Some(file) => file,
            None => new_file(inner, group, &batch)?,
        };
        open.write(inner, &batch)?;
        file = Some(open);
    }
    let file = file.ok_or_else(|| write_error(table, format!("{day} has files without rows")))?;
    let added = file.store(inner)?;
    let (path, bytes) = active::stored(&added)
        .ok_or_else(|| write_error(table, "Delta describes a file in an unknown form"))?;
    Ok(Encoded { rows, bytes, path, added })
}

fn new_file(inner: &Inner, group: &Group, first: &RecordBatch) -> Result<DataFile, LakeError> {
    let Group { table, day, .. } = *group;
    let snapshot = commit::open_or_create(inner, table)?;
    let snapshot = evolve::with_all_columns(inner, table, snapshot)?;
    let state = writer::write_state(inner, table, snapshot)?;
    DataFile::new(inner, table, &state, day_number(day), Order::Sorted, first)
}
