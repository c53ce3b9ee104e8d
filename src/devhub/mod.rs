//! A loopback Event Hubs namespace, to develop and try entralog without Azure.
//!
//! It speaks AMQP 1.0 as Event Hubs does, so that Microsoft's own client libraries publish to it and
//! read from it unchanged: SASL, tokens over `$cbs`, `$management`, batches, start positions, owner
//! levels, and the errors that go with them. Tests can also make it fail on purpose.
//!
//! Not there: TLS (connect with `amqp://`), web sockets, Kafka, capture, geo-replication, limits of
//! throughput, and a disk. Everything is in memory and gone with the process. SAS tokens are verified; an Entra
//! token only has to be there.
//!
//! # Layout
//!
//! | file | is |
//! |---|---|
//! | `config`, `emulator` | which event hubs there are; the emulator's `Config.json` |
//! | `namespace`, `log`, `readers` | event hubs and partitions; their events; who reads them |
//! | `listener`, `wire`, `frames`, `connection`, `sasl`, `session`, `attach` | from a TCP connection to a link |
//! | `requests`, `cbs`, `management` | links that ask: put a token, read properties |
//! | `publish`, `subscribe` | links that carry events |
//! | `sas`, `access` | what a token proves, and what a connection may do |
//! | `inject`, `faults` | what goes wrong because a test wants it to |
//! | `address`, `selector`, `message`, `conditions` | Event Hubs' dialect of AMQP |

mod access;
mod address;
mod attach;
mod cbs;
mod conditions;
mod config;
mod connection;
mod emulator;
mod error;
mod faults;
mod frames;
mod inject;
mod listener;
mod log;
mod management;
mod message;
mod namespace;
mod now;
mod publish;
mod readers;
mod requests;
mod sas;
mod sasl;
mod selector;
mod session;
mod subscribe;
#[cfg(test)]
mod tests;
mod wire;

pub use config::DevhubConfig;
pub use error::DevhubError;

use listener::Connections;
use message::MAX_MESSAGE_BYTES;
use namespace::{Namespace, Partition};
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The port of AMQP without TLS, which a connection string need not name.
const AMQP_PORT: u16 = 5672;

/// A running loopback namespace.
///
/// Clones are handles to the same one. When the last is dropped, or after [`Devhub::shutdown`], the
/// port is free and all connections are cut.
///
/// ```no_run
/// # async fn example() -> Result<(), entralog::devhub::DevhubError> {
/// use entralog::devhub::{Devhub, DevhubConfig};
///
/// let config = DevhubConfig::with_hubs([("insights-logs-signinlogs", 1)]);
/// let devhub = Devhub::start(&config, ([127, 0, 0, 1], 0).into()).await?;
/// devhub.append("insights-logs-signinlogs", 0, r#"{"records":[]}"#)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Devhub {
    running: Arc<Running>,
}

struct Running {
    namespace: Arc<Namespace>,
    connections: Arc<Connections>,
    local_addr: SocketAddr,
    /// Taken by who ends it.
    listening: Mutex<Option<Listening>>,
}

/// A listener that accepts connections; dropped, it stops and cuts them.
struct Listening {
    stop: DropGuard,
    task: JoinHandle<()>,
}

impl fmt::Debug for Devhub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut devhub = f.debug_struct("Devhub");
        devhub.field("local_addr", &self.running.local_addr).finish_non_exhaustive()
    }
}

impl Devhub {
    /// Starts a namespace that listens on `listen`; port 0 takes a free one.
    ///
    /// Whoever can reach that address can read and write everything, as the key is well known: keep
    /// it on a loopback address, or inside a container network.
    ///
    /// # Errors
    /// [`DevhubError::Config`] for event hubs that cannot be, [`DevhubError::Listen`] if the address
    /// is taken.
    pub async fn start(config: &DevhubConfig, listen: SocketAddr) -> Result<Self, DevhubError> {
        config.validate()?;
        let cannot_listen = |source| DevhubError::Listen { address: listen, source };
        let listener = listener::bind(listen).await.map_err(cannot_listen)?;
        let local_addr = listener.local_addr().map_err(cannot_listen)?;
        let namespace = Arc::new(Namespace::new(config));
        let connections = Arc::new(Connections::default());
        let listening = Mutex::new(Some(Listening::new(listener, &namespace, &connections)));
        tracing::debug!(%local_addr, hubs = namespace.hub_names().len(), "devhub listening");
        if !local_addr.ip().is_loopback() {
            tracing::warn!(%local_addr, "devhub is open to the network, and its key is well known");
        }
        Ok(Self { running: Arc::new(Running { namespace, connections, local_addr, listening }) })
    }

    /// The address it listens on, with the port it got.
    pub fn local_addr(&self) -> SocketAddr {
        self.running.local_addr
    }

    /// A connection string in the form of Microsoft's emulator. As there, the port is only named if
    /// it is not 5672. Microsoft's Rust library ignores the port and
    /// `UseDevelopmentEmulator`: give it `amqp://` and [`Devhub::local_addr`] as custom endpoint.
    pub fn connection_string(&self) -> String {
        let port = match self.running.local_addr.port() {
            AMQP_PORT => String::new(),
            port => format!(":{port}"),
        };
        let (name, key) = (sas::KEY_NAME, sas::KEY);
        format!(
            "Endpoint=sb://localhost{port};SharedAccessKeyName={name};SharedAccessKey={key};\
             UseDevelopmentEmulator=true;"
        )
    }

    /// Publishes an event without AMQP and returns its sequence number.
    ///
    /// # Errors
    /// [`DevhubError::UnknownHub`], [`DevhubError::UnknownPartition`], or
    /// [`DevhubError::EventTooLarge`] above 1 MiB.
    pub fn append(
        &self,
        hub: &str,
        partition: usize,
        body: impl Into<Vec<u8>>,
    ) -> Result<i64, DevhubError> {
        let body = body.into();
        if body.len() > MAX_MESSAGE_BYTES {
            return Err(DevhubError::EventTooLarge {
                hub: hub.to_owned(),
                partition,
                bytes: body.len(),
                limit: MAX_MESSAGE_BYTES,
            });
        }
        let event = message::from_body(body);
        Ok(self.partition(hub, partition)?.append(vec![event]))
    }

    /// Sequence number of the newest event, -1 when nothing was ever enqueued.
    ///
    /// # Errors
    /// [`DevhubError::UnknownHub`] or [`DevhubError::UnknownPartition`].
    pub fn last_sequence_number(&self, hub: &str, partition: usize) -> Result<i64, DevhubError> {
        let properties = self.partition(hub, partition)?.properties();
        Ok(properties.last_enqueued_sequence_number)
    }

    /// Stops listening and cuts all connections; returns when both is done.
    pub async fn shutdown(&self) {
        let listening = lock(&self.running.listening).take();
        if let Some(Listening { stop, task }) = listening {
            drop(stop);
            if let Err(error) = task.await {
                tracing::error!(%error, "devhub listener panicked");
            }
        }
    }

    fn partition(&self, hub: &str, partition: usize) -> Result<&Partition, DevhubError> {
        let namespace = &self.running.namespace;
        let unknown_hub =
            || DevhubError::UnknownHub { hub: hub.to_owned(), known: namespace.hub_names() };
        let found = namespace.hub(hub).ok_or_else(unknown_hub)?;
        let unknown_partition = || DevhubError::UnknownPartition {
            hub: found.name.clone(),
            partition,
            partitions: found.partitions.len(),
        };
        found.partitions.get(partition).ok_or_else(unknown_partition)
    }
}

impl Listening {
    fn new(
        listener: TcpListener,
        namespace: &Arc<Namespace>,
        connections: &Arc<Connections>,
    ) -> Self {
        let stop = CancellationToken::new();
        let (namespace, connections) = (Arc::clone(namespace), Arc::clone(connections));
        let accept = listener::accept(listener, namespace, connections, stop.clone());
        Self { stop: stop.drop_guard(), task: tokio::spawn(accept) }
    }
}

/// Locks what no panic can leave half-changed: every critical section here is a few plain updates.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
