//! Findings to alerts, and alerts to their destinations.
//!
//! An alert is a row of `SecurityAlert`. Its id is derived from the rule, the entities and the
//! slice, so the same finding is the same alert however often it is evaluated. Delivery reads what
//! no row of `AlertDeliveries` says is done, so an alert that was committed is delivered at least
//! once to every destination, or is listed as dead.

mod deliver;
mod raise;
mod record;
mod webhook;

pub use deliver::{Attempt, DeliverError, Delivered, deliver_pending};
pub use raise::{RuleSummary, run_rule};
pub use record::{Alert, alert_id};
pub use webhook::{Reply, WebhookDestination, WebhookError};
