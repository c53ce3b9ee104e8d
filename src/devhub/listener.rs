//! The TCP side: accepts connections, and can cut them.

use super::access::Access;
use super::namespace::Namespace;
use super::wire::{self, Wire};
use super::{connection, lock};
use socket2::SockRef;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long to wait when the system has no descriptor left for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Largest TCP segment in bytes that a client is told to send. On the loopback it can be 32,768, and
/// Microsoft's Python library sets the option that it read anew, where Linux takes no more than 32,767.
const SEGMENT_BYTES: u32 = 16_384;

/// The open connections.
#[derive(Default)]
pub(super) struct Connections {
    open: Mutex<HashMap<u64, Open>>,
    next_id: AtomicU64,
}

struct Open {
    wire: Wire,
    access: Arc<Access>,
    /// Asks the connection to close with `amqp:connection:forced`.
    force_close: Arc<Notify>,
}

impl Connections {
    /// Ends every wire without a word; returns how many there were.
    pub(super) fn end(&self, how: wire::State) -> usize {
        let ended = std::mem::take(&mut *lock(&self.open));
        ended.values().for_each(|open| open.wire.change(how));
        ended.len()
    }

    /// Lets nothing more through on the wires that there are; returns how many were whole.
    pub(super) fn go_dead(&self) -> usize {
        let open = lock(&self.open);
        let whole = open.values().filter(|open| open.wire.is_whole());
        whole.map(|open| open.wire.change(wire::State::Dead)).count()
    }

    /// Has every connection closed with `amqp:connection:forced`.
    pub(super) fn force_close(&self) {
        for open in lock(&self.open).values() {
            open.force_close.notify_one();
        }
    }

    /// Has every token run out that was put so far.
    pub(super) fn expire_tokens(&self) {
        for open in lock(&self.open).values() {
            open.access.expire();
        }
    }
}

/// Listens on an address.
pub(super) async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await?;
    // Inherited by what it accepts, and announced to who connects.
    #[cfg(unix)]
    SockRef::from(&listener).set_tcp_mss(SEGMENT_BYTES)?;
    Ok(listener)
}

/// Serves clients until `stop`; then every connection is cut.
pub(super) async fn accept(
    listener: TcpListener,
    namespace: Arc<Namespace>,
    connections: Arc<Connections>,
    stop: CancellationToken,
) {
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
            // Finished tasks are collected as they come, or the set would grow for ever.
            Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
        };
        let opened = accepted.and_then(|(stream, peer)| {
            tracing::debug!(%peer, "devhub connection accepted");
            without_delay(stream)
        });
        let stream = match opened {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "devhub could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (stream, wire) = wire::lay(stream);
        let force_close = Arc::new(Notify::new());
        let access = Arc::new(Access::default());
        let open =
            Open { wire, access: Arc::clone(&access), force_close: Arc::clone(&force_close) };
        let id = connections.next_id.fetch_add(1, Ordering::Relaxed);
        lock(&connections.open).insert(id, open);
        let namespace = Arc::clone(&namespace);
        let connections = Arc::clone(&connections);
        tasks.spawn(async move {
            connection::serve(stream, namespace, access, force_close).await;
            lock(&connections.open).remove(&id);
        });
    }
    connections.end(wire::State::Cut);
    tasks.shutdown().await;
}

/// Small frames such as dispositions must not wait for the acknowledgement of earlier ones.
fn without_delay(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    Ok(stream)
}
