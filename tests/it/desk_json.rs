//! Values out of dynamic columns: wherever they stand in a query, the answer is the one that was meant.

use serde_json::{Value, json};

use crate::support::{Workspace, audit, lines, sign_in};

/// Error codes of all forms: a number, one with a fraction, text, none at all.
fn sign_ins() -> Workspace {
    let workspace = Workspace::new();
    let codes = [json!(9), json!(10), json!(50126), json!(50.5), json!("50126"), json!(null)];
    let record = |(n, code): (usize, &Value)| {
        let mut record =
            sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "50126", &format!("s{n}"));
        record["properties"]["status"] =
            json!({"errorCode": code, "additionalDetails": "MFA required"});
        record["properties"]["deviceDetail"] =
            json!({"isCompliant": n % 2 == 0, "trustType": "", "tags": ["a", {"b": n}]});
        record["properties"]["location"]["city"] = json!(if n < 3 { "Bonn" } else { "Köln" });
        record
    };
    let records: Vec<_> = codes.iter().enumerate().map(record).collect();
    workspace.write("logs.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    workspace
}

#[test]
fn a_value_of_json_is_of_the_type_of_what_it_is_compared_with() {
    let workspace = sign_ins();
    for (condition, rows) in [
        ("Status->'errorCode' = '50126'", 2),
        ("Status->'errorCode' = 50126", 2),
        ("50126 = Status->'errorCode'", 2),
        ("Status->'errorCode' <> 50126", 3),
        ("Status->'errorCode' > 50", 3),
        ("Status->'errorCode' > '50'", 3),
        ("Status->'errorCode' > 50.4 AND Status->'errorCode' < 51", 1),
        ("Status->>'errorCode' > 50", 3),
        ("Status->'errorCode' IN (9, 10)", 2),
        ("Status->'errorCode' IN ('9', '10')", 2),
        ("Status->'errorCode' NOT IN (9, 10)", 3),
        ("Status->'errorCode' BETWEEN 9 AND 51", 3),
        ("Status->'errorCode' NOT BETWEEN 9 AND 51", 2),
        ("Status->'errorCode' IS NULL", 1),
        ("Status->'errorCode' IS NOT NULL", 5),
        ("Status->'errorCode' IS DISTINCT FROM 9", 5),
        ("Status->'errorCode' = DurationMs + 9", 1),
        ("Status->'errorCode' = ResultType", 2),
        ("Status->'errorCode' + 1 = 10", 1),
        ("-(Status->'errorCode') = -9", 1),
        ("Status->'additionalDetails' LIKE 'MFA%'", 6),
        ("Status->'additionalDetails' ILIKE 'mfa req%'", 6),
        ("Status->'additionalDetails' = 'MFA required'", 6),
        ("lower(Status->'additionalDetails') = 'mfa required'", 6),
        ("Status->'additionalDetails' ~ '^MFA'", 6),
        ("DeviceDetail->'isCompliant' = true", 3),
        ("DeviceDetail->'isCompliant'", 3),
        ("NOT DeviceDetail->'isCompliant'", 3),
        ("DeviceDetail->'isCompliant' AND Status->'errorCode' = 9", 1),
        ("DeviceDetail->'isCompliant' IS TRUE", 3),
        ("DeviceDetail->'trustType' = ''", 6),
        ("LocationDetails->'city' = 'Köln'", 3),
        ("LocationDetails->'city' = (SELECT 'Köln')", 3),
        ("LocationDetails->'city' IN (SELECT 'Bonn')", 3),
        ("DeviceDetail->'tags'->1->'b' = 3", 1),
        ("DeviceDetail->'tags'->0 = 'a'", 6),
        ("DeviceDetail['tags'][1]['b'] = 3", 1),
        ("DeviceDetail['isCompliant']", 3),
        ("IsInteractive = 'true' OR IsInteractive IS NULL", 6),
        ("DeviceDetail->>'isCompliant' = (Id = 's0')", 4),
        ("LocationDetails.city = 'Bonn'", 3),
        ("s.LocationDetails.city = 'Bonn'", 3),
        ("s.Status['errorCode'] > 50", 3),
        ("json_get(Status, 'errorCode') = '50126'", 2),
        ("\"json_get\"(Status, 'errorCode') = '50126'", 2),
        ("json_length(DeviceDetail->'tags') = 2", 6),
        ("CASE Status->'errorCode' WHEN 9 THEN true ELSE false END", 1),
        (
            "CASE WHEN DeviceDetail->'isCompliant' THEN LocationDetails->'city' ELSE 'none' END = 'Bonn'",
            2,
        ),
        ("coalesce(Status->'errorCode', 0) = 0", 1),
        ("coalesce(Status->'none', LocationDetails->'city') = 'Bonn'", 3),
        ("(Status->'errorCode')::bigint = 50126", 2),
        ("CAST(Status->'errorCode' AS double) > 50", 3),
        ("ResultType = 50126", 6),
        ("ResultType > 9", 6),
        ("ResultType IN (0, 50126)", 6),
    ] {
        let sql = format!("SELECT count(*) FROM SigninLogs s WHERE {condition}");
        assert_eq!(workspace.number(&sql), rows, "{condition}");
    }
}

#[test]
fn values_of_json_are_grouped_sorted_and_aggregated_by_what_they_say() {
    let workspace = sign_ins();
    let list = |sql: &str| {
        let rows = workspace.rows(sql);
        let first = |row: &Value| row.as_object().unwrap().values().next().unwrap().clone();
        rows.iter().map(first).collect::<Vec<_>>()
    };
    let by_size = [json!("9"), json!("10"), json!("50.5"), json!("50126"), json!("\"50126\"")];
    for order in ["Status->'errorCode'", "Code", "1"] {
        let sql = format!(
            "SELECT Status->'errorCode' AS Code FROM SigninLogs WHERE Status->'errorCode' IS NOT NULL ORDER BY {order}"
        );
        assert_eq!(list(&sql), by_size, "{order}");
    }
    for (value, of) in [
        ("max(Status->'errorCode')", json!("50126")),
        ("min(Status->'errorCode')", json!("9")),
        ("max(LocationDetails->'city')", json!("Köln")),
        ("sum(Status->'errorCode')", json!(9.0 + 10.0 + 50.5 + 2.0 * 50126.0)),
        ("count(Status->'errorCode')", json!(5)),
        ("count(DISTINCT LocationDetails->'city')", json!(2)),
        ("count(*) FILTER (WHERE DeviceDetail->'isCompliant')", json!(3)),
        ("max((Status->'errorCode')::double)", json!(50126.0)),
    ] {
        assert_eq!(workspace.value(&format!("SELECT {value} FROM SigninLogs")), of, "{value}");
    }
    let grouped = [
        "SELECT LocationDetails->'city' AS City, count(*) AS N FROM SigninLogs GROUP BY LocationDetails->'city' ORDER BY City",
        "SELECT LocationDetails->'city' AS City, count(*) AS N FROM SigninLogs GROUP BY 1 ORDER BY 1",
        "SELECT LocationDetails->'city' AS City, count(*) AS N FROM SigninLogs GROUP BY City ORDER BY LocationDetails->'city'",
        "SELECT LocationDetails->'city' AS City, count(*) AS N FROM SigninLogs GROUP BY 1
         HAVING LocationDetails->'city' <> 'Berlin' ORDER BY City",
    ];
    for sql in grouped {
        let rows = [json!({"City": "\"Bonn\"", "N": 3}), json!({"City": "\"Köln\"", "N": 3})];
        assert_eq!(workspace.rows(sql), rows, "{sql}");
    }
    let distinct = "SELECT DISTINCT LocationDetails->'city' AS City FROM SigninLogs ORDER BY City";
    assert_eq!(list(distinct), [json!("\"Bonn\""), json!("\"Köln\"")]);
    let distinct =
        "SELECT DISTINCT LocationDetails->'city' FROM SigninLogs ORDER BY LocationDetails->'city'";
    assert_eq!(list(distinct), [json!("\"Bonn\""), json!("\"Köln\"")]);
    // What is held against other values is plain.
    let sets = [
        "SELECT LocationDetails->'city', NULL AS a, NULL AS b FROM SigninLogs UNION SELECT 'none', NULL, NULL FROM SigninLogs WHERE false ORDER BY 1",
    ];
    for sql in sets {
        assert_eq!(list(sql), [json!("Bonn"), json!("Köln")], "{sql}");
    }
    let by_size = "SELECT Status->'errorCode' AS c FROM SigninLogs WHERE Status->'errorCode' < 100 UNION ALL SELECT '10' ORDER BY c DESC";
    assert_eq!(list(by_size), [json!("50.5"), json!("10"), json!("10"), json!("9")]);
    let windowed = "SELECT row_number() OVER (PARTITION BY LocationDetails->'city' ORDER BY Status->'errorCode' DESC) AS N
                    FROM SigninLogs WHERE Status->'errorCode' = 10";
    assert_eq!(list(windowed), [json!(1)]);
}

#[test]
fn a_query_around_another_sees_the_plain_value() {
    let workspace = sign_ins();
    for (sql, rows) in [
        (
            "SELECT count(*) FROM (SELECT LocationDetails->'city' AS City FROM SigninLogs) WHERE City = 'Bonn'",
            3,
        ),
        (
            "WITH c AS (SELECT Status->'errorCode' AS Code FROM SigninLogs) SELECT count(*) FROM c WHERE Code > 50",
            3,
        ),
        (
            "WITH d AS (SELECT DeviceDetail->'tags' AS Tags FROM SigninLogs) SELECT count(*) FROM d WHERE Tags->1->'b' = 3",
            1,
        ),
        (
            "WITH d AS (SELECT DeviceDetail AS D FROM SigninLogs) SELECT count(*) FROM d WHERE D['tags'][1]['b'] = 3",
            1,
        ),
        (
            "SELECT count(*) FROM (SELECT unnest(json_get_array(DeviceDetail->'tags')) AS t FROM SigninLogs) WHERE t['b'] > 1",
            4,
        ),
        (
            "SELECT count(*) FROM SigninLogs a JOIN SigninLogs b ON a.LocationDetails->'city' = b.LocationDetails->'city'",
            18,
        ),
        (
            "SELECT count(*) FROM (SELECT LocationDetails->'city' FROM SigninLogs UNION SELECT 'Bonn')",
            2,
        ),
    ] {
        assert_eq!(workspace.number(sql), rows, "{sql}");
    }
}

#[test]
fn dots_and_brackets_reach_into_text_that_holds_json_as_well() {
    let workspace = Workspace::new();
    let mut record = sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "s0");
    record["properties"]["authenticationDetails"] =
        json!([{"succeeded": true, "of": {"method": "Password"}}, {"succeeded": false}]);
    workspace.write("logs.ndjson", lines(&[record]));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    let details = "s.AuthenticationDetails";
    for (path, value) in [
        (format!("{details}[0].of.method"), "Password"),
        (format!("{details}[0]['of'].method"), "Password"),
        (format!("{details}[1].succeeded"), "false"),
        ("AuthenticationDetails[0].succeeded".into(), "true"),
    ] {
        let rows = workspace.rows(&format!("SELECT {path} AS v FROM SigninLogs s"));
        assert_eq!(rows, [json!({"v": value})], "{path}");
    }
}

#[test]
fn a_key_may_be_a_word_of_sql() {
    let workspace = Workspace::new();
    let mut record = audit("2026-01-05T10:00:00Z", "Add user", "a0");
    record["properties"]["initiatedBy"] =
        json!({"user": {"userPrincipalName": "ada@contoso.com", "order": 2}});
    workspace.write("logs.ndjson", lines(&[record]));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    for path in ["InitiatedBy.user.userPrincipalName", "a.InitiatedBy.user['userPrincipalName']"] {
        let sql = format!("SELECT {path} AS v FROM AuditLogs a WHERE {path} LIKE 'ada%'");
        // What is selected is JSON.
        assert_eq!(workspace.rows(&sql), [json!({"v": "\"ada@contoso.com\""})], "{path}");
    }
    let sql = "SELECT count(*) FROM AuditLogs a WHERE a.InitiatedBy.user.order + 1 = 3";
    assert_eq!(workspace.number(sql), 1);
}

#[test]
fn the_name_of_a_column_is_what_was_written() {
    let workspace = sign_ins();
    let row = &workspace.rows("SELECT Status->'errorCode', lower(LocationDetails->'city') FROM SigninLogs WHERE Id = 's0'")[0];
    let names: Vec<_> = row.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["Status -> 'errorCode'", "lower(LocationDetails -> 'city')"]);
}

#[test]
fn a_plain_value_is_answered_from_its_derived_column() {
    let workspace = sign_ins();
    let sql = "EXPLAIN SELECT count(*) FROM SigninLogs WHERE Status->'errorCode' = '50126'";
    let plan = workspace.succeed(&["query", "-o", "ndjson", sql]).stdout;
    assert!(plan.contains("_Status_errorCode") && !plan.contains("json_"), "{plan}");
}

#[test]
fn a_value_is_compared_and_sorted_by_what_it_is_also_through_other_queries() {
    let workspace = sign_ins();
    let with = "WITH a AS (SELECT Id, Status.errorCode AS c, LocationDetails->'city' AS City FROM SigninLogs)";
    for (sql, value) in [
        ("SELECT max(Status.errorCode) FROM SigninLogs".to_owned(), json!("50126")),
        (format!("{with} SELECT max(c) FROM a"), json!("50126")),
        (format!("{with} SELECT min(c) FROM a"), json!("9")),
        (format!("{with}, b AS (SELECT c AS d FROM a) SELECT max(x.d) FROM b x"), json!("50126")),
        (
            format!("{with}, b AS (SELECT * FROM a) SELECT sum(c) FROM b"),
            json!(9.0 + 10.0 + 50.5 + 2.0 * 50126.0),
        ),
        (format!("{with} SELECT c + 1 FROM a WHERE c = 9"), json!(10.0)),
        (format!("{with} SELECT City FROM a WHERE c = 9"), json!("Bonn")),
        (
            format!("{with} SELECT count(*) FROM a x JOIN a y ON x.City = y.City AND x.c = y.c"),
            json!(5),
        ),
        (format!("{with} SELECT count(*) FROM a WHERE c IN (9, 10)"), json!(2)),
        (
            format!(
                "{with} SELECT d FROM (SELECT lag(c) OVER (ORDER BY c) - c AS d FROM a WHERE c < 11) WHERE d IS NOT NULL"
            ),
            json!(-1.0),
        ),
        (format!("{with} SELECT max(CASE WHEN c > 0 THEN c END) FROM a"), json!("50126")),
        (
            "SELECT max(c) FROM (SELECT CASE WHEN Id = '' THEN NULL ELSE Status.errorCode END AS c FROM SigninLogs)"
                .to_owned(),
            json!("50126"),
        ),
        (
            "WITH a(c) AS (SELECT Status.errorCode FROM SigninLogs) SELECT max(c) FROM a".to_owned(),
            json!("50126"),
        ),
        (
            "SELECT max(c) FROM (SELECT Id, Status.errorCode FROM SigninLogs) AS t(i, c)".to_owned(),
            json!("50126"),
        ),
        (
            "SELECT max(c) FROM (SELECT '0' AS c UNION ALL SELECT Status.errorCode FROM SigninLogs)"
                .to_owned(),
            json!("50126"),
        ),
        (
            "SELECT max(m) FROM (SELECT (SELECT max(Status.errorCode) FROM SigninLogs) AS m, '9' UNION ALL SELECT '9', '9')"
                .to_owned(),
            json!("50126"),
        ),
        (
            format!("{with} SELECT string_agg(c, ' ' ORDER BY c) FROM a WHERE c < 60"),
            json!("9 10 50.5"),
        ),
        (
            format!("{with} SELECT string_agg(DISTINCT c, ' ' ORDER BY c) FROM a WHERE c < 60"),
            json!("10 50.5 9"),
        ),
        ("SELECT bool_and(DeviceDetail.isCompliant) FROM SigninLogs".to_owned(), json!(false)),
        (
            "SELECT max(CASE WHEN Status.errorCode > 0 THEN Status.errorCode END) FROM SigninLogs"
                .to_owned(),
            json!("50126"),
        ),
        (
            format!(
                "{with} SELECT count(*) FROM SigninLogs s WHERE EXISTS (SELECT 1 FROM a WHERE a.Id = s.Id AND a.c > 50)"
            ),
            json!(3),
        ),
    ] {
        assert_eq!(workspace.value(&sql), value, "{sql}");
    }
    let first = |sql: String| workspace.rows(&sql)[0].clone();
    for order in ["c", "a.c", "1", "x"] {
        let sql = format!("{with} SELECT c AS x FROM a WHERE c IS NOT NULL ORDER BY {order} DESC");
        assert_eq!(first(sql), json!({"x": "50126"}), "{order}");
    }
    assert_eq!(
        first(format!("{with} SELECT c FROM a WHERE c < 60 ORDER BY c DESC")),
        json!({"c": "50.5"})
    );
    let grouped = format!(
        "{with} SELECT c, count(*) AS n FROM a WHERE c IS NOT NULL GROUP BY c ORDER BY c LIMIT 1"
    );
    assert_eq!(first(grouped), json!({"c": "9", "n": 1}));
    let distinct = format!("{with} SELECT DISTINCT c FROM a WHERE c IS NOT NULL ORDER BY c");
    assert_eq!(first(distinct), json!({"c": "9"}));
    // Names are those that were written.
    let names =
        first("SELECT Status.errorCode, s.LocationDetails.city FROM SigninLogs s LIMIT 1".into());
    let names: Vec<_> = names.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["Status.errorCode", "s.LocationDetails.city"]);
}

/// Rows with lists: of objects, of texts and numbers, an empty one and none.
fn with_lists() -> Workspace {
    let workspace = Workspace::new();
    let lists = [
        (
            json!([{"authenticationMethod": "Password", "succeeded": true}, {"authenticationMethod": "App", "succeeded": false}]),
            json!(["unfamiliarFeatures", "leaked \"x\"", null, 7]),
        ),
        (
            json!([{"authenticationMethod": "Password", "succeeded": false, "n": [1, 2]}]),
            json!(["leaked"]),
        ),
        (json!([]), json!([])),
        (json!(null), json!(null)),
    ];
    let record = |(n, (details, risks)): (usize, &(Value, Value))| {
        let mut record = sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", &format!("s{n}"));
        record["properties"]["authenticationDetails"] = details.clone();
        record["properties"]["riskEventTypes_v2"] = risks.clone();
        record
    };
    let records: Vec<_> = lists.iter().enumerate().map(record).collect();
    workspace.write("logs.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    workspace
}

#[test]
fn each_value_of_an_array_becomes_a_row() {
    let workspace = with_lists();
    for (sql, rows) in [
        (
            "SELECT Id, UNNEST(RiskEventTypes_V2) AS r FROM SigninLogs WHERE Id = 's0'",
            json!([
                {"Id": "s0", "r": null}, {"Id": "s0", "r": "7"}, {"Id": "s0", "r": "leaked \"x\""},
                {"Id": "s0", "r": "unfamiliarFeatures"},
            ]),
        ),
        (
            "SELECT r, count(*) AS n FROM SigninLogs, UNNEST(RiskEventTypes_V2) AS t(r) GROUP BY r ORDER BY r NULLS LAST LIMIT 2",
            json!([{"r": "7", "n": 1}, {"r": "leaked", "n": 1}]),
        ),
        (
            "SELECT s.Id, d->>'authenticationMethod' AS m FROM SigninLogs s, UNNEST(s.AuthenticationDetails) AS t(d)
             WHERE NOT d.succeeded AND s.Id < 's9' ORDER BY s.Id",
            json!([{"Id": "s0", "m": "App"}, {"Id": "s1", "m": "Password"}]),
        ),
        (
            "SELECT Id, m FROM SigninLogs s CROSS JOIN LATERAL (SELECT d->>'authenticationMethod' AS m
             FROM UNNEST(s.AuthenticationDetails) AS t(d) WHERE d.succeeded = true)",
            json!([{"Id": "s0", "m": "Password"}]),
        ),
        (
            "SELECT Id, t.d->>'authenticationMethod' AS m FROM SigninLogs
             LEFT JOIN UNNEST(AuthenticationDetails) AS t(d) ON true ORDER BY Id, m",
            json!([
                {"Id": "s0", "m": "App"}, {"Id": "s0", "m": "Password"}, {"Id": "s1", "m": "Password"},
                {"Id": "s2", "m": null}, {"Id": "s3", "m": null},
            ]),
        ),
        (
            "SELECT s.Id, x, y FROM SigninLogs s, UNNEST(AuthenticationDetails) AS t(d), UNNEST(t.d->'n') AS u(x),
             UNNEST(ARRAY[1, 2]) AS v(y) ORDER BY x, y LIMIT 3",
            json!([{"Id": "s1", "x": "1", "y": 1}, {"Id": "s1", "x": "1", "y": 2}, {"Id": "s1", "x": "2", "y": 1}]),
        ),
        (
            "SELECT Id, d.authenticationMethod AS m FROM SigninLogs CROSS JOIN LATERAL UNNEST(AuthenticationDetails) d
             WHERE d.succeeded",
            json!([{"Id": "s0", "m": "\"Password\""}]),
        ),
        (
            "SELECT Id, x FROM SigninLogs s, UNNEST(AuthenticationDetails) AS d, UNNEST(d.n) AS x WHERE x > 1",
            json!([{"Id": "s1", "x": "2"}]),
        ),
        (
            "SELECT s.Id, d->>'succeeded' AS y FROM SigninLogs s JOIN UNNEST(s.AuthenticationDetails) AS t(d)
             ON t.d.authenticationMethod = 'App' AND s.Id < 's9'",
            json!([{"Id": "s0", "y": "false"}]),
        ),
        (
            "SELECT s.Id, r FROM SigninLogs s JOIN UNNEST(s.RiskEventTypes_V2) AS r ON r = 'leaked'",
            json!([{"Id": "s1", "r": "leaked"}]),
        ),
        (
            "SELECT max(d.n[1]) AS most, sum(d.n[0]) AS s, bool_or(d.succeeded) AS any FROM SigninLogs, UNNEST(AuthenticationDetails) d",
            json!([{"most": "2", "s": 1.0, "any": true}]),
        ),
        (
            "SELECT max(x) AS m, sum(x) AS s, string_agg(x, ' ' ORDER BY x) AS l FROM UNNEST('[9, 10, 8]') t(x) WHERE x <> 8",
            json!([{"m": "10", "s": 19.0, "l": "9 10"}]),
        ),
        ("SELECT max(x) AS m, sum(x) AS s FROM UNNEST(ARRAY[9, 10, 8]) t(x)", json!([{"m": 10, "s": 27}])),
        (
            "WITH t AS (SELECT UNNEST('[{\"n\": 9}, {\"n\": 10}]') AS d) SELECT d->>'n' AS n FROM t ORDER BY t.d.n DESC",
            json!([{"n": "10"}, {"n": "9"}]),
        ),
        (
            "SELECT s.Id FROM SigninLogs s, UNNEST(s.RiskEventTypes_V2) r JOIN (SELECT 'leaked' AS k) q ON q.k = r",
            json!([{"Id": "s1"}]),
        ),
        (
            "SELECT s.Id, r FROM SigninLogs s LEFT JOIN UNNEST(s.RiskEventTypes_V2) r ON 1 = 1 WHERE s.Id > 's0' ORDER BY 1",
            json!([{"Id": "s1", "r": "leaked"}, {"Id": "s2", "r": null}, {"Id": "s3", "r": null}]),
        ),
        (
            "WITH steps AS (SELECT Id, UNNEST(AuthenticationDetails) AS d FROM SigninLogs)
             SELECT count(*) AS n, count(*) FILTER (WHERE d.succeeded = true) AS ok FROM steps",
            json!([{"n": 3, "ok": 1}]),
        ),
        ("SELECT UNNEST(Status)->>'errorCode' AS c FROM SigninLogs WHERE Id = 's0'", json!([{"c": "0"}])),
        (
            "SELECT json_elements('[1, \"a\", {\"b\": null}]') AS l, json_elements('x') AS t, json_elements('') AS e",
            json!([{"l": ["1", "a", "{\"b\": null}"], "t": ["x"], "e": null}]),
        ),
    ] {
        assert_eq!(Value::Array(workspace.rows(sql)), rows, "{sql}");
    }
    let names = workspace.succeed(&[
        "query",
        "-o",
        "csv",
        "SELECT UNNEST(RiskEventTypes_V2) FROM SigninLogs LIMIT 1",
    ]);
    assert!(names.stdout.starts_with("UNNEST(RiskEventTypes_V2)\n"), "{names:#?}");
}

#[test]
fn a_value_under_a_name_is_plain_in_conditions_and_in_sets() {
    let workspace = sign_ins();
    for (sql, rows) in [
        (
            "SELECT LocationDetails.city AS c, count(*) AS n FROM SigninLogs GROUP BY c HAVING c = 'Bonn'",
            json!([{"c": "\"Bonn\"", "n": 3}]),
        ),
        (
            "SELECT Id, LocationDetails->'city' AS c, lag(LocationDetails.city) OVER (ORDER BY Id) AS p FROM SigninLogs
             QUALIFY p <> c",
            json!([{"Id": "s3", "c": "\"Köln\"", "p": "Bonn"}]),
        ),
        (
            "SELECT LocationDetails.city AS c FROM SigninLogs INTERSECT SELECT _LocationDetails_city FROM SigninLogs ORDER BY c",
            json!([{"c": "Bonn"}, {"c": "Köln"}]),
        ),
    ] {
        assert_eq!(Value::Array(workspace.rows(sql)), rows, "{sql}");
    }
}
