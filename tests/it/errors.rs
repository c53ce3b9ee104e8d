//! What is said, and with which exit code, when something is wrong.

use std::io::Write as _;

use crate::support::{Running, Workspace, lines, sign_in};

fn one_record() -> String {
    lines(&[sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", "s0")])
}

#[test]
fn a_lake_that_cannot_be_written_is_named() {
    let workspace = Workspace::new();
    workspace.write("logs.ndjson", one_record());
    workspace.write("file", "no directory");
    let finished = workspace.run(&["ingest", "--from", "logs.ndjson", "--lake", "file/x"]);
    assert_eq!(finished.code, Some(4), "{finished:#?}");
    assert!(finished.error().contains("file/x"), "{finished:#?}");

    let finished = workspace.run(&["ingest", "--from", "logs.ndjson", "--lake", "file"]);
    assert_eq!(finished.code, Some(3), "{finished:#?}");
    assert!(finished.error().contains("it is a file"), "{finished:#?}");

    let finished = workspace.run(&["ingest", "--from", "logs.ndjson", "--lake", "gopher://x/lake"]);
    assert_eq!(finished.code, Some(3), "{finished:#?}");
    assert!(finished.error().contains("gopher://x/lake"), "{finished:#?}");
}

#[cfg(unix)]
#[test]
fn a_lake_without_permission_says_what_to_do() {
    use std::os::unix::fs::PermissionsExt as _;

    let workspace = Workspace::new();
    workspace.write("logs.ndjson", one_record());
    std::fs::create_dir(workspace.path("locked")).unwrap();
    let read_only = std::fs::Permissions::from_mode(0o555);
    std::fs::set_permissions(workspace.path("locked"), read_only).unwrap();
    if std::fs::create_dir(workspace.path("locked/probe")).is_ok() {
        println!("skipped: this user may write whatever the permissions say");
        return;
    }
    let finished = workspace.run(&["ingest", "--from", "logs.ndjson", "--lake", "locked/lake"]);
    assert_eq!(finished.code, Some(4), "{finished:#?}");
    assert!(finished.error().contains("choose another --lake"), "{finished:#?}");
}

#[test]
fn a_broken_file_keeps_neither_its_own_beginning_nor_the_others_out() {
    let workspace = Workspace::new();
    let record = |n: u32| sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", &format!("s{n}"));
    let many: Vec<_> = (0..2000).map(record).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(lines(&many).as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    workspace.write("logs/1-cut.ndjson.gz", &gzip[..gzip.len() / 2]);
    workspace.write("logs/2-nonsense.json.gz", [&[0x1f, 0x8b, 8, 0][..], &[0xff; 100]].concat());
    workspace
        .write("logs/3-nonsense.json.zst", [&[0x28, 0xb5, 0x2f, 0xfd][..], &[0xff; 100]].concat());
    workspace.write("logs/4-good.ndjson", lines(&[record(9000), record(9001)]));
    let finished = workspace.run(&["ingest", "--from", "logs"]);
    assert_eq!(finished.code, Some(4), "{finished:#?}");
    for name in ["1-cut.ndjson.gz", "2-nonsense.json.gz", "3-nonsense.json.zst"] {
        let said =
            finished.stderr.lines().find(|line| line.contains("ERROR") && line.contains(name));
        assert!(said.is_some(), "nothing is said of {name}: {finished:#?}");
    }
    let cut = finished.stderr.lines().find(|line| line.contains("1-cut")).unwrap();
    assert!(cut.contains("past byte") && cut.contains("mend the file and run again"), "{cut}");
    let taken = workspace.distinct_count("SigninLogs");
    assert!((100..2000).contains(&taken), "{taken}");
    assert_eq!(
        workspace.number("SELECT count(*) FROM SigninLogs WHERE Id IN ('s9000', 's9001')"),
        2
    );

    // Mended, it is continued where it broke.
    workspace.write("logs/1-cut.ndjson.gz", &gzip);
    workspace.run(&["ingest", "--from", "logs"]);
    assert_eq!(workspace.distinct_count("SigninLogs"), 2002);
    assert_eq!(workspace.number("SELECT count(DISTINCT Id) FROM SigninLogs"), 2002);
}

#[test]
fn a_broken_role_snapshot_does_not_keep_the_others_out() {
    let workspace = Workspace::new();
    let context = "https://graph.microsoft.com/v1.0/$metadata#roleManagement/directory/roleAssignmentScheduleInstances";
    workspace.write(
        "logs/1.json",
        format!("{{\"@odata.context\":\"{context}\",\"value\":[{{\"id\":1}}]}}"),
    );
    workspace.write("logs/2.ndjson", one_record());
    let finished = workspace.run(&["ingest", "--from", "logs"]);
    assert_eq!(finished.code, Some(4), "{finished:#?}");
    assert!(finished.stderr.contains("1.json"), "{finished:#?}");
    assert_eq!(workspace.count("SigninLogs"), 1);
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let workspace = Workspace::new();
    let finished = workspace.run(&["ingest", "--from", "no/such/file"]);
    assert_eq!(finished.code, Some(4), "{finished:#?}");
    assert!(finished.error().contains("cannot read no/such/file: No such file"), "{finished:#?}");
    std::fs::create_dir(workspace.path("empty")).unwrap();
    let finished = workspace.run(&["ingest", "--from", "empty"]);
    assert_eq!(finished.code, Some(4), "{finished:#?}");
    assert!(finished.error().contains("no file to read in empty"), "{finished:#?}");
}

#[test]
fn a_file_that_was_cut_after_it_was_taken_is_refused() {
    let workspace = Workspace::new();
    workspace.write("logs.ndjson", one_record().repeat(3));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    workspace.write("logs.ndjson", one_record());
    let finished = workspace.run(&["ingest", "--from", "logs.ndjson"]);
    assert_eq!(finished.code, Some(4), "{finished:#?}");
    assert!(finished.stderr.contains("it was cut or written anew"), "{finished:#?}");
    assert_eq!(workspace.count("SigninLogs"), 3);
}

#[test]
fn a_mistake_in_the_configuration_is_named_with_its_place() {
    for (text, said) in [
        ("lakes: x\n", "lakes"),
        ("flush:\n  age: soon\n", "soon"),
        ("flush:\n  colour: red\n", "colour"),
        ("lake: [\n", "line"),
        ("eventHubs: [{hubs: [a]}]\n", "eventHubs[0]"),
        (
            "destinations: [{name: a, webhook: {url: u}}, {name: a, webhook: {url: u}}]\n",
            "destinations[0].name",
        ),
        ("rules: {disabled: [no-such-rule]}\n", "no-such-rule"),
    ] {
        let workspace = Workspace::new();
        workspace.write("logs.ndjson", one_record());
        workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
        workspace.write("entralog.yaml", text);
        let finished = workspace.run(&["rule", "run"]);
        assert_eq!(finished.code, Some(3), "{text}: {finished:#?}");
        assert!(finished.error().contains("onfiguration"), "{text}: {finished:#?}");
        assert!(finished.stderr.contains(said), "{text}: {finished:#?}");
    }
}

#[test]
fn a_configuration_that_was_named_and_is_not_there_is_an_error() {
    let workspace = Workspace::new();
    let finished = workspace.run(&["rule", "list", "--config", "nowhere.yaml"]);
    assert_eq!(finished.code, Some(3), "{finished:#?}");
    assert!(finished.error().contains("nowhere.yaml"), "{finished:#?}");
}

#[test]
fn a_secret_that_stands_in_the_configuration_is_refused_and_not_printed() {
    let string = "Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=hush-hush";
    let webhook = |header: &str| {
        format!(
            "destinations: [{{name: a, webhook: {{url: 'https://x', secretHeaders: {header}}}}}]"
        )
    };
    for text in [
        format!("eventHubs:\n  - connectionString: {string}\n"),
        format!("eventHubs:\n  - connectionString: {{value: '{string}'}}\n"),
        format!("eventHubs:\n  - '{string}'\n"),
        format!("eventHubs: {string}\n"),
        format!("connectionString: {string}\n"),
        webhook("{Authorization: Bearer hush-hush}"),
        webhook("[Bearer hush-hush]"),
        webhook("Bearer hush-hush"),
    ] {
        let workspace = Workspace::new();
        workspace.write("entralog.yaml", &text);
        let finished = workspace.run(&["ingest"]);
        assert_eq!(finished.code, Some(3), "{text}: {finished:#?}");
        assert!(finished.error().contains("entralog.yaml"), "{finished:#?}");
        assert!(!finished.stderr.contains("hush"), "the secret is printed: {finished:#?}");
    }
}

#[test]
fn a_secret_that_cannot_be_had_is_named() {
    let workspace = Workspace::new();
    let hubs = |secret: &str| format!("eventHubs: [{{connectionString: {secret}, hubs: [a]}}]\n");
    for (secret, said) in [
        (
            "{env: MY_HUBS_THAT_NOBODY_SETS}",
            "environment variable MY_HUBS_THAT_NOBODY_SETS is not set",
        ),
        ("{file: /no/such/secret}", "cannot read the secret in /no/such/secret"),
    ] {
        workspace.write("entralog.yaml", hubs(secret));
        let finished = workspace.run(&["ingest", "--once"]);
        assert_eq!(finished.code, Some(3), "{finished:#?}");
        assert!(finished.error().contains(said), "{finished:#?}");
    }
}

#[test]
fn a_connection_string_that_cannot_be_used_is_explained_without_its_key() {
    let workspace = Workspace::new();
    for (string, hubs, said) in [
        ("nonsense", "a", "not KEY=VALUE"),
        ("", "a", "Endpoint is missing"),
        ("Endpoint=https://x/;SharedAccessKeyName=n;SharedAccessKey=hush", "a", "not sb://"),
        ("Endpoint=sb://x/;SharedAccessKey=hush", "a", "SharedAccessKeyName is missing"),
        (
            "Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=hush",
            "",
            "name the hubs to read",
        ),
        (
            "Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=hush;EntityPath=b",
            "a",
            "for hub \"b\" only",
        ),
    ] {
        let mut command = workspace.command(&["ingest", "--once"]);
        command.env("ENTRALOG_EVENT_HUBS_CONNECTION_STRING", string);
        command.env("ENTRALOG_EVENT_HUBS", hubs);
        let finished = Running::start(&mut command).wait();
        assert_eq!(finished.code, Some(3), "{string}: {finished:#?}");
        assert!(finished.error().contains(said), "{string}: {finished:#?}");
        assert!(!finished.stderr.contains("hush"), "the key is printed: {finished:#?}");
    }
}

#[test]
fn usage_that_is_wrong_is_told_from_help() {
    let workspace = Workspace::new();
    for (arguments, code) in [
        (vec!["--help"], 0),
        (vec!["--version"], 0),
        (vec!["ingest", "--help"], 0),
        (vec!["injest"], 3),
        (vec!["query"], 3),
        (vec!["query", "-o", "xml", "SELECT 1"], 3),
        (vec!["ingest", "--from", "x", "--once"], 3),
        (vec!["ingest"], 3),
    ] {
        let finished = workspace.run(&arguments);
        assert_eq!(finished.code, Some(code), "{arguments:?}: {finished:#?}");
        let (said, silent) = match code {
            0 => (&finished.stdout, &finished.stderr),
            _ => (&finished.stderr, &finished.stdout),
        };
        assert!(!said.is_empty() && silent.is_empty(), "{arguments:?}: {finished:#?}");
    }
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file() {
    let workspace = Workspace::new();
    workspace.write("logs.ndjson", one_record());
    workspace.write("entralog.yaml", "lake: from-file\n");
    let exists = |name: &str| workspace.path(name).join("SigninLogs").exists();
    workspace.succeed(&["ingest", "--from", "logs.ndjson", "--lake", "from-flag"]);
    assert!(exists("from-flag") && !exists("lake") && !exists("from-file"));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);
    assert!(exists("lake") && !exists("from-file"));
    let mut command = workspace.command(&["ingest", "--from", "logs.ndjson"]);
    assert_eq!(Running::start(command.env_remove("ENTRALOG_LAKE")).wait().code, Some(0));
    assert!(exists("from-file"));
}
