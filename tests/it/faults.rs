//! What happens to a connection, one fault at a time: the real process goes on by itself, within a
//! time that is asserted, and every record is in the lake once and in order.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::time::{Duration, Instant};

use entralog::devhub::Devhub;
use entralog::source::eventhub::STALL_BOUND;

use crate::event_hubs::{HUB, all_of, ingest, numbered, start, taken};
use crate::metrics::scrape;
use crate::support::{Finished, Running, Workspace, eventually};

const PARTITIONS: usize = 2;
const BEFORE: usize = 20;
const ALL: usize = 40;

/// For a connection that was ended: it is opened anew, and what came meanwhile is committed.
const SOON: Duration = Duration::from_secs(10);

/// The longest wait between two attempts, and the time for what follows.
const AFTER_AN_OUTAGE: Duration = Duration::from_secs(20);

/// A reader at work, and the namespace that it reads.
struct Scene {
    workspace: Workspace,
    devhub: Devhub,
    running: Running,
}

fn append(devhub: &Devhub, numbers: std::ops::Range<usize>) {
    for n in numbers {
        (0..PARTITIONS).for_each(|p| {
            devhub.append(HUB, p, numbered(p, n)).unwrap();
        });
    }
}

impl Scene {
    /// Half of the events are in the lake, so the reader is past its beginning.
    async fn begin() -> Self {
        let workspace = Workspace::new();
        workspace.write("entralog.yaml", "flush: {age: 1s}\n");
        let devhub = start(PARTITIONS).await;
        append(&devhub, 0..BEFORE);
        let running = Running::start(&mut ingest(&workspace, &devhub, &[]));
        let mut scene = Self { workspace, devhub, running };
        scene.wait_for(BEFORE);
        scene
    }

    fn wait_for(&mut self, each: usize) {
        let expected = i64::try_from(PARTITIONS * each).unwrap();
        eventually("all events", || {
            assert!(self.running.is_running(), "it has ended by itself");
            self.workspace.path("lake/DeadLetters").exists()
                && self.workspace.count("SigninLogs") >= expected
        });
    }

    /// Publishes the other half, and looks that it comes in time.
    fn goes_on_within(&mut self, bound: Duration) {
        append(&self.devhub, BEFORE..ALL);
        let begun = Instant::now();
        self.wait_for(ALL);
        let took = begun.elapsed();
        assert!(took < bound, "it took {took:?}, not {bound:?}");
    }

    /// All of it is there once and in order, and the process ends as it should.
    fn end(mut self) -> Finished {
        assert!(self.running.is_running(), "{:#?}", self.running.wait());
        self.running.terminate();
        let finished = self.running.wait();
        assert_eq!(finished.code, Some(0), "{finished:#?}");
        let expected = (0..PARTITIONS).map(|p| (p.to_string(), all_of(p, 0..ALL)));
        assert_eq!(taken(&self.workspace), expected.collect(), "{finished:#?}");
        assert_eq!(self.workspace.count("DeadLetters"), 0);
        finished
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_connection_that_is_reset_is_opened_anew() {
    let mut scene = Scene::begin().await;
    assert!(scene.devhub.reset_connections() >= PARTITIONS);
    scene.goes_on_within(SOON);
    scene.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_connection_that_the_service_closes_by_force_is_opened_anew() {
    let mut scene = Scene::begin().await;
    scene.devhub.force_close_connections();
    scene.goes_on_within(SOON);
    scene.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_link_that_is_detached_is_attached_anew() {
    let mut scene = Scene::begin().await;
    for partition in 0..PARTITIONS {
        scene.devhub.detach_readers(HUB, partition, "amqp:link:detach-forced").unwrap();
    }
    scene.goes_on_within(SOON);
    scene.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_service_that_was_busy_for_a_while_is_read_again() {
    let mut scene = Scene::begin().await;
    scene.devhub.refuse("com.microsoft:server-busy");
    tokio::time::sleep(Duration::from_secs(4)).await;
    scene.devhub.recover();
    scene.goes_on_within(AFTER_AN_OUTAGE);
    scene.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_was_not_authorized_for_a_while_reads_again() {
    let mut scene = Scene::begin().await;
    scene.devhub.refuse_tokens();
    scene.devhub.expire_tokens();
    tokio::time::sleep(Duration::from_secs(4)).await;
    scene.devhub.recover();
    scene.goes_on_within(AFTER_AN_OUTAGE);
    let finished = scene.end();
    assert!(finished.stderr.contains("no connection, opening anew"), "{finished:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_has_expired_is_put_anew() {
    let mut scene = Scene::begin().await;
    scene.devhub.expire_tokens();
    scene.goes_on_within(SOON);
    scene.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_service_that_answers_slowly_is_read_all_the_same() {
    let mut scene = Scene::begin().await;
    scene.devhub.answer_after(Duration::from_secs(1));
    scene.devhub.kill_connections();
    scene.goes_on_within(AFTER_AN_OUTAGE);
    scene.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_connection_that_has_gone_dead_without_a_word_is_found_out() {
    let mut scene = Scene::begin().await;
    assert!(scene.devhub.freeze_connections() >= PARTITIONS);
    scene.goes_on_within(STALL_BOUND + SOON);
    let finished = scene.end();
    assert!(finished.stderr.contains("no answer to a question"), "{finished:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_service_that_was_restarted_is_read_on_where_it_was() {
    let mut scene = Scene::begin().await;
    scene.devhub.restart(Duration::from_secs(2)).await.unwrap();
    scene.goes_on_within(AFTER_AN_OUTAGE);
    scene.end();
}

/// The value of a sample, if it is there.
fn sample(samples: &[String], name: &str, labels: &str) -> Option<f64> {
    let found = samples.iter().find(|sample| {
        sample.strip_prefix(name).is_some_and(|rest| rest.starts_with('{') && rest.contains(labels))
    });
    found.map(|sample| sample.rsplit(' ').next().unwrap().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_partition_that_falls_silent_is_opened_anew_and_log_and_numbers_say_what_is_lost() {
    let workspace = Workspace::new();
    let devhub = start(PARTITIONS).await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    let config = format!(
        "eventHubs: [{{connectionString: {{env: HUBS}}, hubs: [{HUB}]}}]
flush: {{age: 1s}}
metrics: {{listen: '{address}'}}
"
    );
    workspace.write("entralog.yaml", config);
    append(&devhub, 0..BEFORE);
    drop(free);
    let mut command = workspace.command(&["serve"]);
    let running = Running::start(command.env("HUBS", devhub.connection_string()));
    let mut scene = Scene { workspace, devhub, running };
    scene.wait_for(BEFORE);

    assert_eq!(scene.devhub.silence_readers(HUB, 0).unwrap(), 1);
    append(&scene.devhub, BEFORE..ALL);
    // Ten of the events that do not come are removed meanwhile.
    scene.devhub.truncate(HUB, 0, 30).unwrap();
    let begun = Instant::now();
    let handle = tokio::runtime::Handle::current();
    let mut samples = Vec::new();
    let mut look = |what: &str, answer: &mut dyn FnMut(&[String]) -> bool| {
        tokio::task::block_in_place(|| {
            eventually(what, || {
                samples = handle.block_on(scrape(&address)).unwrap_or_default();
                answer(&samples)
            });
        });
        samples.clone()
    };
    let first = r#"hub="insights-logs-signinlogs",partition="0""#;
    let second = r#"hub="insights-logs-signinlogs",partition="1""#;
    let waiting = look("a lag", &mut |samples| {
        sample(samples, "entralog_partition_lag_events", first) == Some(20.0)
    });
    let age = sample(&waiting, "entralog_partition_lag_seconds", first).unwrap();
    assert!(age > 0.0 && age < 15.0, "{age}");
    let after = look("no lag", &mut |samples| {
        sample(samples, "entralog_partition_lag_events", first) == Some(0.0)
    });
    let took = begun.elapsed();
    assert!(took < STALL_BOUND, "it took {took:?}");
    let stalled = format!(r#"{first},reason="stalled""#);
    assert_eq!(sample(&after, "entralog_partition_reopened_total", &stalled), Some(1.0));
    let lost = "entralog_events_lost_to_retention_total";
    assert_eq!(sample(&after, lost, first), Some(10.0));
    assert_eq!(sample(&after, lost, second), Some(0.0));
    assert_eq!(sample(&after, "entralog_partition_reopened_total", second), None);

    let expected = i64::try_from(PARTITIONS * ALL - 10).unwrap();
    eventually("all events", || scene.workspace.count("SigninLogs") >= expected);
    let Scene { workspace, running, .. } = scene;
    running.terminate();
    let finished = running.wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    let of_first = all_of(0, (0..BEFORE).chain(30..ALL));
    let expected = [("0".to_owned(), of_first), ("1".to_owned(), all_of(1, 0..ALL))];
    assert_eq!(taken(&workspace), expected.into());
    let said = |text: &str| finished.stderr.lines().any(|line| line.contains(text));
    assert!(said("stalled, opening anew"), "{finished:#?}");
    assert!(said("from=20 to=29 events=10"), "{finished:#?}");
}
