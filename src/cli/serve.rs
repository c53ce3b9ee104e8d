//! `entralog serve`: the daemon.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::{Context, Exit, Failure, stop};
use crate::config::Destination;
use crate::ingest::FlushLimits;
use crate::serve::Service;

pub(super) async fn run(context: &Context) -> Result<Exit, Failure> {
    let destinations = context.config.destinations.iter().map(Destination::open);
    let service = Service {
        lake: context.lake()?,
        hubs: context.hubs()?,
        limits: FlushLimits::from(context.config.flush),
        deduplication: context.config.deduplication.into(),
        rules: context.enabled_rules()?.into_iter().map(Arc::new).collect(),
        queries: context.config.query.limits(None),
        destinations: destinations.collect::<Result<_, _>>()?,
        metrics: listener(context.config.metrics.listen).await?,
        maintenance: match context.config.maintenance {
            maintenance if maintenance.enabled => {
                Some((context.config.policy()?, maintenance.every))
            }
            _ => None,
        },
    };
    tracing::info!(
        lake = service.lake.location(),
        hubs = service.hubs.len(),
        rules = service.rules.len(),
        destinations = service.destinations.len(),
        metrics = service.metrics.as_ref().and_then(|l| l.local_addr().ok()).map(|a| a.to_string()),
        "started"
    );
    service.run(&stop::on_signal(context.config.shutdown.deadline)).await?;
    Ok(Exit::Done)
}

/// Listens where Prometheus may ask; nowhere unless it is configured.
async fn listener(address: Option<SocketAddr>) -> Result<Option<TcpListener>, Failure> {
    let Some(address) = address else { return Ok(None) };
    let listener = TcpListener::bind(address).await.map_err(|error| {
        let message =
            format!("configuration key `metrics.listen`: cannot listen on {address}: {error}");
        Failure::said(Exit::Usage, message)
    })?;
    Ok(Some(listener))
}
