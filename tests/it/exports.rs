//! What Log Analytics and Azure Storage gave out, into the lake.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use serde_json::{Value, json};

use crate::support::{Running, Workspace, argument, audit, body, lines, non_interactive, sign_in};

/// A row of `SigninLogs`, with dynamic columns in both ways.
fn sign_in_row(id: &str) -> Value {
    json!({
        "SourceSystem": "Azure AD", "Type": "SigninLogs",
        "TimeGenerated": "2026-01-05T10:00:00.1234567Z", "Category": "SignInLogs", "Id": id,
        "UserPrincipalName": "ada@contoso.com", "ResultType": "0", "DurationMs": 7,
        "IsInteractive": true, "MfaDetail": "",
        "LocationDetails": {"city": "Bonn"}, "DeviceDetail": "{\"browser\":\"Edge\"}",
    })
}

/// A row of `AuditLogs`, whose category is not that of its records.
fn audit_row(id: &str) -> Value {
    json!({
        "Type": "AuditLogs", "TimeGenerated": "2026-01-05T10:00:01Z", "Id": id,
        "TenantId": "workspace",
        "Category": "RoleManagement", "OperationName": "Add member to role",
        "TargetResources": "[{\"type\":\"User\"}]",
    })
}

#[test]
fn rows_of_log_analytics_are_in_their_columns() {
    let rows = [sign_in_row("s0"), audit_row("a0")];
    let columns = |row: &Value| -> Vec<Value> {
        row.as_object()
            .unwrap()
            .keys()
            .map(|name| json!({"name": name, "type": "string"}))
            .collect()
    };
    let table = |row: &Value| {
        let values: Vec<_> = row.as_object().unwrap().values().collect();
        json!({"name": "PrimaryResult", "columns": columns(row), "rows": [values]})
    };
    for (name, content) in [
        ("rows.ndjson", lines(&rows)),
        ("rows.json", serde_json::to_string_pretty(&rows).unwrap()),
        ("answer.json", json!({"tables": [table(&rows[0]), table(&rows[1])]}).to_string()),
    ] {
        let workspace = Workspace::new();
        workspace.write(name, content);
        for format in ["auto", "log-analytics", "auto"] {
            workspace.succeed(&["ingest", "--from", name, "--format", format]);
        }
        let sql = "SELECT Id, TimeGenerated, UserPrincipalName, DurationMs, IsInteractive,
                   LocationDetails->>'city' AS City, DeviceDetail->>'browser' AS Browser, _Unmapped
                   FROM SigninLogs";
        let expected = json!({
            "Id": "s0", "TimeGenerated": "2026-01-05T10:00:00.123456Z",
            "UserPrincipalName": "ada@contoso.com", "DurationMs": 7, "IsInteractive": true,
            "City": "Bonn", "Browser": "Edge", "_Unmapped": null,
        });
        assert_eq!(workspace.rows(sql), [expected], "{name}");
        let sql =
            "SELECT Id, TenantId, Category, json_find(TargetResources, 'type', 'User', 'type') AS Target,
                   _Unmapped FROM AuditLogs";
        let expected = json!({"Id": "a0", "TenantId": "workspace", "Category": "RoleManagement", "Target": "User", "_Unmapped": null});
        assert_eq!(workspace.rows(sql), [expected], "{name}");
        assert_eq!(workspace.count("DeadLetters"), 0, "{name}");
    }
}

#[test]
fn nothing_of_a_row_is_lost() {
    let workspace = Workspace::new();
    let mut odd = sign_in_row("s0");
    odd["DurationMs"] = json!("soon");
    odd["SourceSystem"] = json!("Elsewhere");
    odd["Verdict"] = json!("mine");
    let timeless = json!({"Type": "SigninLogs", "TimeGenerated": "yesterday", "Id": "s1"});
    let foreign = json!({"Type": "OfficeActivity", "TimeGenerated": "2026-01-05T10:00:00Z"});
    let nowhere = json!({"TimeGenerated": "2026-01-05T10:00:00Z", "Category": "RoleManagement"});
    let dead = [timeless, foreign, nowhere];
    workspace.write("rows.ndjson", lines(&[&[odd], &dead[..]].concat()));
    workspace.succeed(&["ingest", "--from", "rows.ndjson"]);

    let unmapped = workspace.value("SELECT _Unmapped FROM SigninLogs");
    let unmapped: Value = serde_json::from_str(unmapped.as_str().unwrap()).unwrap();
    let expected = json!({"DurationMs": "soon", "SourceSystem": "Elsewhere", "Verdict": "mine"});
    assert_eq!(unmapped, expected);
    let letters = workspace.rows("SELECT Reason, Body FROM DeadLetters ORDER BY Reason");
    let reasons: Vec<_> = letters.iter().map(|letter| letter["Reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["no_time", "unknown_category", "unknown_category"]);
    for letter in dead {
        let hex: String = letter.to_string().bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(letters.iter().any(|row| row["Body"] == hex.as_str()), "{letter}: {letters:#?}");
    }
}

const EXPORT: &str = "\u{feff}TenantId,\"TimeGenerated [UTC]\",Category,Id,DeviceDetail_dynamic,\
    DeviceDetail_string,AuthenticationDetails,\"CreatedDateTime [UTC]\",DurationMs,Type,Score\r\n\
    w,\"1/5/2026, 10:00:00.123 AM\",SignInLogs,s0,\"{\"\"browser\"\":\"\"Edge\"\"}\",,\"[\n  {\"\"a\"\": \"\"1,2\"\"}\n]\",\
    \"1/5/2026, 9:59:58.000 AM\",0,SigninLogs,9\r\n\
    w,\"1/6/2026, 10:00:00.456 PM\",NonInteractiveUserSignInLogs,n0,,\"{\"\"browser\"\":\"\"Firefox\"\"}\",,,,AADNonInteractiveUserSignInLogs,\r\n";

#[test]
fn a_csv_export_of_the_portal_is_read_by_its_header() {
    let workspace = Workspace::new();
    workspace.write("query_data.csv", EXPORT);
    for format in ["csv", "auto"] {
        workspace.succeed(&["ingest", "--from", "query_data.csv", "--format", format]);
    }
    let sql = "SELECT TimeGenerated, Id, DeviceDetail, AuthenticationDetails,
               CreatedDateTime, DurationMs, _Unmapped FROM ";
    assert_eq!(
        workspace.rows(&format!("{sql} SigninLogs")),
        [json!({
            "TimeGenerated": "2026-01-05T10:00:00.123000Z", "Id": "s0",
            "DeviceDetail": "{\"browser\":\"Edge\"}",
            "AuthenticationDetails": "[\n  {\"a\": \"1,2\"}\n]",
            "CreatedDateTime": "2026-01-05T09:59:58.000000Z", "DurationMs": 0,
            "_Unmapped": "{\"TenantId\":\"w\",\"Score\":\"9\"}",
        })]
    );
    assert_eq!(
        workspace.rows(&format!("{sql} AADNonInteractiveUserSignInLogs")),
        [json!({
            "TimeGenerated": "2026-01-06T22:00:00.456000Z", "Id": "n0",
            "DeviceDetail": "{\"browser\":\"Firefox\"}", "AuthenticationDetails": null,
            "CreatedDateTime": null, "DurationMs": null, "_Unmapped": null,
        })]
    );
    assert_eq!(workspace.count("DeadLetters"), 0);
}

#[test]
fn a_csv_export_that_grew_is_continued_and_another_of_its_name_is_another() {
    let workspace = Workspace::new();
    let header = "TimeGenerated,Type,Id\n";
    let row = |id: &str| format!("2026-01-05T10:00:00Z,SigninLogs,\"{id}\"");
    let take_in = |content: String| {
        workspace.write("a.csv", content);
        workspace.succeed(&["ingest", "--from", "a.csv"]).stderr
    };
    take_in(format!("{header}{}", row("s0")));
    let half = &row("s2")[..row("s2").len() - 1];
    let said = take_in(format!("{header}{}\n{}\n{half}", row("s0"), row("s1")));
    assert!(said.contains("not complete"), "{said}");
    assert_eq!(workspace.count("SigninLogs"), 2);
    // Nobody seems to go on writing, so what there is of the row is a dead letter; and then somebody does.
    let an_hour_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let file = std::fs::File::options().write(true).open(workspace.path("a.csv")).unwrap();
    file.set_modified(an_hour_ago).unwrap();
    workspace.succeed(&["ingest", "--from", "a.csv"]);
    assert_eq!((workspace.count("SigninLogs"), workspace.count("DeadLetters")), (2, 1));
    take_in(format!("{header}{}\n{}\n{}\n{}\n", row("s0"), row("s1"), row("s2"), row("s3")));
    assert_eq!(workspace.distinct_count("SigninLogs"), 4);
    take_in(format!("{header}{}\n", row("t0")));
    assert_eq!(workspace.number("SELECT count(DISTINCT Id) FROM SigninLogs"), 5);
    assert_eq!((workspace.count("SigninLogs"), workspace.count("DeadLetters")), (5, 1));
}

#[test]
fn a_csv_row_that_is_broken_is_a_dead_letter_with_its_bytes() {
    let workspace = Workspace::new();
    let good = "2026-01-05T10:00:00Z,SigninLogs,s0\n";
    workspace.write("a.csv", format!("TimeGenerated,Type,Id\n{good}2026-01-05,Sign\n{good}"));
    workspace.succeed(&["ingest", "--from", "a.csv"]);
    assert_eq!(workspace.distinct_count("SigninLogs"), 2);
    let hex: String = b"2026-01-05,Sign".iter().map(|byte| format!("{byte:02x}")).collect();
    let letter = &workspace.rows("SELECT Body, Detail FROM DeadLetters")[0];
    assert_eq!(letter["Body"], hex.as_str());
    assert!(letter["Detail"].as_str().unwrap().starts_with("row 2, "), "{letter}");
}

#[test]
fn a_table_is_named_for_rows_that_do_not_say_theirs() {
    let mut row = audit_row("a0");
    row.as_object_mut().unwrap().remove("Type");
    let csv = "TimeGenerated,Category,Id\n2026-01-05T10:00:01Z,RoleManagement,a0\n";
    for (name, content) in [("rows.ndjson", lines(&[row])), ("rows.csv", csv.to_owned())] {
        let workspace = Workspace::new();
        workspace.write(name, content);
        let refused = workspace.run(&["ingest", "--from", name]);
        assert_eq!(refused.code, Some(3), "{refused:#?}");
        assert!(
            refused.stderr.contains(name) && refused.stderr.contains("--table"),
            "{refused:#?}"
        );
        // What was refused is not taken: with the table it is.
        for _ in 0..2 {
            workspace.succeed(&["ingest", "--from", name, "--table", "AuditLogs"]);
        }
        let found = workspace.rows("SELECT Id, Category, Type, _Unmapped FROM AuditLogs");
        let expected = json!({"Id": "a0", "Category": "RoleManagement", "Type": "AuditLogs", "_Unmapped": null});
        assert_eq!(found, [expected], "{name}");
        assert_eq!(workspace.count("DeadLetters"), 0);
    }
}

#[test]
fn a_mixed_directory_is_taken_in_file_by_file() {
    let workspace = Workspace::new();
    let raw = sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "raw");
    workspace.write("in/1.ndjson", lines(&[raw.clone(), sign_in_row("row"), audit_row("a0")]));
    workspace.write("in/2.json", body(&[audit("2026-01-05T10:00:02Z", "Add user", "a1")]));
    workspace.write("in/3.csv", EXPORT);
    workspace.write("in/4.json", lines(&[sign_in_row("row of 4")]));
    workspace.write("in/other.csv", "Name;Age\nAda;36\n");
    for _ in 0..2 {
        let finished = workspace.run(&["ingest", "--from", "in"]);
        assert_eq!(finished.code, Some(3), "{finished:#?}");
        assert!(finished.stderr.contains("in/other.csv: the first line names no column"));
        let ids = workspace.rows("SELECT Id FROM SigninLogs ORDER BY Id");
        assert_eq!(ids, ["raw", "row", "row of 4", "s0"].map(|id| json!({"Id": id})));
        assert_eq!(workspace.distinct_count("AuditLogs"), 2);
        assert_eq!(workspace.distinct_count("AADNonInteractiveUserSignInLogs"), 1);
        assert_eq!(workspace.count("DeadLetters"), 0);
    }
}

#[test]
fn an_archive_of_azure_storage_is_taken_in_and_continued() {
    let workspace = Workspace::new();
    let record = |n: u32| sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", &format!("s{n}"));
    let of = |category: &str, hour: u32| {
        format!(
            "archive/insights-logs-{category}/resourceId=/tenants/t/providers/Microsoft.aadiam/\
             y=2026/m=01/d=05/h={hour:02}/m=00/PT1H.json"
        )
    };
    let unfinished = record(2).to_string();
    let (begin, end) = unfinished.split_at(40);
    workspace.write(&of("signinlogs", 10), lines(&[record(0), record(1)]));
    workspace.write(&of("signinlogs", 11), begin);
    let change = audit("2026-01-05T10:00:02Z", "Add user", "a0");
    workspace.write(&of("auditlogs", 10), change.to_string());
    let finished = workspace.succeed(&["ingest", "--from", "archive", "--format", "records"]);
    assert!(finished.stderr.contains("the last line is not complete"), "{finished:#?}");
    assert_eq!((workspace.count("SigninLogs"), workspace.count("AuditLogs")), (2, 1));

    workspace.append(&of("signinlogs", 11), &format!("{end}\n{}", lines(&[record(3)])));
    workspace.succeed(&["ingest", "--from", "archive"]);
    workspace.succeed(&["ingest", "--from", "archive"]);
    let ids = workspace.rows("SELECT Id FROM SigninLogs ORDER BY Id");
    assert_eq!(ids, ["s0", "s1", "s2", "s3"].map(|id| json!({"Id": id})));
    assert_eq!((workspace.count("AuditLogs"), workspace.count("DeadLetters")), (1, 0));
}

#[test]
fn what_the_lake_gives_out_as_rows_it_takes_in_again() {
    let first = Workspace::new();
    let records = [
        sign_in("2026-01-05T10:00:00.1234567Z", "ada@contoso.com", "0", "s0"),
        sign_in("2026-01-06T00:00:00Z", "Ünal@contoso.com", "50126", "s1"),
        non_interactive("2026-01-05T10:00:01Z", "bo@contoso.com", "n0"),
        audit("2026-01-05T10:00:02Z", "Add user", "a0"),
    ];
    first.write("records.ndjson", lines(&records));
    first.succeed(&["ingest", "--from", "records.ndjson"]);
    let second = Workspace::new();
    for table in ["SigninLogs", "AADNonInteractiveUserSignInLogs", "AuditLogs"] {
        let rows = |workspace: &Workspace| -> Vec<Value> {
            let sql = format!("SELECT * FROM {table} ORDER BY Id");
            workspace.rows(&sql).into_iter().map(without_own).collect()
        };
        let sql = format!("SELECT * FROM {table} ORDER BY Id");
        let given_out = first.succeed(&["query", "-o", "ndjson", &sql]).stdout;
        let given_out: Vec<_> = given_out
            .lines()
            .map(|line| without_own(serde_json::from_str(line).unwrap()))
            .collect();
        let path = second.write(&format!("{table}.ndjson"), lines(&given_out));
        second.succeed(&["ingest", "--from", argument(&path), "--format", "log-analytics"]);
        assert!(!rows(&first).is_empty());
        assert_eq!(rows(&second), rows(&first), "{table}");
        let unmapped = format!("SELECT count(_Unmapped) FROM {table}");
        assert_eq!(second.number(&unmapped), 0, "{table}");
    }
    assert_eq!(second.count("DeadLetters"), 0);
}

/// The row without the columns that are entralog's own.
fn without_own(mut row: Value) -> Value {
    row.as_object_mut().unwrap().retain(|name, _| !name.starts_with('_') && name != "date");
    row
}

#[test]
fn a_file_that_cannot_be_what_was_asked_for_is_refused_with_advice() {
    let raw = lines(&[sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "s0")]);
    let local = EXPORT.replace("TimeGenerated [UTC]", "TimeGenerated [Local Time]");
    for (name, content, format, said) in [
        ("a.csv", EXPORT, "records", "a.csv: this is a CSV export, not raw diagnostic records"),
        ("a.csv", EXPORT, "log-analytics", "a.csv: this is a CSV export, not rows of"),
        ("a.json", &*raw, "log-analytics", "a.json: this is raw diagnostic records, not rows"),
        ("a.json", &*raw, "csv", "a.json: this is raw diagnostic records, not a CSV export"),
        ("rows.json", &*lines(&[sign_in_row("s0")]), "records", "this is rows of Log Analytics"),
        ("a.csv", &*local, "auto", "a.csv: the times in `TimeGenerated [Local Time]` are not UTC"),
        ("a.csv", "Id,Type\n1,SigninLogs\n", "csv", "a.csv: the first line names no column"),
    ] {
        let workspace = Workspace::new();
        workspace.write(name, content);
        let finished = workspace.run(&["ingest", "--from", name, "--format", format]);
        assert_eq!(finished.code, Some(3), "{said}: {finished:#?}");
        assert!(finished.stderr.contains(said), "{said}: {finished:#?}");
        assert_eq!(workspace.run(&["query", "SELECT 1 FROM SigninLogs"]).stdout, "", "{said}");
    }
}

#[test]
fn a_table_or_format_that_is_not_known_is_refused_with_advice() {
    let workspace = Workspace::new();
    workspace.write("a.csv", EXPORT);
    for (arguments, said) in [
        (["--table", "SignInLogs"], "no log table \"SignInLogs\"; did you mean \"SigninLogs\"?"),
        (["--table", "SecurityAlert"], "no log table \"SecurityAlert\""),
        (["--format", "excel"], "log-analytics"),
    ] {
        let finished = workspace.run(&[&["ingest", "--from", "a.csv"], &arguments[..]].concat());
        assert_eq!(finished.code, Some(3), "{finished:#?}");
        assert!(finished.stderr.contains(said), "{said}: {finished:#?}");
    }
}

#[test]
fn rows_of_standard_input_are_told_by_how_they_begin() {
    for (content, rows) in [(EXPORT.to_owned(), 1), (lines(&[sign_in_row("s0")]), 1)] {
        let workspace = Workspace::new();
        let mut ingest = workspace.command(&["ingest", "--from", "-"]);
        let mut running = Running::start(ingest.stdin(std::process::Stdio::piped()));
        running.feed(content.as_bytes());
        assert_eq!(running.wait().code, Some(0));
        assert_eq!((workspace.count("SigninLogs"), workspace.count("DeadLetters")), (rows, 0));
    }
}
