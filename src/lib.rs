//! entralog: an open pipeline for Microsoft Entra ID logs.

#[cfg(feature = "devhub")]
pub mod devhub;
pub mod generate;
