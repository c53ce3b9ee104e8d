//! Runs that can go on for as long as somebody wants: many faults of all kinds while a producer
//! writes, and at the end nothing lost, nothing doubled, nothing out of order.
//!
//! `cargo test` does a short one of each. `ENTRALOG_SOAK_FAULTS` says how many faults (or kills) a longer one has,
//! `ENTRALOG_SOAK_SEED` which ones:
//!
//! ```sh
//! ENTRALOG_SOAK_FAULTS=1000 ENTRALOG_SOAK_SEED=7 cargo test --test it soak -- --nocapture
//! ```

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]
#![allow(clippy::print_stdout, reason = "whoever starts a soak wants its numbers")]

mod connection;
mod ingesters;
mod model;
mod process;

/// What the environment asks for.
struct Asked {
    faults: usize,
    seed: u64,
}

impl Asked {
    fn or(faults: usize) -> Self {
        let number = |name: &str| {
            let text = std::env::var(name).ok()?;
            Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
        };
        let asked = number("ENTRALOG_SOAK_FAULTS").map(|faults: u64| faults.try_into().unwrap());
        let seed = number("ENTRALOG_SOAK_SEED").unwrap_or(20_260_105);
        Self { faults: asked.unwrap_or(faults), seed }
    }
}
