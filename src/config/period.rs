//! Spans of time in the configuration: `10s`, `5m`, `1h`.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::detect::Period;

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    let period = Period::deserialize(deserializer)?;
    period.delta().to_std().map_err(D::Error::custom)
}
