//! Functions of the field in SQL, and what is said when they are used wrong.

use serde_json::json;

use crate::support::{Workspace, lines, sign_in};

fn sign_ins() -> Workspace {
    let workspace = Workspace::new();
    let now = chrono::Utc::now();
    let at = |hours: i64| {
        (now - chrono::TimeDelta::hours(hours)).to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    };
    let mut records = vec![
        sign_in(&at(1), "ada@contoso.com", "0", "s0"),
        sign_in(&at(30), "bo@contoso.com", "50126", "s1"),
        sign_in(&at(24 * 9), "cy@contoso.com", "0", "s2"),
    ];
    records[1]["properties"]["ipAddress"] = json!("2001:db8:1:2::9");
    workspace.write("logs.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    workspace
}

#[test]
fn a_span_before_now_leaves_out_files_before_they_are_opened() {
    let workspace = sign_ins();
    for (condition, rows) in [
        ("TimeGenerated > ago('1d')", 1),
        ("TimeGenerated > AGO('36h')", 2),
        ("TimeGenerated > ago('2w')", 3),
        ("TimeGenerated BETWEEN ago('10d') AND ago('90m')", 2),
        ("ago('7d') > TimeGenerated", 1),
    ] {
        let sql = format!("SELECT count(*) FROM SigninLogs WHERE {condition}");
        assert_eq!(workspace.number(&sql), rows, "{condition}");
    }
    let files = |condition: &str| {
        let sql = format!("EXPLAIN SELECT Id FROM SigninLogs WHERE {condition}");
        workspace.succeed(&["query", "-o", "ndjson", &sql]).stdout.matches(".parquet").count()
    };
    assert_eq!((files("true"), files("TimeGenerated > ago('7d')")), (3, 2));
    assert_eq!(files("TimeGenerated > now() - INTERVAL '7 days'"), 2);
}

#[test]
fn times_and_numbers_are_rounded_down() {
    let workspace = sign_ins();
    for (sql, value) in [
        ("bin(TIMESTAMP '2026-01-07T10:47:12Z', '1h')", json!("2026-01-07T10:00:00.000000Z")),
        ("bin(TIMESTAMP '2026-01-07T10:47:12Z', '15m')", json!("2026-01-07T10:45:00.000000Z")),
        ("Bin(TIMESTAMP '2026-01-07T10:47:12Z', '7d')", json!("2026-01-05T00:00:00.000000Z")),
        (
            "bin(TIMESTAMP '2026-01-07T10:47:12Z', INTERVAL '1 day')",
            json!("2026-01-07T00:00:00.000000Z"),
        ),
        // Days of a zone, also those when its clocks are changed.
        (
            "bin(TIMESTAMPTZ '2026-01-07T23:30:00Z' AT TIME ZONE 'Europe/Berlin', '1d')",
            json!("2026-01-07T23:00:00.000000Z"),
        ),
        (
            "bin(TIMESTAMPTZ '2026-03-29T20:00:00Z' AT TIME ZONE 'Europe/Berlin', '1d')",
            json!("2026-03-28T23:00:00.000000Z"),
        ),
        (
            "bin(TIMESTAMPTZ '2026-10-25T22:59:59Z' AT TIME ZONE 'Europe/Berlin', '1d')",
            json!("2026-10-24T22:00:00.000000Z"),
        ),
        // The clock shows 02:00 to 03:00 twice.
        (
            "bin(TIMESTAMPTZ '2026-10-25T00:40:00Z' AT TIME ZONE 'Europe/Berlin', '1h')",
            json!("2026-10-25T00:00:00.000000Z"),
        ),
        (
            "bin(TIMESTAMPTZ '2026-10-25T01:40:00Z' AT TIME ZONE 'Europe/Berlin', '1h')",
            json!("2026-10-25T01:00:00.000000Z"),
        ),
        // Of a day that has no midnight.
        (
            "bin(TIMESTAMPTZ '2026-09-06T12:30:00Z' AT TIME ZONE 'America/Santiago', '1d')",
            json!("2026-09-06T04:00:00.000000Z"),
        ),
        (
            "bin(bin(TIMESTAMPTZ '2026-09-06T12:30:00Z' AT TIME ZONE 'America/Santiago', '1d'), '1d')",
            json!("2026-09-06T04:00:00.000000Z"),
        ),
        ("bin(NULL, '1h')", json!(null)),
        ("bin(127, 10)", json!(120)),
        ("bin(-1, 10)", json!(-10)),
        ("bin(1.7, 0.5)", json!(1.5)),
    ] {
        let value_of = workspace.value(&format!("SELECT {sql}"));
        let same = match (value_of.as_str(), value.as_str()) {
            (Some(found), Some(expected)) => found[..19] == expected[..19],
            _ => value_of == value,
        };
        assert!(same, "{sql}: {value_of}");
    }
    let grouped = workspace
        .rows("SELECT bin(TimeGenerated, '1d') AS Day, count(*) AS N FROM SigninLogs GROUP BY Day");
    assert_eq!(grouped.len(), 3);
}

#[test]
fn networks_and_distances_are_known() {
    let workspace = sign_ins();
    for (sql, value) in [
        ("ip_in_cidr('10.1.2.3', '10.0.0.0/8')", json!(true)),
        ("ip_in_cidr('10.1.2.3:443', '192.168.0.0/16, 10.0.0.0/8')", json!(true)),
        ("ip_in_cidr('11.1.2.3', ['192.168.0.0/16', '10.0.0.0/8'])", json!(false)),
        ("ip_in_cidr('[2001:db8::1]', '2001:db8::/32')", json!(true)),
        ("ip_in_cidr('no address', '10.0.0.0/8')", json!(null)),
        ("ip_prefix('198.51.100.7', 16)", json!("198.51.0.0/16")),
        ("ip_prefix('198.51.100.7')", json!("198.51.100.0/24")),
        ("round(haversine_km(52.52, 13.405, -33.868, 151.209) / 100)", json!(161.0)),
        ("result_outcome('50074')", json!("interrupted")),
    ] {
        assert_eq!(workspace.value(&format!("SELECT {sql}")), value, "{sql}");
    }
    let sql = "SELECT count(*) FROM SigninLogs WHERE ip_in_cidr(IPAddress, '198.51.100.0/24,2001:db8::/32')";
    assert_eq!(workspace.number(sql), 3);
    assert_eq!(workspace.number("SELECT distinct_approx(UserPrincipalName) FROM SigninLogs"), 3);
}

#[test]
fn functions_of_every_kind_work_in_any_case() {
    let workspace = sign_ins();
    let rows = workspace.rows(
        "SELECT Row_Number() OVER (ORDER BY TimeGenerated) AS N, LAG(Id) OVER (ORDER BY TimeGenerated) AS Before,
                Count(*) OVER () AS Everything, Distinct_Approx(Id) OVER () AS Ids
         FROM SigninLogs ORDER BY N LIMIT 2",
    );
    assert_eq!(rows[1], json!({"N": 2, "Before": "s2", "Everything": 3, "Ids": 3}));
}

#[test]
fn texts_of_a_group_are_each_in_an_order_of_their_own() {
    let workspace = sign_ins();
    let rows = workspace.rows(
        "SELECT string_agg(Id, ', ' ORDER BY Id DESC) AS Ids,
                String_Agg(DISTINCT UserPrincipalName, '|' ORDER BY UserPrincipalName) FILTER (WHERE ResultType = '0') AS Who,
                string_agg(UniqueTokenIdentifier, ',' ORDER BY UniqueTokenIdentifier) AS Nothing,
                string_agg(Id, ', ' ORDER BY TimeGenerated) AS Later
         FROM SigninLogs",
    );
    let who = "ada@contoso.com|cy@contoso.com";
    assert_eq!(
        rows,
        [json!({"Ids": "s2, s1, s0", "Who": who, "Nothing": null, "Later": "s2, s1, s0"})]
    );
    let unnamed = workspace
        .rows("SELECT string_agg(Id, ',' ORDER BY Id) FROM SigninLogs WHERE ResultType = '0'");
    assert_eq!(unnamed, [json!({"string_agg(Id, ',' ORDER BY Id)": "s0,s2"})]);
}

#[test]
fn columns_can_be_left_out_of_all() {
    let workspace = sign_ins();
    let of = |sql: &str| {
        let rows = workspace.rows(&format!("{sql} ORDER BY Id LIMIT 1"));
        rows[0].as_object().unwrap().clone()
    };
    let all = of("SELECT * FROM SigninLogs");
    let fewer = of("SELECT * EXCLUDE (AADTenantId, _Unmapped) FROM SigninLogs");
    let mut rest = all.clone();
    rest.retain(|name, _| !["AADTenantId", "_Unmapped"].contains(&name.as_str()));
    assert_eq!(fewer, rest);
    assert_eq!(fewer.len(), all.len() - 2);
}

#[test]
fn what_is_written_wrong_is_told_in_the_words_of_the_query() {
    let workspace = sign_ins();
    for (sql, said) in [
        ("SELECT * EXCLUDE (AADTenantIt) FROM SigninLogs", r#"did you mean "AADTenantId"?"#),
        ("SELECT ago('soon')", r#"ago("soon"): write a span"#),
        ("SELECT bin(TimeGenerated, 'often') FROM SigninLogs", "such as '15m', '1h' or '1d'"),
        ("SELECT bin(TimeGenerated, INTERVAL '1 month') FROM SigninLogs", "date_trunc('month'"),
        (
            "SELECT * FROM AuditLogs WHERE ip_in_cidr(Identity, '10.0.0.0/33')",
            r#""10.0.0.0/33" is no network"#,
        ),
        (
            "SELECT ip_is_privat(IPAddress) FROM SigninLogs",
            r#"unknown function "ip_is_privat"; did you mean "ip_is_private"?"#,
        ),
        ("SELECT dcount(UserId) FROM SigninLogs", "count(DISTINCT …)"),
        (
            "SELECT Nonsense(UserId) FROM SigninLogs",
            r#"unknown function "nonsense"; `SHOW FUNCTIONS` lists them"#,
        ),
        (
            "SELECT s.UserPrincipalname FROM SigninLogs s JOIN AuditLogs a ON s.Id = a.Id",
            r#"did you mean "UserPrincipalName"?"#,
        ),
        (
            "WITH c AS (SELECT UserId AS Person FROM SigninLogs) SELECT Persn FROM c",
            r#"did you mean "Person"?"#,
        ),
        (
            "WITH c AS (SELECT UserId AS Person FROM SigninLogs) SELECT c.Prson FROM c",
            r#"did you mean "Person"?"#,
        ),
        ("SELECT x.UserId FROM SigninLogs s", r#"unknown table or alias "x""#),
        (
            "SELECT UserId FROM SigninLogs s JOIN SigninLogs t ON s.Id = t.Id",
            "say of which, as in t.UserId",
        ),
        ("SELECT * FROM signin_attempt", r#"did you mean "signin_attempts"?"#),
        ("SELECT UserId, count(*) FROM SigninLogs", "GROUP BY"),
        ("SELECT sum(UserPrincipalName) FROM SigninLogs", "sum"),
        ("SELECT upper(1)", "upper takes a string, not a long"),
        ("SELECT 1; SELECT 2", "single SQL statement"),
    ] {
        let error = workspace.refused(sql);
        assert!(error.contains(said), "{sql}: {error}");
        for internal in ["entralog.lake", "DataFusion", "backtrace", "Utf8", "Internal error"] {
            assert!(!error.contains(internal), "{sql}: {error}");
        }
    }
}

#[test]
fn what_there_is_to_ask_for_is_shown() {
    let workspace = sign_ins();
    let tables = workspace.rows("SHOW TABLES");
    for name in ["SigninLogs", "signin_attempts", "SecurityAlert"] {
        assert!(tables.iter().any(|row| row["table_name"] == name), "{name}");
    }
    for statement in ["DESCRIBE SigninLogs", "SHOW COLUMNS FROM SigninLogs", "DESC SigninLogs"] {
        let columns = workspace.rows(statement);
        let find = |name: &str| columns.iter().find(|row| row["column_name"] == name).unwrap();
        assert_eq!(find("TimeGenerated")["data_type"], "datetime", "{statement}");
        assert_eq!(find("Status")["data_type"], "dynamic", "{statement}");
        assert_ne!(find("UserPrincipalName")["meaning"], "", "{statement}");
    }
    assert!(
        workspace
            .rows("DESCRIBE signin_attempts")
            .iter()
            .any(|row| row["column_name"] == "Outcome")
    );
    let functions = workspace.rows("SHOW FUNCTIONS");
    assert!(functions.iter().any(|row| row["function_name"] == "ip_in_cidr"), "{functions:?}");
    let error = workspace.run(&["query", "DESCRIBE SigninLog"]);
    assert!(error.error().contains(r#"did you mean "SigninLogs"?"#), "{error:#?}");
    assert!(
        workspace.number(
            "SELECT count(*) FROM information_schema.columns WHERE table_name = 'SigninLogs'"
        ) > 90
    );
}
