//! Rule files, and what a run of them finds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use serde_json::{Value, json};

use crate::support::{Finished, Workspace, lines, sign_in};

/// Three wrong passwords of a user within an hour.
const RULE: &str = "\
id: wrong-passwords
name: Wrong passwords
description: Three wrong passwords of one user within an hour.
severity: Medium
queryFrequency: 1h
queryPeriod: 1h
queryLanguage: sql
version: 1.2.3
query: |
  SELECT min(TimeGenerated) AS StartTime, max(TimeGenerated) AS EndTime, UserPrincipalName,
         count(*) AS Failures
  FROM SigninLogs WHERE ResultType = '50126' GROUP BY UserPrincipalName HAVING count(*) >= 3
entityMappings:
  - entityType: Account
    fieldMappings: [{identifier: FullName, columnName: UserPrincipalName}]
eventGroupingSettings: {aggregationKind: AlertPerResult}
customDetails: {Failures: Failures}
tests:
  - name: Three are found
    rows:
      SigninLogs:
        - {repeat: 3, every: 1m, TimeGenerated: '2026-01-05T10:10:00Z', UserPrincipalName: ada@contoso.com, ResultType: '50126'}
    expect: [{UserPrincipalName: ada@contoso.com, Failures: 3}]
";

/// A workspace in which this rule runs alone.
fn with_rule(rule: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("rules/wrong-passwords.yaml", rule);
    workspace.write(
        "entralog.yaml",
        "rules:
  paths: [rules]
  disabled: [legacy-auth-success, password-spray, risky-ip, unused-admin-role]
",
    );
    workspace
}

/// Takes in wrong passwords of a user at these times.
fn wrong_passwords(workspace: &Workspace, user: &str, times: &[&str]) {
    let record = |time: &&str| sign_in(time, user, "50126", &format!("{user} at {time}"));
    let name = format!("{user}-{}.ndjson", times[0].replace(':', "-"));
    workspace.write(&name, lines(&times.iter().map(record).collect::<Vec<_>>()));
    workspace.succeed(&["ingest", "--from", &name]);
}

#[track_caller]
fn run(workspace: &Workspace, until: &str) -> Value {
    let finished = workspace.succeed(&["rule", "run", "-o", "json", "--until", until]);
    let rows: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows:#}");
    rows[0].clone()
}

fn alerts(workspace: &Workspace) -> Vec<Value> {
    workspace
        .rows("SELECT CompromisedEntity AS Who, EndTime FROM SecurityAlert ORDER BY EndTime, Who")
}

const UNTIL: &str = "2026-01-10T00:00:00Z";
const THREE: [&str; 3] = ["2026-01-05T10:00:00Z", "2026-01-05T10:10:00Z", "2026-01-05T10:20:00Z"];

#[test]
fn a_finding_becomes_one_alert_however_often_the_rule_runs() {
    let workspace = with_rule(RULE);
    wrong_passwords(&workspace, "ada@contoso.com", &THREE);
    wrong_passwords(&workspace, "bo@contoso.com", &THREE[..2]);
    let first = run(&workspace, UNTIL);
    let counts =
        |row: &Value| (row["slices"].clone(), row["findings"].clone(), row["alertsRaised"].clone());
    assert_eq!(counts(&first), (json!(1), json!(1), json!(1)));
    let second = run(&workspace, UNTIL);
    assert_eq!(counts(&second), (json!(0), json!(0), json!(0)));
    // Rows that change nothing: the slice is looked at again, the alert is the same.
    wrong_passwords(
        &workspace,
        "bo@contoso.com",
        &["2026-01-05T10:30:00Z", "2026-01-05T11:30:00Z"],
    );
    let third = run(&workspace, UNTIL);
    assert_eq!(counts(&third), (json!(2), json!(2), json!(1)), "bo@contoso.com has three now");
    wrong_passwords(&workspace, "cy@contoso.com", &["2026-01-05T10:45:00Z"]);
    let fourth = run(&workspace, UNTIL);
    assert_eq!(counts(&fourth), (json!(1), json!(2), json!(0)));

    let row = &workspace.rows(
        "SELECT AlertName, AlertSeverity, CompromisedEntity, StartTime, EndTime, _RuleId, _RuleVersion,
                Entities->0->>'FullName' AS Entity, ExtendedProperties->>'Failures' AS Failures
         FROM SecurityAlert WHERE CompromisedEntity = 'ada@contoso.com'",
    );
    assert_eq!(
        *row,
        &[json!({
            "AlertName": "Wrong passwords",
            "AlertSeverity": "Medium",
            "CompromisedEntity": "ada@contoso.com",
            "StartTime": "2026-01-05T10:00:00.000000Z",
            "EndTime": "2026-01-05T10:20:00.000000Z",
            "_RuleId": "wrong-passwords",
            "_RuleVersion": "1.2.3",
            "Entity": "ada@contoso.com",
            "Failures": "3",
        })]
    );
}

#[test]
fn a_row_that_comes_late_opens_its_slice_again() {
    let workspace = with_rule(RULE);
    wrong_passwords(&workspace, "ada@contoso.com", &THREE[..2]);
    // Something newer has been evaluated before the third one comes.
    wrong_passwords(&workspace, "bo@contoso.com", &["2026-01-07T10:00:00Z"]);
    assert_eq!(run(&workspace, UNTIL)["findings"], 0);
    wrong_passwords(&workspace, "ada@contoso.com", &THREE[2..]);
    let late = run(&workspace, UNTIL);
    assert_eq!((&late["slices"], &late["alertsRaised"]), (&json!(1), &json!(1)));
    assert_eq!(
        alerts(&workspace),
        [json!({"Who": "ada@contoso.com", "EndTime": "2026-01-05T10:20:00.000000Z"})]
    );
}

#[test]
fn a_row_at_the_end_of_time_keeps_no_other_from_being_evaluated() {
    let workspace = with_rule(RULE);
    let times = ["2026-01-05T10:10:00Z", "2026-01-05T10:11:00Z", "2026-01-05T10:12:00Z"];
    wrong_passwords(&workspace, "ada@contoso.com", &times);
    wrong_passwords(&workspace, "bob@contoso.com", &["9999-12-31T23:59:59Z"]);
    wrong_passwords(&workspace, "eve@contoso.com", &["0001-01-01T00:00:00Z"]);
    run(&workspace, "2026-01-06T00:00:00Z");
    assert_eq!(alerts(&workspace).len(), 1);
    assert!(workspace.count("RuleRuns") > 0);
}

#[test]
fn a_late_row_opens_every_slice_whose_window_it_falls_into() {
    let workspace = with_rule(&RULE.replace("queryPeriod: 1h", "queryPeriod: 4h"));
    wrong_passwords(
        &workspace,
        "ada@contoso.com",
        &["2026-01-05T12:30:00Z", "2026-01-05T12:40:00Z"],
    );
    assert_eq!(run(&workspace, UNTIL)["findings"], 0);
    wrong_passwords(&workspace, "ada@contoso.com", &["2026-01-05T10:10:00Z"]);
    assert_eq!(run(&workspace, UNTIL)["alertsRaised"], 1);
    assert_eq!(
        alerts(&workspace),
        [json!({"Who": "ada@contoso.com", "EndTime": "2026-01-05T12:40:00.000000Z"})]
    );
}

#[test]
fn a_late_finding_is_told_also_when_findings_are_grouped() {
    let workspace = with_rule(&RULE.replace("AlertPerResult", "SingleAlert"));
    wrong_passwords(&workspace, "ada@contoso.com", &THREE);
    assert_eq!(run(&workspace, UNTIL)["alertsRaised"], 1);
    wrong_passwords(&workspace, "bo@contoso.com", &THREE);
    let row = run(&workspace, UNTIL);
    assert_eq!((&row["findings"], &row["alertsRaised"]), (&json!(2), &json!(1)));
    let told = workspace
        .number("SELECT count(*) FROM SecurityAlert WHERE Entities LIKE '%bo@contoso.com%'");
    assert_eq!(told, 1);
}

#[test]
fn a_slice_is_evaluated_once_its_time_is_over() {
    let workspace = with_rule(RULE);
    wrong_passwords(&workspace, "ada@contoso.com", &THREE);
    assert_eq!(run(&workspace, "2026-01-05T10:59:59Z")["slices"], 0);
    assert_eq!(alerts(&workspace), Vec::<Value>::new());
    assert_eq!(run(&workspace, "2026-01-05T11:00:00Z")["alertsRaised"], 1);
}

#[test]
fn the_same_finding_is_suppressed_for_a_while() {
    let workspace = with_rule(&RULE.replace("version:", "suppressionDuration: 5h\nversion:"));
    for hour in ["10", "12", "19"] {
        let times = THREE.map(|time| time.replace("T10", &format!("T{hour}")));
        wrong_passwords(&workspace, "ada@contoso.com", &times.each_ref().map(String::as_str));
    }
    let times = THREE.map(|time| time.replace("T10", "T12"));
    wrong_passwords(&workspace, "bo@contoso.com", &times.each_ref().map(String::as_str));
    let row = run(&workspace, UNTIL);
    let counts = (&row["findings"], &row["alertsRaised"], &row["suppressed"]);
    assert_eq!(counts, (&json!(4), &json!(3), &json!(1)));
    assert_eq!(
        alerts(&workspace),
        [
            json!({"Who": "ada@contoso.com", "EndTime": "2026-01-05T10:20:00.000000Z"}),
            json!({"Who": "bo@contoso.com", "EndTime": "2026-01-05T12:20:00.000000Z"}),
            json!({"Who": "ada@contoso.com", "EndTime": "2026-01-05T19:20:00.000000Z"}),
        ]
    );
}

#[test]
fn a_slice_whose_evaluation_failed_is_tried_again() {
    // A division by zero is met only when there are rows.
    let broken = RULE.replace("count(*) AS Failures", "count(*) / (count(*) - 3) AS Failures");
    let workspace = with_rule(&broken);
    wrong_passwords(&workspace, "ada@contoso.com", &THREE);
    let finished = workspace.run(&["rule", "run", "--until", UNTIL, "-o", "json"]);
    assert_eq!(finished.code, Some(2), "{finished:#?}");
    let rows: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!((&rows[0]["failed"], &rows[0]["alertsRaised"]), (&json!(1), &json!(0)));
    assert!(rows[0]["error"].as_str().unwrap().contains("wrong-passwords"), "{rows:#}");
    workspace.write("rules/wrong-passwords.yaml", RULE);
    let row = run(&workspace, UNTIL);
    assert_eq!((&row["slices"], &row["alertsRaised"]), (&json!(1), &json!(1)));
}

#[test]
fn the_rules_that_run_are_listed() {
    let workspace = with_rule(RULE);
    let listed = workspace.succeed(&["rule", "list", "-o", "json"]).stdout;
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let enabled: Vec<_> =
        listed.iter().map(|rule| (rule["id"].as_str().unwrap(), &rule["enabled"])).collect();
    assert_eq!(
        enabled,
        [
            ("legacy-auth-success", &json!(false)),
            ("password-spray", &json!(false)),
            ("risky-ip", &json!(false)),
            ("unused-admin-role", &json!(false)),
            ("wrong-passwords", &json!(true)),
        ]
    );
    assert_eq!(listed[4]["path"], "rules/wrong-passwords.yaml");
}

#[test]
fn a_rule_of_the_users_takes_the_place_of_the_built_in_one_with_its_id() {
    let workspace = with_rule(&RULE.replace("id: wrong-passwords", "id: risky-ip"));
    workspace.write("entralog.yaml", "rules: {paths: [rules]}\n");
    let listed = workspace.succeed(&["rule", "list", "-o", "json"]).stdout;
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.len(), 4);
    let rule = listed.iter().find(|rule| rule["id"] == "risky-ip").unwrap();
    assert_eq!((&rule["name"], &rule["version"]), (&json!("Wrong passwords"), &json!("1.2.3")));
    wrong_passwords(&workspace, "ada@contoso.com", &THREE);
    workspace.succeed(&["rule", "run", "risky-ip", "--until", UNTIL]);
    assert_eq!(workspace.value("SELECT AlertName FROM SecurityAlert"), "Wrong passwords");
}

#[test]
fn two_files_with_one_id_are_refused() {
    let workspace = with_rule(RULE);
    workspace.write("rules/copy.yaml", RULE);
    let finished = workspace.run(&["rule", "list"]);
    assert_eq!(finished.code, Some(2), "{finished:#?}");
    let error = finished.error();
    assert!(
        error.contains("rules/copy.yaml") && error.contains("rules/wrong-passwords.yaml"),
        "{error}"
    );
}

#[test]
fn a_rule_that_nobody_has_is_answered_with_the_nearest_one() {
    let workspace = with_rule(RULE);
    wrong_passwords(&workspace, "ada@contoso.com", &THREE);
    let finished = workspace.run(&["rule", "run", "wrong-password"]);
    assert_eq!(finished.code, Some(3), "{finished:#?}");
    assert!(finished.error().contains("did you mean \"wrong-passwords\"?"), "{finished:#?}");
}

fn check(rule: &str) -> Finished {
    let workspace = Workspace::new();
    workspace.write("rules/sample.yaml", rule);
    workspace.run(&["rule", "check", "rules/sample.yaml"])
}

#[test]
fn a_rule_file_that_is_right_passes_its_check() {
    let finished = check(RULE);
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert!(finished.stderr.contains("1 rules are right"), "{finished:#?}");
}

#[test]
fn a_mistake_in_a_rule_file_is_named_with_file_and_place() {
    for (wrong, said) in [
        (RULE.replace("severity: Medium", "severity: [Medium"), "line "),
        (RULE.replace("severity: Medium", "severity: Terrible"), "Terrible"),
        (RULE.replace("queryFrequency: 1h", "queryFrequncy: 1h"), "did you mean `queryFrequency`"),
        (RULE.replace("queryPeriod: 1h", "queryPeriod: soon"), "soon"),
        (RULE.replace("queryPeriod: 1h", "queryPeriod: 5m"), "queryPeriod"),
        (RULE.replace("name: Wrong passwords\n", ""), "name"),
        (RULE.replace("queryLanguage: sql", "queryLanguage: cobol"), "cobol"),
        (RULE.replace("GROUP BY", "GRUPPE BEI"), "cannot read the SQL"),
        (RULE.replace("FROM SigninLogs", "FROM SignInLogs"), "did you mean \"SigninLogs\"?"),
        (RULE.replace("WHERE ResultType", "WHERE ResultTyp"), "did you mean \"ResultType\"?"),
        (
            RULE.replace("columnName: UserPrincipalName", "columnName: Upn"),
            "`entityMappings`: the query's result has no column \"Upn\"",
        ),
        (
            RULE.replace("customDetails: {Failures: Failures}", "customDetails: {Failures: Tries}"),
            "`customDetails`: the query's result has no column \"Tries\"",
        ),
        (RULE.replace("SELECT min", "DELETE FROM SigninLogs; SELECT min"), "single SQL statement"),
    ] {
        let finished = check(&wrong);
        assert_eq!(finished.code, Some(2), "{said}: {finished:#?}");
        let line = finished.stderr.lines().find(|line| line.contains("rules/sample.yaml"));
        let line = line.unwrap_or_else(|| panic!("{said}: the file is not named: {finished:#?}"));
        assert!(line.contains(said), "{said}: {finished:#?}");
        finished.error();
    }
}

#[test]
fn a_rule_that_is_not_there_is_named() {
    let workspace = Workspace::new();
    for command in ["check", "test"] {
        let finished = workspace.run(&["rule", command, "nowhere.yaml"]);
        assert_eq!(finished.code, Some(2), "{finished:#?}");
        assert!(finished.error().contains("cannot read nowhere.yaml"), "{finished:#?}");
    }
}

#[test]
fn a_rules_own_tests_pass_or_say_what_differs() {
    let workspace = Workspace::new();
    let test = |rule: &str| {
        workspace.write("sample.yaml", rule);
        let finished = workspace.run(&["rule", "test", "sample.yaml", "-o", "json"]);
        let rows: Vec<Value> = serde_json::from_str(&finished.stdout).unwrap();
        assert_eq!(rows.len(), 1, "{rows:#?}");
        (finished.code, rows[0].clone())
    };
    let (code, row) = test(RULE);
    assert_eq!((code, &row["result"]), (Some(0), &json!("passed")), "{row:#}");
    for (rule, failure) in [
        (RULE.replace("Failures: 3}]", "Failures: 4}]"), "expected, not found: {\"Failures\":4,"),
        (
            RULE.replace(
                "expect: [{UserPrincipalName: ada@contoso.com, Failures: 3}]",
                "expect: []",
            ),
            "found, not expected: ",
        ),
        (RULE.replace("      SigninLogs:", "      SignInLogs:"), "no table \"SignInLogs\""),
    ] {
        let (code, row) = test(&rule);
        assert_eq!((code, &row["result"]), (Some(1), &json!("failed")), "{row:#}");
        assert!(row["failure"].as_str().unwrap().contains(failure), "{failure}: {row:#}");
    }
}

#[test]
fn the_planted_spray_is_found_in_generated_logs() {
    let workspace = Workspace::new();
    workspace
        .succeed(&["generate", "--events", "3000", "--seed", "5", "--days", "5", "--out", "logs"]);
    let truth = std::fs::read_to_string(workspace.path("logs/truth.json")).unwrap();
    let truth: Value = serde_json::from_str(&truth).unwrap();
    let planted = truth["attacks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|attack| attack["id"] == "fast-spray")
        .unwrap();
    workspace.succeed(&["ingest", "--from", "logs"]);
    workspace.succeed(&["rule", "run", "password-spray"]);
    let address = planted["ipAddresses"][0].as_str().unwrap();
    let found = workspace.rows(&format!(
        "SELECT StartTime FROM SecurityAlert WHERE Entities LIKE '%{address}%' AND _RuleId = 'password-spray'"
    ));
    assert_eq!(found.len(), 1, "{address}: {found:#?}");
    let time = |value: &Value| entralog::decode::parse_time(value.as_str().unwrap()).unwrap();
    assert!(time(&found[0]["StartTime"]) >= time(&planted["start"]) - 1_000_000);
}
