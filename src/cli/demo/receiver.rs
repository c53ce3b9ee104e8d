//! A webhook receiver as a SIEM has one: it takes each alert once, by its idempotency key.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;

type Taken = Arc<Mutex<BTreeMap<String, Value>>>;

/// A receiver on a free port of this machine.
pub(super) struct Receiver {
    address: SocketAddr,
    taken: Taken,
}

impl Receiver {
    pub(super) async fn start() -> std::io::Result<Self> {
        let taken = Taken::default();
        let router = Router::new().route("/alerts", post(take)).with_state(Arc::clone(&taken));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, taken })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/alerts", self.address)
    }

    /// The alerts that arrived, in the order of what they are about.
    pub(super) fn alerts(&self) -> Vec<Value> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut alerts: Vec<_> = taken.values().cloned().collect();
        alerts.sort_by_key(|alert| alert["StartTime"].as_str().map(str::to_owned));
        alerts
    }
}

async fn take(
    State(taken): State<Taken>,
    headers: HeaderMap,
    Json(alert): Json<Value>,
) -> StatusCode {
    let Some(key) = headers.get("idempotency-key").and_then(|key| key.to_str().ok()) else {
        return StatusCode::BAD_REQUEST;
    };
    taken.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), alert);
    StatusCode::NO_CONTENT
}
