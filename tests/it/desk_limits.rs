//! What a query may not do, however it is written: take for ever, take all memory, reach out, or
//! leave anything behind.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Finished, Running, Workspace, lines, sign_in};

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write(
        "logs.ndjson",
        lines(&[sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "s0")]),
    );
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    workspace
}

/// Runs a query; gives how it ended, how long it took, and the most memory that it had, in bytes.
fn measured(workspace: &Workspace, arguments: &[&str]) -> (Finished, Duration, u64) {
    let begun = Instant::now();
    let mut command = workspace.command(arguments);
    assert!(std::fs::create_dir_all(workspace.path("tmp")).is_ok());
    command.env("TMPDIR", workspace.path("tmp"));
    let mut running = Running::start(&mut command);
    let mut most = 0;
    while running.is_running() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.id()));
        let kilobytes = status.ok().and_then(|status| {
            let line = status.lines().find(|line| line.starts_with("VmHWM"))?.to_owned();
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        });
        most = most.max(kilobytes.unwrap_or(0) << 10);
        std::thread::sleep(Duration::from_millis(20));
    }
    (running.wait(), begun.elapsed(), most)
}

#[test]
fn a_query_that_would_not_end_is_ended_when_its_time_is_up() {
    let workspace = workspace();
    for sql in [
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        "SELECT count(*) FROM generate_series(1, 1000000000000)",
        "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a.value * b.value % 7 = 8",
        "SELECT sum(length(repeat('x', 1000))) FROM generate_series(1, 100000000000)",
        "SELECT count(*) FROM generate_series(1, 100000000) WHERE regexp_like(repeat(value::varchar, 1000), '([0-9]*)*([0-9]*)*([0-9]*)*b')",
        "SELECT value FROM generate_series(1, 1000000000000) ORDER BY value DESC",
    ] {
        let (finished, took, most) = measured(&workspace, &["query", "--timeout", "2s", sql]);
        assert_eq!(finished.code, Some(2), "{sql}: {finished:#?}");
        let error = finished.error();
        assert!(
            error.contains("longer than 2s") || error.contains("query.memory"),
            "{sql}: {error}"
        );
        assert!(took < Duration::from_secs(30), "{sql}: {took:?}");
        assert!(most < 2 << 30, "{sql}: {most} bytes");
    }
    let left: Vec<_> = std::fs::read_dir(workspace.path("tmp")).unwrap().collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn a_query_that_would_take_all_memory_is_told_its_limit() {
    let workspace = workspace();
    workspace.write("entralog.yaml", "query: {memory: 64MB, spill: 100MB, timeout: 60s}\n");
    // Each query of `WITH` reads the one before twice.
    let doubled: String =
        (1..25).map(|n| format!(", a{n} AS (SELECT l.x FROM a{0} l, a{0} r)", n - 1)).collect();
    let doubled = format!("WITH a0 AS (SELECT 1 AS x){doubled} SELECT count(*) FROM a24");
    let nested = |depth: u32| {
        (0..depth).fold("SELECT 1 AS x".to_owned(), |inner, n| {
            format!("WITH n{n} AS ({inner}) SELECT x FROM n{n}")
        })
    };
    assert_eq!(workspace.rows(&nested(10)), [json!({"x": 1})]);
    for (sql, said) in [
        (
            "SELECT reverse(repeat(value::varchar, 20)) AS m FROM generate_series(1, 30000000) ORDER BY m",
            "query.",
        ),
        ("SELECT array_agg(repeat('x', 10000)) FROM generate_series(1, 1000000)", "query.memory"),
        ("SELECT length(repeat('x', 1000000000))", "may make"),
        ("SELECT cardinality(range(1, 1000000000))", "may make"),
        ("SELECT length(lpad('x', 1000000000))", "may make"),
        ("SELECT length(replace(repeat('x', 1000000), 'x', repeat('y', 1000)))", "may make"),
        ("SELECT length(repeat(UserPrincipalName, 100000000)) FROM SigninLogs", "may make"),
        (
            "SELECT length(regexp_replace(repeat('a', 100000), 'a', repeat('b', 100000), 'g'))",
            "may make",
        ),
        ("SELECT length(array_to_string(range(1, 20000), repeat('a', 100000)))", "may make"),
        ("SELECT length(concat_ws(repeat('a', 50000000), 'a', 'b', 'c', 'd', 'e'))", "may make"),
        (
            "WITH t AS (SELECT repeat('a', 20000000) AS s), u AS (SELECT s || s || s || s AS s FROM t) SELECT length(s || s || s || s) FROM u",
            "may make",
        ),
        (
            "WITH RECURSIVE r AS (SELECT 'x' AS s UNION ALL SELECT s || s FROM r) SELECT max(length(s)) FROM r",
            "",
        ),
        (&doubled, "tables"),
        (&nested(40), "40 deep"),
        (
            "SELECT count(*) FROM SigninLogs GROUP BY CUBE(Id, UserId, UserPrincipalName, AppId, IPAddress, Location, ResultType, UserAgent, ClientAppUsed, CorrelationId, AppDisplayName, Identity)",
            "GROUPING SETS",
        ),
    ] {
        let (finished, _, most) = measured(&workspace, &["query", sql]);
        assert_eq!(finished.code, Some(2), "{sql}: {finished:#?}");
        assert!(finished.error().contains(said), "{sql}: {}", finished.error());
        assert!(most < 900 << 20, "{sql}: {} MB", most >> 20);
    }
    let left: Vec<_> = std::fs::read_dir(workspace.path("tmp")).unwrap().collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_operators_copy_while_they_spill_is_bounded_as_well() {
    let workspace = workspace();
    workspace.write("entralog.yaml", "query: {memory: 64MB}\n");
    let sql = "SELECT value % 100 AS n, array_agg(DISTINCT repeat(value::varchar, 1000))
               FROM generate_series(1, 2000000) GROUP BY 1";
    let (finished, _, most) = measured(&workspace, &["query", sql]);
    assert_eq!(finished.code, Some(2), "{finished:#?}");
    assert!(finished.error().contains("query.memory"), "{}", finished.error());
    assert!(most < 900 << 20, "{} MB", most >> 20);
}

#[test]
fn what_is_no_bomb_is_not_taken_for_one() {
    let workspace = workspace();
    for (sql, answer) in [
        ("SELECT 'a' || 'b' || NULL IS NULL AS x FROM SigninLogs", "true"),
        ("SELECT Id || ':' || ResultType AS x FROM SigninLogs", "\"s0:0\""),
        ("SELECT Id || 1 AS x FROM SigninLogs", "\"s01\""),
        ("SELECT array_to_string([1] || [2, 3], ',') AS x", "\"1,2,3\""),
        ("SELECT concat_ws('-', 'a', NULL, 'b') AS x", "\"a-b\""),
        (
            "SELECT regexp_replace(repeat('ab', 50000), 'a', 'xyz', 'g') = repeat('xyzb', 50000) AS x",
            "true",
        ),
        (
            "SELECT max(x) AS x FROM (SELECT count(*) AS x FROM SigninLogs GROUP BY CUBE(Id, AppId, Location))",
            "1",
        ),
        (
            "WITH a AS (SELECT 1 AS x), b AS (SELECT l.x FROM a l, a r) SELECT max(l.x) AS x FROM b l, b r",
            "1",
        ),
    ] {
        let answered = workspace.succeed(&["query", sql]).stdout;
        assert_eq!(answered, format!("{{\"x\":{answer}}}\n"), "{sql}");
    }
}

#[test]
fn no_statement_sets_prepares_or_reaches_out() {
    let workspace = workspace();
    let secret = workspace.write("secret.csv", "name\nhush\n");
    let secret = secret.display();
    for sql in [
        "PREPARE p AS SELECT 1".to_owned(),
        "EXECUTE p".to_owned(),
        "DEALLOCATE p".to_owned(),
        "SET datafusion.execution.target_partitions = 1".to_owned(),
        "RESET datafusion.execution.target_partitions".to_owned(),
        "BEGIN".to_owned(),
        "CREATE FUNCTION f() RETURNS INT RETURN 1".to_owned(),
        "SELECT 1 INTO t".to_owned(),
        "TRUNCATE TABLE SigninLogs".to_owned(),
        "MERGE INTO SigninLogs s USING AuditLogs a ON s.Id = a.Id WHEN MATCHED THEN DELETE"
            .to_owned(),
        "EXPLAIN ANALYZE DELETE FROM SigninLogs".to_owned(),
        "EXPLAIN CREATE TABLE t AS SELECT 1".to_owned(),
        "WITH x AS (DELETE FROM SigninLogs RETURNING *) SELECT * FROM x".to_owned(),
        format!("SELECT * FROM '{secret}'"),
        format!(r#"SELECT * FROM "{secret}""#),
        format!("SELECT * FROM read_csv('{secret}')"),
        format!("SELECT * FROM parquet_metadata('{secret}')"),
        "SELECT * FROM _GetWatchlist('../secret')".to_owned(),
        r#"SELECT * FROM watchlists."../secret""#.to_owned(),
    ] {
        let error = workspace.refused(&sql);
        assert!(!error.contains("hush") && !error.contains("DataFusion"), "{sql}: {error}");
    }
    assert_eq!(workspace.count("SigninLogs"), 1);
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let workspace = workspace();
    let parentheses = format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    let sum = format!("SELECT {}1", "1 + ".repeat(2_000));
    let condition =
        format!("SELECT count(*) FROM SigninLogs WHERE {}false", "Id = 'x' OR ".repeat(3_000));
    let selects = format!("{}1{}", "SELECT (".repeat(500), ")".repeat(500));
    let path = format!("SELECT Status{} FROM SigninLogs", "->'a'".repeat(3_000));
    for sql in [parentheses, sum, condition, selects, path] {
        let finished = workspace.run(&["query", &sql]);
        assert!(matches!(finished.code, Some(0 | 2)), "{}: {finished:#?}", &sql[..40]);
    }
}

#[test]
fn a_query_writes_nothing_into_the_lake() {
    let workspace = workspace();
    let files = || {
        let listed =
            std::process::Command::new("find").arg(workspace.path("lake")).output().unwrap();
        String::from_utf8(listed.stdout).unwrap()
    };
    let before = files();
    for sql in
        ["SELECT * FROM SigninLogs", "SELECT * FROM signin_attempts", "SELECT * FROM AuditLogs"]
    {
        workspace.succeed(&["query", sql]);
    }
    assert_eq!(files(), before);
}
