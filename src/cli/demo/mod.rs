//! `entralog demo`: the whole way, from Event Hubs to a delivered alert, on this machine.
//!
//! Everything on the way is the real thing: a devhub that speaks AMQP, Microsoft's client on both
//! sides of it, Delta tables, the built-in rules, and HTTP to a receiver.

mod publish;
mod receiver;
mod report;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::progress::Progress;
use super::{Context, Exit, Failure};
use crate::alert::{WebhookDestination, deliver_pending, run_rule};
use crate::detect::builtin_rules;
use crate::devhub::{Devhub, DevhubConfig};
use crate::generate::{GenerateOptions, Truth, generate};
use crate::ingest::{FlushLimits, Hub, Ingester, Reading, Run, ingest_files, ingest_hubs};
use crate::lake::Lake;
use crate::query::Limits;
use crate::source::eventhub::{ConnectionString, Namespace};
use receiver::Receiver;

/// Where the demo keeps its files.
const DIRECTORY: &str = "entralog-demo";

/// A file that says that a directory is the demo's own, to be made anew.
const MARKER: &str = ".made-by-entralog-demo";

/// Records of the demo, and the days they cover: enough for a role to be unused in.
const EVENTS: u64 = 12_000;
const DAYS: u32 = 30;
const SEED: u64 = 7;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Directory of the demo; one that an earlier demo left there is made anew
    #[arg(long, value_name = "DIR", default_value = DIRECTORY)]
    directory: PathBuf,
    /// Records to send through
    #[arg(long, default_value_t = EVENTS)]
    events: u64,
}

pub(super) async fn run(_context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let directory = &arguments.directory;
    prepare(directory)?;
    let logs = directory.join("logs");
    let truth = sample(&logs, arguments.events)?;

    let devhub = start_devhub(&logs).await?;
    let published = publish::publish(&devhub, &logs).await?;
    step(&format!("published {published} messages over AMQP as Microsoft's producer client"));

    let lake = Lake::open(&directory.join("lake").to_string_lossy())?;
    ingest(&lake, &devhub, &logs, published).await?;
    detect(&lake, &truth).await?;

    let receiver = Receiver::start().await?;
    deliver(&lake, &receiver).await?;
    devhub.shutdown().await;

    let alerts = receiver.alerts();
    report::print(&truth, &alerts)?;
    step(&format!("done in {} s; try next:", begun.elapsed().as_secs()));
    report::try_next(&directory.join("lake"));
    Ok(if report::all_found(&truth, &alerts) { Exit::Done } else { Exit::Findings })
}

/// Makes the demo's directory anew; one that is not the demo's is left alone.
fn prepare(directory: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::said(Exit::Usage, format!("{}: {error}", directory.display()))
    };
    if directory.exists() {
        let empty = directory.read_dir().map_err(failed)?.next().is_none();
        if !empty && !directory.join(MARKER).exists() {
            return Err(Failure::said(
                Exit::Usage,
                format!("{} is not the demo's; choose another --directory", directory.display()),
            ));
        }
        if !empty {
            step(&format!(
                "starting clean: removing what an earlier demo left in {}",
                directory.display()
            ));
        }
        std::fs::remove_dir_all(directory).map_err(failed)?;
    }
    std::fs::create_dir_all(directory).map_err(failed)?;
    std::fs::write(directory.join(MARKER), "").map_err(failed)
}

fn sample(logs: &Path, events: u64) -> Result<Truth, Failure> {
    let options = GenerateOptions { events, seed: SEED, days: DAYS, ..GenerateOptions::default() };
    let truth =
        generate(&options, logs).map_err(|error| Failure::new(Exit::Usage, error.into()))?;
    step(&format!(
        "wrote {} sample records of {DAYS} days with {} planted attacks to {}",
        truth.records.total(),
        truth.attacks.len(),
        logs.display()
    ));
    Ok(truth)
}

async fn start_devhub(logs: &Path) -> Result<Devhub, Failure> {
    let hubs = publish::hubs(logs)?;
    let config =
        DevhubConfig::with_hubs(hubs.iter().map(|hub| (hub.as_str(), publish::PARTITIONS)));
    let devhub = Devhub::start(&config, ([127, 0, 0, 1], 0).into())
        .await
        .map_err(|error| Failure::new(Exit::Unreachable, error.into()))?;
    step(&format!("started a devhub with {} hubs on {}", hubs.len(), devhub.local_addr()));
    Ok(devhub)
}

async fn ingest(lake: &Lake, devhub: &Devhub, logs: &Path, messages: u64) -> Result<(), Failure> {
    let text = ConnectionString::parse(&devhub.connection_string())
        .map_err(|error| Failure::new(Exit::Usage, error.into()))?;
    let namespace = Namespace::by_connection_string(text, "$Default");
    let hubs: Vec<_> = publish::hubs(logs)?
        .into_iter()
        .map(|name| Hub { namespace: namespace.clone(), name })
        .collect();
    let mut ingester = Ingester::new(lake.clone(), FlushLimits::default());
    let progress = Progress::new("ingesting");
    let total = usize::try_from(messages).unwrap_or_default();
    let never = CancellationToken::new();
    ingest_hubs(&mut ingester, &hubs, Run::Once, &never, |ingester| {
        progress.set(usize::try_from(ingester.counts().deliveries).unwrap_or_default(), total);
    })
    .await?;
    let snapshots =
        ["roleAssignmentScheduleInstances.json", "roleEligibilityScheduleInstances.json"];
    let snapshots = snapshots.iter().map(|name| logs.join(name)).collect();
    ingest_files(&mut ingester, lake, snapshots, Reading::default(), |_, _| {}).await?;
    progress.finish();
    let counts = ingester.counts();
    let tables: Vec<_> =
        counts.rows.iter().map(|(table, rows)| format!("{rows} {table}")).collect();
    step(&format!("ingested over AMQP into Delta tables: {}", tables.join(", ")));
    Ok(())
}

async fn detect(lake: &Lake, truth: &Truth) -> Result<(), Failure> {
    for rule in builtin_rules()? {
        let rule = Arc::new(rule);
        let progress = Progress::new(&rule.id);
        let done = |done, all| progress.set(done, all);
        let summary = run_rule(lake, &rule, Limits::default(), truth.end, done).await?;
        progress.finish();
        if let Some(error) = summary.error {
            return Err(Failure::said(Exit::Wrong, error));
        }
        step(&format!(
            "{}: {} slices evaluated, {} alerts raised",
            rule.id, summary.slices, summary.raised
        ));
    }
    Ok(())
}

async fn deliver(lake: &Lake, receiver: &Receiver) -> Result<(), Failure> {
    let destination =
        WebhookDestination::new("demo", &receiver.url(), [], Duration::from_secs(10), 3)
            .map_err(|error| Failure::new(Exit::Usage, error.into()))?;
    let delivered = deliver_pending(lake, &[destination], &CancellationToken::new())
        .await
        .map_err(|error| Failure::new(Exit::Unreachable, error.into()))?;
    step(&format!("delivered {} alerts to a webhook at {}", delivered.delivered, receiver.url()));
    Ok(())
}

/// One step of the demo, in words.
fn step(text: &str) {
    use std::io::Write as _;

    let _ = writeln!(std::io::stderr(), "• {text}");
}
