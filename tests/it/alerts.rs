//! Alerts to a real HTTP receiver.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use chrono::{DateTime, Utc};
use entralog::alert::{self, DeliverError, Delivered, WebhookDestination, run_rule};
use entralog::detect::Rule;
use entralog::lake::Lake;
use entralog::query::Limits;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{Workspace, lines, sign_in};

const RULE: &str = "\
id: sign-in
name: A sign-in
description: Somebody signed in.
severity: High
queryFrequency: 1h
queryPeriod: 1h
queryLanguage: sql
version: 1.0.0
query: SELECT TimeGenerated, UserPrincipalName FROM SigninLogs
entityMappings:
  - entityType: Account
    fieldMappings: [{identifier: FullName, columnName: UserPrincipalName}]
eventGroupingSettings: {aggregationKind: AlertPerResult}
customDetails: {Who: UserPrincipalName}
";

/// A lake with an alert for each of these users.
async fn with_alerts(users: &[&str]) -> (Workspace, Lake) {
    let workspace = Workspace::new();
    let record = |user: &&str| sign_in("2026-01-05T10:00:00Z", user, "0", user);
    workspace.write("logs.ndjson", lines(&users.iter().map(record).collect::<Vec<_>>()));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    let lake = open(&workspace);
    let rule = Arc::new(Rule::parse(RULE, "sign-in.yaml".as_ref()).unwrap());
    let summary = run_rule(&lake, &rule, Limits::default(), Utc::now(), |_, _| {}).await.unwrap();
    assert_eq!(summary.raised, users.len() as u64);
    (workspace, lake)
}

/// One pass over all destinations that nobody cuts short.
async fn deliver_pending(
    lake: &Lake,
    destinations: &[WebhookDestination],
) -> Result<Delivered, DeliverError> {
    alert::deliver_pending(lake, destinations, &CancellationToken::new()).await
}

fn open(workspace: &Workspace) -> Lake {
    Lake::open(workspace.path("lake").to_str().unwrap()).unwrap()
}

/// A receiver that answers with what it is told to, and keeps what it was sent.
#[derive(Clone, Default)]
struct Receiver {
    requests: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
    /// Answers to the first requests; all others are taken.
    answers: Arc<Mutex<Vec<Response>>>,
}

impl Receiver {
    async fn start(mut answers: Vec<Response>) -> (Self, String) {
        answers.reverse();
        let receiver = Self { answers: Arc::new(Mutex::new(answers)), ..Self::default() };
        let router = Router::new().route("/alerts", post(take)).with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/alerts", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    fn keys(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let key = |(headers, _): &(HeaderMap, Value)| {
            headers["idempotency-key"].to_str().unwrap().to_owned()
        };
        requests.iter().map(key).collect()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: String) -> Response {
    receiver.requests.lock().unwrap().push((headers, serde_json::from_str(&body).unwrap()));
    let answer = receiver.answers.lock().unwrap().pop();
    answer.unwrap_or_else(|| StatusCode::NO_CONTENT.into_response())
}

fn destination(name: &str, url: &str, max_attempts: u32) -> WebhookDestination {
    let headers = [("authorization".to_owned(), "Bearer hush".to_owned())];
    WebhookDestination::new(name, url, headers, Duration::from_secs(5), max_attempts).unwrap()
}

fn attempts(workspace: &Workspace) -> Vec<Value> {
    workspace.rows(
        "SELECT Destination, Attempt, Outcome, StatusCode, NextAttempt IS NOT NULL AS Again
         FROM AlertDeliveries ORDER BY Destination, SystemAlertId, Attempt",
    )
}

fn attempt(destination: &str, number: i64, outcome: &str, status: Option<i64>) -> Value {
    json!({
        "Destination": destination,
        "Attempt": number,
        "Outcome": outcome,
        "StatusCode": status,
        "Again": outcome == "failed",
    })
}

fn answer(status: u16) -> Response {
    (StatusCode::from_u16(status).unwrap(), "not now").into_response()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_delivered_once_to_each_destination_and_never_again() {
    let (workspace, lake) = with_alerts(&["ada@contoso.com", "bo@contoso.com"]).await;
    let (first, first_url) = Receiver::start(Vec::new()).await;
    let (second, second_url) = Receiver::start(Vec::new()).await;
    let destinations = [destination("siem", &first_url, 8), destination("chat", &second_url, 8)];
    let summary = deliver_pending(&lake, &destinations).await.unwrap();
    assert_eq!((summary.delivered, summary.failed, summary.dead), (4, 0, 0));
    // Again, also by a process that knows nothing but the lake.
    deliver_pending(&lake, &destinations).await.unwrap();
    let summary = deliver_pending(&open(&workspace), &destinations).await.unwrap();
    assert_eq!((summary.delivered, summary.next_attempt), (0, None));

    let ids = workspace
        .rows("SELECT SystemAlertId FROM SecurityAlert ORDER BY TimeGenerated, SystemAlertId");
    let ids: Vec<_> =
        ids.iter().map(|row| row["SystemAlertId"].as_str().unwrap().to_owned()).collect();
    assert_eq!((first.keys(), second.keys()), (ids.clone(), ids.clone()));
    let delivered = |name: &str| attempt(name, 1, "delivered", Some(204));
    assert_eq!(
        attempts(&workspace),
        [delivered("chat"), delivered("chat"), delivered("siem"), delivered("siem")]
    );
    let keys = workspace
        .number("SELECT count(*) FROM AlertDeliveries WHERE IdempotencyKey = SystemAlertId");
    assert_eq!(keys, 4);

    let requests = first.requests.lock().unwrap();
    let (headers, alert) = &requests[0];
    assert_eq!(
        (&headers["authorization"], &headers["content-type"]),
        (&"Bearer hush".parse().unwrap(), &"application/json".parse().unwrap())
    );
    assert_eq!(alert["SystemAlertId"], ids[0]);
    assert_eq!(
        (&alert["AlertName"], &alert["AlertSeverity"]),
        (&json!("A sign-in"), &json!("High"))
    );
    // JSON columns arrive as JSON.
    assert_eq!(alert["Entities"][0]["FullName"], alert["CompromisedEntity"]);
    assert_eq!(alert["ExtendedProperties"]["Who"], alert["CompromisedEntity"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_was_refused_is_sent_again_under_the_same_key() {
    let (workspace, lake) = with_alerts(&["ada@contoso.com"]).await;
    let (receiver, url) = Receiver::start(vec![answer(500)]).await;
    let destinations = [destination("siem", &url, 8)];
    let first = deliver_pending(&lake, &destinations).await.unwrap();
    assert_eq!((first.delivered, first.failed), (0, 1));
    assert_eq!(first.error.as_deref(), Some("siem: HTTP 500 not now"));
    // Not before its time has come.
    let early = deliver_pending(&lake, &destinations).await.unwrap();
    assert_eq!((early.delivered, early.failed), (0, 0));
    // The lake keeps microseconds.
    let micros = |time: Option<DateTime<Utc>>| time.unwrap().timestamp_micros();
    assert_eq!(micros(early.next_attempt), micros(first.next_attempt));
    assert_eq!(receiver.keys().len(), 1);

    let wait = (first.next_attempt.unwrap() - Utc::now()).to_std().unwrap();
    assert!(wait < Duration::from_secs(6), "{wait:?}");
    tokio::time::sleep(wait + Duration::from_millis(100)).await;
    let second = deliver_pending(&open(&workspace), &destinations).await.unwrap();
    assert_eq!((second.delivered, second.failed), (1, 0));
    let keys = receiver.keys();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));
    assert_eq!(
        attempts(&workspace),
        [attempt("siem", 1, "failed", Some(500)), attempt("siem", 2, "delivered", Some(204))]
    );
    let listed = workspace.succeed(&["alert", "list", "-o", "json"]).stdout;
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["Delivery"], "siem: delivered, siem: failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_nobody_takes_is_dead_after_the_last_attempt() {
    let (workspace, lake) = with_alerts(&["ada@contoso.com"]).await;
    let (receiver, url) = Receiver::start(vec![answer(403), answer(403), answer(403)]).await;
    let destinations = [destination("siem", &url, 2)];
    let first = deliver_pending(&lake, &destinations).await.unwrap();
    assert_eq!((first.failed, first.dead), (1, 0));
    let wait = (first.next_attempt.unwrap() - Utc::now()).to_std().unwrap();
    tokio::time::sleep(wait + Duration::from_millis(100)).await;
    let second = deliver_pending(&lake, &destinations).await.unwrap();
    assert_eq!((second.failed, second.dead, second.next_attempt), (0, 1, None));
    let third = deliver_pending(&open(&workspace), &destinations).await.unwrap();
    assert_eq!((third.delivered, third.failed, third.dead), (0, 0, 0));
    assert_eq!(receiver.keys().len(), 2);
    assert_eq!(
        attempts(&workspace),
        [attempt("siem", 1, "failed", Some(403)), attempt("siem", 2, "dead", Some(403))]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_not_there_holds_nobody_else_up() {
    let (workspace, lake) = with_alerts(&["ada@contoso.com"]).await;
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/hush-in-the-path", listener.local_addr().unwrap())
    };
    let (receiver, url) = Receiver::start(Vec::new()).await;
    let destinations = [destination("gone", &gone, 8), destination("siem", &url, 8)];
    let summary = deliver_pending(&lake, &destinations).await.unwrap();
    assert_eq!((summary.delivered, summary.failed), (1, 1));
    assert_eq!(receiver.keys().len(), 1);
    assert_eq!(
        attempts(&workspace),
        [attempt("gone", 1, "failed", None), attempt("siem", 1, "delivered", Some(204))]
    );
    let error = workspace.value("SELECT Error FROM AlertDeliveries WHERE Destination = 'gone'");
    let error = error.as_str().unwrap();
    assert!(error.contains("Connection refused") && !error.contains("hush"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_does_not_answer_is_given_up_in_time() {
    let (workspace, lake) = with_alerts(&["ada@contoso.com"]).await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let timeout = Duration::from_millis(500);
    let destinations = [WebhookDestination::new("silent", &url, [], timeout, 1).unwrap()];
    let delivering = deliver_pending(&lake, &destinations);
    let summary = tokio::time::timeout(Duration::from_secs(20), delivering).await.unwrap().unwrap();
    assert_eq!(summary.dead, 1);
    assert!(summary.error.unwrap().contains("timed out"));
    assert_eq!(attempts(&workspace), [attempt("silent", 1, "dead", None)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_asks_for_time_gets_it() {
    let (_workspace, lake) = with_alerts(&["ada@contoso.com"]).await;
    let mut later = answer(429);
    later.headers_mut().insert("retry-after", "1800".parse().unwrap());
    let (_receiver, url) = Receiver::start(vec![later]).await;
    let summary = deliver_pending(&lake, &[destination("siem", &url, 8)]).await.unwrap();
    let wait = (summary.next_attempt.unwrap() - Utc::now()).num_seconds();
    assert!((1700..=1800).contains(&wait), "{wait}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_no_delivery() {
    let (workspace, lake) = with_alerts(&["ada@contoso.com"]).await;
    let (_elsewhere, elsewhere_url) = Receiver::start(Vec::new()).await;
    let mut moved = answer(307);
    moved.headers_mut().insert("location", elsewhere_url.parse().unwrap());
    let (_receiver, url) = Receiver::start(vec![moved]).await;
    let summary = deliver_pending(&lake, &[destination("siem", &url, 8)]).await.unwrap();
    assert_eq!((summary.delivered, summary.failed), (0, 1));
    assert_eq!(attempts(&workspace), [attempt("siem", 1, "failed", Some(307))]);
}
