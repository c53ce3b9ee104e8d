//! What analysts may ask, and what they are told when they ask wrong.

use serde_json::{Value, json};

use crate::support::{Workspace, audit, lines, sign_in};

fn three_sign_ins() -> Workspace {
    let workspace = Workspace::new();
    let records = [
        sign_in("2026-01-05T10:00:00Z", "Ada@contoso.com", "0", "s0"),
        sign_in("2026-01-05T11:00:00Z", "bo@contoso.com", "50126", "s1"),
        sign_in("2026-01-06T09:30:00Z", "ada@contoso.com", "53003", "s2"),
        audit("2026-01-06T12:00:00Z", "Add user", "a0"),
    ];
    workspace.write("logs.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    workspace
}

#[test]
fn names_need_no_quotes_and_functions_work_in_any_case() {
    let workspace = three_sign_ins();
    let rows = workspace.rows(
        "SELECT Lower(UserPrincipalName) AS User, COUNT(*) AS N, Max(TimeGenerated) AS Last
         FROM SigninLogs GROUP BY LOWER(UserPrincipalName) ORDER BY User",
    );
    assert_eq!(
        rows,
        [
            json!({"User": "ada@contoso.com", "N": 2, "Last": "2026-01-06T09:30:00.000000Z"}),
            json!({"User": "bo@contoso.com", "N": 1, "Last": "2026-01-05T11:00:00.000000Z"}),
        ]
    );
}

#[test]
fn dynamic_columns_are_reached_into() {
    let workspace = three_sign_ins();
    let rows = workspace.rows(
        "SELECT LocationDetails->>'city' AS City, DeviceDetail->>'operatingSystem' AS System,
                (Status->'errorCode')::bigint AS Code
         FROM SigninLogs WHERE Id = 's1'",
    );
    assert_eq!(rows, [json!({"City": "Bonn", "System": "Windows 11", "Code": 50126})]);
    let rows = workspace.rows(
        "SELECT InitiatedBy->'user'->>'userPrincipalName' AS By,
                json_find(TargetResources, 'type', 'User', 'userPrincipalName') AS Target
         FROM AuditLogs",
    );
    assert_eq!(rows, [json!({"By": "admin@contoso.com", "Target": "new@contoso.com"})]);
}

#[test]
fn a_value_out_of_a_dynamic_column_is_json_in_every_form_of_output() {
    let workspace = three_sign_ins();
    let sql = "SELECT LocationDetails->'city' AS City, Status->'errorCode' AS Code, DeviceDetail->'none' AS None,
                      TargetResources->0 AS Target
               FROM (SELECT s.*, TargetResources FROM SigninLogs s CROSS JOIN AuditLogs) WHERE Id = 's1'";
    let target = r#"{"type":"User","userPrincipalName":"new@contoso.com"}"#;
    let row = json!({"City": "\"Bonn\"", "Code": "50126", "None": null, "Target": target});
    assert_eq!(workspace.rows(sql), std::slice::from_ref(&row));
    let ndjson = workspace.succeed(&["query", "-o", "ndjson", sql]).stdout;
    assert_eq!(ndjson.parse::<Value>().ok(), Some(row));
    let csv = workspace.succeed(&["query", "-o", "csv", sql]).stdout;
    assert!(csv.contains("\"\"\"Bonn\"\"\",50126,,"), "{csv}");
    let table = workspace.succeed(&["query", "-o", "table", sql]).stdout;
    assert!(table.contains("\"Bonn\"") && table.contains("50126"), "{table}");
}

#[test]
fn a_length_of_time_is_compared_with_an_interval_by_its_length() {
    let workspace = Workspace::new();
    let records = [
        sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "s0"),
        sign_in("2026-02-04T10:00:00Z", "ada@contoso.com", "0", "s1"),
    ];
    workspace.write("logs.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    let rows = workspace.rows(
        "SELECT Length > INTERVAL '1 day' AS AfterADay, INTERVAL '36 hours' < Length AS AfterHours,
                Length = INTERVAL '30 days' AS Thirty, Length >= INTERVAL '31 days' AS More
         FROM (SELECT max(TimeGenerated) - min(TimeGenerated) AS Length FROM SigninLogs)",
    );
    let expected = json!({"AfterADay": true, "AfterHours": true, "Thirty": true, "More": false});
    assert_eq!(rows, [expected]);
    for (condition, value) in [
        ("l BETWEEN INTERVAL '29 days' AND INTERVAL '31 days'", json!(true)),
        ("l NOT BETWEEN INTERVAL '29 days' AND INTERVAL '31 days'", json!(false)),
        ("l IN (INTERVAL '1 day', INTERVAL '720 hours')", json!(true)),
        ("coalesce(l, INTERVAL '0 seconds') > INTERVAL '2 days'", json!(true)),
        ("greatest(l, INTERVAL '1 day') > INTERVAL '40 hours'", json!(true)),
        ("least(l, INTERVAL '31 days') = l", json!(true)),
        ("INTERVAL '1 day' > INTERVAL '40 hours'", json!(false)),
        ("INTERVAL '24 hours' = INTERVAL '1 day'", json!(true)),
        ("INTERVAL '1 month' > INTERVAL '29 days'", json!(true)),
        (
            "extract(epoch FROM TIMESTAMP '2026-01-03 01:30:00.5' - TIMESTAMP '2026-01-01')",
            json!(178_200.5),
        ),
        ("extract(day FROM l)", json!(30)),
        ("date_part('hour', TIMESTAMP '2026-01-03 01:30:00.5' - TIMESTAMP '2026-01-01')", json!(1)),
        (
            "date_part('minute', TIMESTAMP '2026-01-03 01:30:00.5' - TIMESTAMP '2026-01-01')",
            json!(30),
        ),
    ] {
        let sql = format!(
            "SELECT {condition} AS v FROM (SELECT max(TimeGenerated) - min(TimeGenerated) AS l FROM SigninLogs)"
        );
        assert_eq!(workspace.value(&sql), value, "{condition}");
    }
    let between = "SELECT count(*) FROM SigninLogs a JOIN SigninLogs b
                   ON b.TimeGenerated - a.TimeGenerated > INTERVAL '2 days'";
    assert_eq!(workspace.number(between), 1);
    let month = between.replace("2 days", "1 month");
    let finished = workspace.run(&["query", &month]);
    assert_eq!(finished.code, Some(2));
    assert!(finished.error().contains("write days"), "{finished:#?}");
}

#[test]
fn functions_of_the_field_are_there() {
    let workspace = three_sign_ins();
    let rows = workspace.rows(
        "SELECT ip_prefix(IPAddress) AS Prefix, IP_IS_PRIVATE(IPAddress) AS Private,
                result_class(ResultType) AS Class, password_was_correct(ResultType) AS Password
         FROM SigninLogs WHERE Id IN ('s1', 's2') ORDER BY Id",
    );
    assert_eq!(
        rows,
        [
            json!({"Prefix": "198.51.100.0/24", "Private": false, "Class": "bad_password", "Password": false}),
            json!({"Prefix": "198.51.100.0/24", "Private": false, "Class": rows[1]["Class"], "Password": true}),
        ]
    );
}

#[test]
fn a_statement_that_would_change_or_read_anything_else_is_refused() {
    let workspace = three_sign_ins();
    let secret = workspace.write("secret.csv", "name\nhush\n");
    let secret = secret.display();
    let changes = [
        "DROP TABLE SigninLogs".to_owned(),
        "CREATE TABLE t AS SELECT 1".to_owned(),
        "CREATE VIEW v AS SELECT 1".to_owned(),
        "CREATE DATABASE d".to_owned(),
        "INSERT INTO AuditLogs SELECT * FROM AuditLogs".to_owned(),
        "DELETE FROM SigninLogs".to_owned(),
        "UPDATE SigninLogs SET ResultType = '0'".to_owned(),
        "COPY SigninLogs TO 'copy.csv'".to_owned(),
        format!("COPY (SELECT 1) TO '{secret}'"),
        format!("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{secret}'"),
        "EXPLAIN ANALYZE COPY SigninLogs TO 'copy.csv'".to_owned(),
        "EXPLAIN ANALYZE INSERT INTO AuditLogs SELECT * FROM AuditLogs".to_owned(),
        "SET datafusion.execution.batch_size = 1".to_owned(),
    ];
    let strays = [
        format!("SELECT * FROM '{secret}'"),
        format!("SELECT * FROM read_csv('{secret}')"),
        "SELECT 1; DROP TABLE SigninLogs".to_owned(),
    ];
    for (statement, said) in
        changes.iter().map(|s| (s, "queries only read")).chain(strays.iter().map(|s| (s, "")))
    {
        let finished = workspace.run(&["query", statement]);
        assert_eq!(finished.code, Some(2), "{statement}: {finished:#?}");
        assert_eq!(finished.stdout, "", "{statement}");
        assert!(finished.error().contains(said), "{statement}: {finished:#?}");
    }
    assert!(!workspace.path("copy.csv").exists());
    assert_eq!((workspace.count("SigninLogs"), workspace.count("AuditLogs")), (3, 1));
    let kept = std::fs::read_to_string(workspace.path("secret.csv")).unwrap();
    assert_eq!(kept, "name\nhush\n");
}

#[test]
fn what_would_be_answered_otherwise_than_sql_says_is_refused() {
    let workspace = three_sign_ins();
    for (statement, said) in [
        ("SELECT Id FROM SigninLogs EXCEPT ALL SELECT Id FROM AuditLogs", "leave ALL out"),
        ("(SELECT 1 INTERSECT ALL SELECT 1) UNION SELECT 2", "leave ALL out"),
        ("SELECT UserId FROM SigninLogs FULL JOIN AuditLogs USING (Id)", "coalesce(a.x, b.x)"),
        ("SELECT 1 FROM (SigninLogs NATURAL RIGHT JOIN AuditLogs)", "coalesce(a.x, b.x)"),
        (
            "SELECT Id FROM SigninLogs WHERE Id IN (SELECT Id FROM AuditLogs WHERE Id SIMILAR TO 'a%')",
            "LIKE",
        ),
    ] {
        let finished = workspace.run(&["query", statement]);
        assert_eq!(finished.code, Some(2), "{statement}");
        assert!(finished.error().contains(said), "{statement}: {}", finished.error());
    }
    let kept = "SELECT count(*) FROM (SELECT Id FROM SigninLogs LEFT JOIN AuditLogs USING (Id) UNION ALL SELECT '' EXCEPT SELECT 'x')";
    assert_eq!(workspace.number(kept), 4);
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest_one() {
    let workspace = three_sign_ins();
    for (statement, error) in [
        (
            "SELECT * FROM SignInLogs",
            r#"error: unknown table "SignInLogs"; did you mean "SigninLogs"?"#,
        ),
        (
            "SELECT UserPrincipalname FROM SigninLogs",
            r#"error: unknown column "UserPrincipalname"; did you mean "UserPrincipalName"?"#,
        ),
        (
            "SELECT s.ResultTyp FROM SigninLogs s",
            r#"error: unknown column "ResultTyp"; did you mean "ResultType"?"#,
        ),
    ] {
        let finished = workspace.run(&["query", statement]);
        assert_eq!((finished.code, finished.error()), (Some(2), error), "{statement}");
    }
    let finished = workspace.run(&["query", "SELECT * FROM Nonsense"]);
    assert_eq!(finished.code, Some(2));
    assert!(finished.error().contains("the lake has SigninLogs, "), "{finished:#?}");
}

#[test]
fn what_cannot_be_is_said_in_words_of_sql() {
    let workspace = three_sign_ins();
    for (statement, said) in [
        ("SELECT lag(UserId) FROM SigninLogs", "lag(…) OVER (ORDER BY …)"),
        (r#"SELECT Id FROM SigninLogs WHERE UserId = "abc""#, "text stands in single quotes"),
        ("SELECT substr('a')", "substr(UserId, 1, 8)"),
        ("SELECT Status->-1 FROM SigninLogs", "there is no operator ->-"),
        ("SELECT * FROM TABLE(read_csv())", "not supported: Unsupported ast node"),
        (
            "SELECT string_agg(Id, ',' ORDER BY AppId), string_agg(AppId, ',' ORDER BY Id) FROM SigninLogs",
            "one ORDER BY among them",
        ),
        (
            "SELECT Location FROM SigninLogs GROUP BY 1 HAVING count(*) OVER () > 1",
            "select it in a query inside",
        ),
        (
            "SELECT (SELECT a.Id FROM AuditLogs a WHERE a.CorrelationId = s.CorrelationId ORDER BY a.TimeGenerated LIMIT 1) FROM SigninLogs s",
            "write it as a join",
        ),
    ] {
        let finished = workspace.run(&["query", statement]);
        assert_eq!(finished.code, Some(2), "{statement}");
        assert!(finished.error().contains(said), "{statement}: {}", finished.error());
        assert!(!finished.error().contains("Location("), "{statement}: {}", finished.error());
    }
}

#[test]
fn a_query_that_cannot_be_read_says_where() {
    let workspace = three_sign_ins();
    let finished = workspace.run(&["query", "SELECT count(* FROM SigninLogs"]);
    assert_eq!(finished.code, Some(2));
    assert!(finished.error().contains("found: FROM at Line: 1, Column: 16"), "{finished:#?}");
}

#[test]
fn a_lake_that_is_not_there_is_named_with_the_way_to_make_it() {
    let workspace = Workspace::new();
    let finished = workspace.run(&["query", "--lake", "nowhere", "SELECT 1"]);
    assert_eq!(finished.code, Some(4));
    let error = finished.error();
    assert!(error.contains("nowhere") && error.contains("entralog ingest --lake"), "{error}");
    assert!(!workspace.path("nowhere").exists(), "asking made a directory");
}

#[test]
fn tables_that_nothing_was_written_to_are_empty_and_not_unknown() {
    let workspace = three_sign_ins();
    for table in ["AADNonInteractiveUserSignInLogs", "SecurityAlert", "RoleAssignments"] {
        assert_eq!(workspace.count(table), 0, "{table}");
    }
}

#[test]
fn a_query_that_no_file_can_answer_is_empty_and_not_an_error() {
    let workspace = three_sign_ins();
    let early = "WHERE TimeGenerated < '2020-01-01T00:00:00Z'";
    for query in [
        "SELECT Id FROM AADNonInteractiveUserSignInLogs ORDER BY Id".to_owned(),
        "SELECT SystemAlertId, EndTime FROM SecurityAlert ORDER BY EndTime DESC LIMIT 5".to_owned(),
        format!("SELECT Id FROM SigninLogs {early} ORDER BY TimeGenerated"),
        format!("SELECT Id FROM SigninLogs {early} LIMIT 1"),
        format!("SELECT UserId, count(*) FROM SigninLogs {early} GROUP BY UserId ORDER BY 2"),
        format!("SELECT DISTINCT ResultType FROM SigninLogs {early}"),
        format!(
            "SELECT Id, row_number() OVER (PARTITION BY UserId ORDER BY TimeGenerated) FROM SigninLogs {early}"
        ),
        format!(
            "SELECT s.Id FROM SigninLogs s JOIN (SELECT * FROM AuditLogs {early}) a
             ON s.Location = a.Location ORDER BY s.Id"
        ),
        format!(
            "SELECT Id FROM SigninLogs {early} UNION ALL SELECT Id FROM AuditLogs {early} ORDER BY Id"
        ),
    ] {
        assert_eq!(workspace.succeed(&["query", &query]).stdout, "", "{query}");
    }
    assert_eq!(workspace.number(&format!("SELECT count(*) FROM SigninLogs {early}")), 0);
    assert_eq!(workspace.succeed(&["alert", "list"]).stdout, "");
}
