//! The shell, in a real terminal.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Workspace, lines, sign_in};
use crate::terminal::{PROMPT, Terminal};

const CTRL_C: &str = "\u{3}";
const CTRL_D: &str = "\u{4}";
const CTRL_R: &str = "\u{12}";
const UP: &str = "\u{1b}[A";

/// Runs for far longer than any test.
const ENDLESS: &str = "SELECT count(*) FROM generate_series(1, 1000000) a CROSS JOIN generate_series(1, 1000000) b WHERE a.value % 7 = b.value % 11;";

fn lake() -> Workspace {
    let workspace = Workspace::new();
    let mut hostile = sign_in("2026-01-05T11:00:00Z", "bo@contoso.com", "50126", "s1");
    hostile["properties"]["userAgent"] = "\u{1b}]0;owned\u{7}\u{1b}[31mred\u{9b}2J".into();
    let records = [sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "s0"), hostile];
    workspace.write("logs.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    workspace
}

#[test]
fn a_statement_is_answered_and_an_error_ends_nothing() {
    let workspace = lake();
    let mut terminal = Terminal::open(&workspace, 100, "query");
    let answer = terminal.ask("SELECT Id, ResultType FROM SigninLogs ORDER BY Id;");
    insta::assert_snapshot!(answer, @r"
    entralog> SELECT Id, ResultType FROM SigninLogs ORDER BY Id;
     Id │ ResultType
    ────┼────────────
     s0 │ 0
     s1 │ 50126
    2 rows
    entralog>
    ");
    let error = terminal.ask("SELECT ResultTyp FROM SigninLogs;");
    insta::assert_snapshot!(error, @r#"
    entralog> SELECT ResultTyp FROM SigninLogs;
    error: unknown column "ResultTyp"; did you mean "ResultType"?
    line 1: SELECT ResultTyp FROM SigninLogs
                   ^
    entralog>
    "#);
    let error = terminal.ask("SELECT 1 FORM SigninLogs x;");
    assert!(error.contains("error: cannot read the SQL") && error.contains('^'), "{error}");
    let error = terminal.ask("DROP TABLE SigninLogs;");
    assert!(error.contains("queries only read"), "{error}");
    assert!(terminal.ask("SELECT 40 + 2 AS n;").contains("42"));
    terminal.press(CTRL_D);
    assert_eq!(terminal.code(), Some(0));
}

#[test]
fn a_statement_may_have_lines_and_ends_with_its_semicolon() {
    let workspace = lake();
    let mut terminal = Terminal::open(&workspace, 100, "query");
    terminal.at_prompt();
    terminal.press("SELECT 'a;b\r");
    terminal.press("c' AS x, $$;$$ AS y -- ;\r");
    terminal.press("/* ; */ , 7\r");
    terminal.press(" AS z;\r");
    terminal.shows("1 row");
    let shown = terminal.shown();
    assert!(shown.contains(" a;b↵ │ ; │ 7"), "{shown}");
    // All of it comes back as one, and can be changed in its first line.
    terminal.at_prompt();
    terminal.press(UP);
    terminal.shows("1 row\nentralog> SELECT 'a;b\n          c' AS x, $$;$$ AS y -- ;\n");
    terminal.at_line("entralog> SELECT 'a;b");
    terminal.press("\u{1}\u{1b}f 'first',\r");
    terminal.shows("│ a;b↵ │ ; │ 7");
    let both = terminal.ask("SELECT 'one' AS n; SELECT 'two' AS n;");
    assert!(both.contains("one") && both.contains("two"), "{both}");
}

#[test]
fn tab_completes_tables_columns_functions_and_commands() {
    let workspace = lake();
    let mut terminal = Terminal::open(&workspace, 100, "query");
    terminal.at_prompt();
    terminal.press("SELECT s. FROM signinl\t s");
    terminal.at_line("entralog> SELECT s. FROM SigninLogs s");
    // Back behind the dot, where only columns of the table may stand.
    terminal.press("\u{1}\u{1b}[1;5C\u{1b}[1;5C\u{1b}[C");
    terminal.press("userpr\t");
    terminal.at_line("entralog> SELECT s.UserPrincipalName FROM SigninLogs s");
    terminal.press(CTRL_C);
    terminal.at_prompt();
    terminal.press("SELECT User\t");
    terminal.shows("UserDisplayName");
    terminal.press(CTRL_C);
    terminal.at_prompt();
    // Functions are known when the lake has been asked.
    let mut is_known = false;
    for _ in 0..1_000 {
        terminal.press("SELECT result_cl\t");
        terminal.shows("result_cl");
        std::thread::sleep(std::time::Duration::from_millis(50));
        is_known = terminal.shown().contains("result_class(");
        terminal.press(CTRL_C);
        terminal.at_prompt();
        if is_known {
            break;
        }
    }
    assert!(is_known);
    terminal.at_prompt();
    terminal.press("\\timi\t");
    terminal.at_line("entralog> \\timing");
}

#[test]
fn ctrl_c_ends_the_query_and_not_the_shell() {
    let workspace = lake();
    let mut terminal = Terminal::open(&workspace, 100, "query");
    terminal.at_prompt();
    terminal.press(ENDLESS);
    terminal.press("\r");
    // The progress says that it runs.
    terminal.shows("running");
    terminal.press(CTRL_C);
    terminal.shows("cancelled");
    assert!(terminal.ask("SELECT 40 + 2 AS n;").contains("42"));
    terminal.press("SELECT what was not meant");
    terminal.shows("what was not meant");
    terminal.press(CTRL_C);
    terminal.at_prompt();
    assert!(terminal.ask("SELECT 43 AS n;").contains("43"));
}

#[test]
fn what_was_typed_is_there_in_the_next_shell_unless_it_began_with_a_space() {
    let workspace = lake();
    let mut terminal = Terminal::open(&workspace, 100, "query");
    terminal.ask("SELECT 'one' AS n;");
    terminal.ask("SELECT 'two' AS n;");
    terminal.ask(" SELECT 'secret' AS n;");
    terminal.press(CTRL_D);
    assert_eq!(terminal.code(), Some(0));
    let history = workspace.path("home/.local/state/entralog/history");
    assert_eq!(std::fs::metadata(&history).unwrap().permissions().mode() & 0o777, 0o600);

    let mut terminal = Terminal::open(&workspace, 100, "query");
    terminal.at_prompt();
    terminal.press(UP);
    terminal.at_line("entralog> SELECT 'two' AS n;");
    terminal.press(UP);
    terminal.at_line("entralog> SELECT 'one' AS n;");
    terminal.press(CTRL_C);
    terminal.at_prompt();
    terminal.press(CTRL_R);
    terminal.press("one");
    terminal.shows("(search) one: SELECT 'one' AS n;");
    terminal.press("\r");
    terminal.at_line("entralog> SELECT 'one' AS n;");
    terminal.press("\r");
    terminal.shows("1 row");
}

#[test]
fn commands_change_how_answers_look() {
    let workspace = lake();
    let mut terminal = Terminal::open(&workspace, 100, "query");
    assert!(terminal.ask("\\timing").contains("timing is on"));
    let timed = terminal.ask("SELECT 1 AS n;");
    assert!(timed.contains(" ms") || timed.contains(" s\n"), "{timed}");
    assert!(terminal.ask("\\timing off").contains("timing is off"));
    terminal.ask("\\limit 1");
    let limited = terminal.ask("SELECT Id FROM SigninLogs ORDER BY Id;");
    assert!(limited.contains("s0") && !limited.contains("s1"), "{limited}");
    assert!(limited.contains("the first 1 row") && limited.contains("\\limit all"), "{limited}");
    terminal.ask("\\o csv");
    assert!(terminal.ask("SELECT 'a,b' AS x;").contains("x\n\"a,b\"\n"));
    terminal.ask("\\o table");
    terminal.ask("\\x on");
    assert!(terminal.ask("SELECT 1 AS n, 2 AS m;").contains("n │ 1\nm │ 2\n"));
    assert!(terminal.ask("\\tables noninter").contains("AADNonInteractiveUserSignInLogs"));
    terminal.ask("\\pager off");
    terminal.ask("\\d RuleRuns");
    assert!(String::from_utf8_lossy(&terminal.bytes()).contains("TimeGenerated"));
    assert!(terminal.ask("\\tabels").contains("did you mean `\\tables`?"));
    terminal.ask("\\help");
    terminal.press("\\q\r");
    assert_eq!(terminal.code(), Some(0));
}

#[test]
fn saved_queries_are_listed_and_run() {
    let workspace = lake();
    workspace.write(
        "queries/saved/who-signed-in.sql",
        "/*---\ntitle: Who signed in\ndescription: All of them.\nparameters:\n  \
         - {name: code, type: string, meaning: Result code}\nsince: 7d\ntables: [SigninLogs]\ntags: [signins]\n---*/\n\
         SELECT UserPrincipalName, ResultType FROM SigninLogs WHERE ResultType = $code\n\
         AND TimeGenerated >= $since AND TimeGenerated < $until ORDER BY 1\n",
    );
    let mut terminal = Terminal::open(&workspace, 100, "query");
    let listed = terminal.ask("\\saved who-signed");
    assert!(listed.contains("Who signed in") && listed.contains("code"), "{listed}");
    let time = "since=2026-01-01T00:00:00Z until=2026-02-01T00:00:00Z";
    let answer = terminal.ask(&format!("\\run who-signed-in code=50126 {time}"));
    assert!(answer.contains("bo@contoso.com") && answer.contains("1 row"), "{answer}");
    let wrong = terminal.ask("\\run who-signed-in cod=1");
    assert!(wrong.contains("error: ") && wrong.contains("code"), "{wrong}");
    assert!(terminal.ask("\\run who-sined-in").contains("who-signed-in"));
    terminal.at_prompt();
    terminal.press("\\run who-sig\t c\t");
    terminal.at_line("entralog> \\run who-signed-in code=");
}

#[test]
fn rows_that_do_not_fit_the_terminal_wrap_or_are_records_and_lose_nothing() {
    let workspace = lake();
    let mut terminal = Terminal::open(&workspace, 60, "query");
    let long = "word ".repeat(30) + "end";
    let wrapped = terminal.ask(&format!("SELECT 1 AS n, '{long}' AS text, 2 AS m;"));
    insta::assert_snapshot!(wrapped, @r"
    entralog> SELECT 1 AS n, 'word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word end' AS text, 2 AS m;
     n │ text                                              │ m
    ───┼───────────────────────────────────────────────────┼───
     1 │ word word word word word word word word word      │ 2
       │ word word word word word word word word word      │
       │ word word word word word word word word word      │
       │ word word word end                                │
    1 row
    entralog>
    ");
    terminal.ask("\\pager off");
    let columns: Vec<_> = (1..=8).map(|n| format!("'value {n}' AS column{n}")).collect();
    let records = terminal.ask(&format!("SELECT {};", columns.join(", ")));
    assert!(records.contains("8 columns do not fit"), "{records}");
    assert!(records.contains("column8 │ value 8"), "{records}");
}

#[test]
fn what_a_log_holds_does_not_reach_the_terminal_raw() {
    let workspace = lake();
    let mut terminal = Terminal::open(&workspace, 100, "query");
    for form in ["table", "markdown", "csv", "json", "ndjson"] {
        terminal.ask(&format!("\\o {form}"));
        let shown = terminal.ask("SELECT UserAgent FROM SigninLogs WHERE Id = 's1';");
        assert!(shown.contains("red") && shown.contains("owned"), "{form}: {shown}");
    }
    let bytes = terminal.bytes();
    for sequence in ["\u{1b}]0;", "\u{1b}[31m", "\u{9b}2J"] {
        let sequence = sequence.as_bytes();
        assert!(!bytes.windows(sequence.len()).any(|part| part == sequence), "{sequence:?}");
    }
}

#[test]
fn a_long_answer_goes_through_the_pager_and_a_short_one_does_not() {
    let workspace = lake();
    let pager = [("PAGER", "sed 's/^/paged:/' | tail -3")];
    let mut terminal = Terminal::with(&workspace, 100, "query", &pager);
    let long = "SELECT value AS n FROM generate_series(1, 100) ORDER BY n;";
    let paged = terminal.ask(long);
    assert!(paged.contains("paged: 100") && paged.contains("paged:100 rows"), "{paged}");
    assert!(!terminal.ask("SELECT 1 AS n;").contains("paged:"));
    terminal.ask("\\pager off");
    assert!(!terminal.ask(long).contains("paged:"));
    // A pager that is left early is no failure.
    let mut terminal = Terminal::with(&workspace, 100, "query", &[("PAGER", "head -1")]);
    terminal.ask("\\limit all");
    let left = terminal.ask("SELECT value AS n FROM generate_series(1, 3000000);");
    assert!(!left.contains("error"), "{left}");
    // And neither is one that is not there.
    let mut terminal = Terminal::with(&workspace, 100, "query", &[("PAGER", "no-such-pager")]);
    terminal.ask(long);
    assert!(terminal.ask("SELECT 40 + 2 AS n;").contains("42"));
}

#[test]
fn one_statement_on_a_terminal_opens_no_shell() {
    let workspace = lake();
    let terminal = Terminal::open(&workspace, 100, "query 'SELECT 40 + 2 AS n'");
    terminal.shows("42");
    assert!(!terminal.shown().contains(PROMPT));
    assert_eq!(terminal.code(), Some(0));
    let terminal = Terminal::open(&workspace, 100, "query 'SELECT UserNam FROM SigninLogs'");
    terminal.shows("^");
    assert_eq!(terminal.code(), Some(2));
}

#[test]
fn parquet_is_not_written_to_a_terminal_and_many_rows_are_not_either() {
    let workspace = lake();
    let terminal = Terminal::open(&workspace, 100, "query -o parquet 'SELECT 1'");
    terminal.shows("Parquet is binary");
    assert_eq!(terminal.code(), Some(3));
    let many = "query 'SELECT value FROM generate_series(1, 5000) ORDER BY value'";
    let terminal = Terminal::open(&workspace, 100, many);
    terminal.shows("the first 1000 rows");
    terminal.shows("--limit all");
    assert_eq!(terminal.code(), Some(0));
}
