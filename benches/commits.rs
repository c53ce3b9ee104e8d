//! What a commit costs as a table grows: 5,000 commits of 200 sign-ins, each with its `txn`.
//!
//! `cargo bench --bench commits` runs all of it, `-- --commits N` fewer; under `cargo test` it
//! makes a few commits only to show that it works. `--rows N` says how many sign-ins a commit has, and
//! with `--maintain` the lake is kept in shape meanwhile, as `serve` does it: after each day (288 commits) the
//! day's files are merged and what of the log is older than 2,880 commits is deleted, and replaced files of more than 10,080
//! commits ago: two days and a week at a commit a minute. `--maintain --rows 20 --commits 50000` is a month of
//! such commits. `--partitions N` has the commits come from N partitions in turn, each of them committed to `DeadLetters` as well, as
//! ingestion does it; `--lake PATH` makes the lake there and leaves it, for `recovery`. Delta remembers all removals for a week by the clock, so that checkpoints have five times as many
//! of them here as after a month in life.
//!
//! Each commit brings five minutes of sign-ins, as
//! a hub would, so it writes one file and a day has 288. Times are of `Lake::commit` alone: rows
//! are decoded before the clock starts. "Cold" is a lake that this process has not opened before;
//! the operating system may well have the files in its cache.

// `json!` needs it for a record as long as a sign-in.
#![recursion_limit = "256"]
// The numbers are what this program is for.
#![expect(clippy::print_stdout, reason = "a benchmark's data goes to standard output")]

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use entralog::decode::decode;
use entralog::lake::{Advance, Eagerness, Lake};
use entralog::table::{DEAD_LETTERS, Provenance, Table, TableBuilder, by_name};

const COMMITS: u64 = 5_000;
const COMMITS_OF_A_TEST: u64 = 10;
const ROWS: u64 = 200;
const SECONDS_PER_COMMIT: u64 = 300;
const COMMITS_PER_DAY: u64 = 86_400 / SECONDS_PER_COMMIT;

/// Commits for which the log is kept, and replaced files.
const LOGGED: u64 = 2_880;
const SPARED: u64 = 10_080;

/// 2025-01-01T00:00:00Z, so that no commit crosses midnight.
const START: i64 = 1_735_689_600;

/// Fewer commits than this have no median worth a comparison.
const COMMITS_OF_A_VERDICT: u64 = 1_000;

/// Flat means: the last block's median is at most this many times the first block's.
const FLAT: f64 = 1.5;

/// What is measured.
#[derive(Debug, Clone)]
struct Course {
    commits: u64,
    rows: u64,
    maintain: bool,
    /// Without it, one, and no commits to `DeadLetters`.
    partitions: Option<u64>,
    lake: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let Some(course) = course(std::env::args().skip(1))? else {
        return Ok(());
    };
    // Delta's engine blocks on its own work, which needs other threads to do it.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(course))
}

/// By the flags, or what fits the way in which cargo started us; `None` when there is nothing to do.
fn course(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Option<Course>> {
    let mut commits = None;
    let mut course = Course {
        commits: COMMITS_OF_A_TEST,
        rows: ROWS,
        maintain: false,
        partitions: None,
        lake: None,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        let mut number = || {
            let number = value()?;
            let number: u64 = number.parse().with_context(|| format!("{argument} {number}"))?;
            ensure!(number > 0, "{argument} must be at least 1");
            Ok(number)
        };
        match argument.as_str() {
            // Cargo puts its own behind ours.
            "--bench" => course.commits = COMMITS,
            "--commits" => commits = Some(number()?),
            "--rows" => course.rows = number()?,
            "--maintain" => course.maintain = true,
            "--partitions" => course.partitions = Some(number()?),
            "--lake" => course.lake = Some(value()?),
            // A test runner asks which tests there are: none by name.
            "--list" => return Ok(None),
            // `--test`, filters and whatever else a test runner passes on.
            _ => {}
        }
    }
    Ok(Some(Course { commits: commits.unwrap_or(course.commits), ..course }))
}

async fn run(course: Course) -> anyhow::Result<()> {
    let Course { commits, rows: of_a_commit, maintain, partitions, lake } = course;
    let directory = tempfile::tempdir()?;
    let root = lake.map_or_else(|| directory.path().to_owned(), PathBuf::from);
    let location = root.to_str().context("the lake's path is not UTF-8")?;
    let table = by_name("SigninLogs").context("no such table")?;
    let root = root.join(table.name);
    let log = root.join("_delta_log");
    let lake = Lake::open(location)?;
    let block_size = commits.div_ceil(10);

    println!("{commits} commits of {of_a_commit} rows; times in milliseconds");
    print!(
        "{:>13} {:>8} {:>8} {:>15} {:>10} {:>9}",
        "commits", "median", "p99", "with checkpoint", "cold: open", "position"
    );
    println!("{}", if maintain { "  stored     log  upkeep s" } else { "" });
    let mut medians = Vec::new();
    let mut upkeep = Upkeep::default();
    let mut done = 0;
    while done < commits {
        let mut block = Block::default();
        let first = done + 1;
        let last = (done + block_size).min(commits);
        for number in first..=last {
            let rows = rows(table, number, of_a_commit)?;
            let start = Instant::now();
            let advance = advance(number, partitions.unwrap_or(1))?;
            let version = commit(&lake, table, Some(rows), advance.clone()).await?;
            block.add(start.elapsed(), has_checkpoint(&log, version)?);
            if partitions.is_some() {
                commit(&lake, &DEAD_LETTERS, None, advance).await?;
            }
            if maintain {
                upkeep.after(&lake, table, number).await?;
            }
        }
        block.plain.sort_unstable();
        done = last;

        let newest = source(done, partitions.unwrap_or(1));
        let (open, position) = from_cold(location, table, &newest, done, maintain).await?;
        let median = block.median();
        print!(
            "{:>13} {:>8} {:>8} {:>15} {:>10} {:>9}",
            format!("{first}-{last}"),
            milliseconds(median),
            milliseconds(block.p99()),
            milliseconds(block.mean_with_checkpoint()),
            milliseconds(Some(open)),
            milliseconds(Some(position)),
        );
        if maintain {
            let stored = count_files(&root, true)?;
            let entries = count_files(&log, false)?;
            let seconds = upkeep.took.as_secs_f64();
            print!(" {stored:>7} {entries:>7} {seconds:>9.1}");
            upkeep.took = Duration::ZERO;
        }
        println!();
        medians.extend(median);
    }
    let expected = i64::try_from(commits * of_a_commit)?;
    ensure!(count_rows(&lake).await? == expected, "rows were lost or doubled");
    if commits >= COMMITS_OF_A_VERDICT {
        println!("{}", verdict(&medians));
    }
    Ok(())
}

/// Maintenance between the commits.
#[derive(Debug, Default)]
struct Upkeep {
    /// When the last commit of each day was.
    days: VecDeque<(u64, Instant)>,
    took: Duration,
}

impl Upkeep {
    /// Does what is due after a commit.
    async fn after(
        &mut self,
        lake: &Lake,
        table: &'static Table,
        number: u64,
    ) -> anyhow::Result<()> {
        if !number.is_multiple_of(COMMITS_PER_DAY) {
            return Ok(());
        }
        let start = Instant::now();
        for group in lake.mergeable(table, Eagerness::Everything).await? {
            lake.merge(&group).await?.context("a merge without a rival was lost")?;
        }
        self.days.push_back((number, start));
        if let Some(keep) = self.since(number, LOGGED) {
            lake.clean_log(table, keep, false).await?;
            lake.clean_log(&DEAD_LETTERS, keep, false).await?;
        }
        // Once a week is enough for this one.
        if let Some(grace) = self.since(number, SPARED)
            && (number / COMMITS_PER_DAY).is_multiple_of(7)
        {
            lake.vacuum(table, grace, false).await?;
        }
        self.took += start.elapsed();
        Ok(())
    }

    /// How long ago the commit was that is so many before this one.
    fn since(&self, number: u64, commits: u64) -> Option<Duration> {
        let before = |(of_day, _): &&(u64, Instant)| of_day + commits <= number;
        self.days.iter().rev().find(before).map(|(_, time)| time.elapsed())
    }
}

async fn count_rows(lake: &Lake) -> anyhow::Result<i64> {
    use arrow::array::AsArray;

    let session = entralog::query::Session::new(lake)?;
    let answer = session.query("SELECT count(*) FROM SigninLogs").await?;
    let batch = answer.batches.first().context("no answer")?;
    Ok(batch.column(0).as_primitive::<arrow::datatypes::Int64Type>().value(0))
}

/// Files below a directory; of a table without its log.
fn count_files(directory: &Path, without_log: bool) -> anyhow::Result<u64> {
    let mut count = 0;
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if !path.is_dir() {
            count += 1;
        } else if !(without_log && path.ends_with("_delta_log")) {
            count += count_files(&path, without_log)?;
        }
    }
    Ok(count)
}

/// A commit that moves the position of one of so many partitions, in turn.
fn advance(number: u64, partitions: u64) -> anyhow::Result<Advance> {
    let from = number.checked_sub(partitions).filter(|from| *from > 0);
    Ok(Advance {
        source_id: source(number, partitions),
        from: from.map(i64::try_from).transpose()?,
        to: i64::try_from(number)?,
    })
}

fn source(number: u64, partitions: u64) -> String {
    format!("hub/{}", number % partitions)
}

async fn commit(
    lake: &Lake,
    table: &'static Table,
    rows: Option<RecordBatch>,
    advance: Advance,
) -> anyhow::Result<u64> {
    lake.commit(table, rows, vec![advance]).await?.context("nothing was committed")
}

/// How long a new process would wait for the table, and then for the position of a source.
async fn from_cold(
    location: &str,
    table: &'static Table,
    source: &str,
    commits: u64,
    maintained: bool,
) -> anyhow::Result<(Duration, Duration)> {
    let start = Instant::now();
    let lake = Lake::open(location)?;
    let version = lake.version(table).await?;
    let opened = start.elapsed();
    let position = lake.position(table, source).await?;
    let found = start.elapsed() - opened;
    // Version 0 made the table, and merges are commits too.
    let as_expected = version == Some(commits) || maintained && version > Some(commits);
    ensure!(as_expected, "version {version:?} after {commits} commits");
    ensure!(position == Some(i64::try_from(commits)?), "position is {position:?}");
    Ok((opened, found))
}

fn has_checkpoint(log: &Path, version: u64) -> anyhow::Result<bool> {
    #[derive(serde::Deserialize)]
    struct LastCheckpoint {
        version: u64,
    }
    match std::fs::read(log.join("_last_checkpoint")) {
        Ok(json) => Ok(serde_json::from_slice::<LastCheckpoint>(&json)?.version == version),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Times of some commits in a row.
#[derive(Default)]
struct Block {
    /// Of commits without a checkpoint; sorted before they are asked.
    plain: Vec<Duration>,
    with_checkpoint: Vec<Duration>,
}

impl Block {
    fn add(&mut self, time: Duration, checkpoint: bool) {
        if checkpoint {
            self.with_checkpoint.push(time);
        } else {
            self.plain.push(time);
        }
    }

    fn median(&self) -> Option<Duration> {
        self.plain.get(self.plain.len() / 2).copied()
    }

    /// The smallest time that 99 of 100 commits do not exceed.
    fn p99(&self) -> Option<Duration> {
        let rank = (self.plain.len() * 99).div_ceil(100);
        self.plain.get(rank.checked_sub(1)?).copied()
    }

    fn mean_with_checkpoint(&self) -> Option<Duration> {
        let count = u32::try_from(self.with_checkpoint.len()).ok()?;
        self.with_checkpoint.iter().sum::<Duration>().checked_div(count)
    }
}

fn verdict(medians: &[Duration]) -> String {
    let [first, .., last] = medians else {
        return "too few commits to compare".into();
    };
    let ratio = last.as_secs_f64() / first.as_secs_f64();
    let flat = if ratio <= FLAT { "flat" } else { "NOT flat" };
    format!("{flat}: the last block's median is {ratio:.2} times the first's (limit {FLAT})")
}

fn milliseconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".into(), |time| format!("{:.1}", time.as_secs_f64() * 1000.0))
}

/// The rows of a commit, by the way of every record: decoded, then built.
fn rows(table: &'static Table, number: u64, count: u64) -> anyhow::Result<RecordBatch> {
    let records = (0..count).map(|row| record(number, row, count));
    let records = records.collect::<Result<Vec<_>, _>>()?;
    let body = format!(r#"{{"records":[{}]}}"#, records.join(","));
    let from = Provenance {
        source: "hub/0",
        position: i64::try_from(number)?,
        ingested_at: Utc::now().timestamp_micros(),
    };
    let mut builder = TableBuilder::new(table);
    for record in decode(body.as_bytes()).iter() {
        let record = record.map_err(|rejected| anyhow::anyhow!(rejected.detail.clone()))?;
        builder.append(&record, from).map_err(|reason| anyhow::anyhow!(reason.as_str()))?;
    }
    ensure!(builder.rows() == usize::try_from(count)?, "{} rows", builder.rows());
    Ok(builder.finish()?)
}

/// A sign-in with the properties that most have; who and from where changes from row to row.
fn record(commit: u64, row: u64, of_a_commit: u64) -> anyhow::Result<String> {
    let sequence = (commit - 1) * of_a_commit + row;
    let offset = (commit - 1) * SECONDS_PER_COMMIT + row * SECONDS_PER_COMMIT / of_a_commit;
    let time = DateTime::from_timestamp(START + i64::try_from(offset)?, 123_456_000)
        .context("time out of range")?
        .format("%Y-%m-%dT%H:%M:%S%.6fZ")
        .to_string();
    let user = sequence * 7919 % 2_000;
    let ip = format!("198.51.{}.{}", user % 100, user % 251);
    let user_id = format!("6f1d2c3b-0000-4000-8000-{user:012x}");
    // Knuth's multiplicative hash: ids that do not come in order, as real ones do not.
    let scattered = sequence * 2_654_435_761 % (1 << 32);
    let correlation_id = format!("{scattered:08x}-1111-4111-9111-{sequence:012x}");
    let failed = sequence.is_multiple_of(20);
    let (code, reason) = if failed { (50126, "Invalid username or password") } else { (0, "") };
    let record = serde_json::json!({
        "time": time,
        "resourceId": "/tenants/0b3c7a5e-1d2f-4c6b-9a8e-7f6d5c4b3a29/providers/Microsoft.aadiam",
        "operationName": "Sign-in activity",
        "operationVersion": "1.0",
        "category": "SignInLogs",
        "tenantId": "0b3c7a5e-1d2f-4c6b-9a8e-7f6d5c4b3a29",
        "resultType": code.to_string(),
        "resultSignature": "None",
        "durationMs": 0,
        "callerIpAddress": ip,
        "correlationId": correlation_id,
        "identity": format!("User {user}"),
        "Level": 4,
        "location": "DE",
        "properties": {
            "id": format!("{scattered:08x}-2222-4222-a222-222222222222"),
            "createdDateTime": time,
            "userDisplayName": format!("User {user}"),
            "userPrincipalName": format!("user{user}@example.com"),
            "userId": user_id,
            "appId": "00000002-0000-0ff1-ce00-000000000000",
            "appDisplayName": "Office 365 Exchange Online",
            "ipAddress": ip,
            "status": {"errorCode": code, "failureReason": reason},
            "clientAppUsed": "Browser",
            "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36",
            "deviceDetail": {"deviceId": "", "operatingSystem": "Windows10", "browser": "Edge 131"},
            "location": {
                "city": "Bonn", "state": "Nordrhein-Westfalen", "countryOrRegion": "DE",
                "geoCoordinates": {"latitude": 50.73, "longitude": 7.1}
            },
            "correlationId": correlation_id,
            "conditionalAccessStatus": if failed { "notApplied" } else { "success" },
            "appliedConditionalAccessPolicies": [{
                "id": "c4a1d5f0-3333-4333-b333-333333333333",
                "displayName": "Require MFA for all users",
                "enforcedGrantControls": ["Mfa"],
                "result": if failed { "notApplied" } else { "success" }
            }],
            "isInteractive": true,
            "tokenIssuerType": "AzureAD",
            "processingTimeInMilliseconds": 80 + sequence % 300,
            "riskLevelDuringSignIn": "none",
            "riskState": "none",
            "resourceDisplayName": "Office 365 Exchange Online",
            "resourceId": "00000002-0000-0ff1-ce00-000000000000",
            "authenticationDetails": [{
                "authenticationStepDateTime": time,
                "authenticationMethod": "Password",
                "succeeded": !failed
            }],
            "authenticationRequirement": "multiFactorAuthentication",
            "userType": "Member",
            "autonomousSystemNumber": 3320
        }
    });
    Ok(record.to_string())
}
