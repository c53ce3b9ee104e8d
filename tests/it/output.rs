//! Forms of output.

use std::io::Read as _;

use crate::support::{Workspace, lines, sign_in};

/// Two sign-ins, one of them by somebody who hopes for a spreadsheet.
fn lake() -> Workspace {
    let workspace = Workspace::new();
    let mut evil = sign_in("2026-01-05T11:00:00.5Z", "=HYPERLINK(1)", "50126", "s1");
    evil["identity"] = serde_json::json!("a \"quoted\", long\nname");
    let records = [sign_in("2026-01-05T10:00:00Z", "Zoë@contoso.com", "0", "s0"), evil];
    workspace.write("logs.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    workspace
}

const QUERY: &str =
    "SELECT TimeGenerated, UserPrincipalName AS User, DurationMs AS Ms, IsRisky, date
                     FROM SigninLogs ORDER BY TimeGenerated";

fn printed(form: &str, query: &str) -> String {
    lake().succeed(&["query", "-o", form, query]).stdout
}

#[test]
fn a_table_is_for_people() {
    insta::assert_snapshot!(printed("table", QUERY), @r"
    ───────────────────────────────────────────────────────────────────────────
     TimeGenerated                 User              Ms   IsRisky   date       
    ═══════════════════════════════════════════════════════════════════════════
     2026-01-05T10:00:00.000000Z   Zoë@contoso.com   0              2026-01-05 
    ───────────────────────────────────────────────────────────────────────────
     2026-01-05T11:00:00.500000Z   =HYPERLINK(1)     0              2026-01-05 
    ───────────────────────────────────────────────────────────────────────────
    2 rows
    ");
}

#[test]
fn json_is_one_array_with_the_nulls_in_it() {
    insta::assert_snapshot!(printed("json", QUERY), @r#"[{"TimeGenerated":"2026-01-05T10:00:00.000000Z","User":"Zoë@contoso.com","Ms":0,"IsRisky":null,"date":"2026-01-05"},{"TimeGenerated":"2026-01-05T11:00:00.500000Z","User":"=HYPERLINK(1)","Ms":0,"IsRisky":null,"date":"2026-01-05"}]"#);
    assert_eq!(printed("json", "SELECT Id FROM SigninLogs WHERE false"), "[]\n");
}

#[test]
fn ndjson_is_one_object_a_line() {
    insta::assert_snapshot!(printed("ndjson", QUERY), @r#"
    {"TimeGenerated":"2026-01-05T10:00:00.000000Z","User":"Zoë@contoso.com","Ms":0,"IsRisky":null,"date":"2026-01-05"}
    {"TimeGenerated":"2026-01-05T11:00:00.500000Z","User":"=HYPERLINK(1)","Ms":0,"IsRisky":null,"date":"2026-01-05"}
    "#);
    assert_eq!(printed("ndjson", "SELECT Id FROM SigninLogs WHERE false"), "");
}

#[test]
fn csv_has_a_header_and_no_formulas() {
    insta::assert_snapshot!(printed("csv", QUERY), @r"
    TimeGenerated,User,Ms,IsRisky,date
    2026-01-05T10:00:00.000000Z,Zoë@contoso.com,0,,2026-01-05
    2026-01-05T11:00:00.500000Z,'=HYPERLINK(1),0,,2026-01-05
    ");
    assert_eq!(printed("csv", "SELECT Id, Location FROM SigninLogs WHERE false"), "Id,Location\n");
    let quoted = "SELECT Identity FROM SigninLogs WHERE Id = 's1'";
    assert_eq!(printed("csv", quoted), "Identity\n\"a \"\"quoted\"\", long\nname\"\n");
    for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
        let csv = printed("csv", &format!("SELECT '{text}' AS x"));
        let cell = csv.split_once('\n').unwrap().1.trim_end_matches('\n').trim_matches('"');
        assert_eq!(cell, format!("'{text}"));
    }
    assert_eq!(printed("csv", "SELECT -1 AS n, 'a=b' AS x"), "n,x\n-1,a=b\n");
}

#[test]
fn a_pipe_gets_ndjson_unless_something_else_is_asked_for() {
    let workspace = lake();
    let asked = workspace.succeed(&["query", "-o", "ndjson", QUERY]).stdout;
    assert_eq!(workspace.succeed(&["query", QUERY]).stdout, asked);
}

#[test]
fn data_is_on_standard_output_and_the_rest_on_standard_error() {
    let workspace = Workspace::new();
    workspace.write("logs.ndjson", "no record\n");
    let finished = workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    assert_eq!(finished.stdout, "{\"Table\":\"DeadLetters\",\"Rows\":1}\n");
    assert!(finished.stderr.contains("dead letters") && finished.stderr.contains("invalid_json"));
    assert!(!finished.stderr.contains('\u{1b}'), "colour in a pipe: {finished:#?}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let workspace = lake();
    // Far more than a pipe holds.
    let query = "SELECT value, repeat('x', 100) AS x FROM generate_series(1, 200000)";
    for form in ["table", "json", "ndjson", "csv"] {
        let mut command = workspace.command(&["query", "-o", form, query]);
        let mut child = command.spawn().unwrap();
        let mut first = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""), "{form}");
    }
}
