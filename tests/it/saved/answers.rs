//! What every built-in query says of known logs: of the sample, in which attacks and near misses
//! are planted, and of the rows of `rows.ndjson`, for what the sample has no case of.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::collections::BTreeSet;

use serde_json::Value;

use super::case::{Case, Logs};
use super::cases::cases;
use crate::support::{Workspace, argument};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sample-data");
const ROWS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/saved/rows.ndjson");

fn names(workspace: &Workspace) -> BTreeSet<String> {
    let answer = workspace.succeed(&["saved", "list", "-o", "json"]).stdout;
    let rows: Vec<Value> = serde_json::from_str(&answer).unwrap();
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

fn answer(workspace: &Workspace, case: &Case) -> Vec<Value> {
    let (since, until) = case.logs.time();
    let mut arguments =
        vec!["saved", "run", case.query, "--since", since, "--until", until, "-o", "json"];
    for parameter in &case.parameters {
        arguments.extend(["-p", parameter]);
    }
    serde_json::from_str(&workspace.succeed(&arguments).stdout).unwrap()
}

#[test]
fn every_built_in_query_answers_its_question_of_known_logs() {
    let workspace = Workspace::new();
    let copy = workspace.path("logs");
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(SAMPLE).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    std::fs::copy(ROWS, copy.join("rows.ndjson")).unwrap();
    workspace.succeed(&["ingest", "--from", argument(&copy)]);
    assert_eq!(workspace.count("DeadLetters"), 0);

    let cases = cases();
    let wrong: Vec<_> =
        cases.iter().filter_map(|case| case.differs(&answer(&workspace, case))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let tested: BTreeSet<_> = cases.iter().map(|case| case.query.to_owned()).collect();
    assert_eq!(names(&workspace), tested, "a query has no case, or a case no query");
}

#[test]
fn of_logs_that_were_never_written_every_query_says_nothing_and_does_not_fail() {
    let workspace = Workspace::new();
    // A lake that holds one row, of a table that no query reads.
    let record =
        r#"{"Type":"RemoteNetworkHealthLogs","TimeGenerated":"2020-01-05T10:00:00Z","Id":"a"}"#;
    workspace.write("logs.ndjson", record);
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    let asked: BTreeSet<_> =
        cases().into_iter().map(|case| (case.query, case.required())).collect();
    for (query, parameters) in asked {
        let case = Case { query, parameters, logs: Logs::Sample, checks: Vec::new() };
        assert_eq!(answer(&workspace, &case), Vec::<Value>::new(), "{query}");
    }
}

#[test]
fn an_answer_is_the_same_on_every_run() {
    let workspace = Workspace::new();
    workspace.succeed(&["ingest", "--from", ROWS]);
    for case in cases().iter().filter(|case| case.logs == Logs::Rows) {
        assert_eq!(answer(&workspace, case), answer(&workspace, case), "{}", case.query);
    }
}
