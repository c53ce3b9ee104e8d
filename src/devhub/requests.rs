//! Request and response over two links: how `$cbs` and `$management` talk.

use super::message::Message;
use super::session::Scope;
use super::{cbs, lock, management};
use fe2o3_amqp::{Receiver, Sendable, Sender};
use fe2o3_amqp_types::messaging::{AmqpValue, ApplicationProperties, Body, MessageId, Properties};
use fe2o3_amqp_types::primitives::{OrderedMap, SimpleValue, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A node that answers requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Cbs,
    Management,
}

/// The reply to a request.
pub(super) struct Reply {
    /// As in HTTP.
    status: i32,
    description: String,
    body: Value,
}

impl Reply {
    pub(super) fn ok(status: i32, description: &str, body: Value) -> Self {
        Self { status, description: description.to_owned(), body }
    }

    pub(super) fn refused(status: i32, description: String) -> Self {
        Self { status, description, body: Value::Null }
    }

    #[cfg(test)]
    pub(super) fn status(&self) -> i32 {
        self.status
    }

    fn into_message(self, answered: Properties) -> Message {
        let correlation_id =
            answered.correlation_id.or(answered.message_id).unwrap_or(MessageId::Ulong(0));
        let mut application = OrderedMap::new();
        let mut put = |name: &str, value| application.insert(name.to_owned(), value);
        put("status-code", SimpleValue::Int(self.status));
        put("status-description", SimpleValue::String(self.description));
        Message {
            header: None,
            delivery_annotations: None,
            message_annotations: None,
            properties: Some(Properties {
                correlation_id: Some(correlation_id),
                ..Properties::default()
            }),
            application_properties: Some(ApplicationProperties(application)),
            body: Body::Value(AmqpValue(self.body)),
            footer: None,
        }
    }
}

/// Where replies go: the links that clients have opened for them.
#[derive(Default)]
pub(super) struct Replies(Mutex<HashMap<(Node, String), UnboundedSender<Message>>>);

impl Replies {
    /// Opens the way to a client's end of a reply link. A link attached anew under the same address
    /// replaces the one before.
    pub(super) fn route(self: &Arc<Self>, node: Node, address: &str) -> Route {
        let (sender, messages) = unbounded_channel();
        let key = (node, address.to_owned());
        lock(&self.0).insert(key.clone(), sender);
        let replies = Arc::clone(self);
        Route { replies, key, messages }
    }

    /// Sends to the address that the request names, or to the one reply link there is: not every
    /// client repeats the address of its link in `reply-to`.
    fn send(&self, node: Node, reply_to: &str, reply: Message) -> Result<(), NoReplyLink> {
        let routes = lock(&self.0);
        let named = routes.get(&(node, reply_to.to_owned()));
        let any = || routes.iter().find(|((of, _), _)| *of == node).map(|(_, route)| route);
        let route = named.or_else(any).ok_or(NoReplyLink)?;
        route.send(reply).map_err(|_| NoReplyLink)
    }
}

struct NoReplyLink;

/// The replies for one link, until it is dropped.
pub(super) struct Route {
    replies: Arc<Replies>,
    key: (Node, String),
    messages: UnboundedReceiver<Message>,
}

impl Drop for Route {
    fn drop(&mut self) {
        self.messages.close();
        let mut routes = lock(&self.replies.0);
        // A newer link of the same address stays.
        if routes.get(&self.key).is_some_and(UnboundedSender::is_closed) {
            routes.remove(&self.key);
        }
    }
}

/// Answers requests until the client closes its link.
pub(super) async fn serve(mut link: Receiver, scope: &Scope, node: Node) {
    while let Ok(delivery) = link.recv::<Body<Value>>().await {
        let (delivery, request) = delivery.into_parts();
        if link.accept(delivery).await.is_err() {
            break;
        }
        let faults = &scope.namespace.faults;
        faults.before_an_answer().await;
        let reply = match node {
            Node::Cbs => cbs::put_token(&request, &scope.access, faults),
            Node::Management => management::read(&request, scope),
        };
        let answered = request.properties.unwrap_or_default();
        let reply_to = answered.reply_to.clone().unwrap_or_default();
        if scope.replies.send(node, &reply_to, reply.into_message(answered)).is_err() {
            tracing::debug!(?node, reply_to, "devhub request without a link for the reply");
        }
    }
    // Closed by the client already, or with the connection.
    let _ = link.close().await;
}

/// Sends replies until the client closes its link.
pub(super) async fn send_replies(mut link: Sender, mut route: Route) {
    loop {
        let reply = tokio::select! {
            reply = route.messages.recv() => reply,
            _ = link.on_detach() => break,
        };
        // None: another link took over this address.
        let Some(reply) = reply else { break };
        let reply = Sendable::builder().message(reply).settled(true).build();
        // `batchable` is the last field of a transfer: none is left off, so the frame does not grow
        // on its way.
        if link.send_batchable(reply).await.is_err() {
            break;
        }
    }
    let _ = link.close().await;
}

/// A text among the application properties of a request, empty if it is not there.
pub(super) fn property<'a>(request: &'a Message, name: &str) -> &'a str {
    let properties = request.application_properties.as_ref();
    match properties.and_then(|properties| properties.0.get(name)) {
        Some(SimpleValue::String(text)) => text,
        _ => "",
    }
}
