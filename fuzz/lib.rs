//! What is fuzzed: `decode` and `table` of entralog, and what they need of the other folders.

#[path = "../src/decode/mod.rs"]
pub mod decode;
// Tables use only a part of it.
#[allow(dead_code, unused_imports)]
#[path = "../src/facts/mod.rs"]
pub mod facts;
#[path = "../src/table/mod.rs"]
pub mod table;
