//! Whether a data file is what the log says that it is, and which records are in it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef, TimestampMicrosecondType};
use chrono::DateTime;
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};
use parquet::errors::ParquetError;

use super::doubles::{Part, hash_of};
use super::finding::{Check, Finding, Level};
use super::places::{NumberSet, parse};
use super::reader::Reader;
use super::statistics::{Claims, Seen};
use crate::lake::{ActiveFile, Digest, digest_of_name};
use crate::source::is_partition;
use crate::table::{DEAD_LETTERS, PARTITION_COLUMN, Table};

const TIME: &str = "TimeGenerated";
const SOURCE: &str = "_Source";
const INGESTED: &str = "_IngestedAt";

const RESTORE: &str = "restore the file from a backup: without one its rows are lost";
const RESTORE_LOG: &str =
    "restore whichever was edited, the file or the commit that added it, from a backup";

/// A file that is to be checked.
#[derive(Debug, Clone)]
pub(super) struct DataFile {
    pub(super) table: &'static Table,
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) path: Path,
    pub(super) file: Arc<ActiveFile>,
    /// The table's columns.
    pub(super) columns: SchemaRef,
    /// Records whose rows came by a replay: these are not held to the position of their source.
    pub(super) replayed: Arc<HashSet<u64>>,
}

/// What is in a file.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) findings: Vec<Finding>,
    pub(super) rows: u64,
    /// Of the `_Source` of the rows, those of one part.
    pub(super) hashes: Vec<u64>,
    pub(super) sources: HashMap<String, SourceFacts>,
}

/// What is in a file of one source.
#[derive(Debug, Default)]
pub(super) struct SourceFacts {
    /// The greatest position, replayed rows left out.
    pub(super) last: Option<i64>,
    /// Every sequence number of a partition.
    pub(super) numbers: NumberSet,
    /// The least of them that the file has, with the least time at which a row of the file was taken in,
    /// in microseconds since the epoch.
    pub(super) ingested: Option<(i64, i64)>,
}

impl DataFile {
    /// Whether its rows name the delivery that brought them.
    pub(super) fn has_places(&self) -> bool {
        self.table.is_log() || self.table.name == DEAD_LETTERS.name
    }

    /// Reads the file and compares; in the first part everything, in the others hashes alone.
    pub(super) async fn check(&self, part: Part) -> Facts {
        let mut facts = Facts::default();
        let is_known = match self.check_digest().await {
            Ok(is_known) => is_known,
            Err(finding) => {
                facts.findings.push(finding);
                false
            }
        };
        let is_damaged = !facts.findings.is_empty();
        if let Err(error) = self.read(&mut facts, part, !is_known).await
            && !is_damaged
        {
            let detail = format!("it is not a Parquet file that can be read: {error}");
            facts.findings.push(self.problem(Check::Content, detail, RESTORE));
        }
        facts
    }

    /// The hashes of one part.
    pub(super) async fn hashes(&self, part: Part) -> Vec<u64> {
        let mut hashes = Vec::new();
        // What cannot be read was found in the first part.
        let _ = self
            .each_place(|place| {
                let hash = hash_of(place);
                hashes.extend(part.holds(hash).then_some(hash));
            })
            .await;
        hashes
    }

    /// The records whose hashes are among these.
    pub(super) async fn named(&self, wanted: &HashSet<u64>) -> Vec<String> {
        let mut named = Vec::new();
        let _ = self
            .each_place(|place| {
                if wanted.contains(&hash_of(place)) {
                    named.push(place.to_owned());
                }
            })
            .await;
        named
    }

    /// Whether the bytes are those that the name says; `false` when it says nothing.
    async fn check_digest(&self) -> Result<bool, Finding> {
        let Some(expected) = digest_of_name(&self.file.path) else { return Ok(false) };
        let digest = async {
            let mut digest = Digest::default();
            let mut bytes = self.store.get(&self.path).await?.into_stream();
            while let Some(bytes) = bytes.try_next().await? {
                digest.update(&bytes);
            }
            Ok::<_, object_store::Error>(digest.finish())
        };
        match digest.await {
            Ok(digest) if digest == expected => Ok(true),
            Ok(_) => {
                let detail = "its bytes are not those that were written".to_owned();
                Err(self.problem(Check::Content, detail, RESTORE))
            }
            Err(error) => {
                Err(self.problem(Check::Content, format!("it cannot be read: {error}"), RESTORE))
            }
        }
    }

    async fn open(&self) -> Result<ParquetRecordBatchStreamBuilder<Reader>, ParquetError> {
        let reader = Reader {
            store: Arc::clone(&self.store),
            path: self.path.clone(),
            bytes: self.file.bytes,
        };
        ParquetRecordBatchStreamBuilder::new(reader).await
    }

    async fn each_place(&self, mut take: impl FnMut(&str)) -> Result<(), ParquetError> {
        let builder = self.open().await?;
        let mask = ProjectionMask::columns(builder.parquet_schema(), [SOURCE]);
        let mut batches = builder.with_projection(mask).build()?;
        while let Some(batch) = batches.try_next().await? {
            let Some(places) = batch.column_by_name(SOURCE) else { continue };
            let places = cast(places, &DataType::Utf8)?;
            places.as_string::<i32>().iter().flatten().for_each(&mut take);
        }
        Ok(())
    }

    async fn read(
        &self,
        facts: &mut Facts,
        part: Part,
        all_columns: bool,
    ) -> Result<(), ParquetError> {
        let builder = self.open().await?;
        let schema = Arc::clone(builder.schema());
        facts.findings.extend(self.check_columns(&schema));
        let claims: Claims = self
            .file
            .stats
            .as_deref()
            .and_then(|stats| serde_json::from_str(stats).ok())
            .unwrap_or_default();
        let claimed: BTreeSet<_> = claims.columns().chain([TIME]).collect();
        let builder = if all_columns {
            builder
        } else {
            let needed = claimed.iter().copied().chain([SOURCE, INGESTED]);
            let mask = ProjectionMask::columns(builder.parquet_schema(), needed);
            builder.with_projection(mask)
        };
        let mut batches = builder.build()?;
        let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
        let mut places = Places::new(self, part);
        while let Some(batch) = batches.try_next().await? {
            facts.rows += batch.num_rows() as u64;
            for name in &claimed {
                let (Some(values), Ok(field)) =
                    (batch.column_by_name(name), self.columns.field_with_name(name))
                else {
                    continue;
                };
                seen.entry(name).or_default().add(&cast(values, field.data_type())?);
            }
            places.add(&batch, facts)?;
        }
        if places.without > 0 {
            let detail = format!("{} rows do not say which delivery brought them", places.without);
            facts.findings.push(self.problem(Check::Position, detail, RESTORE));
        }
        self.check_statistics(&claims, &seen, facts);
        self.check_date(seen.get(TIME).and_then(Seen::times), facts);
        Ok(())
    }

    /// Whether the columns are those of the table. A column that a table got later may be missing.
    fn check_columns(&self, file: &SchemaRef) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut wrong = |detail| findings.push(self.problem(Check::Columns, detail, RESTORE));
        for field in file.fields() {
            match self.columns.field_with_name(field.name()) {
                Err(_) => wrong(format!("its column {} is none of the table", field.name())),
                Ok(own) if !is_same(own.data_type(), field.data_type()) => wrong(format!(
                    "its column {} is {} where the table has {}",
                    field.name(),
                    field.data_type(),
                    own.data_type()
                )),
                Ok(_) => {}
            }
        }
        let needed = [TIME].into_iter().chain(self.has_places().then_some(SOURCE));
        for name in needed.filter(|name| file.field_with_name(name).is_err()) {
            wrong(format!("it has no column {name}"));
        }
        findings
    }

    fn check_statistics(&self, claims: &Claims, seen: &BTreeMap<&str, Seen>, facts: &mut Facts) {
        if let Some(rows) = claims.num_records.filter(|rows| *rows != facts.rows) {
            let detail = format!("it has {} rows where the log says {rows}", facts.rows);
            facts.findings.push(self.problem(Check::Statistics, detail, RESTORE_LOG));
        }
        for (column, seen) in seen {
            if let Some(detail) = claims.check(column, seen) {
                facts.findings.push(self.problem(Check::Statistics, detail, RESTORE_LOG));
            }
        }
        if self.file.stats.is_none() {
            facts.findings.push(Finding {
                level: Level::Note,
                remedy: "",
                ..self.problem(
                    Check::Statistics,
                    "the log has no statistics of it: queries read it whatever they ask".into(),
                    "",
                )
            });
        }
    }

    fn check_date(&self, times: Option<(i64, i64)>, facts: &mut Facts) {
        let Some((first, last)) = times else { return };
        let day = |micros| DateTime::from_timestamp_micros(micros).map(|time| time.date_naive());
        let (first, last) = (day(first), day(last));
        let date = self.file.date;
        if date.is_none() || first != date || last != date {
            let day = |day: Option<chrono::NaiveDate>| {
                day.map_or_else(|| "no day".to_owned(), |day| day.to_string())
            };
            let detail = format!(
                "it is of {PARTITION_COLUMN}={}, and its rows are of {} to {}",
                day(date),
                day(first),
                day(last)
            );
            facts.findings.push(self.problem(Check::Partition, detail, RESTORE_LOG));
        }
    }

    pub(super) fn problem(&self, check: Check, detail: String, remedy: &'static str) -> Finding {
        Finding {
            level: Level::Problem,
            check,
            table: Some(self.table.name),
            place: self.file.path.clone(),
            detail,
            remedy,
        }
    }
}

/// Other writers have other types of text and time for the same type of Delta.
fn is_same(table: &DataType, file: &DataType) -> bool {
    let is_text =
        |kind: &DataType| matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let is_binary = |kind: &DataType| {
        matches!(kind, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
    };
    let is_time = |kind: &DataType| matches!(kind, DataType::Timestamp(_, Some(_)));
    table == file || [is_text, is_binary, is_time].iter().any(|is| is(table) && is(file))
}

/// The records of a file, as its rows name them.
struct Places<'a> {
    file: &'a DataFile,
    part: Part,
    /// Rows that name none.
    without: u64,
}

impl<'a> Places<'a> {
    fn new(file: &'a DataFile, part: Part) -> Self {
        Self { file, part, without: 0 }
    }

    fn add(&mut self, batch: &RecordBatch, facts: &mut Facts) -> Result<(), ParquetError> {
        if !self.file.has_places() {
            return Ok(());
        }
        let Some(places) = batch.column_by_name(SOURCE) else { return Ok(()) };
        let places = cast(places, &DataType::Utf8)?;
        let places = places.as_string::<i32>();
        // Of a dead letter `TimeGenerated` is the time when it was taken in.
        let ingested = batch.column_by_name(if self.file.table.is_log() { INGESTED } else { TIME });
        let ingested =
            ingested.and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>());
        for row in 0..places.len() {
            let place = places.is_valid(row).then(|| places.value(row));
            let Some((place, (source, position))) =
                place.and_then(|place| Some((place, parse(place)?)))
            else {
                self.without += 1;
                continue;
            };
            let hash = hash_of(place);
            facts.hashes.extend(self.part.holds(hash).then_some(hash));
            if !facts.sources.contains_key(source) {
                facts.sources.insert(source.to_owned(), SourceFacts::default());
            }
            let Some(of_source) = facts.sources.get_mut(source) else { continue };
            // A replay puts rows where their source was long ago.
            let is_replayed = self.file.replayed.contains(&hash);
            if !is_replayed {
                of_source.last = of_source.last.max(Some(position));
            }
            if is_partition(source) {
                of_source.numbers.insert(position);
            }
            if is_partition(source) && !(is_replayed && self.file.table.is_log()) {
                let time = ingested.map_or(i64::MIN, |times| times.value(row));
                of_source.ingested = Some(match of_source.ingested {
                    Some((first, least)) => (first.min(position), least.min(time)),
                    None => (position, time),
                });
            }
        }
        Ok(())
    }
}
