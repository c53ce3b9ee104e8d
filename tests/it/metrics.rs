//! What Prometheus is told while the daemon runs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use entralog::devhub::{Devhub, DevhubConfig};
use serde_json::json;

use crate::support::{Running, Workspace, eventually, sign_in};

const HUB: &str = "insights-logs-signinlogs";

/// A rule that fails when it meets Ada.
const FAILING_RULE: &str = "\
id: fails
name: It fails
description: It divides by zero.
severity: Low
queryFrequency: 1h
queryPeriod: 1h
queryLanguage: sql
version: 1.0.0
query: SELECT TimeGenerated, 1 / (CASE WHEN UserPrincipalName LIKE 'ada%' THEN 0 ELSE 1 END) AS N FROM SigninLogs
eventGroupingSettings: {aggregationKind: AlertPerResult}
";

/// The samples of a scrape; `None` while nobody answers.
pub(crate) async fn scrape(address: &str) -> Option<Vec<String>> {
    let answer = reqwest::get(format!("http://{address}/metrics")).await.ok()?;
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("application/openmetrics-text; version=1.0.0"), "{kind}");
    let text = answer.text().await.unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    Some(text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_of_the_records_shows_in_the_numbers_at_once() {
    let workspace = Workspace::new();
    let config = DevhubConfig::with_hubs([(HUB, 1)]);
    let devhub = Devhub::start(&config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let namespace = format!("localhost:{}", devhub.local_addr().port());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    workspace.write(
        "entralog.yaml",
        format!(
            "eventHubs: [{{connectionString: {{env: HUBS}}, hubs: [{HUB}]}}]
flush: {{age: 1s}}
rules: {{paths: [fails.yaml]}}
metrics: {{listen: '{address}'}}
"
        ),
    );
    workspace.write("fails.yaml", FAILING_RULE);
    let start = || {
        let mut command = workspace.command(&["serve"]);
        Running::start(command.env("HUBS", devhub.connection_string()))
    };

    // Somebody else listens there.
    let finished = start().wait();
    assert_eq!(finished.code, Some(3), "{finished:#?}");
    assert!(finished.error().contains("metrics.listen"), "{finished:#?}");
    drop(free);

    let mut daemon = start();
    let mut records = Vec::new();
    for n in 0..3 {
        let mut record = sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", &format!("s{n}"));
        record["properties"]["brandNew"] = json!(n);
        record["properties"]["odd \"} 1\nname"] = json!(n);
        records.push(record);
    }
    records[0]["durationMs"] = json!("long");
    records.push(json!({"category": "DoorLogs"}));
    devhub.append(HUB, 0, json!({ "records": records }).to_string()).unwrap();
    devhub.append(HUB, 0, "nonsense").unwrap();

    let handle = tokio::runtime::Handle::current();
    let mut samples = Vec::new();
    tokio::task::block_in_place(|| {
        eventually("everything is counted", || {
            assert!(daemon.is_running());
            samples = handle.block_on(scrape(&address)).unwrap_or_default();
            // Of the last delivery: the two may be in one commit or in two. Rules run later still.
            ["entralog_dead_letters_total{reason=\"invalid_json\"}", "entralog_rule_failures_total"]
                .iter()
                .all(|name| samples.iter().any(|sample| sample.starts_with(name)))
        });
    });
    for expected in [
        r#"entralog_records_total{table="SigninLogs"} 3"#,
        r#"entralog_dead_letters_total{reason="unknown_category"} 1"#,
        r#"entralog_dead_letters_total{reason="invalid_json"} 1"#,
        r#"entralog_repeated_records_total 0"#,
        r#"entralog_commits_total{table="SigninLogs"} 1"#,
        r#"entralog_commit_seconds_count{table="SigninLogs"} 1"#,
        r#"entralog_unmapped_properties_total{table="SigninLogs",property="properties.brandNew"} 3"#,
        r#"entralog_unmapped_properties_total{table="SigninLogs",property="properties.odd \"} 1\nname"} 3"#,
        r#"entralog_type_surprises_total{table="SigninLogs",column="DurationMs"} 1"#,
        r#"entralog_alerts_raised_total 0"#,
        r#"entralog_rule_failures_total{rule="fails"} 1"#,
        &format!(r#"entralog_partitions_owned{{hub="{HUB}",namespace="{namespace}"}} 1"#),
        &format!(
            r#"entralog_ownership_changes_total{{hub="{HUB}",reason="claimed",namespace="{namespace}"}} 1"#
        ),
    ] {
        assert!(samples.iter().any(|sample| sample == expected), "{expected}: {samples:#?}");
    }
    let health = reqwest::get(format!("http://{address}/healthz")).await.unwrap();
    assert_eq!(health.text().await.unwrap(), "ok\n");
    daemon.terminate();
    assert_eq!(daemon.wait().code, Some(0));
}
