//! Saved queries: how they are found, shown and run; `answers`: what each of them says of known logs.

mod answers;
mod case;
mod cases;

use serde_json::Value;

use crate::support::{Finished, Workspace, lines, sign_in};

const EVERYONE: &str = "\
/*---
title: Who signed in?
description: Everyone, in order.
parameters:
  - {name: users, type: list of string, default: null, meaning: Only these}
  - {name: least, type: int, default: 1, meaning: Fewest sign-ins}
  - {name: share, type: real, default: 0.0, meaning: Nothing much}
  - {name: really, type: bool, default: true, meaning: Whether to answer}
  - {name: after, type: datetime, default: 2026-01-01T00:00:00Z, meaning: Not before}
  - {name: apart, type: timespan, default: 1h, meaning: Added to that}
  - {name: result, type: string, meaning: Result code}
since: 7d
tables: [SigninLogs]
tags: [mine]
---*/
SELECT UserPrincipalName, count(*) AS SignIns
FROM SigninLogs
WHERE TimeGenerated >= $since AND TimeGenerated < $until AND ResultType = $result AND $really
  AND ($users IS NULL OR array_has($users, UserPrincipalName)) AND TimeGenerated >= $after + CAST($apart AS INTERVAL)
GROUP BY UserPrincipalName
HAVING count(*) >= $least AND count(*) > $share
ORDER BY UserPrincipalName
";

fn two_users() -> Workspace {
    let workspace = Workspace::new();
    let records = [
        sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "s0"),
        sign_in("2026-01-06T10:00:00Z", "ada@contoso.com", "0", "s1"),
        sign_in("2026-01-06T11:00:00Z", "bo@contoso.com", "0", "s2"),
        sign_in("2026-01-06T12:00:00Z", "bo@contoso.com", "50126", "s3"),
    ];
    workspace.write("logs.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    workspace
}

/// Runs `everyone-who-signed-in` over January 2026.
fn run(workspace: &Workspace, arguments: &[&str]) -> Finished {
    let time = ["--since", "2026-01-01T00:00:00Z", "--until", "2026-02-01T00:00:00Z", "-o", "csv"];
    let all = [&["saved", "run", "everyone-who-signed-in"], &time[..], arguments].concat();
    workspace.run(&all)
}

#[test]
fn parameters_of_every_type_reach_the_query_as_values() {
    let workspace = two_users();
    workspace.write("queries/saved/everyone-who-signed-in.sql", EVERYONE);
    for (arguments, answer) in [
        (&["-p", "result=0"][..], "ada@contoso.com,2\nbo@contoso.com,1\n"),
        (&["-p", "result=0", "-p", "least=2"], "ada@contoso.com,2\n"),
        (&["-p", "result=0", "-p", "share=1.5"], "ada@contoso.com,2\n"),
        (&["-p", "result=0", "-p", "really=false"], ""),
        (&["-p", "result=0", "-p", "users=bo@contoso.com,cy@contoso.com"], "bo@contoso.com,1\n"),
        (&["-p", "result=0", "-p", r#"users=["bo@contoso.com"]"#], "bo@contoso.com,1\n"),
        (&["-p", "result=0", "-p", "users=[]"], ""),
        (
            &["-p", "result=0", "-p", "after=2026-01-06T00:00:00+00:00"],
            "ada@contoso.com,1\nbo@contoso.com,1\n",
        ),
        (&["-p", "result=0", "-p", "after=2026-01-06T10:00:00Z"], "bo@contoso.com,1\n"),
        (&["-p", "result=0", "-p", "after=2026-01-06T10:00:00Z", "-p", "apart=2h"], ""),
        (&["-p", "result=50126"], "bo@contoso.com,1\n"),
    ] {
        let finished = run(&workspace, arguments);
        assert_eq!(finished.code, Some(0), "{arguments:?}: {finished:#?}");
        assert_eq!(
            finished.stdout,
            format!("UserPrincipalName,SignIns\n{answer}"),
            "{arguments:?}"
        );
    }
}

#[test]
fn no_value_of_any_type_becomes_part_of_the_query() {
    let workspace = two_users();
    workspace.write("queries/saved/everyone-who-signed-in.sql", EVERYONE);
    for injection in [
        "' OR 1=1 --",
        "0' OR '1'='1",
        "$result OR true",
        "0; DROP TABLE SigninLogs",
        "0) OR (true",
        "*/ OR true /*",
    ] {
        // A text is compared as it is, and finds nothing.
        for name in ["result", "users"] {
            let value = format!("{name}={injection}");
            let arguments: &[&str] =
                if name == "result" { &["-p", &value] } else { &["-p", "result=0", "-p", &value] };
            let finished = run(&workspace, arguments);
            assert_eq!(
                (finished.code, finished.stdout.as_str()),
                (Some(0), "UserPrincipalName,SignIns\n"),
                "{value}: {finished:#?}"
            );
        }
        // What is no text is refused before anything runs.
        for name in ["least", "share", "really", "after", "apart"] {
            let finished =
                run(&workspace, &["-p", "result=0", "-p", &format!("{name}={injection}")]);
            assert_eq!(
                (finished.code, finished.stdout.as_str()),
                (Some(3), ""),
                "{name}: {finished:#?}"
            );
            let error = finished.error();
            assert!(error.contains(name) && error.contains("write"), "{error}");
        }
        for time in ["--since", "--until"] {
            let finished = workspace.run(&["saved", "run", "signins-by-country", time, injection]);
            assert_eq!(
                (finished.code, finished.stdout.as_str()),
                (Some(3), ""),
                "{time}: {finished:#?}"
            );
        }
    }
    let quoted =
        run(&workspace, &["-p", "result=0", "-p", r#"users=["bo@contoso.com\"] OR true --"]"#]);
    assert_eq!((quoted.code, quoted.stdout.as_str()), (Some(0), "UserPrincipalName,SignIns\n"));
    assert_eq!(workspace.count("SigninLogs"), 4);
}

#[test]
fn what_is_asked_wrong_is_answered_with_what_to_write() {
    let workspace = two_users();
    workspace.write("queries/saved/everyone-who-signed-in.sql", EVERYONE);
    for (arguments, error) in [
        (
            &["saved", "run", "signin-timeline-of-usr", "-p", "user=a"][..],
            r#"there is no saved query "signin-timeline-of-usr"; did you mean "signin-timeline-of-user"?"#,
        ),
        (
            &["saved", "show", "cats"],
            r#"there is no saved query "cats"; `entralog saved list` names them"#,
        ),
        (
            &["saved", "run", "signin-timeline-of-user"],
            r#"needs "user", a string: Sign-in name in any case, or object id"#,
        ),
        (
            &["saved", "run", "everyone-who-signed-in", "-p", "result=0", "-p", "leest=2"],
            r#"has no parameter "leest"; did you mean "least"?"#,
        ),
        (
            &["saved", "run", "everyone-who-signed-in", "-p", "result=0", "-p", "x=2"],
            r#"has no parameter "x"; it has users, least, share, really, after, apart, result"#,
        ),
        (
            &["saved", "run", "signins-by-country", "-p", "since=7d"],
            r#"has no parameter "since"; write --since instead"#,
        ),
        (
            &["saved", "run", "everyone-who-signed-in", "-p", "result=0", "-p", "result=1"],
            r#"parameter "result" is given twice"#,
        ),
        (
            &["saved", "run", "everyone-who-signed-in", "-p", "result=0", "-p", "least=two"],
            r#"parameter "least": "two" is no int; write a whole number such as 5"#,
        ),
        (
            &["saved", "run", "everyone-who-signed-in", "-p", "result="],
            r#"parameter "result": it is empty"#,
        ),
        (
            &["saved", "run", "signins-by-country", "--since", "1d", "--until", "2d"],
            "is empty; `since` must be before `until`",
        ),
        (&["saved", "list", "--tag", "cats"], "no saved query has the tag cats; tags are "),
    ] {
        let finished = workspace.run(arguments);
        assert_eq!(
            (finished.code, finished.stdout.as_str()),
            (Some(3), ""),
            "{arguments:?}: {finished:#?}"
        );
        assert!(finished.error().contains(error), "{arguments:?}: {}", finished.error());
    }
    let finished = workspace.run(&["saved", "run", "signins-by-country", "-p", "user"]);
    assert_eq!(finished.code, Some(3));
    assert!(finished.stderr.contains("write NAME=VALUE"), "{finished:#?}");
}

#[test]
fn a_query_of_ones_own_is_listed_beside_the_built_in_ones_and_replaces_one_visibly() {
    let workspace = two_users();
    let listed = |workspace: &Workspace| -> Vec<Value> {
        let answer = workspace.succeed(&["saved", "list", "-o", "json"]).stdout;
        serde_json::from_str(&answer).unwrap()
    };
    let source = |rows: &[Value], name: &str| {
        rows.iter()
            .find(|row| row["name"] == name)
            .map(|row| row["source"].as_str().unwrap().to_owned())
    };
    let before = listed(&workspace);
    assert!(before.len() >= 45, "{}", before.len());
    assert!(before.iter().all(|row| row["source"] == "built-in"));

    // In its place nothing has to be said.
    workspace.write("queries/saved/everyone-who-signed-in.sql", EVERYONE);
    let mine = EVERYONE
        .replace("Who signed in?", "My own")
        .replace("  - {name: result", "  - {name: code")
        .replace("$result", "$code");
    workspace.write("queries/saved/signins-by-country.sql", &mine);
    let rows = listed(&workspace);
    assert_eq!(rows.len(), before.len() + 1);
    assert_eq!(
        source(&rows, "everyone-who-signed-in").unwrap(),
        "./queries/saved/everyone-who-signed-in.sql"
    );
    let replaced = source(&rows, "signins-by-country").unwrap();
    assert_eq!(replaced, "./queries/saved/signins-by-country.sql, in place of the built-in one");
    let time = ["--since", "2026-01-01T00:00:00Z", "--until", "2026-02-01T00:00:00Z"];
    let run = [&["saved", "run", "signins-by-country", "-p", "code=50126", "-o", "csv"], &time[..]]
        .concat();
    assert_eq!(workspace.succeed(&run).stdout, "UserPrincipalName,SignIns\nbo@contoso.com,1\n");

    // A configuration names other places.
    workspace.write("hunts/only-mine.sql", EVERYONE);
    workspace.write("entralog.yaml", "queries: {paths: [hunts]}\n");
    let rows = listed(&workspace);
    assert_eq!(source(&rows, "only-mine").unwrap(), "hunts/only-mine.sql");
    assert_eq!(source(&rows, "everyone-who-signed-in"), None);
    let tagged = workspace.succeed(&["saved", "list", "--tag", "mine", "-o", "csv"]).stdout;
    assert_eq!(tagged.lines().count(), 2, "{tagged}");
    assert!(tagged.contains("only-mine,Who signed in?,"), "{tagged}");
    assert!(tagged.contains("result") && tagged.contains("[least=1]"), "{tagged}");

    workspace.write("entralog.yaml", "queries: {paths: [hunts, more]}\n");
    workspace.write("more/only-mine.sql", EVERYONE);
    let finished = workspace.run(&["saved", "run", "only-mine"]);
    assert_eq!(finished.code, Some(3));
    assert!(
        finished.error().contains("is in hunts/only-mine.sql and in more/only-mine.sql"),
        "{finished:#?}"
    );
}

#[test]
fn a_query_is_shown_as_its_file_which_is_the_begin_of_ones_own() {
    let workspace = two_users();
    let shown = workspace.succeed(&["saved", "show", "signins-by-country"]).stdout;
    assert!(shown.starts_with("/*---\ntitle: "), "{shown}");
    // As an editor of Windows saves it.
    workspace.write("queries/saved/my-countries.sql", format!("\u{feff}{shown}"));
    let time = ["--since", "2026-01-01T00:00:00Z", "--until", "2026-02-01T00:00:00Z", "-o", "csv"];
    let run = |name| workspace.succeed(&[&["saved", "run", name], &time[..]].concat()).stdout;
    assert_eq!(run("my-countries"), run("signins-by-country"));
    assert!(run("my-countries").contains("\nDE,2,3,1,1,0,1,"), "{}", run("my-countries"));

    // It is SQL for whoever does not know of headers.
    let bound = shown
        .replace("$since", "TIMESTAMP '2026-01-01T00:00:00Z'")
        .replace("$until", "TIMESTAMP '2026-02-01T00:00:00Z'");
    assert_eq!(workspace.rows(&bound)[0]["Country"], "DE");

    let answer = workspace.succeed(&["saved", "show", "top-talkers", "-o", "json"]).stdout;
    let rows: Vec<Value> = serde_json::from_str(&answer).unwrap();
    assert_eq!(rows[0]["parameters"][0]["name"], "top");
    assert_eq!(rows[0]["parameters"][0]["type"], "int");
    assert_eq!(rows[0]["tables"][0], "SigninLogs");
}

#[test]
fn what_a_query_reads_is_shown_instead_of_its_answer() {
    let workspace = two_users();
    let arguments = [
        "saved",
        "run",
        "signin-timeline-of-user",
        "-p",
        "user=0e3160aa-fe7f-48cb-bb5a-4672ddce6520",
        "--since",
        "2026-01-01T00:00:00Z",
        "--explain",
        "-o",
        "table",
    ];
    let said = workspace.succeed(&arguments).stdout;
    assert!(said.contains("DataSourceExec") && said.contains("FilesSkipped"), "{said}");
    // An id is compared with the column alone, by which row groups can be left out.
    assert!(said.contains("0e3160aa-fe7f-48cb-bb5a-4672ddce6520"), "{said}");
    let mut predicates = said.split("predicate=").skip(1).filter_map(|rest| rest.lines().next());
    assert!(predicates.all(|predicate| !predicate.contains("lower(UserPrincipalName@")), "{said}");
}

#[test]
fn a_file_that_is_no_saved_query_is_named_with_line_and_key() {
    let workspace = Workspace::new();
    let wrong = |text: &str| {
        workspace.write("wrong/who.sql", text);
        let finished = workspace.run(&["saved", "check", "wrong"]);
        assert_eq!(finished.code, Some(2), "{text}\n{finished:#?}");
        finished.stderr
    };
    let is = |from: &str, to: &str, said: &str| {
        assert!(EVERYONE.contains(from), "{from}");
        let error = wrong(&EVERYONE.replace(from, to));
        assert!(error.contains("wrong/who.sql") && error.contains(said), "{said}: {error}");
    };
    is("/*---", "/*", "line 1: a saved query begins with a header");
    is("---*/", "*/", "line 1: the header has no end");
    is("tags: [mine]", "tag: [mine]", "line 14 column 1: unknown key `tag`; did you mean `tags`?");
    is("Everyone, in order.", "Every*/one.", "line 3: `*/` ends the comment");
    is("Everyone, in order.", "''", "key `description`: it is empty");
    is("type: int,", "type: integer,", "line 6");
    is(
        "default: 1,",
        "default: one,",
        r#"line 6: key `parameters`: the default of `least`: "one" is no int"#,
    );
    is(
        "{name: least,",
        "{name: since,",
        "line 6: key `parameters`: every query has `since` by itself",
    );
    is("{name: least,", "{name: Least,", r#"line 6: key `parameters`: "Least" is no name"#);
    is("{name: least,", "{name: share,", "two parameters are named `share`");
    is("count(*) >= $least", "count(*) >= $most", "line 21: `$most` is no parameter of the header");
    is("count(*) >= $least", "true", "parameter `least`: the SQL does not use it");
    is("TimeGenerated >= $since AND ", "", "parameter `since`: the SQL does not use it");
    is("tables: [SigninLogs]", "tables: [AuditLogs]", "key `tables`: the SQL reads [SigninLogs]");
    is(
        "FROM SigninLogs",
        "FROM SignInLogs",
        r#"unknown table "SignInLogs"; did you mean "SigninLogs"?"#,
    );
    is("SELECT UserPrincipalName", "SELECT UserName", r#"unknown column "UserName""#);
    is("FROM SigninLogs", "FORM SigninLogs", "Line: ");
    is(
        "SELECT UserPrincipalName, count(*) AS SignIns",
        "CREATE TABLE t AS SELECT UserPrincipalName, count(*) AS SignIns",
        "queries only read",
    );

    workspace.write("wrong/Who Signed In.sql", EVERYONE);
    assert!(wrong(EVERYONE).contains("name the file after its question"));
    workspace.write("right/who.sql", EVERYONE);
    workspace.succeed(&["saved", "check", "right"]);
    let all = workspace.succeed(&["saved", "check"]).stderr;
    assert!(all.contains("saved queries: all "), "{all}");
}

#[test]
fn a_file_that_is_wrong_is_said_and_takes_no_other_query_away() {
    let workspace = Workspace::new();
    workspace.write("queries/saved/broken.sql", "SELECT 1");
    workspace.write("queries/saved/everyone.sql", EVERYONE);
    let listed = workspace.succeed(&["saved", "list"]);
    assert!(listed.stdout.contains("everyone") && listed.stdout.contains("top-failing-apps"));
    assert!(listed.stderr.contains("broken.sql: line 1: a saved query begins"), "{listed:#?}");
    assert_eq!(workspace.run(&["saved", "run", "broken"]).code, Some(3));
    let checked = workspace.run(&["saved", "check"]);
    assert_eq!(checked.code, Some(2), "{checked:#?}");
    assert!(checked.stderr.contains("broken.sql"), "{checked:#?}");
    // The shell has made the file when it is to be written.
    workspace.write("queries/saved/broken.sql", "");
    let shown = workspace.succeed(&["saved", "show", "top-failing-apps"]);
    assert!(shown.stdout.contains("title:") && !shown.stderr.contains("broken"), "{shown:#?}");
}
