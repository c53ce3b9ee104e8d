//! What it takes to catch up with a hub: memory, CPU seconds and wall time of `entralog ingest --once` over AMQP.
//!
//! `cargo bench --bench backlog` puts 5,000,000 sign-ins of 1 KB into two partitions, 25 in a message, and has
//! the real binary take them in; `-- --records N` fewer, `--partitions N` into others. `--like-generated`
//! takes sign-ins as `entralog generate` makes them, which have 3 KB, and `--beside-file` has the same bodies taken in
//! from a file as well, in turns. `--entralog PATH` measures another build. The hub is in this process and holds everything in memory: 8 GB by default.
//! Under `cargo test` it takes a few records only, to show that it works.
//!
//! Peak memory and CPU seconds are those of the process that ingests, as Linux counts them; the hub works on the
//! same machine, so wall time says less.

// The numbers are what this program is for.
#![expect(clippy::print_stdout, reason = "a benchmark's data goes to standard output")]

mod process;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use entralog::decode::decode;
use entralog::devhub::{Devhub, DevhubConfig};
use entralog::generate::{GenerateOptions, generate};

use process::taken;

const RECORDS: u64 = 5_000_000;
const RECORDS_OF_A_TEST: u64 = 500;
const OF_A_MESSAGE: u64 = 25;
const HUB: &str = "insights-logs-signinlogs";

/// Where the number of a record goes.
const NUMBER: &str = "@@@@@@@@@@@@";

/// The most memory that catching up may take, in MB.
const CEILING: u64 = 512;

#[derive(Debug)]
struct Course {
    entralog: String,
    records: u64,
    partitions: usize,
    like_generated: bool,
    beside_file: bool,
}

fn main() -> anyhow::Result<()> {
    let course = course(std::env::args().skip(1))?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(course))
}

fn course(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Course> {
    let mut records = None;
    let mut course = Course {
        entralog: env!("CARGO_BIN_EXE_entralog").to_owned(),
        records: RECORDS_OF_A_TEST,
        partitions: 2,
        like_generated: false,
        beside_file: false,
    };
    while let Some(argument) = arguments.next() {
        let mut number = || -> anyhow::Result<u64> {
            let number = arguments.next().with_context(|| format!("{argument} needs a number"))?;
            number.parse().with_context(|| format!("{argument} {number}"))
        };
        match argument.as_str() {
            "--entralog" => {
                course.entralog = arguments.next().context("--entralog needs a path")?;
            }
            "--records" => records = Some(number()?),
            "--partitions" => course.partitions = usize::try_from(number()?)?,
            "--like-generated" => course.like_generated = true,
            "--beside-file" => course.beside_file = true,
            // What `cargo bench` adds.
            "--bench" => course.records = RECORDS,
            // Names of tests that are asked for.
            _ => {}
        }
    }
    course.records = records.unwrap_or(course.records);
    ensure!(course.partitions > 0, "--partitions must be at least 1");
    Ok(course)
}

async fn run(course: Course) -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let templates = match course.like_generated {
        true => generated(directory.path())?,
        false => vec![short()],
    };
    let config =
        DevhubConfig::with_hubs([(HUB, course.partitions)]).with_retained_bytes(usize::MAX);
    let devhub = Devhub::start(&config, "127.0.0.1:0".parse()?).await?;
    let file = directory.path().join("bodies.ndjson");
    let mut bodies = course.beside_file.then(|| std::fs::File::create(&file)).transpose()?;
    let (mut number, mut bytes) = (0, 0);
    let mut partitions = (0..course.partitions).cycle();
    while number < course.records {
        let last = course.records.min(number + OF_A_MESSAGE);
        let body = body(&templates, number..last);
        number = last;
        bytes += body.len();
        if let Some(file) = &mut bodies {
            writeln!(file, "{body}")?;
        }
        devhub.append(HUB, partitions.next().unwrap_or_default(), body)?;
    }
    drop(bodies);
    println!(
        "{} records, {} MB of JSON, {} partitions",
        course.records,
        bytes >> 20,
        course.partitions
    );

    let rounds = if course.beside_file { 3 } else { 1 };
    let (mut of_hub, mut of_file) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let lake = tempfile::tempdir()?;
        let command = |arguments: &[&str]| {
            let mut command = Command::new(&course.entralog);
            command.args(arguments).current_dir(lake.path()).stdout(Stdio::null());
            command.env("ENTRALOG_EVENT_HUBS_CONNECTION_STRING", devhub.connection_string());
            command.env("ENTRALOG_EVENT_HUBS", HUB);
            command
        };
        of_hub.push(measure(
            "hub",
            &mut command(&["--lake", "of-hub", "ingest", "--once"]),
            &course,
        )?);
        if course.beside_file {
            let from = file.to_str().context("a path in UTF-8")?;
            let mut ingest = command(&["--lake", "of-file", "ingest", "--from", from]);
            of_file.push(measure("file", &mut ingest, &course)?);
        }
    }
    if course.beside_file {
        let mut ratios: Vec<_> =
            of_hub.iter().zip(&of_file).map(|(hub, file)| file / hub).collect();
        ratios.sort_by(f64::total_cmp);
        println!("records a CPU second, hub to file: {:.2} (median)", ratios[ratios.len() / 2]);
    }
    Ok(())
}

/// Runs it and says what it took; gives the CPU seconds.
fn measure(name: &str, command: &mut Command, course: &Course) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let mut child = command.spawn()?;
    let (mut peak, mut cpu) = (0, 0.0);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        // Between its end and the next look it can have taken 10 ms more.
        let of_process = format!("/proc/{}", child.id());
        // One that has just ended says nothing any more.
        if let Ok(taken) = taken(Path::new(&of_process)) {
            (peak, cpu) = (taken.peak, taken.cpu);
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    ensure!(status.success(), "{name}: {status}");
    let wall = begun.elapsed().as_secs_f64();
    let records = course.records as f64;
    println!(
        "{name}: {} records a CPU second ({cpu:.1} s), {} a second ({wall:.1} s), at most {} MB",
        (records / cpu).round(),
        (records / wall).round(),
        peak >> 20
    );
    if peak >> 20 > CEILING {
        bail!("{name} took {} MB at its peak, more than {CEILING}", peak >> 20);
    }
    Ok(cpu)
}

/// A message of records, each with a number of its own.
fn body(templates: &[String], numbers: std::ops::Range<u64>) -> String {
    let records = numbers.map(|number| {
        let place = usize::try_from(number).unwrap_or_default() % templates.len();
        templates[place].replace(NUMBER, &format!("{number:012}"))
    });
    format!("{{\"records\":[{}]}}", records.collect::<Vec<_>>().join(","))
}

/// Sign-ins of the generator, with a place for a number in the last digits of their id.
fn generated(directory: &Path) -> anyhow::Result<Vec<String>> {
    let logs = directory.join("logs");
    generate(&GenerateOptions { events: 30_000, ..GenerateOptions::default() }, &logs)?;
    let mut templates = Vec::new();
    for file in entralog::source::file::expand(&[logs.join(HUB)])? {
        let bytes = std::fs::read(file)?;
        for record in decode(&bytes).iter().flatten() {
            let (before, after) =
                record.json.split_once("\"id\":\"").context("a sign-in without id")?;
            let (id, after) = after.split_at(36);
            templates.push(format!("{before}\"id\":\"{}{NUMBER}{after}", &id[..24]));
        }
    }
    Ok(templates)
}

/// A short sign-in.
fn short() -> String {
    format!(
        r#"{{"time":"2026-01-05T10:00:00.1234567Z","resourceId":"/tenants/11111111-2222-3333-4444-555555555555/providers/Microsoft.aadiam","operationName":"Sign-in activity","operationVersion":"1.0","category":"SignInLogs","tenantId":"11111111-2222-3333-4444-555555555555","resultType":"0","durationMs":0,"callerIpAddress":"198.51.100.7","correlationId":"aaaaaaaa-2222-3333-4444-{NUMBER}","identity":"Ada","Level":4,"location":"DE","properties":{{"id":"bbbbbbbb-2222-3333-4444-{NUMBER}","createdDateTime":"2026-01-05T10:00:00.1234567Z","userPrincipalName":"ada@contoso.com","userId":"cccccccc-2222-3333-4444-555555555555","appDisplayName":"Office 365 Exchange Online","ipAddress":"198.51.100.7","clientAppUsed":"Browser","status":{{"errorCode":0}},"deviceDetail":{{"operatingSystem":"Windows 11","browser":"Edge 143.0"}},"location":{{"city":"Bonn","countryOrRegion":"DE","geoCoordinates":{{"latitude":50.7,"longitude":7.1}}}}}}}}"#
    )
}
