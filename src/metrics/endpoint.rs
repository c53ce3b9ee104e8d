//! The endpoint that Prometheus reads: `/metrics`, and `/healthz` for who only asks whether we live.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Metrics;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers until `cancel`.
pub async fn answer(listener: TcpListener, metrics: Metrics, cancel: &CancellationToken) {
    let router = Router::new()
        .route("/metrics", get(text))
        .route("/healthz", get(async || "ok\n"))
        .with_state(metrics);
    let server = axum::serve(listener, router).into_future();
    // Nobody waits for a reader that holds its connection open.
    if let Some(Err(error)) = cancel.run_until_cancelled(server).await {
        tracing::error!("metrics are not answered any more: {error}");
    }
}

async fn text(State(metrics): State<Metrics>) -> Response {
    match metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
