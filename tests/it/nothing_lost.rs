//! Records with odd properties: every value is in its row, or the record is a dead letter.

use serde_json::{Value, json};

use crate::leaves::lost;
use crate::support::{Workspace, audit, body, lines, sign_in};

/// The tables that odd records are of.
const TABLES: [&str; 3] = ["SigninLogs", "AADNonInteractiveUserSignInLogs", "AuditLogs"];

/// Records as Entra and those who forward its logs have been seen to write them, each odd in its
/// own way. The value of `correlationId` says which one it is.
fn odd_records() -> Vec<String> {
    let odd = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut record = sign_in("2026-01-05T10:00:00.1234560Z", "ada@contoso.com", "0", name);
        record["correlationId"] = json!(name);
        change(&mut record);
        record.to_string()
    };
    let mut records = vec![
        odd("a time without a zone", &|r| r["time"] = json!("2026-01-05 09:30:45.123")),
        odd("an American time", &|r| r["time"] = json!("1/5/2026 1:48:53 AM")),
        odd("a time with an offset", &|r| r["time"] = json!("2026-01-05T08:45:30+02:00")),
        odd("a time that is none beside one that is", &|r| r["time"] = json!("soon")),
        odd("numbers as text", &|r| {
            r["durationMs"] = json!("17");
            r["Level"] = json!("Informational");
            r["properties"]["autonomousSystemNumber"] = json!(3320);
        }),
        odd("text where a number belongs", &|r| r["durationMs"] = json!("about 3 s")),
        odd("a fraction where a whole number belongs", &|r| r["durationMs"] = json!(1.5)),
        odd("a number that is too big", &|r| {
            r["durationMs"] = json!(18_446_744_073_709_551_615_u64);
        }),
        odd("objects where text belongs", &|r| {
            r["resultDescription"] = json!({"code": "AADSTS50126", "words": ["a", "b"]});
            r["properties"]["userAgent"] = json!(["one agent", "another agent"]);
        }),
        odd("text where an object belongs", &|r| {
            r["properties"]["deviceDetail"] = json!("an unknown device");
            r["properties"]["status"] = json!(50_126);
        }),
        odd("objects inside text", &|r| {
            r["properties"]["deviceDetail"] =
                json!(r#"{"deviceId":"d-17","trustType":"Azure AD"}"#);
        }),
        odd("properties inside text", &|r| {
            r["properties"] = json!(r["properties"].to_string());
        }),
        odd("properties that are no object", &|r| r["properties"] = json!("<redacted by proxy>")),
        odd("two addresses", &|r| r["callerIpAddress"] = json!("2001:db8::6fc6")),
        odd("no address", &|r| r["callerIpAddress"] = json!("<null>")),
        odd("keys that nobody knows", &|r| {
            r["p_log_type"] = json!("Azure.Audit");
            r["properties"]["rngcStatus"] = json!(0);
            r["properties"]["a \"quoted\"\nkey"] = json!({"deep": [[{"er": "value"}]]});
        }),
        odd("keys in another case", &|r| {
            r["CallerIpAddress"] = json!("203.0.113.9");
            r["level"] = json!(2);
            r["properties"]["UserPrincipalName"] = json!("somebody.else@contoso.com");
        }),
        odd("letters of every kind", &|r| {
            r["identity"] = json!("Zoë \u{1F980} \u{0} \u{202e}drow\t\"\\/");
            r["properties"]["userDisplayName"] = json!("=cmd|' /C calc'!A0");
        }),
        odd("a truth as text", &|r| r["properties"]["isInteractive"] = json!("True")),
        odd("neither true nor false", &|r| r["properties"]["isInteractive"] = json!("maybe")),
        odd("empty values", &|r| {
            r["properties"]["privateLinkDetails"] = json!({});
            r["properties"]["riskEventTypes"] = json!([]);
            r["properties"]["userType"] = json!("");
            r["properties"]["mfaDetail"] = json!(null);
        }),
        odd("a category in lower case", &|r| r["category"] = json!("signinlogs")),
        odd("a category of its own inside", &|r| r["properties"]["category"] = json!("Other")),
    ];
    let mut changed = audit("2026-01-05T10:00:02Z", "Add member to role", "a0");
    changed["correlationId"] = json!("a value in JSON in JSON");
    changed["properties"]["targetResources"][0]["modifiedProperties"] = json!([
        {"displayName": "Role.DisplayName", "oldValue": null, "newValue": "\"Global Administrator\""}
    ]);
    records.push(changed.to_string());
    // What no library writes.
    records.push(
        r#"{"time":"2026-01-05T10:00:00Z","category":"SignInLogs","correlationId":"the same key twice",
            "properties":{"userId":"first","userId":"second","odd":1,"odd":2}}"#
            .replace('\n', ""),
    );
    records.push(
        r#"{"time":"2026-01-05T10:00:00Z","category":"SignInLogs","correlationId":"escapes",
            "properties":{"userDisplayName":"\u00fcber \ud83e\udd80","userAgent":"half \ud83e of a pair"}}"#
            .replace('\n', ""),
    );
    records.push(
        r#"{"Category":"SignInLogs","CreatedDateTime":"11/14/2025 1:48:53 AM","CorrelationId":"flat, in Pascal case",
            "UserPrincipalName":"flat@contoso.com","IPAddress":"192.0.2.77"}"#
            .replace('\n', ""),
    );
    records
}

#[test]
fn every_value_of_an_odd_record_is_in_its_row() {
    let workspace = Workspace::new();
    let records = odd_records();
    workspace.write("odd.ndjson", records.join("\n"));
    workspace.succeed(&["ingest", "--from", "odd.ndjson"]);
    assert_eq!(workspace.rows("SELECT Detail FROM DeadLetters"), Vec::<Value>::new());

    let mut rows: Vec<Value> = Vec::new();
    for table in TABLES {
        rows.extend(workspace.rows(&format!("SELECT * FROM {table}")));
    }
    assert_eq!(rows.len(), records.len());
    for record in &records {
        // The half of a pair is no text that Rust could hold.
        let readable = record.replace(r"half \ud83e of a pair", "half of a pair");
        let name: Value = serde_json::from_str(&readable).unwrap();
        let name = name.get("correlationId").or(name.get("CorrelationId")).unwrap().clone();
        let row = rows.iter().find(|row| row["CorrelationId"] == name);
        let row = row.unwrap_or_else(|| panic!("{name} has no row"));
        let mut lost = lost(&readable, row);
        lost.retain(|leaf| *leaf != json!("half of a pair"));
        assert!(lost.is_empty(), "{name}: {lost:?} is nowhere in {row:#}");
    }
}

#[test]
fn values_stand_where_they_can_be_found_again() {
    let workspace = Workspace::new();
    workspace.write("odd.ndjson", odd_records().join("\n"));
    workspace.succeed(&["ingest", "--from", "odd.ndjson"]);
    let column = |name: &str, column: &str| {
        workspace.value(&format!("SELECT {column} FROM SigninLogs WHERE CorrelationId = '{name}'"))
    };
    for (name, expression, expected) in [
        ("an American time", "TimeGenerated", json!("2026-01-05T01:48:53.000000Z")),
        ("a time with an offset", "TimeGenerated", json!("2026-01-05T06:45:30.000000Z")),
        (
            "a time that is none beside one that is",
            "TimeGenerated",
            json!("2026-01-05T10:00:00.123456Z"),
        ),
        ("a time that is none beside one that is", "_Unmapped->>'time'", json!("soon")),
        ("numbers as text", "DurationMs", json!(17)),
        ("text where a number belongs", "DurationMs", json!(null)),
        ("text where a number belongs", "_Unmapped->>'durationMs'", json!("about 3 s")),
        ("a number that is too big", "_Unmapped->>'durationMs'", json!("18446744073709551615")),
        ("objects inside text", "DeviceDetail->>'deviceId'", json!("d-17")),
        ("properties inside text", "UserPrincipalName", json!("ada@contoso.com")),
        ("properties that are no object", "_Unmapped->>'properties'", json!("<redacted by proxy>")),
        ("two addresses", "IPAddress", json!("198.51.100.7")),
        ("two addresses", "_Unmapped->>'callerIpAddress'", json!("2001:db8::6fc6")),
        ("keys that nobody knows", "_Unmapped->'properties'->>'rngcStatus'", json!("0")),
        ("a category of its own inside", "_Unmapped->'properties'->>'category'", json!("Other")),
        ("the same key twice", "UserId", json!("first")),
        ("the same key twice", "_Unmapped->'properties'->>'userId'", json!("second")),
        ("escapes", "UserDisplayName", json!("über 🦀")),
        ("flat, in Pascal case", "UserPrincipalName", json!("flat@contoso.com")),
        ("flat, in Pascal case", "TimeGenerated", json!("2025-11-14T01:48:53.000000Z")),
    ] {
        assert_eq!(column(name, expression), expected, "{name}: {expression}");
    }
    // JSON may say a key twice, and a text may hold half of a pair: both stay as they were written.
    let unmapped = column("the same key twice", "_Unmapped");
    assert_eq!(unmapped, json!(r#"{"properties":{"userId":"second","odd":1,"odd":2}}"#));
    let unmapped = column("escapes", "_Unmapped");
    assert!(unmapped.as_str().unwrap().contains(r"half \ud83e of a pair"), "{unmapped}");
}

#[test]
fn what_has_no_table_or_no_time_is_a_dead_letter_with_its_reason_and_place() {
    let workspace = Workspace::new();
    let good = sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "good");
    let mut unknown = good.clone();
    unknown["category"] = json!("UnheardOfLogs");
    let mut nameless = good.clone();
    nameless.as_object_mut().unwrap().remove("category");
    let mut timeless = good.clone();
    timeless["time"] = json!("yesterday");
    timeless["properties"]["createdDateTime"] = json!(null);
    let mut lines: Vec<Vec<u8>> = vec![
        lines(std::slice::from_ref(&good)).into(),
        format!("{}\n", body(&[good.clone(), unknown.clone()])).into(),
        format!("{nameless}\n").into(),
        format!("{timeless}\n").into(),
        "{\"time\": nonsense}\n".into(),
        "[7]\n".into(),
    ];
    lines.push(
        [b"{\"category\":\"SignInLogs\",\"identity\":\"", &b"\xff\xfe"[..], b"\"}\n"].concat(),
    );
    let broken = lines[6].trim_ascii().to_vec();
    workspace.write("mixed.ndjson", lines.concat());
    workspace.succeed(&["ingest", "--from", "mixed.ndjson"]);
    assert_eq!(workspace.distinct_count("SigninLogs"), 2);

    let letters = workspace.rows(
        "SELECT Reason, Category, Detail, encode(Body, 'hex') AS Body FROM DeadLetters
         ORDER BY cast(split_part(split_part(_Source, '@', 2), '#', 1) AS bigint)",
    );
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let expected: [(&str, Value, &str, &[u8]); 6] = [
        (
            "unknown_category",
            json!("UnheardOfLogs"),
            "line 2, record 1: ",
            &unknown.to_string().into_bytes(),
        ),
        ("missing_category", json!(null), "line 3, record 0: ", &nameless.to_string().into_bytes()),
        ("no_time", json!("SignInLogs"), "line 4, record 0: ", &timeless.to_string().into_bytes()),
        ("invalid_json", json!(null), "line 5, record 0: ", b"{\"time\": nonsense}"),
        ("not_a_record", json!(null), "line 6, record 0: ", b"7"),
        ("invalid_utf8", json!(null), "line 7, record 0: not UTF-8 at byte 37", &broken),
    ];
    assert_eq!(letters.len(), expected.len(), "{letters:#?}");
    for (letter, (reason, category, detail, body)) in letters.iter().zip(expected) {
        assert_eq!((&letter["Reason"], &letter["Category"]), (&json!(reason), &category));
        assert!(letter["Detail"].as_str().unwrap().starts_with(detail), "{letter:#}");
        assert_eq!(letter["Body"], json!(hex(body)), "{reason}");
    }
}

#[test]
fn a_body_that_was_cut_off_keeps_its_good_records() {
    let workspace = Workspace::new();
    let records: Vec<_> = (0..4)
        .map(|n| sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", &format!("s{n}")))
        .collect();
    let whole = body(&records);
    let cut = &whole[..whole.len() - 40];
    workspace.write("cut.ndjson", format!("{cut}\n{}", lines(&[records[0].clone()])));
    workspace.succeed(&["ingest", "--from", "cut.ndjson"]);
    let ids = workspace.rows("SELECT Id, count(*) AS N FROM SigninLogs GROUP BY Id ORDER BY Id");
    assert_eq!(
        ids,
        [json!({"Id": "s0", "N": 2}), json!({"Id": "s1", "N": 1}), json!({"Id": "s2", "N": 1})]
    );
    let letter =
        workspace.rows("SELECT Reason, Detail, cast(Body AS varchar) AS Body FROM DeadLetters");
    assert_eq!(letter.len(), 1, "{letter:#?}");
    assert_eq!(letter[0]["Reason"], "invalid_json");
    assert!(letter[0]["Detail"].as_str().unwrap().starts_with("line 1, record 3: "), "{letter:#?}");
    let rest = letter[0]["Body"].as_str().unwrap();
    assert!(cut.ends_with(rest) && rest.contains("\"s3\""), "{rest}");
}

#[test]
fn a_record_that_is_nested_without_end_harms_nobody() {
    let workspace = Workspace::new();
    let good = sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "good").to_string();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = good.replace("\"Bonn\"", &deep);
    workspace.write("deep.ndjson", format!("{nested}\n{good}\n"));
    workspace.succeed(&["ingest", "--from", "deep.ndjson"]);
    let rows = workspace.count("SigninLogs") + workspace.count("DeadLetters");
    assert_eq!(rows, 2);
    assert_eq!(
        workspace.number("SELECT count(*) FROM SigninLogs WHERE LocationDetails->>'city' = 'Bonn'"),
        1
    );
}
