//! What is fuzzed: `decode` and `table` of entralog, which need nothing of the other folders.

#[path = "../src/decode/mod.rs"]
pub mod decode;
#[path = "../src/table/mod.rs"]
pub mod table;
