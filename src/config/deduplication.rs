//! How records are recognized that hubs bring again, byte for byte the same.

use std::time::Duration;

use serde::Deserialize;

use super::period;
use crate::ingest::Deduplication;

/// See [`Deduplication`].
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Deduplicate {
    /// Whether they are recognized at all.
    enabled: bool,
    /// For how long.
    #[serde(with = "period")]
    window: Duration,
    /// Within how much memory.
    megabytes: usize,
}

impl Default for Deduplicate {
    fn default() -> Self {
        let Deduplication { window, memory } = Deduplication::default();
        Self { enabled: true, window, megabytes: memory >> 20 }
    }
}

impl From<Deduplicate> for Option<Deduplication> {
    fn from(Deduplicate { enabled, window, megabytes }: Deduplicate) -> Self {
        let memory = megabytes.clamp(1, 1 << 20) << 20;
        enabled.then_some(Deduplication { window, memory })
    }
}
