//! Files of every form into the lake.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::fs::File;
use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use entralog::generate::Truth;
use serde_json::{Value, json};

use crate::support::{Running, Workspace, argument, audit, body, lines, non_interactive, sign_in};

#[test]
fn every_generated_record_is_in_its_table_once_however_often_it_is_taken_in() {
    let workspace = Workspace::new();
    workspace
        .succeed(&["generate", "--events", "3000", "--seed", "5", "--days", "5", "--out", "logs"]);
    let truth = std::fs::read_to_string(workspace.path("logs/truth.json")).unwrap();
    let truth: Truth = serde_json::from_str(&truth).unwrap();
    let holders = |file: &str| {
        let text = std::fs::read_to_string(workspace.path(file)).unwrap();
        let page: Value = serde_json::from_str(&text).unwrap();
        i64::try_from(page["value"].as_array().unwrap().len()).unwrap()
    };
    let expected = [
        ("SigninLogs", i64::try_from(truth.records.sign_in).unwrap()),
        ("AADNonInteractiveUserSignInLogs", i64::try_from(truth.records.non_interactive).unwrap()),
        ("AuditLogs", i64::try_from(truth.records.audit).unwrap()),
        ("DeadLetters", 0),
        ("RoleAssignments", holders("logs/roleAssignmentScheduleInstances.json")),
        ("RoleEligibility", holders("logs/roleEligibilityScheduleInstances.json")),
    ];
    assert!(expected.iter().filter(|(_, rows)| *rows > 0).count() == 5, "{expected:?}");
    for round in 1..=2 {
        let finished = workspace.succeed(&["ingest", "--from", "logs"]);
        assert_eq!(finished.stdout.is_empty(), round == 2, "{finished:#?}");
        for (table, rows) in expected {
            assert_eq!(workspace.count(table), rows, "{table} after round {round}");
        }
        for (table, _) in &expected[..3] {
            workspace.distinct_count(table);
        }
    }
}

#[test]
fn a_file_that_grew_is_continued() {
    let workspace = Workspace::new();
    let record = |n: u32| sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", &format!("s{n}"));
    workspace.write("a.ndjson", lines(&[record(0), record(1)]));
    workspace.succeed(&["ingest", "--from", "a.ndjson"]);
    workspace.append("a.ndjson", &lines(&[record(2), record(3), record(4)]));
    let finished = workspace.succeed(&["ingest", "--from", "a.ndjson", "-o", "ndjson"]);
    assert_eq!(finished.stdout, "{\"Table\":\"SigninLogs\",\"Rows\":3}\n");
    assert_eq!(workspace.distinct_count("SigninLogs"), 5);
    assert_eq!(workspace.number("SELECT count(DISTINCT Id) FROM SigninLogs"), 5);
}

#[test]
fn a_file_with_a_short_first_line_that_grew_is_continued() {
    for first in ["", "{\"records\":[]}"] {
        let workspace = Workspace::new();
        let record =
            |n: u32| sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", &format!("s{n}"));
        workspace.write("a.ndjson", format!("{first}\n{}", lines(&[record(0)])));
        workspace.succeed(&["ingest", "--from", "a.ndjson"]);
        workspace.append("a.ndjson", &lines(&[record(1)]));
        workspace.succeed(&["ingest", "--from", "a.ndjson"]);
        assert_eq!(workspace.count("SigninLogs"), 2, "{first:?}");
    }
}

#[test]
fn what_standard_input_ends_with_is_not_dropped() {
    let workspace = Workspace::new();
    let record = sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "s0").to_string();
    let mut ingest = workspace.command(&["ingest", "--from", "-"]);
    let mut running = Running::start(ingest.stdin(Stdio::piped()));
    running.feed(format!("{record}\n{}", &record[..record.len() / 2]).as_bytes());
    let code = running.wait().code;
    let kept = workspace.count("SigninLogs") + workspace.count("DeadLetters");
    assert!(kept == 2 || code != Some(0), "one record of two is gone, and nobody is told");
}

#[test]
fn an_incomplete_last_line_is_left_and_taken_once_it_is_complete() {
    let workspace = Workspace::new();
    let record = |n: u32| sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", &format!("s{n}"));
    let second = record(1).to_string();
    let (begin, end) = second.split_at(second.len() / 2);
    workspace.write("a.ndjson", format!("{}{begin}", lines(&[record(0)])));
    let finished = workspace.succeed(&["ingest", "--from", "a.ndjson"]);
    assert!(
        finished.stderr.contains("the last line is not complete")
            && finished.stderr.contains("line=2"),
        "{finished:#?}"
    );
    assert_eq!((workspace.count("SigninLogs"), workspace.count("DeadLetters")), (1, 0));

    workspace.append("a.ndjson", end);
    workspace.succeed(&["ingest", "--from", "a.ndjson"]);
    assert_eq!(
        workspace.rows("SELECT Id FROM SigninLogs ORDER BY Id"),
        [json!({"Id": "s0"}), json!({"Id": "s1"})]
    );
    assert_eq!(workspace.count("DeadLetters"), 0);
}

#[test]
fn a_body_that_was_cut_off_gives_its_good_records_and_the_rest_once_it_is_there() {
    let workspace = Workspace::new();
    let record = |n: u32| sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", &format!("s{n}"));
    let whole = body(&[record(0), record(1), record(2), record(3)]);
    let (begin, end) = whole.split_at(whole.len() * 5 / 8);
    workspace.write("body.json", begin);
    workspace.succeed(&["ingest", "--from", "body.json"]);
    assert_eq!((workspace.count("SigninLogs"), workspace.count("DeadLetters")), (2, 1));
    workspace.succeed(&["ingest", "--from", "body.json"]);
    assert_eq!((workspace.count("SigninLogs"), workspace.count("DeadLetters")), (2, 1));

    workspace.append("body.json", end);
    workspace.succeed(&["ingest", "--from", "body.json"]);
    let ids = workspace.rows("SELECT Id FROM SigninLogs ORDER BY Id");
    assert_eq!(ids, ["s0", "s1", "s2", "s3"].map(|id| json!({"Id": id})));
    assert_eq!((workspace.distinct_count("SigninLogs"), workspace.count("DeadLetters")), (4, 1));
}

#[test]
fn a_file_that_is_named_twice_is_taken_in_once() {
    let workspace = Workspace::new();
    let record = sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "s0");
    workspace.write("logs/a.ndjson", lines(&[record]));
    std::os::unix::fs::symlink("a.ndjson", workspace.path("logs/latest.ndjson")).unwrap();
    std::os::unix::fs::symlink("..", workspace.path("logs/loop")).unwrap();
    workspace.succeed(&["ingest", "--from", "logs", "logs/a.ndjson", "./logs/"]);
    assert_eq!(workspace.count("SigninLogs"), 1);
}

#[test]
fn an_unfinished_line_that_nobody_will_finish_is_a_dead_letter() {
    let record = |n: u32| sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", &format!("s{n}"));
    let second = record(1).to_string();
    let cut = format!("{}{}", lines(&[record(0)]), &second[..second.len() / 2]);
    let workspace = Workspace::new();
    let path = workspace.write("old.ndjson", &cut);
    let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
    File::options().write(true).open(path).unwrap().set_modified(an_hour_ago).unwrap();
    workspace.write("packed.ndjson.zst", zstd::encode_all(cut.as_bytes(), 1).unwrap());
    for (files, name) in [(1, "old.ndjson"), (2, "packed.ndjson.zst")] {
        workspace.succeed(&["ingest", "--from", name]);
        assert_eq!((workspace.count("SigninLogs"), workspace.count("DeadLetters")), (files, files));
    }
}

#[test]
fn a_record_with_new_lines_in_its_strings_is_one_record_of_a_file() {
    let workspace = Workspace::new();
    let record = |n: u32| sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", &format!("s{n}"));
    let torn = record(1).to_string().replace("Sign-in activity", "Sign-in\nactivity\n");
    let (before, after) = (lines(&[record(0)]), lines(&[record(2)]));
    workspace.write("a.ndjson", format!("{before}{torn}\n{after}"));
    workspace.succeed(&["ingest", "--from", "a.ndjson"]);
    assert_eq!((workspace.count("SigninLogs"), workspace.count("DeadLetters")), (3, 0));
    let operation = workspace.value("SELECT OperationName FROM SigninLogs WHERE Id = 's1'");
    assert_eq!(operation, "Sign-in\nactivity\n");
}

#[test]
fn every_form_of_file_gives_the_same_rows() {
    let records = [
        sign_in("2026-01-05T10:00:00.1234567Z", "ada@contoso.com", "0", "s0"),
        non_interactive("2026-01-05T10:00:01Z", "bo@contoso.com", "n0"),
        audit("2026-01-05T10:00:02Z", "Add user", "a0"),
        sign_in("2026-01-06T00:00:00Z", "Ünal@contoso.com", "50126", "s1"),
    ];
    let plain = lines(&records);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(plain.as_bytes()).unwrap();
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("records.ndjson", plain.clone().into()),
        ("no-new-line-at-its-end.json", plain.trim_end().into()),
        ("windows.log", format!("\u{feff}{}", plain.replace('\n', "\r\n")).into()),
        ("bodies.jsonl", format!("{}\n{}\n", body(&records[..3]), body(&records[3..])).into()),
        ("body.json", body(&records).into()),
        (
            "pretty-body.json",
            serde_json::to_string_pretty(&json!({"records": records})).unwrap().into(),
        ),
        ("array.json", json!(records).to_string().into()),
        ("pretty-array.json", serde_json::to_string_pretty(&records).unwrap().into()),
        ("records.ndjson.gz", gzip.finish().unwrap()),
        (
            "powershell.json",
            format!("\u{feff}{plain}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        ("records.ndjson.zst", zstd::encode_all(plain.as_bytes(), 3).unwrap()),
        // Azure Storage's archive of diagnostic settings.
        ("resourceId=/tenants/t/y=2026/m=01/d=05/h=10/m=00/PT1H.json", plain.clone().into()),
    ];
    let rows = |workspace: &Workspace| -> Vec<Value> {
        ["SigninLogs", "AADNonInteractiveUserSignInLogs", "AuditLogs"]
            .iter()
            .flat_map(|table| workspace.rows(&format!("SELECT * FROM {table} ORDER BY Id")))
            .map(without_layout)
            .map(without_provenance)
            .collect()
    };
    let reference = {
        let workspace = Workspace::new();
        let mut ingest = workspace.command(&["ingest", "--from", "-"]);
        let mut running = Running::start(ingest.stdin(Stdio::piped()));
        running.feed(plain.as_bytes());
        let finished = running.wait();
        assert_eq!(finished.code, Some(0), "{finished:#?}");
        rows(&workspace)
    };
    assert_eq!(reference.len(), records.len());
    assert_eq!(reference[1]["UserPrincipalName"], "Ünal@contoso.com");
    assert_eq!(reference[1]["TimeGenerated"], "2026-01-06T00:00:00.000000Z");
    for (name, content) in forms {
        let workspace = Workspace::new();
        let path = workspace.write(name, content);
        workspace.succeed(&["ingest", "--from", argument(&path)]);
        assert!(rows(&workspace) == reference, "{name}: {:#?}", rows(&workspace));
        assert_eq!(workspace.count("DeadLetters"), 0, "{name}");
    }
}

/// JSON text as JSON, because it is kept with the white space that it was written with.
fn without_layout(mut row: Value) -> Value {
    for value in row.as_object_mut().into_iter().flat_map(|row| row.values_mut()) {
        let parsed = value.as_str().filter(|text| text.starts_with(['{', '[']));
        if let Some(parsed) = parsed.and_then(|text| serde_json::from_str(text).ok()) {
            *value = parsed;
        }
    }
    row
}

#[test]
fn a_directory_is_taken_in_with_all_that_is_below_it() {
    let workspace = Workspace::new();
    for (n, name) in ["a/1.ndjson", "a/b/2.json", "3.log"].into_iter().enumerate() {
        let record = sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", &format!("s{n}"));
        workspace.write(&format!("logs/{name}"), lines(&[record]));
    }
    workspace.write("logs/README.md", "no log");
    workspace.write("logs/.hidden.json", "no log");
    workspace.succeed(&["ingest", "--from", "logs"]);
    assert_eq!(workspace.distinct_count("SigninLogs"), 3);
    assert_eq!(workspace.count("DeadLetters"), 0);
}

#[test]
fn a_role_snapshot_that_was_taken_anew_is_kept_beside_the_old_one() {
    let workspace = Workspace::new();
    let page = |holders: &[&str]| {
        let instance = |holder: &&str| {
            json!({
                "id": format!("assignment-of-{holder}"), "principalId": format!("id-of-{holder}"),
                "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10", "directoryScopeId": "/",
                "assignmentType": "Assigned", "memberType": "Direct",
                "principal": {"@odata.type": "#microsoft.graph.user", "userPrincipalName": holder},
                "roleDefinition": {"displayName": "Global Administrator"},
            })
        };
        let value: Vec<_> = holders.iter().map(instance).collect();
        let context = "https://graph.microsoft.com/v1.0/$metadata#roleManagement/directory/roleAssignmentScheduleInstances";
        json!({"@odata.context": context, "value": value}).to_string()
    };
    workspace.write("roles.json", page(&["ada@contoso.com", "bo@contoso.com"]));
    workspace.succeed(&["ingest", "--from", "roles.json"]);
    workspace.succeed(&["ingest", "--from", "roles.json"]);
    assert_eq!(workspace.count("RoleAssignments"), 2);

    workspace.write("roles.json", page(&["ada@contoso.com"]));
    written_later(&workspace, "roles.json", 60);
    workspace.succeed(&["ingest", "--from", "roles.json"]);
    let newest = "SELECT UserPrincipalName, RoleDisplayName, PrincipalType FROM RoleAssignments
                  WHERE TimeGenerated = (SELECT max(TimeGenerated) FROM RoleAssignments)";
    assert_eq!(
        workspace.rows(newest),
        [json!({
            "UserPrincipalName": "ada@contoso.com",
            "RoleDisplayName": "Global Administrator",
            "PrincipalType": "user",
        })]
    );
    assert_eq!(workspace.count("RoleAssignments"), 3);

    // The same holders, listed another day.
    written_later(&workspace, "roles.json", 86_400);
    workspace.succeed(&["ingest", "--from", "roles.json"]);
    assert_eq!(workspace.count("RoleAssignments"), 4);
}

/// As if a file had been written in so many seconds.
fn written_later(workspace: &Workspace, name: &str, seconds: u64) {
    let file = File::options().append(true).open(workspace.path(name)).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(seconds)).unwrap();
}

/// The row without what tells one delivery of its record from another.
fn without_provenance(mut row: Value) -> Value {
    if let Some(columns) = row.as_object_mut() {
        columns.retain(|column, _| !["_Source", "_IngestedAt"].contains(&column.as_str()));
    }
    row
}
