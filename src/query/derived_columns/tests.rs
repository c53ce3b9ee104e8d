//! What is answered from derived columns, and that no answer is another one for it.

use arrow::util::pretty::pretty_format_batches;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::{Answer, Limits, Session, Window};
use crate::lake::Lake;
use crate::table::{by_name, to_batch};

async fn lake() -> Lake {
    let lake = Lake::in_memory();
    let statuses = [
        r#"{"errorCode":50126,"failureReason":"Wrong \"password\""}"#,
        r#"{"errorCode":0}"#,
        r#"{"errorCode":"53003","errorCode":1}"#,
        r#"{"errorCode":{"a":1}, "errorCode": 0}"#,
        r#"{"errorCode":null}"#,
        "no JSON",
    ];
    let clients = ["IMAP4", "Browser", "", "Other clients; POP", "Unknown", "browser"];
    let results = ["50126", "0", "53003", "x", "", "50053"];
    let agents = ["Mozilla/5.0", "BAV2ROPC", "", "x", "y", "z"];
    let addresses = ["198.51.100.7:80", "10.0.0.1", "x", "::ffff:10.0.0.1", "fd00::1", ""];
    let sign_in = |n: usize| {
        json!({
            "TimeGenerated": format!("2026-01-05T10:00:0{n}Z"),
            "Id": format!("s{n}"),
            "Status": statuses[n],
            "ResultType": results[n],
            "ClientAppUsed": clients[n],
            "UserAgent": agents[n],
            "IPAddress": addresses[n],
            "AutonomousSystemNumber": n.to_string(),
            "LocationDetails": r#"{"city":"Bonn","geoCoordinates":{"latitude":1}}"#,
        })
    };
    let mut rows: Vec<_> = (0..6).map(sign_in).collect();
    rows.push(json!({"TimeGenerated": "2026-01-05T10:00:09Z", "Id": "s9"}));
    let audit = json!({
        "TimeGenerated": "2026-01-05T10:00:00Z",
        "Id": "a0",
        "ResultType": "0",
        "InitiatedBy": r#"{"user":{"id":"u","ipAddress":"10.1.2.3:5"}}"#,
        "TargetResources": r#"[{"displayName":"first","type":"Role"},{"displayName":"second"}]"#,
    });
    let health = json!({"TimeGenerated": "2026-01-05T10:00:00Z", "Status": r#"{"errorCode":7}"#});
    for (table, rows) in [
        ("SigninLogs", &rows),
        ("AADNonInteractiveUserSignInLogs", &rows),
        ("AuditLogs", &vec![audit]),
        ("RemoteNetworkHealthLogs", &vec![health]),
    ] {
        let table = by_name(table).unwrap();
        let rows: &[Value] = rows;
        lake.commit(table, Some(to_batch(table, rows).unwrap()), Vec::new()).await.unwrap();
    }
    lake
}

/// The plan of a query, and what it reads of the lake.
async fn plan(session: &Session, sql: &str) -> (String, String) {
    let plan =
        session.plan(session.read(sql).unwrap()).await.unwrap().into_optimized_plan().unwrap();
    let plan = plan.display_indent().to_string();
    let scans = plan.lines().filter(|line| line.contains("TableScan")).collect::<Vec<_>>();
    let scans = scans.join("\n");
    (plan, scans)
}

/// Compares with the answer that is given without the rule, and gives what the query reads.
async fn reads(lake: &Lake, sql: &str) -> Result<String, String> {
    let session = Session::new(lake).unwrap();
    let (plan, scans) = plan(&session, sql).await;
    let answer = shown(&session.query(sql).await.unwrap());
    while session.context.remove_optimizer_rule("derived_columns") {}
    let expected = shown(&session.query(sql).await.unwrap());
    let differs = || format!("{sql}\n{plan}\n{answer}\ninstead of\n{expected}");
    if answer == expected { Ok(scans) } else { Err(differs()) }
}

fn shown(answer: &Answer) -> String {
    format!("{:?}\n{}", answer.schema, pretty_format_batches(&answer.batches).unwrap())
}

fn has_column(scans: &str, column: &str) -> bool {
    scans.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == column)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_of_json_is_read_from_its_own_column() {
    let lake = lake().await;
    for (sql, derived, source) in [
        ("SELECT count(*) FROM SigninLogs WHERE Status->>'errorCode'='50126'", "_Status_errorCode", "Status"),
        ("SELECT Status->>'errorCode', Id FROM SigninLogs ORDER BY Id", "_Status_errorCode", "Status"),
        ("SELECT json_as_text(s.Status, 'errorCode') FROM SigninLogs s ORDER BY s.Id", "_Status_errorCode", "Status"),
        (
            "SELECT s.Status->>'errorCode' AS Code, count(*) FROM SigninLogs AS s
             GROUP BY s.Status->>'errorCode' HAVING count(*) > 0 ORDER BY Code",
            "_Status_errorCode",
            "Status",
        ),
        (
            "SELECT max(CAST(Status->>'errorCode' AS BIGINT)) FILTER (WHERE Status->>'errorCode' <> '0')
             FROM SigninLogs WHERE Id < 's2'",
            "_Status_errorCode",
            "Status",
        ),
        ("SELECT InitiatedBy->'user'->>'id' FROM AuditLogs", "_InitiatedBy_user_id", "InitiatedBy"),
        (
            "SELECT TargetResources->0->>'displayName' FROM AuditLogs",
            "_TargetResources_0_displayName",
            "TargetResources",
        ),
        ("SELECT Id FROM SigninLogs ORDER BY Status->>'failureReason', Id", "_Status_failureReason", "Status"),
        (
            "SELECT Id, row_number() OVER (PARTITION BY Status->>'errorCode' ORDER BY Id) FROM SigninLogs ORDER BY Id",
            "_Status_errorCode",
            "Status",
        ),
        (
            "SELECT a.Status->>'errorCode' AS A, b.Status->>'errorCode' AS B FROM SigninLogs a
             LEFT JOIN AADNonInteractiveUserSignInLogs b ON a.Id = b.Id AND b.Id > 's1' ORDER BY a.Id",
            "_Status_errorCode",
            "Status",
        ),
        (
            "SELECT a.Id AS A, b.Id AS B FROM SigninLogs a JOIN SigninLogs b
             ON a.Status->>'errorCode' = b.Status->>'errorCode' ORDER BY a.Id, b.Id",
            "_Status_errorCode",
            "Status",
        ),
        (
            "SELECT Id FROM SigninLogs WHERE Id IN
               (SELECT Id FROM AADNonInteractiveUserSignInLogs WHERE Status->>'errorCode' = '0')",
            "_Status_errorCode",
            "Status",
        ),
        (
            "WITH both AS (SELECT Id, Status FROM SigninLogs
                           UNION ALL SELECT Id, Status FROM AADNonInteractiveUserSignInLogs)
             SELECT Status->>'errorCode' AS Code, count(*) FROM both WHERE Status->>'errorCode' <> '0'
             GROUP BY 1 ORDER BY 1",
            "_Status_errorCode",
            "Status",
        ),
        (
            "SELECT Code FROM (SELECT DISTINCT * FROM
               (SELECT Status->>'errorCode' AS Code, Id FROM SigninLogs)) ORDER BY Id",
            "_Status_errorCode",
            "Status",
        ),
    ] {
        let scans = reads(&lake, sql).await.unwrap();
        assert!(has_column(&scans, derived), "{sql}\n{scans}");
        assert!(!has_column(&scans, source), "{sql}\n{scans}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_field_knows_is_read_from_its_own_column() {
    let lake = lake().await;
    for (asked, derived, source) in [
        ("legacy_protocol(ClientAppUsed, UserAgent)", "_LegacyProtocol", "ClientAppUsed"),
        ("Result_Class(ResultType)", "_ResultClass", "ResultType"),
        ("password_was_correct(ResultType)", "_PasswordWasCorrect", "ResultType"),
        ("ip_address(IPAddress)", "_IPAddress", "IPAddress"),
        ("ip_prefix(IPAddress)", "_IPPrefix", "IPAddress"),
        ("ip_is_private(IPAddress)", "_IPIsPrivate", "IPAddress"),
        ("asn(AutonomousSystemNumber)", "_ASN", "AutonomousSystemNumber"),
    ] {
        for sql in [
            format!("SELECT {asked} FROM SigninLogs ORDER BY Id"),
            format!("SELECT {asked} AS a, count(*) FROM SigninLogs GROUP BY a ORDER BY a"),
            format!("SELECT Id FROM SigninLogs WHERE {asked} IS NOT NULL ORDER BY Id"),
            // A side of the join that is empty has nulls in both columns.
            format!(
                "SELECT {asked} FROM AuditLogs a LEFT JOIN (SELECT * FROM SigninLogs) s ON a.Id = s.Id"
            )
            .replace("(ResultType", "(s.ResultType"),
        ] {
            let scans = reads(&lake, &sql).await.unwrap();
            assert!(has_column(&scans, derived), "{sql}\n{scans}");
            assert!(!has_column(&scans, source), "{sql}\n{scans}");
        }
    }
    let of_initiator = "SELECT ip_prefix(InitiatedBy->'user'->>'ipAddress') FROM AuditLogs";
    let scans = reads(&lake, of_initiator).await.unwrap();
    assert!(has_column(&scans, "_IPPrefix") && !has_column(&scans, "InitiatedBy"), "{scans}");
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_of_the_same_name_do_not_fool_it() {
    let lake = lake().await;
    let mut fooled = Vec::new();
    for sql in [
        r#"SELECT Status->>'errorCode' FROM
             (SELECT '{"errorCode":1}' AS Status, _Status_errorCode FROM SigninLogs)"#,
        "SELECT Status->>'errorCode' FROM
           (SELECT LocationDetails AS Status, _Status_errorCode, Id FROM SigninLogs) ORDER BY Id",
        "SELECT Status->>'errorCode' FROM
           (SELECT coalesce(Status, 'x') AS Status, _Status_errorCode, Id FROM SigninLogs) ORDER BY Id",
        "SELECT Status->>'errorCode' FROM
           (SELECT Status, 'x' AS _Status_errorCode, Id FROM SigninLogs) ORDER BY Id",
        // The two columns are of different rows.
        "SELECT Status->>'errorCode' FROM
           (SELECT a.Status, b._Status_errorCode, a.Id AS A, b.Id AS B
            FROM SigninLogs a JOIN SigninLogs b ON a.Id <> b.Id) ORDER BY A, B",
        "SELECT Status->>'errorCode' FROM
           (SELECT a.Status, b._Status_errorCode, a.Id
            FROM SigninLogs a LEFT JOIN SigninLogs b ON a.Id = b.Id AND b.Id = 's1') ORDER BY Id",
        "SELECT Status->>'errorCode' FROM
           (SELECT max(Status) AS Status, min(_Status_errorCode) AS _Status_errorCode FROM SigninLogs)",
        "SELECT Status->>'errorCode' FROM
           (SELECT Status, _Status_errorCode, Id FROM SigninLogs
            UNION ALL SELECT LocationDetails, _Status_errorCode, 't' || Id FROM SigninLogs) ORDER BY Id",
        // The columns in another order, or others than the derived column is made of.
        "SELECT legacy_protocol(UserAgent, ClientAppUsed) FROM SigninLogs ORDER BY Id",
        "SELECT legacy_protocol(ClientAppUsed, ClientAppUsed) FROM SigninLogs ORDER BY Id",
        "SELECT legacy_protocol(a.ClientAppUsed, b.UserAgent) FROM SigninLogs a
         JOIN SigninLogs b ON a.Id <> b.Id ORDER BY a.Id, b.Id",
        "SELECT ip_prefix(IPAddressFromResourceProvider), asn(ResultType) FROM SigninLogs ORDER BY Id",
        "SELECT result_class(ResultType) FROM AuditLogs",
        // Another path.
        "SELECT LocationDetails->'geoCoordinates'->>'latitude' FROM SigninLogs ORDER BY Id",
        "SELECT TargetResources->1->>'displayName', TargetResources->>0 FROM AuditLogs",
        "SELECT TargetResources->'0'->>'displayName' FROM AuditLogs",
        "SELECT Status->'errorCode'->>0, Status->>'Errorcode', Status->>'' FROM SigninLogs ORDER BY Id",
        "SELECT json_as_text(Status), json_get_str(Status, 'errorCode') FROM SigninLogs ORDER BY Id",
        // A table whose column of the name holds something else.
        "SELECT Status->>'errorCode' FROM RemoteNetworkHealthLogs",
        // Sets of a grouping have names of their own.
        "SELECT Status->>'errorCode', Id, count(*) FROM SigninLogs
         GROUP BY GROUPING SETS ((Status->>'errorCode'), (Id)) ORDER BY 1, 2",
    ] {
        fooled.extend(reads(&lake, sql).await.err());
    }
    assert!(fooled.is_empty(), "{}", fooled.join("\n\n"));
}

/// Sides of a join. The columns of the third have the names alone: one is not made of the other.
const SIDES: [&str; 3] = [
    "(SELECT Status, _Status_errorCode, Id FROM SigninLogs)",
    "(SELECT Id, Status, _Status_errorCode FROM AADNonInteractiveUserSignInLogs WHERE Id > 's1')",
    "(SELECT LocationDetails AS Status, _Status_errorCode, Id FROM SigninLogs)",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_join_is_looked_through_to_the_right_side() {
    let lake = lake().await;
    let mut wrong = Vec::new();
    for (kind, sides) in [
        ("JOIN", "ab"),
        ("LEFT JOIN", "ab"),
        ("RIGHT JOIN", "ab"),
        ("FULL JOIN", "ab"),
        ("LEFT SEMI JOIN", "a"),
        ("LEFT ANTI JOIN", "a"),
        ("RIGHT SEMI JOIN", "b"),
        ("RIGHT ANTI JOIN", "b"),
    ] {
        let shown: Vec<_> = sides
            .chars()
            .map(|side| format!("{side}.Id AS Id{side}, {side}.Status->>'errorCode' AS Code{side}"))
            .collect();
        let places: Vec<_> = (1..=shown.len() * 2).map(|place| place.to_string()).collect();
        let (shown, places) = (shown.join(", "), places.join(", "));
        for left in SIDES {
            for right in SIDES {
                // Rows of both sides are left alone, and those that meet differ.
                let sql = format!(
                    "SELECT {shown} FROM {left} a {kind} {right} b ON a.Id < b.Id AND b.Id < 's4' ORDER BY {places}"
                );
                match reads(&lake, &sql).await {
                    Err(differs) => wrong.push(differs),
                    Ok(scans) => {
                        let is_answered = [(left, "a"), (right, "b")].iter().any(|(from, side)| {
                            sides.contains(side) && !from.contains("LocationDetails")
                        });
                        if has_column(&scans, "Status")
                            || is_answered != has_column(&scans, "_Status_errorCode")
                        {
                            wrong.push(format!("{sql}\n{scans}"));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn subqueries_that_become_joins_give_the_same_answers() {
    let lake = lake().await;
    let mut wrong = Vec::new();
    for left in SIDES {
        for right in SIDES {
            for condition in [
                format!("Id IN (SELECT Id FROM {right} WHERE Status->>'errorCode' <> '0')"),
                format!("Id NOT IN (SELECT Id FROM {right} WHERE Status->>'errorCode' <> '0')"),
                // With a null among them nothing is known to be not in it.
                format!("Status->>'errorCode' NOT IN (SELECT Status->>'errorCode' FROM {right} b)"),
                format!(
                    "Status->>'errorCode' NOT IN
                     (SELECT Status->>'errorCode' FROM {right} b WHERE Status->>'errorCode' <> '0')"
                ),
                format!("EXISTS (SELECT 1 FROM {right} b WHERE b.Id > a.Id AND b.Status->>'errorCode' = '0')"),
                format!(
                    "NOT EXISTS (SELECT 1 FROM {right} b
                                 WHERE b.Status->>'errorCode' = a.Status->>'errorCode' AND b.Id <> a.Id)"
                ),
                // These are marks in the plan.
                format!("Id = 's0' OR Id IN (SELECT Id FROM {right} b WHERE b.Status->>'errorCode' = '0')"),
                format!(
                    "Status->>'errorCode' = '50126' OR NOT EXISTS
                     (SELECT 1 FROM {right} b WHERE b.Id = a.Id AND b.Status->>'errorCode' <> '0')"
                ),
                format!("Id > (SELECT min(b.Id) FROM {right} b WHERE b.Status->>'errorCode' = '0')"),
            ] {
                let sql = format!(
                    "SELECT Id, Status->>'errorCode' FROM {left} a WHERE {condition} ORDER BY 1, 2"
                );
                wrong.extend(reads(&lake, &sql).await.err());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_of_time_is_looked_through() {
    let lake = lake().await;
    let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let window = Window { start: time("2026-01-05T10:00:01Z"), end: time("2026-01-05T10:00:04Z") };
    let session = Session::within(&lake, window, Limits::default()).unwrap();
    let sql = "SELECT Status->>'errorCode' AS Code FROM SigninLogs WHERE password_was_correct(ResultType)";
    let (plan, scans) = plan(&session, sql).await;
    for (column, is_read) in [
        ("_Status_errorCode", true),
        ("_PasswordWasCorrect", true),
        ("Status", false),
        ("ResultType", false),
    ] {
        assert_eq!(has_column(&scans, column), is_read, "{column}\n{plan}");
    }
    let answer = session.query(sql).await.unwrap();
    assert_eq!(answer.schema.field(0).name(), "Code");
    let shown = shown(&answer);
    assert!(shown.contains("53003") && !shown.contains("50126"), "{shown}");
}
