//! The view `signin_attempts`: the records of one sign-in as one row.

use serde_json::{Value, json};

use crate::support::{Workspace, lines, non_interactive, sign_in};

/// A step of the sign-in with this correlation id.
fn step(time: &str, user: &str, result: &str, id: &str, correlation: &str) -> Value {
    let mut record = sign_in(time, user, result, id);
    record["correlationId"] = json!(correlation);
    record["properties"]["appId"] = json!("app");
    record
}

fn workspace(records: &[Value]) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("logs.ndjson", lines(records));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    workspace
}

#[test]
fn the_steps_of_a_sign_in_are_one_row_with_its_outcome() {
    let mut answered = step("2026-01-05T10:01:00Z", "ada@contoso.com", "0", "a3", "A");
    answered["properties"]["authenticationRequirement"] = json!("multiFactorAuthentication");
    let mut fetched = non_interactive("2026-01-05T10:02:00Z", "ada@contoso.com", "n1");
    fetched["correlationId"] = json!("N");
    let workspace = workspace(&[
        step("2026-01-05T10:00:00Z", "ada@contoso.com", "50074", "a1", "A"),
        step("2026-01-05T10:00:30Z", "ada@contoso.com", "50140", "a2", "A"),
        answered,
        // A wrong password ends an attempt, the right one is the next.
        step("2026-01-05T11:00:00Z", "bo@contoso.com", "50126", "b1", "B"),
        step("2026-01-05T11:00:20Z", "bo@contoso.com", "50076", "b2", "B"),
        step("2026-01-05T11:01:00Z", "bo@contoso.com", "500121", "b3", "B"),
        // Given up; what comes half an hour later is something else.
        step("2026-01-05T12:00:00Z", "cy@contoso.com", "50074", "c1", "C"),
        step("2026-01-05T12:30:00Z", "cy@contoso.com", "0", "c2", "C"),
        // One correlation id of two users.
        step("2026-01-05T12:30:01Z", "di@contoso.com", "0", "d1", "C"),
        fetched,
    ]);
    let rows = workspace.rows(
        "SELECT UserPrincipalName AS u, ResultTypes AS r, Outcome AS o, Records AS n, PasswordWasCorrect AS p,
                MfaResult AS m, Interactive AS i
         FROM signin_attempts ORDER BY FirstTime, u",
    );
    let row = |u: &str, r: &str, o: &str, n: u32, p: bool, m: &str| json!({"u": format!("{u}@contoso.com"), "r": r, "o": o, "n": n, "p": p, "m": m, "i": true});
    let mut silent = row("ada", "0", "success", 1, true, "notRequired");
    silent["i"] = json!(false);
    assert_eq!(
        rows,
        [
            row("ada", "50074,50140,0", "success", 3, true, "satisfied"),
            silent,
            row("bo", "50126", "failure", 1, false, "notRequired"),
            row("bo", "50076,500121", "failure", 2, true, "failed"),
            row("cy", "50074", "interrupted", 1, true, "required"),
            row("cy", "0", "success", 1, true, "notRequired"),
            row("di", "0", "success", 1, true, "notRequired"),
        ]
    );
    let of_ada = &workspace.rows(
        "SELECT * FROM signin_attempts WHERE UserId = 'id-of-ada@contoso.com' AND Interactive",
    )[0];
    assert_eq!(of_ada["FirstTime"], "2026-01-05T10:00:00.000000Z");
    assert_eq!(of_ada["TimeGenerated"], "2026-01-05T10:01:00.000000Z");
    assert_eq!((&of_ada["ResultType"], &of_ada["Id"]), (&json!("0"), &json!("a3")));
}

#[test]
fn records_without_a_correlation_id_are_attempts_of_their_own() {
    let bare = |id: &str, correlation: Value| {
        let mut record = sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "50074", id);
        record["correlationId"] = correlation;
        record
    };
    let zeros = json!("00000000-0000-0000-0000-000000000000");
    let workspace = workspace(&[
        bare("a", json!(null)),
        bare("b", json!(null)),
        bare("c", zeros.clone()),
        bare("d", zeros),
    ]);
    assert_eq!(workspace.count("signin_attempts"), 4);
}

#[test]
fn an_attempt_that_began_before_the_asked_time_is_whole_and_old_files_are_not_read() {
    let day = |day: u32| format!("2026-01-{day:02}T12:00:00Z");
    let mut records: Vec<_> = (1..=20)
        .map(|n| step(&day(n), "ada@contoso.com", "0", &format!("s{n}"), &format!("S{n}")))
        .collect();
    records.push(step("2026-01-09T23:59:00Z", "bo@contoso.com", "50074", "b1", "B"));
    records.push(step("2026-01-10T00:01:00Z", "bo@contoso.com", "0", "b2", "B"));
    let workspace = workspace(&records);
    let since = "TimeGenerated >= TIMESTAMP '2026-01-10T00:00:00Z'";
    let until = "TimeGenerated < TIMESTAMP '2026-01-11T00:00:00Z'";
    let sql =
        format!("SELECT Id, Records FROM signin_attempts WHERE {since} AND {until} ORDER BY Id");
    assert_eq!(
        workspace.rows(&sql),
        [json!({"Id": "b2", "Records": 2}), json!({"Id": "s10", "Records": 1})]
    );
    let files = |sql: &str| {
        let plan = workspace.succeed(&["query", "-o", "ndjson", &format!("EXPLAIN {sql}")]).stdout;
        plan.matches(".parquet").count()
    };
    // The day itself, and the last minute of the day before; a plan names the first of the files that it reads.
    assert_eq!(files(&sql), 2);
    assert!(files("SELECT Id FROM signin_attempts") >= 5);
    let before = "SELECT Id FROM signin_attempts WHERE TimeGenerated < TIMESTAMP '2026-01-10T00:00:00Z' AND UserPrincipalName LIKE 'bo%'";
    assert_eq!(workspace.rows(before), Vec::<Value>::new(), "it went on after the asked time");
    assert_eq!(
        workspace.number(
            "SELECT count(*) FROM signin_attempts WHERE CorrelationId = 'B' AND Outcome = 'success'"
        ),
        1
    );
}
