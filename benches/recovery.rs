//! How soon records go into the lake again after SIGKILL: from the signal to the next commit of the process that is
//! started at once, at the default settings.
//!
//! `cargo bench --bench recovery` kills the real `entralog ingest` 20 times while 32 partitions of a hub bring
//! sign-ins; `-- --kills N` and `--partitions N` otherwise. `--lake PATH` has it happen on a lake with a history, such as
//! `cargo bench --bench commits -- --commits 50000 --rows 10 --partitions 32 --lake PATH` makes; the rows stay there.
//! `--entralog PATH` measures another build. Under `cargo test` one process is killed, to show that it works.
//!
//! The hub is in this process, on the same machine. A process dies at any time within the two flushes after it
//! committed, so that what it had read and not committed is read again.

// The numbers are what this program is for.
#![expect(clippy::print_stdout, reason = "a benchmark's data goes to standard output")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use entralog::devhub::{Devhub, DevhubConfig};

const HUB: &str = "insights-logs-signinlogs";
const KILLS: u32 = 20;

/// The longest that any recovery may take.
const CEILING: Duration = Duration::from_secs(5);

/// A process that has made no commit by then makes none.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two messages of a partition.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Debug)]
struct Course {
    entralog: String,
    kills: u32,
    partitions: usize,
    lake: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let course = course(std::env::args().skip(1))?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(course))
}

fn course(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Course> {
    let mut kills = None;
    let mut course = Course {
        entralog: env!("CARGO_BIN_EXE_entralog").to_owned(),
        kills: 1,
        partitions: 32,
        lake: None,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--entralog" => course.entralog = value()?,
            "--kills" => kills = Some(value()?.parse()?),
            "--partitions" => course.partitions = value()?.parse()?,
            "--lake" => course.lake = Some(value()?.into()),
            // What `cargo bench` adds.
            "--bench" => course.kills = KILLS,
            // Names of tests that are asked for.
            _ => {}
        }
    }
    course.kills = kills.unwrap_or(course.kills);
    ensure!(course.partitions > 0, "--partitions must be at least 1");
    Ok(course)
}

async fn run(course: Course) -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let lake = course.lake.clone().unwrap_or_else(|| directory.path().join("lake"));
    let config = DevhubConfig::with_hubs([(HUB, course.partitions)]);
    let devhub = Arc::new(Devhub::start(&config, "127.0.0.1:0".parse()?).await?);
    let producer = tokio::spawn(produce(Arc::clone(&devhub), course.partitions));
    let start = || {
        Command::new(&course.entralog)
            .args(["ingest", "--lake"])
            .arg(&lake)
            .current_dir(directory.path())
            .env("ENTRALOG_EVENT_HUBS_CONNECTION_STRING", devhub.connection_string())
            .env("ENTRALOG_EVENT_HUBS", HUB)
            .stderr(Stdio::null())
            .spawn()
    };
    let log = lake.join("SigninLogs/_delta_log");
    println!("{} partitions, {} commits before", course.partitions, newest(&log)?.unwrap_or(0));

    let mut process = Killed(start()?);
    let _ = process.next_commit(&log).await?;
    let mut times = Vec::new();
    for kill in 1..=course.kills {
        // At another place between two flushes each time.
        tokio::time::sleep(Duration::from_millis(u64::from(kill) * 2_377 % 10_000)).await;
        let begun = Instant::now();
        process.kill()?;
        let before = Instant::now();
        process = Killed(start()?);
        let commit = process.next_commit(&log).await?;
        let time = before.duration_since(begun) + commit;
        println!("kill {kill}: next commit after {:.2} s", time.as_secs_f64());
        times.push(time);
    }
    producer.abort();
    times.sort_unstable();
    let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
    println!("median {:.2} s, longest {:.2} s", median.as_secs_f64(), longest.as_secs_f64());
    if longest > CEILING {
        bail!("a recovery took longer than {} s", CEILING.as_secs());
    }
    Ok(())
}

/// A process that does not outlive its use.
struct Killed(Child);

impl Killed {
    /// SIGKILL.
    fn kill(&mut self) -> anyhow::Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }

    /// How long it takes until a new commit is there.
    async fn next_commit(&mut self, log: &Path) -> anyhow::Result<Duration> {
        let next = newest(log)?.map_or(0, |version| version + 1);
        let next = log.join(format!("{next:020}.json"));
        let start = Instant::now();
        loop {
            if next.exists() {
                return Ok(start.elapsed());
            }
            if let Some(status) = self.0.try_wait()? {
                bail!("ingest ended: {status}");
            }
            ensure!(start.elapsed() < PATIENCE, "no commit after {} s", PATIENCE.as_secs());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The newest version of a table by its log.
fn newest(log: &Path) -> anyhow::Result<Option<u64>> {
    if !log.exists() {
        return Ok(None);
    }
    let mut newest = None;
    for entry in std::fs::read_dir(log)? {
        let name = entry?.file_name();
        let version = name.to_str().and_then(|name| name.strip_suffix(".json"));
        newest = newest.max(version.and_then(|version| version.parse().ok()));
    }
    Ok(newest)
}

/// Sign-ins for every partition, for as long as it is let.
async fn produce(devhub: Arc<Devhub>, partitions: usize) -> anyhow::Result<()> {
    for number in 0_u64.. {
        for partition in 0..partitions {
            let time = chrono::Utc::now().to_rfc3339();
            let id = format!("{number:08x}-0000-4000-8000-{partition:012x}");
            let record = format!(
                r#"{{"time":"{time}","category":"SignInLogs","operationName":"Sign-in activity","resultType":"0","properties":{{"id":"{id}","createdDateTime":"{time}","userPrincipalName":"ada@contoso.com","ipAddress":"198.51.100.7"}}}}"#
            );
            devhub.append(HUB, partition, format!(r#"{{"records":[{record}]}}"#))?;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
