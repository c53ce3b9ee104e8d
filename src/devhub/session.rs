//! One AMQP session: accepts links and starts what serves them.

use super::access::Access;
use super::address::Address;
use super::attach::Terms;
use super::message::MAX_MESSAGE_BYTES;
use super::namespace::Namespace;
use super::requests::{self, Node, Replies};
use super::{conditions, now, publish, subscribe};
use fe2o3_amqp::acceptor::{
    LinkAcceptor, LinkEndpoint, ListenerSessionHandle, SupportedReceiverSettleModes,
};
use fe2o3_amqp_types::definitions::{Error, Role};
use std::sync::Arc;
use tokio::task::JoinSet;

/// What the links of a session share.
#[derive(Clone)]
pub(super) struct Scope {
    pub(super) namespace: Arc<Namespace>,
    pub(super) access: Arc<Access>,
    /// Every client library attaches the two links of a request-response pair in one session.
    pub(super) replies: Arc<Replies>,
}

impl Scope {
    pub(super) fn new(namespace: Arc<Namespace>, access: Arc<Access>) -> Self {
        Self { namespace, access, replies: Arc::default() }
    }

    /// Whether the client has a token for this path; if not, what its link is told.
    pub(super) fn authorize(&self, path: &str) -> Result<(), Error> {
        if self.access.covers(path, now::seconds()) {
            return Ok(());
        }
        Err(conditions::unauthorized(path))
    }
}

/// Serves a session until the client ends it.
pub(super) async fn serve(mut session: ListenerSessionHandle, scope: Scope) {
    let builder = || {
        LinkAcceptor::builder()
            // Microsoft's Python library asks for `second` but waits for a settled disposition.
            .supported_receiver_settle_modes(SupportedReceiverSettleModes::First)
    };
    let from_client = builder().max_message_size(MAX_MESSAGE_BYTES as u64).build();
    // No limit towards the client: the annotations come on top of a message of full size.
    let to_client = builder().build();
    // Dropped with this function, which ends the links.
    let mut tasks = JoinSet::new();
    loop {
        let attach = tokio::select! {
            attach = session.next_incoming_attach() => attach,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
        };
        let Some(attach) = attach else { break };
        let terms = Terms::from(&attach);
        let acceptor = match attach.role {
            Role::Sender => &from_client,
            Role::Receiver => &to_client,
        };
        // Before the client hears of its link, so that no reply can come too early for it.
        let route = match (&attach.role, node(&terms)) {
            (Role::Receiver, Some(node)) => Some(scope.replies.route(node, &terms.target)),
            _ => None,
        };
        match acceptor.accept_incoming_attach(attach, &mut session).await {
            Ok(LinkEndpoint::Sender(link)) => {
                let scope = scope.clone();
                tasks.spawn(async move {
                    match route {
                        Some(route) => requests::send_replies(link, route).await,
                        None => subscribe::serve(link, &scope, &terms).await,
                    }
                });
            }
            Ok(LinkEndpoint::Receiver(link)) => {
                let scope = scope.clone();
                tasks.spawn(async move {
                    match node(&terms) {
                        Some(node) => requests::serve(link, &scope, node).await,
                        None => publish::serve(link, &scope, &terms).await,
                    }
                });
            }
            Err(error) => tracing::debug!(?error, "devhub link not attached"),
        }
    }
    if let Err(error) = session.on_end().await {
        tracing::debug!(?error, "devhub session ended");
    }
}

fn node(terms: &Terms) -> Option<Node> {
    match Address::parse(&terms.entity)? {
        Address::Cbs => Some(Node::Cbs),
        Address::Management => Some(Node::Management),
        Address::Publish { .. } | Address::Subscribe { .. } => None,
    }
}
