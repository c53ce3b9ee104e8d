//! What a query need not read, and what it says of that.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use serde_json::Value;

use crate::support::Workspace;

/// Sample logs of some weeks, a file a day and table.
fn compacted() -> Workspace {
    let workspace = Workspace::new();
    workspace.succeed(&["generate", "--events", "6000", "--days", "20", "--out", "logs"]);
    workspace.succeed(&["ingest", "--from", "logs"]);
    workspace.succeed(&["lake", "compact"]);
    workspace
}

#[track_caller]
fn explained(workspace: &Workspace, sql: &str) -> Vec<Value> {
    let said = workspace.succeed(&["query", "--explain", "-o", "ndjson", sql]).stdout;
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn files_of_other_days_are_not_opened() {
    let workspace = compacted();
    let scans = explained(
        &workspace,
        "SELECT count(*) FROM SigninLogs
         WHERE TimeGenerated >= '2026-01-07T00:00:00Z' AND TimeGenerated < '2026-01-09T00:00:00Z'",
    );
    let [scan] = scans.as_slice() else { panic!("{scans:#?}") };
    assert_eq!(scan["Table"], "SigninLogs");
    assert_eq!((&scan["Files"], &scan["FilesSkipped"]), (&20.into(), &18.into()), "{scan:#}");
    assert!(scan["BytesRead"].as_u64() < scan["Bytes"].as_u64(), "{scan:#}");
    let by_day = explained(&workspace, "SELECT count(*) FROM SigninLogs WHERE date = '2026-01-07'");
    assert_eq!(by_day[0]["FilesSkipped"], 19, "{by_day:#?}");
}

#[test]
fn row_groups_without_the_user_are_not_read() {
    let workspace = compacted();
    let whom =
        "SELECT UserId FROM SigninLogs WHERE UserId <> '' GROUP BY 1 ORDER BY count(*), 1 LIMIT 1";
    let user = workspace.value(whom);
    let user = user.as_str().unwrap();
    let all = workspace.number("SELECT count(DISTINCT date) FROM SigninLogs");
    let days = workspace
        .number(&format!("SELECT count(DISTINCT date) FROM SigninLogs WHERE UserId = '{user}'"));
    let scans = explained(
        &workspace,
        &format!("SELECT TimeGenerated, AppDisplayName FROM SigninLogs WHERE UserId = '{user}'"),
    );
    let skipped = scans[0]["RowGroupsSkipped"].as_i64().unwrap();
    assert!(days < all && skipped >= (all - days) / 2, "{days} of {all} days: {scans:#?}");
    // The reading of each table is told of.
    let both = explained(
        &workspace,
        "SELECT s.Id FROM SigninLogs s JOIN AuditLogs a ON s.CorrelationId = a.CorrelationId",
    );
    let mut tables: Vec<_> = both.iter().map(|scan| scan["Table"].as_str().unwrap()).collect();
    tables.sort_unstable();
    assert_eq!(tables, ["AuditLogs", "SigninLogs"]);
}

#[test]
fn people_get_the_plan_too() {
    let workspace = compacted();
    let said =
        workspace.succeed(&["query", "--explain", "-o", "table", "SELECT Id FROM SigninLogs"]);
    for word in ["DataSourceExec", "FilesSkipped", "SigninLogs"] {
        assert!(said.stdout.contains(word), "{said:#?}");
    }
}

#[test]
fn a_filter_is_evaluated_once_for_each_row() {
    let workspace = compacted();
    let sql = "EXPLAIN SELECT Id FROM SigninLogs WHERE ResultType = '0' AND UserId LIKE 'a%'";
    let plan = workspace.succeed(&["query", "-o", "ndjson", sql]).stdout;
    let physical = plan.split("physical_plan").nth(1).unwrap();
    assert_eq!(physical.matches("ResultType@").count(), 1, "{physical}");
    assert_eq!(physical.matches("LIKE a%").count(), 1, "{physical}");
}
