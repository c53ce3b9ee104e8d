//! Watchlists: CSV files as tables, of queries and of rules.

use serde_json::json;

use crate::support::{Workspace, lines, sign_in};

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    let records = [
        sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "s0"),
        sign_in("2026-01-05T11:00:00Z", "bo@contoso.com", "50126", "s1"),
    ];
    workspace.write("logs.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    workspace.write(
        "watchlists/VIPs.csv",
        "\u{feff}User Principal Name,Why\nada@contoso.com,\"CEO, founder\"\ncy@contoso.com,\n",
    );
    workspace
}

#[test]
fn a_watchlist_is_a_table_that_is_read_anew_by_every_query() {
    let workspace = workspace();
    let named = "SELECT Id FROM SigninLogs WHERE UserPrincipalName IN (SELECT SearchKey FROM _GetWatchlist('VIPs'))";
    assert_eq!(workspace.rows(named), [json!({"Id": "s0"})]);
    let joined = r#"SELECT s.Id, v."Why" FROM SigninLogs s JOIN watchlists.VIPs v ON v."User Principal Name" = s.UserPrincipalName"#;
    assert_eq!(workspace.rows(joined), [json!({"Id": "s0", "Why": "CEO, founder"})]);
    workspace.write("watchlists/VIPs.csv", "User,Why\nbo@contoso.com,new\n");
    assert_eq!(workspace.rows(named), [json!({"Id": "s1"})]);
    let listed = workspace.rows("SHOW TABLES");
    assert!(listed.iter().any(|row| row["table_name"] == "watchlists.VIPs"), "{listed:?}");
    let columns = workspace.rows("DESCRIBE watchlists.VIPs");
    assert_eq!(
        columns.iter().map(|row| &row["column_name"]).collect::<Vec<_>>(),
        ["User", "Why", "SearchKey"]
    );
}

#[test]
fn where_a_comma_is_in_numbers_columns_end_with_semicolons() {
    let workspace = workspace();
    workspace.write("watchlists/Limits.csv", "User;Limit\r\nada@contoso.com;1,5\r\n");
    let rows = workspace.rows(r#"SELECT "User", "Limit", SearchKey FROM watchlists.Limits"#);
    let ada = "ada@contoso.com";
    assert_eq!(rows, [json!({"User": ada, "Limit": "1,5", "SearchKey": ada})]);
}

#[test]
fn the_directory_is_configured() {
    let workspace = workspace();
    workspace.write("lists/Nets.csv", "net\n198.51.100.0/24\n");
    workspace.write("entralog.yaml", "watchlists: lists\n");
    let sql = "SELECT count(*) FROM SigninLogs, _getwatchlist('Nets') n WHERE ip_in_cidr(IPAddress, n.net)";
    assert_eq!(workspace.number(sql), 2);
}

#[test]
fn a_watchlist_that_is_not_there_or_no_table_is_told_with_its_file_and_line() {
    let workspace = workspace();
    workspace.write("watchlists/Torn.csv", "a,b\n1,2\n3\n");
    workspace.write("watchlists/Twice.csv", "a,a\n1,2\n");
    workspace.write("watchlists/Empty.csv", "");
    workspace.write("secret.csv", "a\nhush\n");
    for (name, said) in [
        ("VIP", r#"unknown watchlist "VIP"; did you mean "VIPs"?"#),
        ("../secret", "it is a file of ./watchlists"),
        ("Torn", "line"),
        ("Twice", r#"two columns are named "a""#),
        ("Empty", "header"),
    ] {
        let finished = workspace.run(&["query", &format!("SELECT * FROM _GetWatchlist('{name}')")]);
        assert_eq!(finished.code, Some(2), "{finished:#?}");
        assert!(finished.error().contains(said), "{name}: {}", finished.error());
        assert!(!finished.error().contains("hush"));
        if ["Torn", "Twice", "Empty"].contains(&name) {
            assert!(finished.error().contains(&format!("{name}.csv")), "{}", finished.error());
        }
    }
    let finished = workspace.run(&["query", "SELECT * FROM watchlists.VIP"]);
    assert!(finished.error().contains(r#"did you mean "VIPs"?"#), "{finished:#?}");
}

#[test]
fn a_rule_sees_watchlists_and_attempts() {
    let workspace = workspace();
    workspace.write(
        "rules/vip.yaml",
        r#"id: vip-sign-in
name: A VIP signed in
description: A test.
severity: High
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
version: 1.0.0
kind: Scheduled
queryLanguage: sql
query: |
  SELECT UserPrincipalName, TimeGenerated FROM signin_attempts
  WHERE Outcome = 'success' AND UserPrincipalName IN (SELECT SearchKey FROM _GetWatchlist('VIPs'))
entityMappings:
  - entityType: Account
    fieldMappings: [{identifier: FullName, columnName: UserPrincipalName}]
"#,
    );
    workspace.write("entralog.yaml", "rules: {paths: [rules]}\n");
    workspace.succeed(&["rule", "check"]);
    workspace.run(&["rule", "run", "vip-sign-in"]);
    assert_eq!(
        workspace.number("SELECT count(*) FROM SecurityAlert WHERE AlertName LIKE '%VIP%'"),
        1
    );
}
