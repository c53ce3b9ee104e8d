//! A loopback Event Hubs namespace, to develop and try entralog without Azure.
//!
//! It speaks AMQP 1.0 as Event Hubs does, so that Microsoft's own client libraries publish to it and
//! read from it unchanged: SASL, tokens over `$cbs`, `$management`, batches, start positions, owner
//! levels, and the errors that go with them. Tests can also make it fail on purpose.
//!
//! Not there: TLS (connect with `amqp://`), web sockets, Kafka, capture, geo-replication, throttling,
//! and a disk. Everything is in memory and gone with the process. SAS tokens are verified; an Entra
//! token only has to be there.
//!
//! # Layout
//!
//! | file | is |
//! |---|---|
//! | `config`, `emulator` | which event hubs there are; the emulator's `Config.json` |
//! | `namespace`, `log`, `readers` | event hubs and partitions; their events; who reads them |
//! | `listener`, `latency`, `connection`, `sasl`, `session`, `attach` | from a TCP connection to a link |
//! | `requests`, `cbs`, `management` | links that ask: put a token, read properties |
//! | `publish`, `subscribe` | links that carry events |
//! | `sas`, `access` | what a token proves, and what a connection may do |
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
mod latency;
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
use tokio_util::sync::CancellationToken;

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
    stop: CancellationToken,
    /// Taken by the first `shutdown`.
    listener: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
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
        let listener = TcpListener::bind(listen).await.map_err(cannot_listen)?;
        let local_addr = listener.local_addr().map_err(cannot_listen)?;
        let namespace = Arc::new(Namespace::new(config));
        let connections = Arc::new(Connections::default());
        let stop = CancellationToken::new();
        let task = tokio::spawn(listener::accept(
            listener,
            Arc::clone(&namespace),
            Arc::clone(&connections),
            stop.clone(),
        ));
        tracing::debug!(%local_addr, hubs = namespace.hub_names().len(), "devhub listening");
        if !local_addr.ip().is_loopback() {
            tracing::warn!(%local_addr, "devhub is open to the network, and its key is well known");
        }
        Ok(Self {
            running: Arc::new(Running {
                namespace,
                connections,
                local_addr,
                stop,
                listener: Mutex::new(Some(task)),
            }),
        })
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
        self.running.stop.cancel();
        let listener = lock(&self.running.listener).take();
        if let Some(listener) = listener
            && let Err(error) = listener.await
        {
            tracing::error!(%error, "devhub listener panicked");
        }
    }

    /// Fault: shuts every TCP connection down without an AMQP close; returns how many there were.
    pub fn kill_connections(&self) -> usize {
        self.running.connections.kill()
    }

    /// Fault: closes every connection with `amqp:connection:forced`, as a service upgrade does.
    pub fn force_close_connections(&self) {
        self.running.connections.force_close();
    }

    /// Fault: closes the link of every reader of a partition with an AMQP error condition, such as
    /// `amqp:link:detach-forced`.
    ///
    /// # Errors
    /// [`DevhubError::UnknownHub`] or [`DevhubError::UnknownPartition`].
    pub fn detach_readers(
        &self,
        hub: &str,
        partition: usize,
        condition: &str,
    ) -> Result<(), DevhubError> {
        self.partition(hub, partition)?.readers.evict_all(condition);
        Ok(())
    }

    /// Fault: drops all events below a sequence number, as the end of the retention time does.
    ///
    /// # Errors
    /// [`DevhubError::UnknownHub`] or [`DevhubError::UnknownPartition`].
    pub fn truncate(
        &self,
        hub: &str,
        partition: usize,
        before_sequence_number: i64,
    ) -> Result<(), DevhubError> {
        self.partition(hub, partition)?.truncate(before_sequence_number);
        Ok(())
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

/// Locks what no panic can leave half-changed: every critical section here is a few plain updates.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
