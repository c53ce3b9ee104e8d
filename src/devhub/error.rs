//! What can go wrong with a devhub, seen from the process that runs it.

use std::io;
use std::net::SocketAddr;

/// An error of the loopback namespace itself; what its clients are told travels over AMQP instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevhubError {
    /// The configuration is not JSON at all.
    #[error("devhub configuration is not valid JSON: {0}")]
    Json(#[from] serde_json::Error),

    /// A key of the configuration is missing, unknown or has a value that cannot be used.
    #[error("devhub configuration: {key}: {problem}")]
    Config {
        /// Path of the key, such as `UserConfig.NamespaceConfig[0].Entities[2].PartitionCount`.
        key: String,
        /// What is wrong with it and what would be right.
        problem: String,
    },

    /// The address could not be bound.
    #[error("devhub cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system answered.
        source: io::Error,
    },

    /// No event hub of that name exists.
    #[error("unknown event hub \"{hub}\"; this devhub has {}", known.join(", "))]
    UnknownHub {
        /// The name asked for.
        hub: String,
        /// The names that exist.
        known: Vec<String>,
    },

    /// The event hub has no such partition.
    #[error(
        "event hub \"{hub}\" has no partition {partition}; it has {partitions}, counted from 0"
    )]
    UnknownPartition {
        /// The event hub.
        hub: String,
        /// The partition asked for.
        partition: usize,
        /// How many partitions it has.
        partitions: usize,
    },

    /// The event is larger than Event Hubs takes.
    #[error(
        "event of {bytes} bytes for \"{hub}\" partition {partition} is larger than {limit} bytes"
    )]
    EventTooLarge {
        /// The event hub.
        hub: String,
        /// The partition.
        partition: usize,
        /// Size of the body in bytes.
        bytes: usize,
        /// Largest size in bytes.
        limit: usize,
    },
}
