//! The daemon and the demo: everything at once, with the real parts at both ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use entralog::devhub::{Devhub, DevhubConfig};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{Running, Workspace, eventually, sign_in};

const HUB: &str = "insights-logs-signinlogs";

/// A receiver that keeps alerts by their idempotency key, and answers each when it may.
#[derive(Clone, Default)]
struct Receiver {
    alerts: Arc<Mutex<BTreeMap<String, Value>>>,
    may_answer: Arc<Notify>,
}

impl Receiver {
    async fn start() -> (Self, String) {
        let receiver = Self::default();
        let router = Router::new().route("/", post(take)).with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, Json(alert): Json<Value>) {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    receiver.alerts.lock().unwrap().insert(key, alert);
    receiver.may_answer.notified().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_daemon_takes_logs_in_and_delivers_what_they_show_until_it_is_stopped() {
    let workspace = Workspace::new();
    let config = DevhubConfig::with_hubs([(HUB, 2)]);
    let devhub = Devhub::start(&config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (receiver, url) = Receiver::start().await;
    workspace.write(
        "entralog.yaml",
        format!(
            "eventHubs:
  - connectionString: {{env: HUBS}}
    hubs: [{HUB}]
flush: {{age: 1s}}
destinations:
  - name: siem
    webhook: {{url: '{url}'}}
"
        ),
    );
    let mut daemon =
        Running::start(workspace.command(&["serve"]).env("HUBS", devhub.connection_string()));

    // A slice that is over, so that its rule runs at once.
    let time = (chrono::Utc::now() - chrono::TimeDelta::hours(2)).to_rfc3339();
    let mut legacy = sign_in(&time, "ada@contoso.com", "0", "legacy");
    legacy["properties"]["clientAppUsed"] = json!("IMAP4");
    devhub.append(HUB, 0, json!({"records": [legacy]}).to_string()).unwrap();
    let modern = sign_in(&time, "bo@contoso.com", "0", "modern");
    devhub.append(HUB, 1, json!({"records": [modern]}).to_string()).unwrap();

    eventually("an alert is sent", || {
        assert!(daemon.is_running());
        !receiver.alerts.lock().unwrap().is_empty()
    });
    eventually("both logs are in", || workspace.count("SigninLogs") == 2);
    // What is on its way when the daemon is stopped is not sent again by the next one.
    daemon.terminate();
    tokio::time::sleep(Duration::from_millis(300)).await;
    receiver.may_answer.notify_one();
    assert_eq!(daemon.wait().code, Some(0));

    let alerts = receiver.alerts.lock().unwrap().clone();
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    let (key, alert) = alerts.first_key_value().unwrap();
    assert_eq!(alert["_RuleId"], "legacy-auth-success");
    assert_eq!(alert["CompromisedEntity"], "ada@contoso.com");
    assert_eq!(alert["SystemAlertId"], *key);
    assert_eq!(workspace.distinct_count("SigninLogs"), 2);
    assert_eq!(workspace.value("SELECT min(Outcome) FROM AlertDeliveries"), "delivered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_daemons_on_one_lake_do_the_work_of_one() {
    const ALERTS: usize = 12;
    let workspace = Workspace::new();
    let config = DevhubConfig::with_hubs([(HUB, 2)]);
    let devhub = Devhub::start(&config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (receiver, url) = Receiver::start().await;
    // All of them are answered at once.
    let answering = receiver.clone();
    tokio::spawn(async move {
        loop {
            answering.may_answer.notify_waiters();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    workspace.write(
        "entralog.yaml",
        format!(
            "eventHubs: [{{connectionString: {{env: HUBS}}, hubs: [{HUB}]}}]
flush: {{age: 1s}}
maintenance: {{every: 1s}}
destinations: [{{name: siem, webhook: {{url: '{url}'}}}}]
"
        ),
    );
    let start =
        || Running::start(workspace.command(&["serve"]).env("HUBS", devhub.connection_string()));
    let mut daemons = [start(), start()];
    for n in 0..ALERTS {
        let time = (chrono::Utc::now() - chrono::TimeDelta::hours(2)).to_rfc3339();
        let user = format!("user{n}@contoso.com");
        let mut legacy = sign_in(&time, &user, "0", &format!("legacy{n}"));
        legacy["properties"]["clientAppUsed"] = json!("IMAP4");
        devhub.append(HUB, n % 2, json!({"records": [legacy]}).to_string()).unwrap();
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    eventually("all alerts are sent", || {
        assert!(daemons.iter_mut().all(Running::is_running));
        receiver.alerts.lock().unwrap().len() >= ALERTS
    });
    for daemon in daemons {
        daemon.terminate();
        let finished = daemon.wait();
        assert_eq!(finished.code, Some(0), "{finished:#?}");
        assert!(!finished.stderr.contains("ingestion stopped"), "{finished:#?}");
    }
    assert_eq!(receiver.alerts.lock().unwrap().len(), ALERTS);
    assert_eq!(workspace.distinct_count("SigninLogs"), i64::try_from(ALERTS).unwrap());
    assert_eq!(workspace.number("SELECT count(DISTINCT SystemAlertId) FROM SecurityAlert"), 12);
    workspace.assert_sound();
}

#[test]
fn the_demo_refuses_a_directory_that_is_not_its_own() {
    let workspace = Workspace::new();
    workspace.write("mine/notes.txt", "keep me");
    let finished = workspace.run(&["demo", "--directory", "mine"]);
    assert_eq!(finished.code, Some(3));
    assert!(finished.error().contains("mine is not the demo's"), "{finished:#?}");
    assert!(workspace.path("mine/notes.txt").exists());
}

#[test]
fn the_devhub_says_how_to_connect_to_it() {
    let workspace = Workspace::new();
    let devhub = Running::start(&mut workspace.command(&["devhub", "--port", "0"]));
    std::thread::sleep(Duration::from_secs(1));
    devhub.terminate();
    let finished = devhub.wait();
    assert_eq!(finished.code, Some(0));
    assert!(finished.stdout.starts_with("Endpoint=sb://localhost:"), "{finished:#?}");
    assert!(finished.stdout.contains("UseDevelopmentEmulator=true"), "{finished:#?}");
}
