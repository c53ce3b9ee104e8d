//! Distinct values of many groups: what DataFusion's own functions say, by another way.

use serde_json::Value;

use crate::support::Workspace;

fn logs() -> Workspace {
    let workspace = Workspace::new();
    workspace.succeed(&["generate", "--events", "5000", "--days", "10", "--out", "logs"]);
    workspace.succeed(&["ingest", "--from", "logs"]);
    workspace
}

/// Whether a statement is answered by our functions.
fn is_ours(workspace: &Workspace, sql: &str) -> bool {
    let plan = workspace.rows(&format!("EXPLAIN {sql}"));
    plan.iter().any(|row| {
        let text = row["plan"].as_str().unwrap_or_default();
        text.contains("count_distinct") || text.contains("array_agg_distinct")
    })
}

#[test]
fn counts_beside_other_aggregates_are_those_of_two_groupings() {
    let workspace = logs();
    let plain = "SELECT IPAddress, date_trunc('day', TimeGenerated) AS Day, count(*) AS N,
                        count(DISTINCT UserPrincipalName) AS Users, count(DISTINCT AppDisplayName) AS Apps,
                        count(DISTINCT UserPrincipalName) FILTER (WHERE ResultType <> '0') AS Failed,
                        max(TimeGenerated) AS Last
                 FROM SigninLogs GROUP BY 1, 2 ORDER BY 1, 2";
    assert!(is_ours(&workspace, plain));
    let distinct = |what: &str, filter: &str| {
        format!(
            "SELECT Ip, Day, count(What) AS N FROM (
                 SELECT DISTINCT IPAddress AS Ip, date_trunc('day', TimeGenerated) AS Day, {what} AS What
                 FROM SigninLogs WHERE {filter}) GROUP BY 1, 2"
        )
    };
    let grouped = format!(
        "SELECT a.IPAddress, a.Day, a.N, u.N AS Users, p.N AS Apps, coalesce(f.N, 0) AS Failed, a.Last
         FROM (SELECT IPAddress, date_trunc('day', TimeGenerated) AS Day, count(*) AS N, max(TimeGenerated) AS Last
               FROM SigninLogs GROUP BY 1, 2) a
         JOIN ({}) u ON u.Ip = a.IPAddress AND u.Day = a.Day
         JOIN ({}) p ON p.Ip = a.IPAddress AND p.Day = a.Day
         LEFT JOIN ({}) f ON f.Ip = a.IPAddress AND f.Day = a.Day
         ORDER BY 1, 2",
        distinct("UserPrincipalName", "true"),
        distinct("AppDisplayName", "true"),
        distinct("UserPrincipalName", "ResultType <> '0'")
    );
    let rows = workspace.rows(plain);
    assert!(rows.len() > 200, "{} rows", rows.len());
    assert!(rows.iter().any(|row| row["Users"].as_i64() > Some(3)), "no group has several");
    assert_eq!(rows, workspace.rows(&grouped));
}

#[test]
fn lists_of_distinct_values_come_in_their_order() {
    let workspace = logs();
    let ours = "SELECT IPAddress, count(*) AS N, array_agg(DISTINCT AppDisplayName) AS Apps
                FROM SigninLogs GROUP BY 1 ORDER BY 1";
    let in_order =
        ours.replace("DISTINCT AppDisplayName", "DISTINCT AppDisplayName ORDER BY AppDisplayName");
    assert!(is_ours(&workspace, ours) && is_ours(&workspace, &in_order));
    let rows = workspace.rows(ours);
    assert_eq!(rows, workspace.rows(&in_order));
    let longest =
        rows.iter().filter_map(|row| row["Apps"].as_array()).max_by_key(|apps| apps.len());
    let texts: Vec<_> = longest.into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(texts.len() > 2 && texts.is_sorted(), "{texts:?}");
}

#[test]
fn what_other_plans_do_better_is_left_to_them() {
    let workspace = logs();
    for sql in [
        // Two groupings, by the value first.
        "SELECT IPAddress, count(DISTINCT UserPrincipalName) AS Users FROM SigninLogs GROUP BY 1",
        // One group.
        "SELECT count(*), count(DISTINCT UserPrincipalName) FROM SigninLogs",
        "SELECT IPAddress, count(*), count(DISTINCT ProcessingTimeInMilliseconds::bigint) FROM SigninLogs GROUP BY 1",
    ] {
        assert!(!is_ours(&workspace, sql), "{sql}");
    }
    let one =
        "SELECT count(*) AS N, count(DISTINCT IPAddress) AS Ips FROM SigninLogs GROUP BY 'all'";
    let all = "SELECT count(*) AS N, count(DISTINCT IPAddress) AS Ips FROM SigninLogs";
    assert_eq!(workspace.rows(one), workspace.rows(all));
}
