//! What is fuzzed: `decode` and `table` of entralog, and what they need of the other folders.

#[path = "../src/decode/mod.rs"]
pub mod decode;
#[cfg(feature = "table")]
#[path = "../src/facts/mod.rs"]
pub mod facts;
#[cfg(feature = "table")]
#[path = "../src/table/mod.rs"]
pub mod table;
