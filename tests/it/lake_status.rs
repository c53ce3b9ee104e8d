//! `entralog lake status` and `entralog lake history`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use entralog::devhub::Devhub;
use serde_json::{Value, json};

use crate::event_hubs::{HUB, ingest, start};
use crate::support::{Finished, Running, Workspace, audit, body, lines, sign_in};

/// `entralog lake …` with a hub in its environment.
fn lake(workspace: &Workspace, devhub: &Devhub, arguments: &[&str]) -> Finished {
    let mut command = workspace.command(&[&["lake"], arguments].concat());
    command
        .env("ENTRALOG_EVENT_HUBS_CONNECTION_STRING", devhub.connection_string())
        .env("ENTRALOG_EVENT_HUBS", HUB);
    let finished = Running::start(&mut command).wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    finished
}

fn objects(finished: &Finished) -> Vec<Value> {
    finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn take_in(workspace: &Workspace, devhub: &Devhub) {
    let finished = Running::start(&mut ingest(workspace, devhub, &["--once"])).wait();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
}

fn event(time: &str, id: &str) -> String {
    body(&[sign_in(time, "ada@contoso.com", "0", id)])
}

#[tokio::test(flavor = "multi_thread")]
async fn status_says_what_is_there_and_how_far_behind_it_is() {
    let workspace = Workspace::new();
    let devhub = start(2).await;
    devhub.append(HUB, 0, event("2026-01-05T10:00:00Z", "a")).unwrap();
    devhub.append(HUB, 0, event("2026-01-07T11:00:00Z", "b")).unwrap();
    devhub.append(HUB, 0, "no JSON").unwrap();
    take_in(&workspace, &devhub);
    devhub.append(HUB, 0, event("2026-01-07T12:00:00Z", "c")).unwrap();
    devhub.append(HUB, 0, event("2026-01-07T12:00:00Z", "d")).unwrap();
    devhub.append(HUB, 1, event("2026-01-07T12:00:00Z", "e")).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;

    let rows = objects(&lake(&workspace, &devhub, &["status", "-o", "ndjson"]));
    let of =
        |kind: &str| -> Vec<&Value> { rows.iter().filter(|row| row["Kind"] == kind).collect() };
    let table = |name: &str| *of("table").iter().find(|row| row["Table"] == name).unwrap();
    let sign_ins = table("SigninLogs");
    assert_eq!((&sign_ins["Rows"], &sign_ins["Files"]), (&json!(2), &json!(2)), "{sign_ins}");
    assert_eq!(sign_ins["First"], "2026-01-05T10:00:00.000Z");
    assert_eq!(sign_ins["Last"], "2026-01-07T11:00:00.000Z");
    let stored = files_under(&workspace.path("lake/SigninLogs"));
    assert_eq!(sign_ins["Bytes"], json!(stored), "{sign_ins}");
    assert_eq!(table("DeadLetters")["Rows"], 1);

    let sources = of("source");
    assert_eq!(sources.len(), 2, "{sources:#?}");
    let [first, second] = [sources[0], sources[1]];
    assert!(first["Source"].as_str().unwrap().ends_with(&format!("{HUB}/0")), "{first}");
    assert_eq!((&first["Position"], &first["LastEnqueued"]), (&json!(2), &json!(4)), "{first}");
    assert_eq!(first["LagEvents"], 2, "{first}");
    let seconds = first["LagSeconds"].as_i64().unwrap();
    assert!((1..60).contains(&seconds), "{first}");
    // Nothing of the second one was taken.
    assert_eq!((&second["Position"], &second["LagEvents"]), (&json!(null), &json!(1)), "{second}");

    let letters = of("deadLetters");
    assert_eq!(
        (&letters[0]["Reason"], &letters[0]["Letters"]),
        (&json!("invalid_json"), &json!(1))
    );

    take_in(&workspace, &devhub);
    let rows =
        objects(&lake(&workspace, &devhub, &["status", "--only", "sources", "-o", "ndjson"]));
    for row in rows {
        assert_eq!((&row["LagEvents"], &row["LagSeconds"]), (&json!(0), &json!(0)), "{row}");
    }
}

fn files_under(directory: &std::path::Path) -> u64 {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("_delta_log") {
            bytes += files_under(&path);
        } else if path.is_file() {
            bytes += path.metadata().unwrap().len();
        }
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_cannot_be_reached_does_not_hide_the_lake() {
    let workspace = Workspace::new();
    let devhub = start(1).await;
    devhub.append(HUB, 0, event("2026-01-05T10:00:00Z", "a")).unwrap();
    take_in(&workspace, &devhub);
    let string = devhub.connection_string();
    devhub.shutdown().await;
    let run = |arguments: &[&str]| {
        let mut command = workspace.command(arguments);
        command
            .env("ENTRALOG_EVENT_HUBS_CONNECTION_STRING", &string)
            .env("ENTRALOG_EVENT_HUBS", HUB);
        Running::start(&mut command).wait()
    };
    let finished = run(&["lake", "status", "--only", "sources", "-o", "ndjson"]);
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert!(finished.stderr.contains("its lag is not known"), "{finished:#?}");
    let row = &objects(&finished)[0];
    assert_eq!((&row["Position"], &row["LagEvents"]), (&json!(0), &json!(null)), "{row}");
    let offline = run(&["lake", "status", "--offline", "--only", "sources", "-o", "ndjson"]);
    assert_eq!((offline.stdout, offline.stderr.as_str()), (finished.stdout, ""));
}

#[test]
fn status_has_a_form_for_people_and_one_for_each_program() {
    let workspace = Workspace::new();
    workspace.write("a.ndjson", lines(&[sign_in("2026-01-05T10:00:00Z", "a@x", "0", "s0")]));
    workspace.succeed(&["ingest", "--from", "a.ndjson"]);

    let table = workspace.succeed(&["lake", "status", "-o", "table"]).stdout;
    for part in ["Tables of ", "SigninLogs", "Sources\nnone", "Dead letters\nnone"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    let json = workspace.succeed(&["lake", "status", "-o", "json"]).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["Tables"].as_array().unwrap().len(), 2, "{json:#}");
    assert_eq!((&json["Sources"], &json["DeadLetters"]), (&json!([]), &json!([])));

    let csv = workspace.run(&["lake", "status", "-o", "csv"]);
    assert_eq!(csv.code, Some(3));
    assert!(csv.error().contains("--only"), "{csv:#?}");
    let csv = workspace.succeed(&["lake", "status", "--only", "tables", "-o", "csv"]).stdout;
    assert!(csv.starts_with("Table,Rows,Files,Bytes,First,Last,Version,CommittedAt\n"), "{csv}");

    let files = workspace.succeed(&["lake", "status", "--only", "sources", "--files"]).stdout;
    let file: Value = serde_json::from_str(&files).unwrap();
    assert!(file["Source"].as_str().unwrap().starts_with("file:"), "{file}");
    let said = workspace.succeed(&["lake", "status", "--only", "sources"]);
    assert_eq!(said.stdout, "");
    assert!(said.stderr.contains("--files lists them"), "{said:#?}");
}

#[test]
fn history_says_what_each_commit_moved() {
    let workspace = Workspace::new();
    let time = "2026-01-05T10:00:00Z";
    let first = lines(&[sign_in(time, "a@x", "0", "s0"), sign_in(time, "a@x", "0", "s1")]);
    let path = workspace.write("a.ndjson", &first).canonicalize().unwrap();
    workspace.succeed(&["ingest", "--from", "a.ndjson"]);
    workspace.append("a.ndjson", &lines(&[sign_in("2026-01-06T10:00:00Z", "b@x", "0", "s2")]));
    workspace.succeed(&["ingest", "--from", "a.ndjson"]);
    workspace.write("b.ndjson", lines(&[audit(time, "Add user", "a0")]));
    workspace.succeed(&["ingest", "--from", "b.ndjson"]);

    let rows = objects(&workspace.succeed(&["lake", "history", "SigninLogs"]));
    let versions: Vec<_> = rows.iter().map(|row| row["Version"].as_i64().unwrap()).collect();
    assert_eq!(versions, [2, 1, 0], "{rows:#?}");
    let (newest, older, created) = (&rows[0], &rows[1], &rows[2]);
    assert_eq!((&newest["RowsAdded"], &newest["FilesAdded"]), (&json!(1), &json!(1)));
    assert_eq!(older["RowsAdded"], 2);
    assert_eq!(created["Operation"], "CREATE TABLE");
    let taken = first.trim_end().len();
    let now = std::fs::metadata(&path).unwrap().len() - 1;
    let sources = newest["Sources"].as_str().unwrap();
    assert!(sources.starts_with(&format!("file:{}?", path.display())), "{sources}");
    assert!(sources.ends_with(&format!(": {taken}->{now}")), "{sources}");
    assert!(older["Sources"].as_str().unwrap().ends_with(&format!(": none->{taken}")), "{older}");
    assert!(newest["Writer"].as_str().unwrap().starts_with("entralog/"), "{newest}");
    assert_eq!(newest["BytesRemoved"], 0);

    let all = objects(&workspace.succeed(&["lake", "history", "--limit", "2"]));
    let tables: Vec<_> = all.iter().map(|row| row["Table"].as_str().unwrap()).collect();
    assert_eq!(tables, ["DeadLetters", "AuditLogs"], "{all:#?}");
    let limited = objects(&workspace.succeed(&["lake", "history", "SigninLogs", "--limit", "1"]));
    assert_eq!(limited, rows[..1]);
    assert_eq!(objects(&workspace.succeed(&["lake", "history", "--since", "1h"])).len(), 9);
    let later = "2199-01-01T00:00:00Z";
    assert_eq!(workspace.succeed(&["lake", "history", "--since", later]).stdout, "");
    let wrong = workspace.run(&["lake", "history", "--since", "yesterday"]);
    assert_eq!(wrong.code, Some(3));
    let unknown = workspace.run(&["lake", "history", "SignInLogs"]);
    assert!(unknown.error().contains("did you mean \"SigninLogs\"?"), "{unknown:#?}");
}

#[test]
fn history_says_where_it_begins_after_the_log_was_cleaned_up() {
    let workspace = Workspace::new();
    // A row a commit: version 100 has a checkpoint, so that what is before it may go.
    workspace.write("entralog.yaml", "flush: {rows: 1}\n");
    let records: Vec<_> =
        (0..105).map(|n| sign_in("2026-01-05T10:00:00Z", "a@x", "0", &format!("s{n}"))).collect();
    workspace.write("a.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "a.ndjson"]);
    let log = workspace.path("lake/SigninLogs/_delta_log");
    assert!(log.join(format!("{:020}.checkpoint.parquet", 100)).exists());
    (0..=98).for_each(|n| std::fs::remove_file(log.join(format!("{n:020}.json"))).unwrap());
    let finished = workspace.succeed(&["lake", "history", "SigninLogs", "--limit", "200"]);
    assert!(finished.stderr.contains("the history begins here"), "{finished:#?}");
    assert!(finished.stderr.contains("version=99"), "{finished:#?}");
    let rows = objects(&finished);
    assert_eq!(rows.len(), 7, "{rows:#?}");
    let oldest = rows.last().unwrap()["Sources"].as_str().unwrap();
    assert!(oldest.contains(": ?->"), "{oldest}");
    // That is no damage.
    workspace.succeed(&["lake", "verify"]);
}

#[test]
fn status_has_the_time_of_the_commit_and_not_that_of_its_file() {
    let workspace = Workspace::new();
    workspace.write("a.ndjson", lines(&[sign_in("2026-01-05T10:00:00Z", "a@x", "0", "s0")]));
    workspace.succeed(&["ingest", "--from", "a.ndjson"]);
    let log = workspace.path("lake/SigninLogs/_delta_log");
    for file in std::fs::read_dir(log).unwrap() {
        // As a copy of the lake has it.
        let file = std::fs::File::options().write(true).open(file.unwrap().path()).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    }
    let status = objects(&workspace.succeed(&["lake", "status", "--only", "tables"]));
    let status = status.iter().find(|row| row["Table"] == "SigninLogs").unwrap();
    let history = objects(&workspace.succeed(&["lake", "history", "SigninLogs"]));
    assert_eq!(status["CommittedAt"], history[0]["Time"], "{status}");
}

#[test]
fn history_says_how_many_rows_compaction_and_retention_took_out() {
    let workspace = Workspace::new();
    workspace.write("entralog.yaml", "flush: {rows: 1}\nretention: {SigninLogs: 30d}\n");
    let records: Vec<_> =
        (0..3).map(|n| sign_in("2020-01-05T10:00:00Z", "a@x", "0", &format!("s{n}"))).collect();
    workspace.write("a.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "a.ndjson"]);
    workspace.succeed(&["lake", "compact"]);
    workspace.succeed(&["lake", "retain"]);
    let rows = objects(&workspace.succeed(&["lake", "history", "SigninLogs", "--limit", "3"]));
    let moved = |row: &Value| {
        ["RowsAdded", "RowsRemoved", "FilesAdded", "FilesRemoved", "Sources"]
            .map(|name| row[name].clone())
    };
    assert_eq!(moved(&rows[0]), [json!(0), json!(3), json!(0), json!(1), json!("")]);
    assert_eq!(moved(&rows[1]), [json!(3), json!(3), json!(1), json!(3), json!("")]);
    let ingested = moved(&rows[2]);
    assert_eq!(ingested[..4], [json!(1), json!(0), json!(1), json!(0)]);
    let sources = ingested[4].as_str().unwrap();
    assert!(sources.starts_with("file:") && !sources.contains(';'), "{sources}");
}
