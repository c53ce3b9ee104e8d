//! `entralog serve`: the daemon.

use std::sync::Arc;

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
        rules: context.enabled_rules()?.into_iter().map(Arc::new).collect(),
        destinations: destinations.collect::<Result<_, _>>()?,
    };
    tracing::info!(
        lake = service.lake.location(),
        hubs = service.hubs.len(),
        rules = service.rules.len(),
        destinations = service.destinations.len(),
        "started"
    );
    service.run(&stop::on_signal()).await?;
    Ok(Exit::Done)
}
