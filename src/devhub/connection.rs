//! One AMQP connection and its sessions.

use super::access::Access;
use super::namespace::Namespace;
use super::sasl::Sasl;
use super::session;
use fe2o3_amqp::acceptor::{ConnectionAcceptor, ListenerConnectionHandle, SessionAcceptor};
use fe2o3_amqp_types::definitions::{ConnectionError, Error, Fields};
use fe2o3_amqp_types::primitives::{Symbol, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Frame size, channels and idle time-out of the service's own `open`. All of them and the
/// properties must be there: Microsoft's Python library reads the fields of `open` by position.
const MAX_FRAME_BYTES: u32 = 65_536;
const CHANNEL_MAX: u16 = 4_999;
const IDLE_TIMEOUT_MS: u32 = 240_000;
/// Transfer frames a session may have in flight either way.
const SESSION_WINDOW: u32 = 5_000;
/// For a peer that connects and says nothing, or does not answer a close.
const PATIENCE: Duration = Duration::from_secs(30);

/// Serves one client until it leaves, or until it is told to go.
pub(super) async fn serve(
    stream: DuplexStream,
    namespace: Arc<Namespace>,
    access: Arc<Access>,
    force_close: Arc<Notify>,
) {
    let acceptor = ConnectionAcceptor::builder()
        .container_id("entralog-devhub")
        .max_frame_size(MAX_FRAME_BYTES)
        .channel_max(CHANNEL_MAX)
        .idle_time_out(IDLE_TIMEOUT_MS)
        .properties(properties())
        .sasl_acceptor(Sasl::new(Arc::clone(&access)))
        .build();
    match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
        Ok(Ok(connection)) => sessions(connection, &namespace, &access, &force_close).await,
        Ok(Err(error)) => tracing::debug!(?error, "devhub connection not opened"),
        Err(_) => tracing::debug!("devhub connection said nothing"),
    }
}

async fn sessions(
    mut connection: ListenerConnectionHandle,
    namespace: &Arc<Namespace>,
    access: &Arc<Access>,
    force_close: &Notify,
) {
    let acceptor = SessionAcceptor::builder()
        .incoming_window(SESSION_WINDOW)
        .outgoing_window(SESSION_WINDOW)
        .build();
    // Dropped with this function, which ends the sessions and their links.
    let mut tasks = JoinSet::new();
    loop {
        let incoming = tokio::select! {
            incoming = connection.next_incoming_session() => incoming,
            () = force_close.notified() => {
                let text = "The connection was closed by the devhub.".to_owned();
                let error = Error::new(ConnectionError::ConnectionForced, text, None);
                // Whether the client answers or not, the connection ends here.
                let _ = tokio::time::timeout(PATIENCE, connection.close_with_error(error)).await;
                return;
            }
            Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
        };
        let Some(incoming) = incoming else { break };
        match acceptor.accept_incoming_session(incoming, &mut connection).await {
            Ok(session) => {
                let scope = session::Scope::new(Arc::clone(namespace), Arc::clone(access));
                tasks.spawn(session::serve(session, scope));
            }
            Err(error) => {
                tracing::debug!(?error, "devhub session not begun");
                break;
            }
        }
    }
    if let Err(error) = connection.on_close().await {
        tracing::debug!(?error, "devhub connection ended");
    }
}

fn properties() -> Fields {
    let properties = [("product", "entralog devhub"), ("version", env!("CARGO_PKG_VERSION"))];
    let entry = |(name, value): (&str, &str)| (Symbol::from(name), Value::String(value.to_owned()));
    properties.into_iter().map(entry).collect()
}
