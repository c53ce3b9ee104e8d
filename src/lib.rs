//! entralog: an open pipeline for Microsoft Entra ID logs.
//!
//! Sign-in and audit logs come from Azure Event Hubs or files, are kept in open Delta tables under
//! the table and column names of Log Analytics, are searched by detections with DataFusion, and
//! what is found is delivered to a SIEM. The lake is the only state: whatever must survive is a
//! row or a `txn` action of a Delta table, and whatever changes state is one Delta commit.
//!
//! ```text
//! source ──► decode ──► table ──► lake ──► query ──► detect ──► alert
//! Event Hubs  records   Arrow     Delta    SQL       rules      webhook
//! files                 batches   commit             slices
//! ```
//!
//! # Layout
//!
//! The modules are the words of the picture, what several of them need, and what stands around it;
//! imports run from right to left in the picture, and upwards in this list. `listing`, `period`, `suggest` and `yaml` are
//! small helps for all of them, and `failpoint` is where a test has the process die.
//!
//! - [`facts`]: what the field knows of single values: addresses, legacy protocols, result codes.
//! - [`source`]: bodies with positions, from the partitions of Event Hubs and from files.
//! - [`decode`]: bodies to records; what is no record is handed on with its bytes.
//! - [`table`]: the columns of every table, and records to rows.
//! - [`lake`]: Delta tables; rows and positions in one commit, and the scan.
//! - [`ingest`]: the way from `source` to `lake`, each record exactly once.
//! - [`watchlist`]: lists that a team keeps, as tables for `query`.
//! - [`query`]: SQL over the lake, read-only.
//! - [`saved`]: queries in files, with a name and typed parameters.
//! - [`maintenance`]: the lake kept in shape: small files merged, old days and files removed.
//! - [`drift`]: what of the records has no column, counted.
//! - [`replay`]: dead letters through `decode` again, each exactly once.
//! - [`verify`]: whether the lake keeps what it promises, by its files alone.
//! - [`detect`]: rules over slices of time, and the ledger of what was evaluated.
//! - [`alert`]: findings to alerts, and alerts to their destinations.
//! - [`metrics`]: numbers of all this, for Prometheus.
//! - [`serve`]: the daemon that runs all of it.
//! - [`config`]: the configuration file, read once at the door.
//! - [`cli`]: the command line; nothing imports it.
//! - [`devhub`]: an Event Hubs namespace on this machine, to try and to test with.
//! - [`generate`]: sample logs with planted attacks.

pub mod alert;
pub mod cli;
pub mod config;
pub mod decode;
pub mod detect;
#[cfg(feature = "devhub")]
pub mod devhub;
pub mod drift;
pub mod facts;
mod failpoint;
pub mod generate;
pub mod ingest;
pub mod lake;
mod listing;
pub mod maintenance;
pub mod metrics;
mod period;
pub mod query;
pub mod replay;
pub mod saved;
pub mod serve;
pub mod source;
mod suggest;
pub mod table;
pub mod verify;
pub mod watchlist;
mod yaml;
