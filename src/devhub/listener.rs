//! The TCP side: accepts connections, and can cut them.

use super::connection;
use super::lock;
use super::namespace::Namespace;
use std::collections::HashMap;
use std::io;
use std::net::Shutdown;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long to wait when the system has no descriptor left for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The open connections.
#[derive(Default)]
pub(super) struct Connections(Mutex<HashMap<u64, Open>>);

struct Open {
    /// A second handle of the socket, since the AMQP library owns the first.
    socket: std::net::TcpStream,
    /// Asks the connection to close with `amqp:connection:forced`.
    force_close: Arc<Notify>,
}

impl Connections {
    /// Shuts every socket down without a word, as a failing network does; returns how many.
    pub(super) fn kill(&self) -> usize {
        let killed = std::mem::take(&mut *lock(&self.0));
        for open in killed.values() {
            // Fails only if the client was faster, which is just as well.
            let _ = open.socket.shutdown(Shutdown::Both);
        }
        killed.len()
    }

    /// Has every connection closed with `amqp:connection:forced`.
    pub(super) fn force_close(&self) {
        for open in lock(&self.0).values() {
            open.force_close.notify_one();
        }
    }
}

/// Serves clients until `stop`; then every connection is cut.
pub(super) async fn accept(
    listener: TcpListener,
    namespace: Arc<Namespace>,
    connections: Arc<Connections>,
    stop: CancellationToken,
) {
    let mut tasks = JoinSet::new();
    let mut next_id = 0;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
            // Finished tasks are collected as they come, or the set would grow for ever.
            Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
        };
        let opened = match accepted {
            Ok((stream, peer)) => {
                tracing::debug!(%peer, "devhub connection accepted");
                with_second_handle(stream)
            }
            Err(error) => Err(error),
        };
        let (stream, socket) = match opened {
            Ok(handles) => handles,
            Err(error) => {
                tracing::warn!(%error, "devhub could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let force_close = Arc::new(Notify::new());
        let open = Open { socket, force_close: Arc::clone(&force_close) };
        lock(&connections.0).insert(next_id, open);
        let namespace = Arc::clone(&namespace);
        let connections = Arc::clone(&connections);
        tasks.spawn(async move {
            connection::serve(stream, namespace, force_close).await;
            lock(&connections.0).remove(&next_id);
        });
        next_id += 1;
    }
    connections.kill();
    tasks.shutdown().await;
}

fn with_second_handle(stream: TcpStream) -> io::Result<(TcpStream, std::net::TcpStream)> {
    // Small frames such as dispositions must not wait for the acknowledgement of earlier ones.
    stream.set_nodelay(true)?;
    let socket = stream.into_std()?;
    let second = socket.try_clone()?;
    Ok((TcpStream::from_std(socket)?, second))
}
