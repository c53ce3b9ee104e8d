//! entralog from outside: the real binary, real files, a real AMQP connection, a real HTTP receiver.
//!
//! # Layout
//!
//! - `support`: a directory for each test, the binary in it, records in Entra's style.
//! - `records`: one record of each log category; `leaves`: whether a row holds all of a record;
//!   `accounted`: whether every byte of a body is in what came out of it.
//! - `files`, `exports`, `tables`, `nothing_lost`, `any_record`, `hostile`, `event_hubs`: what goes in.
//! - `exactly_once`, `lake`, `added_columns`: what is kept; `drift`: what of it has no column.
//! - `maintenance`: what is kept in shape.
//! - `dead`: what could not be decoded, and its replay.
//! - `query`, `derived`, `output`: what comes out; `other_writer`: of files that somebody else wrote.
//! - `rules`, `alerts`: what is found, and who hears of it.
//! - `serve`: all of it at once; `metrics`: its numbers.
//! - `errors`: what is said when something is wrong.

// `json!` needs it for records with many properties.
#![recursion_limit = "512"]

mod accounted;
mod added_columns;
mod alerts;
mod any_record;
mod dead;
mod derived;
mod drift;
mod errors;
mod event_hubs;
mod exactly_once;
mod exports;
mod files;
mod hostile;
mod lake;
mod leaves;
mod maintenance;
mod metrics;
mod nothing_lost;
mod other_writer;
mod output;
mod query;
mod records;
mod rules;
mod serve;
mod support;
mod tables;
