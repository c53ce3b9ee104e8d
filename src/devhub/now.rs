//! The clock, in the two units of the protocol.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, the unit of AMQP timestamps.
pub(super) fn millis() -> i64 {
    i64::try_from(since_1970().as_millis()).unwrap_or(i64::MAX)
}

/// Seconds since 1970, the unit of token expiries.
pub(super) fn seconds() -> i64 {
    i64::try_from(since_1970().as_secs()).unwrap_or(i64::MAX)
}

fn since_1970() -> Duration {
    // A clock before 1970 is a machine without a clock; its events may as well be from 1970.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
