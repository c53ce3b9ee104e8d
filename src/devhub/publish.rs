//! Links on which clients publish.

use super::address::{Address, entity_path};
use super::attach::Terms;
use super::conditions;
use super::message;
use super::namespace::{Hub, Partition};
use super::session::Scope;
use fe2o3_amqp::Receiver;
use fe2o3_amqp::link::RecvError;
use fe2o3_amqp_types::definitions::Error;
use fe2o3_amqp_types::messaging::Body;
use fe2o3_amqp_types::primitives::Value;

/// Takes events until the client closes the link, or tells it why it may not publish.
pub(super) async fn serve(mut link: Receiver, scope: &Scope, terms: &Terms) {
    // Closing fails when client or connection were faster, or when the AMQP library has closed the
    // link itself over a message that is too large (`amqp:link:message-size-exceeded`).
    let _ = match target(scope, terms) {
        Ok((hub, partition)) => {
            let path = entity_path(&terms.entity);
            let lapsed = tokio::select! {
                () = receive(&mut link, scope, hub, partition) => false,
                () = scope.access.lapsed(&path) => true,
            };
            if lapsed {
                link.close_with_error(conditions::expired(&path)).await
            } else {
                link.close().await
            }
        }
        Err(error) => {
            tracing::debug!(%error, entity = terms.entity, "devhub refused a publisher");
            link.close_with_error(error).await
        }
    };
}

fn target<'a>(scope: &'a Scope, terms: &Terms) -> Result<(&'a Hub, Option<&'a Partition>), Error> {
    let Some(Address::Publish { hub, partition }) = Address::parse(&terms.entity) else {
        return Err(conditions::not_found(&terms.entity));
    };
    scope.authorize(&entity_path(&terms.entity))?;
    scope.namespace.faults.check()?;
    let hub = scope.namespace.hub(&hub).ok_or_else(|| conditions::not_found(&hub))?;
    let Some(id) = partition else {
        return Ok((hub, None));
    };
    let partition = hub.partition(&id);
    let missing = || conditions::partition_out_of_range(&hub.name, &id, hub.partitions.len());
    Ok((hub, Some(partition.ok_or_else(missing)?)))
}

async fn receive(link: &mut Receiver, scope: &Scope, hub: &Hub, partition: Option<&Partition>) {
    let faults = &scope.namespace.faults;
    loop {
        let delivery = match link.recv::<Body<Value>>().await {
            Ok(delivery) => delivery,
            Err(RecvError::MessageDecode(error)) => {
                let reason = conditions::undecodable(&error.source);
                if link.reject(error.info, reason).await.is_err() {
                    return;
                }
                continue;
            }
            Err(error) => {
                tracing::debug!(%error, hub = hub.name, "devhub publisher ended");
                return;
            }
        };
        let format = delivery.message_format().unwrap_or(0);
        let (delivery, message) = delivery.into_parts();
        if let Err(error) = faults.check() {
            if link.reject(delivery, error).await.is_err() {
                return;
            }
            continue;
        }
        let key = message::partition_key(&message);
        let partition = partition.unwrap_or_else(|| hub.partition_for(key));
        match message::events(format, message) {
            Ok(events) => {
                partition.append(events);
                faults.before_an_answer().await;
                // The link may be gone by now; the event stays published, as in Azure.
                if link.accept(delivery).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                let error = conditions::undecodable(&error);
                if link.reject(delivery, error).await.is_err() {
                    return;
                }
            }
        }
    }
}
