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
        (
            "extract(milliseconds FROM TIMESTAMP '2026-01-03 01:30:01.5' - TIMESTAMP '2026-01-01')",
            json!(1_500),
        ),
        (
            "date_part('microsecond', TIMESTAMP '2026-02-03 01:30:01.5' - TIMESTAMP '2026-01-01')",
            json!(1_500_000),
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
    let error = workspace.refused(&month);
    assert!(error.contains("write days"), "{error}");
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
        let error = workspace.refused(statement);
        assert!(error.contains(said), "{statement}: {error}");
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
        ("SELECT Id FROM SigninLogs TABLESAMPLE (10)", "random()"),
        ("EXPLAIN SELECT Id FROM SigninLogs TABLESAMPLE (10)", "random()"),
        ("SELECT DeviceDetail->>'$.operatingSystem' FROM SigninLogs", "column->'a'->>'b'"),
        (
            "SELECT LocationDetails #>> '{geoCoordinates,latitude}' FROM SigninLogs",
            "column->'a'->>'b'",
        ),
        (
            "SELECT JSON_VALUE(DeviceDetail, '$.operatingSystem') FROM SigninLogs",
            "column->'a'->>'b'",
        ),
        ("SELECT 1 FROM SigninLogs s JOIN AuditLogs", "CROSS JOIN"),
        ("SELECT Id FROM SigninLogs WITH ORDINALITY", "row_number()"),
        ("SELECT 1 FROM SigninLogs, UNNEST(AuthenticationDetails) WITH ORDINALITY", "row_number()"),
        (
            "SELECT 1 FROM SigninLogs, LATERAL UNNEST(AuthenticationDetails) WITH ORDINALITY",
            "row_number()",
        ),
        ("SELECT 7 + 'x'", "long"),
        (
            "SELECT extract(month FROM max(TimeGenerated) - min(TimeGenerated)) FROM SigninLogs",
            "days, hours",
        ),
    ] {
        let error = workspace.refused(statement);
        assert!(error.contains(said), "{statement}: {error}");
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
        assert_eq!(workspace.refused(statement).lines().next(), Some(error), "{statement}");
    }
    let error = workspace.refused("SELECT * FROM Nonsense");
    assert!(error.contains("the lake has SigninLogs, "), "{error}");
}

#[test]
fn what_cannot_be_is_said_in_words_of_sql() {
    let workspace = three_sign_ins();
    for (statement, said) in [
        ("SELECT lag(UserId) FROM SigninLogs", "lag(…) OVER (ORDER BY …)"),
        (r#"SELECT Id FROM SigninLogs WHERE UserId = "abc""#, "text stands in single quotes"),
        ("SELECT substr('a')", "substr(UserId, 1, 8)"),
        ("SELECT Status->-1 FROM SigninLogs", "there is no operator ->-"),
        (
            "SELECT lower(UserId) AS who FROM SigninLogs WHERE who LIKE 'a%'",
            r#""who" is the name of something"#,
        ),
        ("SigninLogs | where ResultType == '0' | take 3", "this is KQL"),
        ("SELECT count(*) FROM SigninLogs GROUP BY count(*)", "HAVING"),
        (
            "SELECT Id FROM SigninLogs WHERE (Id, UserId) IN (SELECT Id, UserId FROM SigninLogs)",
            "EXISTS",
        ),
        ("SELECT max_by(Id, TimeGenerated) FROM SigninLogs", "last_value(… ORDER BY …)"),
        ("SELECT hour(TimeGenerated) FROM SigninLogs", "extract(hour FROM …)"),
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
        let error = workspace.refused(statement);
        assert!(error.contains(said), "{statement}: {error}");
        assert!(!error.contains("Location("), "{statement}: {error}");
    }
}

#[test]
fn what_other_databases_read_is_read_as_well() {
    let workspace = three_sign_ins();
    let window = "WINDOW w AS (PARTITION BY lower(UserPrincipalName) ORDER BY TimeGenerated)";
    for (sql, ids) in [
        ("SELECT Id FROM SigninLogs ORDER BY Id FETCH FIRST 2 ROWS ONLY".into(), "s0 s1"),
        ("SELECT Id FROM SigninLogs ORDER BY Id OFFSET 1 FETCH NEXT ROW ONLY".into(), "s1"),
        ("SELECT Id FROM SigninLogs WHERE ResultType = ANY(ARRAY[0, 53003]) ORDER BY 1".into(), "s0 s2"),
        ("SELECT Id FROM SigninLogs WHERE ResultType <> ALL(ARRAY['0', '53003'])".into(), "s1"),
        ("SELECT Id FROM SigninLogs WHERE ResultType IN (0, 'None') ORDER BY Id".into(), "s0"),
        ("SELECT Id FROM SigninLogs WHERE ResultType NOT IN (0, 'None') ORDER BY Id".into(), "s1 s2"),
        ("SELECT Id FROM SigninLogs WHERE ResultType IN (0, '53003.0') ORDER BY Id".into(), "s0 s2"),
        ("SELECT Id FROM SigninLogs WHERE ResultType IN (0.0, 'None') ORDER BY Id".into(), "s0"),
        ("SELECT Id FROM SigninLogs WHERE ResultType NOT IN (0.0, 'None', '53003')".into(), "s1"),
        ("SELECT Id FROM SigninLogs WHERE Status->'errorCode' IN (50126.0, 'nan')".into(), "s1"),
        ("SELECT Id FROM SigninLogs WHERE ResultType - 50000 = 126".into(), "s1"),
        ("SELECT Id FROM SigninLogs WHERE UserPrincipalName LIKE 'bo!@contoso!.%' ESCAPE '!'".into(), "s1"),
        ("SELECT Id FROM SigninLogs WHERE UserPrincipalName LIKE 'b!_%' ESCAPE '!'".into(), ""),
        ("SELECT Id FROM SigninLogs WHERE 'a\\b_c%' ILIKE 'A\\B#_c#%' ESCAPE '#' ORDER BY Id".into(), "s0 s1 s2"),
        ("SELECT Id FROM SigninLogs ORDER BY ALL LIMIT 1".into(), "s0"),
        ("SELECT Id FROM SigninLogs WHERE ResultType IS DISTINCT FROM '0' AND Id < 's2'".into(), "s1"),
        ("SELECT Id FROM SigninLogs WHERE Id IS NOT DISTINCT FROM 's' || 0 OR Id = 's2' ORDER BY Id".into(), "s0 s2"),
        ("SELECT Id FROM SigninLogs WHERE TimeGenerated >= '2026-01-05 11:00' ORDER BY Id".into(), "s1 s2"),
        ("SELECT Id FROM SigninLogs WHERE TimeGenerated BETWEEN '2026-01-05T10:00Z' AND timestamp '2026-01-05 10:30'".into(), "s0"),
        ("SELECT Id FROM SigninLogs WHERE TimeGenerated::time BETWEEN '09:00' AND '10:30' ORDER BY Id".into(), "s0 s2"),
        (
            "SELECT Id FROM SigninLogs WHERE (TimeGenerated AT TIME ZONE 'Asia/Tokyo')::time >= time '19:30:00'".into(),
            "s1",
        ),
        (
            "SELECT Id FROM SigninLogs WHERE (TimeGenerated AT TIME ZONE 'Asia/Tokyo')::timestamp < '2026-01-05 19:30'".into(),
            "s0",
        ),
        (
            "SELECT Id FROM SigninLogs JOIN (SELECT Id, 1 AS n FROM SigninLogs) o USING (Id)
             JOIN (SELECT Id, 2 AS m FROM SigninLogs) p USING (Id) WHERE Id > 's1' GROUP BY Id HAVING Id <> ''".into(),
            "s2",
        ),
        (format!("SELECT Id FROM SigninLogs {window} QUALIFY row_number() OVER w = 1 ORDER BY Id"), "s0 s1"),
        (format!("SELECT Id FROM SigninLogs {window} ORDER BY row_number() OVER w DESC, Id"), "s2 s0 s1"),
        (
            "SELECT Id FROM SigninLogs JOIN (SELECT Id, 1 AS n FROM SigninLogs) o USING (Id) WHERE Id > 's0' AND n = 1 ORDER BY Id".into(),
            "s1 s2",
        ),
        (
            "SELECT s.Id FROM SigninLogs s LEFT JOIN AuditLogs USING (Id) WHERE Id IN (SELECT Id FROM SigninLogs WHERE Id = 's1')".into(),
            "s1",
        ),
    ] {
        let rows = workspace.rows(&sql);
        let found: Vec<_> = rows.iter().filter_map(|row| row["Id"].as_str()).collect();
        assert_eq!(found.join(" "), ids, "{sql}");
    }
    let by = |of: &str| {
        let rows = "(VALUES ('a', 1), ('a', 2), ('b', 3)) t(k, n)";
        let sql = format!(
            "SELECT {of} AS x FROM {rows} WINDOW w AS (PARTITION BY k), b AS (w ORDER BY n DESC) ORDER BY n"
        );
        let rows = workspace.rows(&sql);
        rows.iter().filter_map(|row| row["x"].as_i64()).collect::<Vec<_>>()
    };
    assert_eq!(by("count(*) OVER (w)"), [2, 2, 1]);
    assert_eq!(by("row_number() OVER b"), [2, 1, 1]);
    assert_eq!(by("sum(n) OVER (w ORDER BY n ROWS 1 PRECEDING)"), [1, 3, 3]);
    assert_eq!(by("(SELECT count(*) OVER w FROM (VALUES (1)) WINDOW w AS ())"), [1, 1, 1]);
    workspace.refused("SELECT count(*) OVER (w) FROM SigninLogs");
    for title in ["ResultType = ANY(ARRAY['0'])", "Id LIKE 'a!%' ESCAPE '!'", "count(*) OVER (w)"] {
        let sql = format!("SELECT {title} FROM SigninLogs WINDOW w AS (PARTITION BY Id)");
        let row = &workspace.rows(&sql)[0];
        assert!(row.get(title).is_some(), "{row}");
    }
    let row = &workspace.rows("SELECT * EXCEPT (Id, UserId) FROM SigninLogs LIMIT 1")[0];
    assert!(row.get("Id").is_none() && row.get("UserDisplayName").is_some(), "{row}");
}

#[test]
fn lag_and_lead_give_what_stands_before_and_after_in_the_partition() {
    let workspace = three_sign_ins();
    let rows = "(VALUES ('a', 1, 10), ('a', 2, NULL), ('a', 3, 30), ('b', 1, 40), ('b', 2, 50)) t(k, n, v)";
    let by = "PARTITION BY k ORDER BY n";
    let shifted = |sql: &str| {
        let plan = workspace.succeed(&["query", "-o", "ndjson", &format!("EXPLAIN {sql}")]).stdout;
        plan.matches("ShiftExec").count()
    };
    // Values of the five rows, and whether DataFusion's own window is needed for them.
    for (call, values, is_ours) in [
        (format!("lag(v) OVER ({by})"), json!([null, 10, null, null, 40]), true),
        (format!("lead(v) OVER ({by})"), json!([null, 30, null, 50, null]), true),
        (format!("lag(v, 2) OVER ({by})"), json!([null, null, 10, null, null]), true),
        (format!("lag(v, 0) OVER ({by})"), json!([10, null, 30, 40, 50]), true),
        (format!("lag(v, -1) OVER ({by})"), json!([null, 30, null, 50, null]), true),
        (format!("lag(v + 1, 1, NULL) OVER ({by})"), json!([null, 11, null, null, 41]), true),
        ("lag(v) OVER (ORDER BY k, n)".into(), json!([null, 10, null, 30, 40]), true),
        (
            "lag(v) OVER (PARTITION BY k ORDER BY n DESC)".into(),
            json!([null, 30, null, 50, null]),
            true,
        ),
        (format!("lag(v) IGNORE NULLS OVER ({by})"), json!([null, 10, 10, null, 40]), false),
        (format!("lead(v, 1, 0) OVER ({by})"), json!([null, 30, 0, 50, 0]), false),
        (
            format!("lag(v) OVER ({by}) + row_number() OVER ({by})"),
            json!([null, 12, null, null, 42]),
            false,
        ),
    ] {
        let sql = format!("SELECT {call} AS x FROM {rows} ORDER BY k, n");
        let found: Vec<_> = workspace.rows(&sql).iter().map(|row| row["x"].clone()).collect();
        assert_eq!(Value::Array(found), values, "{call}");
        assert_eq!(shifted(&sql), usize::from(is_ours), "{call}");
    }
    // The same sorted rows serve both ways.
    let both = format!(
        "SELECT lag(v) OVER (ORDER BY k, n) AS a, lag(v) OVER (ORDER BY k DESC, n DESC) AS b,
                lead(v, 3) OVER (ORDER BY k DESC, n DESC) AS c FROM {rows} ORDER BY k, n"
    );
    let expected = json!([
        {"a": null, "b": null, "c": null}, {"a": 10, "b": 30, "c": null}, {"a": null, "b": 40, "c": null},
        {"a": 30, "b": 50, "c": 10}, {"a": 40, "b": null, "c": null},
    ]);
    assert_eq!(Value::Array(workspace.rows(&both)), expected);
}

#[test]
fn a_query_that_cannot_be_read_says_where() {
    let workspace = three_sign_ins();
    let error = workspace.refused("SELECT count(* FROM SigninLogs");
    assert!(error.contains("found: FROM at Line: 1, Column: 16"), "{error}");
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

#[test]
fn a_statement_may_begin_with_a_comment() {
    let workspace = three_sign_ins();
    let sql = "-- How many?\nSELECT count(*) FROM SigninLogs";
    assert_eq!(workspace.number(sql), 3);
    assert_eq!(workspace.run(&["query", "--nonsense"]).code, Some(3));
}
