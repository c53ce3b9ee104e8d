//! entralog: an open pipeline for Microsoft Entra ID logs.

pub mod decode;
#[cfg(feature = "devhub")]
pub mod devhub;
pub mod generate;
pub mod ingest;
pub mod lake;
pub mod source;
pub mod table;
