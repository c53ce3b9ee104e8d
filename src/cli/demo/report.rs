//! The alerts that arrived beside what was planted.

use std::io::Write as _;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

use crate::facts::ip_prefix;
use crate::generate::{Attack, Truth};

/// How far an alert's time may be from the attack's: records reach the log some time after.
const SLACK: TimeDelta = TimeDelta::hours(2);

/// Prints a row an attack, and a row an alert that belongs to none.
pub(super) fn print(truth: &Truth, alerts: &[Value]) -> std::io::Result<()> {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["planted", "rule that should find it", "alerts that arrived"]);
    for attack in &truth.attacks {
        let found: Vec<_> =
            alerts.iter().filter(|alert| belongs(alert, attack)).map(name).collect();
        let found = if found.is_empty() { "none".to_owned() } else { found.join("\n") };
        let rule = attack.rule.clone().unwrap_or_else(|| "(no rule yet)".into());
        table.add_row([attack.title.clone(), rule, found]);
    }
    for alert in alerts.iter().filter(|alert| !truth.attacks.iter().any(|a| belongs(alert, a))) {
        table.add_row(["nothing".to_owned(), String::new(), name(alert)]);
    }
    writeln!(std::io::stdout(), "{table}")
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
