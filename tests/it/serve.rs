//! The daemon and the demo: everything at once, with the real parts at both ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use entralog::devhub::{Devhub, DevhubConfig};
use serde_json::{Value, json};

use crate::support::{Running, Workspace, eventually, sign_in};

const HUB: &str = "insights-logs-signinlogs";

type Alerts = Arc<Mutex<BTreeMap<String, Value>>>;

/// A receiver that keeps alerts by their idempotency key.
async fn receiver() -> (String, Alerts) {
    async fn take(State(alerts): State<Alerts>, headers: HeaderMap, Json(alert): Json<Value>) {
        let key = headers["idempotency-key"].to_str().unwrap().to_owned();
        alerts.lock().unwrap().insert(key, alert);
    }
    let alerts = Alerts::default();
    let router = Router::new().route("/", post(take)).with_state(Arc::clone(&alerts));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, alerts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_daemon_takes_logs_in_and_delivers_what_they_show_until_it_is_stopped() {
    let workspace = Workspace::new();
    let config = DevhubConfig::with_hubs([(HUB, 2)]);
    let devhub = Devhub::start(&config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (url, alerts) = receiver().await;
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

    eventually("an alert is delivered", || {
        assert!(daemon.is_running());
        !alerts.lock().unwrap().is_empty()
    });
    daemon.terminate();
    assert_eq!(daemon.wait().code, Some(0));

    let alerts = alerts.lock().unwrap().clone();
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    let (key, alert) = alerts.first_key_value().unwrap();
    assert_eq!(alert["_RuleId"], "legacy-auth-success");
    assert_eq!(alert["CompromisedEntity"], "ada@contoso.com");
    assert_eq!(alert["SystemAlertId"], *key);
    assert_eq!(workspace.distinct_count("SigninLogs"), 2);
    assert_eq!(workspace.value("SELECT min(Outcome) FROM AlertDeliveries"), "delivered");
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
    std::thread::sleep(std::time::Duration::from_secs(1));
    devhub.terminate();
    let finished = devhub.wait();
    assert_eq!(finished.code, Some(0));
    assert!(finished.stdout.starts_with("Endpoint=sb://localhost:"), "{finished:#?}");
    assert!(finished.stdout.contains("UseDevelopmentEmulator=true"), "{finished:#?}");
}
