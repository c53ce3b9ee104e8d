//! Links on which clients read a partition.

use super::address::{Address, entity_path};
use super::attach::Terms;
use super::conditions;
use super::namespace::Partition;
use super::readers::{Order, Seat};
use super::selector::Selector;
use super::session::Scope;
use fe2o3_amqp::Sender;
use fe2o3_amqp_types::definitions::Error;
use std::pin::pin;

/// Events taken from the log at a time, so that its lock is held briefly.
const READ_AHEAD: usize = 256;

/// Sends events until the client closes the link, or tells it why it may not read any more.
pub(super) async fn serve(mut link: Sender, scope: &Scope, terms: &Terms) {
    let ended = match admit(scope, terms) {
        Ok((partition, seat, next)) => {
            let path = entity_path(&terms.entity);
            let lapsed = async {
                scope.access.lapsed(&path).await;
                conditions::expired(&path)
            };
            deliver(&mut link, partition, seat, next, lapsed).await
        }
        Err(error) => Err(error),
    };
    // Closing fails when client or connection were faster.
    let _ = match ended {
        Ok(()) => link.close().await,
        Err(error) => {
            tracing::debug!(%error, entity = terms.entity, reader = terms.name, "devhub sent a reader away");
            link.close_with_error(error).await
        }
    };
}

/// The partition, the reader's place in it, and the sequence number it starts at.
fn admit<'a>(scope: &'a Scope, terms: &Terms) -> Result<(&'a Partition, Seat, i64), Error> {
    let address = Address::parse(&terms.entity);
    let Some(Address::Subscribe { hub, group, partition: id }) = address else {
        return Err(conditions::not_found(&terms.entity));
    };
    scope.authorize(&entity_path(&terms.entity))?;
    scope.namespace.faults.check()?;
    let hub = scope.namespace.hub(&hub).ok_or_else(|| conditions::not_found(&hub))?;
    if !hub.has_group(&group) {
        let group = format!("{}/ConsumerGroups/{group}", hub.name);
        return Err(conditions::not_found(&group));
    }
    let partition = hub
        .partition(&id)
        .ok_or_else(|| conditions::partition_out_of_range(&hub.name, &id, hub.partitions.len()))?;
    let selector = match &terms.selector {
        Some(text) => {
            Selector::parse(text).map_err(|invalid| conditions::invalid_selector(&invalid))?
        }
        None => Selector::LATEST,
    };
    let next = partition.start(&selector).map_err(|beyond| conditions::beyond_end(&beyond))?;
    let seat = partition
        .readers
        .admit(&group, &terms.name, terms.epoch)
        .map_err(|refusal| conditions::refusal(&refusal))?;
    Ok((partition, seat, next))
}

async fn deliver(
    link: &mut Sender,
    partition: &Partition,
    mut seat: Seat,
    mut next: i64,
    lapsed: impl Future<Output = Error>,
) -> Result<(), Error> {
    let mut lapsed = pin!(lapsed);
    loop {
        let events = partition.read(next, READ_AHEAD);
        if events.is_empty() {
            tokio::select! {
                () = partition.reached(next) => continue,
                order = seat.order() => return obey(order, link, &mut seat).await,
                error = &mut lapsed => return Err(error),
                _ = link.on_detach() => return Ok(()),
            }
        }
        for event in events {
            tokio::select! {
                // An evicted reader gets nothing more, however much credit it has.
                biased;
                order = seat.order() => return obey(order, link, &mut seat).await,
                error = &mut lapsed => return Err(error),
                sent = link.send_batchable_ref(&event.delivery) => {
                    if let Err(error) = sent {
                        tracing::debug!(%error, "devhub reader ended");
                        return Ok(());
                    }
                }
            }
            next = event.sequence_number + 1;
        }
    }
}

/// Does what a reader is told, until its link ends.
async fn obey(order: Order, link: &mut Sender, seat: &mut Seat) -> Result<(), Error> {
    let eviction = match order {
        Order::Leave(eviction) => eviction,
        Order::FallSilent => tokio::select! {
            eviction = seat.evicted() => eviction,
            _ = link.on_detach() => return Ok(()),
        },
    };
    Err(conditions::eviction(eviction))
}
