//! entralog: an open pipeline for Microsoft Entra ID logs.

pub mod alert;
pub mod cli;
pub mod config;
pub mod decode;
pub mod detect;
#[cfg(feature = "devhub")]
pub mod devhub;
pub mod generate;
pub mod ingest;
pub mod lake;
pub mod query;
pub mod serve;
pub mod source;
mod suggest;
pub mod table;
