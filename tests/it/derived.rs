//! Columns that are made of others: what they hold, and that queries are answered from them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::path::Path;

use entralog::lake::Lake;
use entralog::table::{Column, Table, by_name, to_batch};
use serde_json::{Value, json};

use crate::support::{Workspace, argument, audit, lines, sign_in};

/// A sign-in and a change with something in every derived column.
fn records() -> [Value; 2] {
    let mut attempt = sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "50126", "s0");
    let properties = &mut attempt["properties"];
    properties["ipAddress"] = json!("[::ffff:10.1.2.3]:443");
    properties["autonomousSystemNumber"] = json!(3320);
    properties["clientAppUsed"] = json!("Other clients; IMAP");
    properties["status"]["failureReason"] = json!("Wrong \"password\"");
    properties["location"]["geoCoordinates"] = json!({"latitude": 50.7});
    properties["deviceDetail"]["isCompliant"] = json!(true);
    let mut change = audit("2026-01-05T10:00:00Z", "Add user", "a0");
    let properties = &mut change["properties"];
    properties["initiatedBy"]["user"]["ipAddress"] = json!("2001:DB8::7");
    properties["targetResources"][0]["modifiedProperties"] = json!([{"displayName": "x"}]);
    [attempt, change]
}

#[test]
fn a_record_fills_them() {
    let workspace = Workspace::new();
    workspace.write("logs.ndjson", lines(&records()));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    let rows = workspace.rows(
        "SELECT _IPAddress, _IPPrefix, _IPIsPrivate, _ASN, _LegacyProtocol, _ResultClass,
                _PasswordWasCorrect, _Status_errorCode, _Status_failureReason,
                _Status_additionalDetails, _LocationDetails_city, _LocationDetails_geoCoordinates,
                _DeviceDetail_browser, _DeviceDetail_isCompliant FROM SigninLogs",
    );
    let expected = json!({
        "_IPAddress": "10.1.2.3",
        "_IPPrefix": "10.1.2.0/24",
        "_IPIsPrivate": true,
        "_ASN": 3320,
        "_LegacyProtocol": "IMAP",
        "_ResultClass": "bad_password",
        "_PasswordWasCorrect": false,
        "_Status_errorCode": "50126",
        "_Status_failureReason": "Wrong \"password\"",
        "_Status_additionalDetails": null,
        "_LocationDetails_city": "Bonn",
        "_LocationDetails_geoCoordinates": "{\"latitude\":50.7}",
        "_DeviceDetail_browser": "Edge 143.0",
        "_DeviceDetail_isCompliant": "true",
    });
    assert_eq!(rows, [expected]);
    let rows = workspace.rows(
        "SELECT _InitiatedBy_user_userPrincipalName, _InitiatedBy_app_appId, _IPAddress, _IPPrefix,
                _TargetResources_0_type, _TargetResources_0_modifiedProperties->0->>'displayName' AS P
         FROM AuditLogs",
    );
    let expected = json!({
        "_InitiatedBy_user_userPrincipalName": "admin@contoso.com",
        "_InitiatedBy_app_appId": null,
        "_IPAddress": "2001:db8::7",
        "_IPPrefix": "2001:db8::/64",
        "_TargetResources_0_type": "User",
        "P": "x",
    });
    assert_eq!(rows, [expected]);
}

#[test]
fn json_is_answered_from_them_and_small_files_without_it_are_left_out() {
    let workspace = Workspace::new();
    for (file, result) in [("a", "0"), ("b", "50126"), ("c", "53003")] {
        let records = [sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", result, file)];
        workspace.write(file, lines(&records));
        workspace.succeed(&["ingest", "--from", file]);
    }
    let sql = "SELECT count(*) FROM SigninLogs WHERE Status->>'errorCode'='50126'";
    assert_eq!(workspace.value(sql), 1);
    let plan = workspace.succeed(&["query", "-o", "json", &format!("EXPLAIN {sql}")]).stdout;
    assert!(plan.contains("projection=[_Status_errorCode]"), "{plan}");
    assert!(!plan.contains("json_as_text"), "{plan}");
    let ran = workspace.succeed(&["query", "-o", "json", &format!("EXPLAIN ANALYZE {sql}")]).stdout;
    assert!(ran.contains("row_groups_pruned_statistics=3 total → 1 matched"), "{ran}");
}

/// The table as it was before it had derived columns, or without some of its columns.
fn former(name: &str, keep: impl Fn(&Column) -> Option<Column>) -> &'static Table {
    let table = by_name(name).unwrap();
    let columns: Vec<_> = table.columns.iter().filter_map(keep).collect();
    Box::leak(Box::new(Table {
        name: table.name,
        about: table.about,
        categories: table.categories,
        columns: columns.leak(),
    }))
}

fn commit(lake: &Path, table: &'static Table, rows: &[Value]) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let lake = Lake::open(argument(lake)).unwrap();
        lake.commit(table, Some(to_batch(table, rows).unwrap()), Vec::new()).await.unwrap();
    });
}

#[test]
fn files_that_lack_them_give_them_all_the_same() {
    let workspace = Workspace::new();
    let lake = workspace.path("lake");
    let row = |id: &str, code: &str| {
        json!({
            "TimeGenerated": "2026-01-05T10:00:00Z",
            "Id": id,
            "ResultType": code,
            "ClientAppUsed": "IMAP4",
            "IPAddress": "10.0.0.1:80",
            "AutonomousSystemNumber": "3320",
            "Status": json!({"errorCode": code}).to_string(),
            "DeviceDetail": r#"{"browser":"Edge"}"#,
        })
    };
    // None of them, one of them, all of them, and not even what they are made of.
    let without = former("SigninLogs", |column| Some(Column { derived: &[], ..*column }));
    commit(&lake, without, &[row("none", "50126"), row("none of 0", "0")]);
    let with_one = former("SigninLogs", |column| {
        let derived = if column.name == "Status" { &column.derived[..1] } else { &[] };
        Some(Column { derived, ..*column })
    });
    commit(&lake, with_one, &[row("one", "50126")]);
    commit(&lake, by_name("SigninLogs").unwrap(), &[row("all", "50126")]);
    let bare = former("SigninLogs", |column| {
        let is_kept = ["TimeGenerated", "Id", "ResultType"].contains(&column.name);
        is_kept.then_some(Column { derived: &[], ..*column })
    });
    let bare_row =
        json!({"TimeGenerated": "2026-01-05T10:00:00Z", "Id": "bare", "ResultType": "50126"});
    commit(&lake, bare, &[bare_row]);

    let columns = "_Status_errorCode, _LegacyProtocol, _ResultClass, _PasswordWasCorrect,
                   _IPAddress, _IPPrefix, _IPIsPrivate, _ASN, _DeviceDetail_browser";
    let sql = format!(
        "SELECT Id, {columns} FROM SigninLogs WHERE _ResultClass = 'bad_password' ORDER BY Id"
    );
    let full = |id: &str| {
        json!({
            "Id": id,
            "_Status_errorCode": "50126",
            "_LegacyProtocol": "IMAP",
            "_ResultClass": "bad_password",
            "_PasswordWasCorrect": false,
            "_IPAddress": "10.0.0.1",
            "_IPPrefix": "10.0.0.0/24",
            "_IPIsPrivate": true,
            "_ASN": 3320,
            "_DeviceDetail_browser": "Edge",
        })
    };
    let mut bare = full("bare");
    for (column, value) in bare.as_object_mut().unwrap() {
        if !["Id", "_ResultClass", "_PasswordWasCorrect"].contains(&column.as_str()) {
            *value = Value::Null;
        }
    }
    assert_eq!(workspace.rows(&sql), [full("all"), bare, full("none"), full("one")]);
    for (condition, expected) in [
        ("Status->>'errorCode' = '50126'", 3),
        ("_Status_errorCode IS NULL", 1),
        ("_Status_errorCode = '0' AND _IPIsPrivate", 1),
        ("legacy_protocol(ClientAppUsed, UserAgent) = 'IMAP'", 4),
        ("_ASN = 3320 AND NOT _PasswordWasCorrect", 3),
    ] {
        let sql = format!("SELECT count(*) FROM SigninLogs WHERE {condition}");
        assert_eq!(workspace.number(&sql), expected, "{condition}");
    }
    // The address of an initiator is made of a column that is made itself.
    let without = former("AuditLogs", |column| Some(Column { derived: &[], ..*column }));
    let change = json!({
        "TimeGenerated": "2026-01-05T10:00:00Z",
        "InitiatedBy": r#"{"user":{"ipAddress":"10.0.0.1:80"}}"#,
    });
    commit(&lake, without, &[change]);
    let sql = "SELECT _IPPrefix FROM AuditLogs WHERE ip_is_private(_InitiatedBy_user_ipAddress)";
    assert_eq!(workspace.value(sql), "10.0.0.0/24");
}

#[test]
fn a_table_shows_what_they_are_made_of() {
    let workspace = Workspace::new();
    let shown = |table: &str| -> Vec<Value> {
        let shown = workspace.succeed(&["table", "show", table, "-o", "json"]).stdout;
        serde_json::from_str(&shown).unwrap()
    };
    let columns = shown("SigninLogs");
    let place = |name: &str| columns.iter().position(|column| column["column"] == name).unwrap();
    for (name, kind, from) in [
        ("_Status_errorCode", "string", "Status->>'errorCode'"),
        ("_LegacyProtocol", "string", "legacy_protocol(ClientAppUsed, UserAgent)"),
        ("_PasswordWasCorrect", "bool", "password_was_correct(ResultType)"),
        ("_ASN", "long", "asn(AutonomousSystemNumber)"),
    ] {
        let place = place(name);
        assert_eq!(
            (&columns[place]["type"], &columns[place]["from"]),
            (&json!(kind), &json!(from))
        );
        assert!(place_between(&columns, place, "_BilledSize", "_IngestedAt"), "{name}");
    }
    let audit = shown("AuditLogs");
    let from = |name: &str| {
        let column = audit.iter().find(|column| column["column"] == name).unwrap();
        column["from"].as_str().unwrap().to_owned()
    };
    assert_eq!(from("_TargetResources_0_id"), "TargetResources->0->>'id'");
    assert_eq!(from("_InitiatedBy_user_id"), "InitiatedBy->'user'->>'id'");
    assert_eq!(from("_IPAddress"), "ip_address(_InitiatedBy_user_ipAddress)");
}

fn place_between(columns: &[Value], place: usize, before: &str, after: &str) -> bool {
    let is_at = |range: &[Value], name: &str| range.iter().any(|column| column["column"] == name);
    is_at(&columns[..place], before) && is_at(&columns[place..], after)
}
