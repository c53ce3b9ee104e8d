//! What queries may take.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::period;
use crate::query::Limits;

/// See [`Limits`].
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Query {
    /// Memory of a query, such as `1GB`.
    memory: Size,
    /// What it may spill to disk, such as `16GB`.
    spill: Size,
    /// How long it may take.
    #[serde(with = "period")]
    timeout: Duration,
}

impl Default for Query {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            memory: Size(limits.memory as u64),
            spill: Size(limits.spill),
            timeout: Duration::from_secs(10 * 60),
        }
    }
}

impl Query {
    /// The limits of a query, with another time-out if one is given.
    #[must_use]
    pub fn limits(&self, timeout: Option<Duration>) -> Limits {
        Limits {
            memory: usize::try_from(self.memory.0).unwrap_or(usize::MAX),
            spill: self.spill.0,
            timeout: Some(timeout.unwrap_or(self.timeout)),
        }
    }
}

/// A number of bytes.
#[derive(Debug, Clone, Copy)]
struct Size(u64);

impl Size {
    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.trim().split_at_checked(text.trim().len().checked_sub(2)?)?;
        let shift = match unit.to_ascii_uppercase().as_str() {
            "MB" => 20,
            "GB" => 30,
            _ => return None,
        };
        let number: u64 = number.trim().parse().ok()?;
        (number > 0).then(|| number.checked_mul(1 << shift)).flatten().map(Self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("{text:?} is no size; write 512MB or 1GB")))
    }
}
