//! entralog from outside: the real binary, real files, a real AMQP connection, a real HTTP receiver.
//!
//! # Layout
//!
//! - `support`: a directory for each test, the binary in it, records in Entra's style.
//! - `records`: one record of each log category; `leaves`: whether a row holds all of a record;
//!   `accounted`: whether every byte of a body is in what came out of it.
//! - `files`, `exports`, `tables`, `nothing_lost`, `any_record`, `hostile`, `event_hubs`: what goes in.
//! - `faults`: what happens to connections; `soak`: many of that, and of kills; `interop`: Microsoft's other clients.
//! - `ingesters`: several of them on one hub.
//! - `exactly_once`, `lake`, `azure`, `added_columns`: what is kept; `drift`: what of it has no column.
//! - `lake_status`, `verify`, `verify_lost`: how the lake is, what became of it, and whether it is sound; `maintenance`: what keeps it so.
//! - `dead`: what could not be decoded, and its replay.
//! - `duplicates`: what a hub brings twice.
//! - `desk_json`, `desk_functions`, `desk_attempts`, `desk_roles`, `desk_watchlists`, `desk_limits`, `distinct`, `explain`: what SQL knows of
//!   the field, may not do, and says of itself.
//! - `query`, `saved`, `derived`, `output`: what comes out; `shell`: in a `terminal`; `other_writer`: of files that somebody else wrote.
//! - `rules`, `alerts`: what is found, and who hears of it.
//! - `serve`: all of it at once; `metrics`: its numbers.
//! - `errors`: what is said when something is wrong.

// `json!` needs it for records with many properties.
#![recursion_limit = "512"]

mod accounted;
mod added_columns;
mod alerts;
mod any_record;
mod azure;
mod dead;
mod derived;
mod desk_attempts;
mod desk_functions;
mod desk_json;
mod desk_limits;
mod desk_roles;
mod desk_watchlists;
mod distinct;
mod drift;
mod duplicates;
mod errors;
mod event_hubs;
mod exactly_once;
mod explain;
mod exports;
mod faults;
mod files;
mod hostile;
mod ingesters;
mod interop;
mod lake;
mod lake_status;
mod leaves;
mod maintenance;
mod metrics;
mod nothing_lost;
mod other_writer;
mod output;
mod query;
mod records;
mod rules;
mod saved;
mod serve;
mod shell;
mod soak;
mod support;
mod tables;
mod terminal;
mod verify;
mod verify_lost;
