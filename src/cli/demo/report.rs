//! The alerts that arrived beside what was planted.

use std::io::Write as _;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;

use super::super::Failure;
use super::super::output::{self, Format};
use crate::facts::ip_prefix;
use crate::generate::{Attack, Truth};

/// How far an alert's time may be from the attack's: records reach the log some time after.
const SLACK: TimeDelta = TimeDelta::hours(2);

/// An attack, or an alert that belongs to none.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    planted: String,
    expected_rule: String,
    alerts: String,
}

/// Prints a row an attack, and a row an alert that belongs to none.
pub(super) fn print(truth: &Truth, alerts: &[Value]) -> Result<(), Failure> {
    let of_attack = |attack: &Attack| {
        let found: Vec<_> =
            alerts.iter().filter(|alert| belongs(alert, attack)).map(name).collect();
        Row {
            planted: attack.title.clone(),
            expected_rule: attack.rule.clone().unwrap_or_else(|| "(no rule yet)".into()),
            alerts: if found.is_empty() { "none".into() } else { found.join("; ") },
        }
    };
    let of_none = |alert: &&Value| !truth.attacks.iter().any(|attack| belongs(alert, attack));
    let mut rows: Vec<_> = truth.attacks.iter().map(of_attack).collect();
    rows.extend(alerts.iter().filter(of_none).map(|alert| Row {
        planted: "nothing".into(),
        expected_rule: String::new(),
        alerts: name(alert),
    }));
    output::print_rows(&rows, Format::Table)
}

/// Whether the rule that should find each attack has found it.
pub(super) fn all_found(truth: &Truth, alerts: &[Value]) -> bool {
    truth.attacks.iter().all(|attack| {
        attack.rule.as_deref().is_none_or(|rule| {
            alerts.iter().any(|alert| alert["_RuleId"] == rule && belongs(alert, attack))
        })
    })
}

/// Three commands that go on from here.
pub(super) fn try_next(lake: &Path) {
    let lake = lake.display();
    let _ = writeln!(
        std::io::stderr(),
        "  entralog alert list --lake {lake}
  entralog query --lake {lake} \"SELECT UserPrincipalName, count(*) FROM SigninLogs WHERE ResultType = '50126' GROUP BY 1 ORDER BY 2 DESC LIMIT 5\"
  entralog rule test        (with cargo: cargo run -- rule test)"
    );
}

/// Whether an alert is about an attack: its time, and one of its users, addresses or networks.
fn belongs(alert: &Value, attack: &Attack) -> bool {
    let time = |key: &str| alert[key].as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let (Some(start), Some(end)) = (time("StartTime"), time("EndTime")) else { return false };
    if end + SLACK < attack.start || start - SLACK > attack.end {
        return false;
    }
    let entity = alert["CompromisedEntity"].as_str().unwrap_or_default();
    let networks = || attack.ip_addresses.iter().filter_map(|address| ip_prefix(address));
    attack.users.iter().any(|user| user.eq_ignore_ascii_case(entity))
        || attack.ip_addresses.iter().any(|address| address == entity)
        || networks().any(|network| network == entity)
        // A spray over many networks is named after its client.
        || (alert["ExtendedProperties"]["OriginKind"] == "client" && attack.ip_addresses.len() > 10)
}

fn name(alert: &Value) -> String {
    let text = |key: &str| alert[key].as_str().unwrap_or_default().to_owned();
    let entity: String = text("CompromisedEntity").chars().take(60).collect();
    format!("{} ({}): {entity}", text("_RuleId"), text("AlertSeverity"))
}
