//! What somebody who wants to do harm could send: no crash, time and memory in proportion to the bytes,
//! a reason for what is refused, and the records beside it as if nothing were.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use std::time::Instant;

use entralog::decode::decode;
use entralog::table::{Provenance, TableBuilder, table_of};
use serde_json::Value;

use crate::accounted::unaccounted;
use crate::support::{Workspace, sign_in};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

const FROM: Provenance<'_> = Provenance { source: "any", position: 1, ingested_at: 1 };

/// The head of a record that has a table and a time.
const HEAD: &str = r#"{"time":"2026-01-05T10:00:00Z","category":"SignInLogs""#;

/// `part` again and again, up to a length.
fn fill(part: &str, length: usize) -> String {
    part.repeat(length / part.len())
}

/// `part` again and again with a number in the place of `#`, up to a length.
fn count_up(part: &str, length: usize) -> String {
    let mut out = String::new();
    for n in 0.. {
        if out.len() >= length {
            break;
        }
        out.push_str(&part.replace('#', &n.to_string()));
    }
    out
}

/// JSON inside of a string.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Bodies of about a length, each the worst case of some step.
fn bodies(length: usize) -> Vec<(String, Vec<u8>)> {
    let mut bodies = Vec::new();
    for part in [
        "{",
        "[",
        "}",
        "]",
        "\"",
        "'",
        "\\",
        "{'",
        "{\"",
        "{]",
        "[}",
        "{}",
        "{},",
        "[]",
        "[7,",
        "{a}",
        "7 ",
        "{\"a\":",
        "{\"a\":[",
        "{\"a\":tru}",
        "{'a':1}",
        "{'a':x}",
        "{\"a\":1}x",
        "{\"records\":[",
        "[{\"records\":[",
        "{\"records\":[]}",
        "{\"records\":[],\"a\":1}",
        "{\"a\":'",
        "{'a':\"",
        "{\"\\",
        "\u{feff}",
        "\0",
        "\u{c}",
        "é{",
        "{\"properties\":{",
        "{\"properties\":\"{",
        "{\"a\":\"\n\"}",
        "{\"a\":None}",
        "{None",
    ] {
        bodies.push((format!("{part:?} again and again"), fill(part, length).into_bytes()));
        let array = format!("[{}", fill(&format!("{part},"), length));
        bodies.push((format!("an array of {part:?}"), array.into_bytes()));
        let inner = fill(part, length);
        let record = format!("[{HEAD},\"a\":{inner}}},{HEAD}}}]");
        bodies.push((format!("{part:?} as a value"), record.into_bytes()));
        let record = format!(
            "[{HEAD},\"deviceDetail\":1,\"properties\":{{\"deviceDetail\":{}}}}}]",
            quoted(&inner)
        );
        bodies.push((format!("{part:?} in a string of a dynamic column"), record.into_bytes()));
        let record = format!("[{HEAD},\"properties\":{}}}]", quoted(&inner));
        bodies.push((format!("{part:?} in properties that are text"), record.into_bytes()));
        let record = format!("[{HEAD},{}:1}}]", quoted(&inner));
        bodies.push((format!("{part:?} as a key"), record.into_bytes()));
    }
    for (name, members) in [
        ("the same key", fill(",\"userId\":\"u\"", length)),
        ("the same key with other values", count_up(",\"userId\":\"#\"", length)),
        ("the same key in another case", count_up(",\"userId\":#,\"USERID\":\"#\"", length)),
        ("many keys", count_up(",\"key#\":#", length)),
        ("many escaped keys", count_up(",\"k\\u0065y#\":#", length)),
        ("many properties objects", fill(",\"properties\":{\"userId\":\"u\"}", length)),
        ("many properties texts", fill(",\"properties\":\"{\\\"userId\\\":1}\"", length)),
        ("a long number", format!(",\"durationMs\":1{}", fill("0", length))),
        ("a long fraction", format!(",\"durationMs\":1.{}", fill("1", length))),
        ("a long exponent", format!(",\"durationMs\":1e{}", fill("1", length))),
        ("many escapes", format!(",\"userId\":\"{}\"", fill("\\u00e9\\n", length))),
        ("half pairs", format!(",\"userId\":\"{}\"", fill("\\ud800", length))),
        (
            "a long time",
            format!(",\"createdDateTime\":\"2026-01-05T10:00:00.{}Z\"", fill("1", length)),
        ),
        ("nulls", count_up(",\"key#\":null", length)),
    ] {
        bodies.push((name.to_owned(), format!("[{HEAD}{members}}}]").into_bytes()));
        let properties = format!("[{HEAD},\"properties\":{{\"x\":1{members}}}}}]");
        bodies.push((format!("{name} in properties"), properties.into_bytes()));
        let text = quoted(&format!("{{\"x\":1{members}}}"));
        bodies.push((
            format!("{name} in properties that are text"),
            format!("[{HEAD},\"properties\":{text}}}]").into_bytes(),
        ));
        let envelope = format!("{{\"x\":1{members},\"records\":[{HEAD}}}]{members}}}");
        bodies.push((format!("{name} beside records"), envelope.into_bytes()));
        let row = format!(
            "{{\"TimeGenerated\":\"2026-01-05T10:00:00Z\",\"Type\":\"SigninLogs\"{members}}}"
        );
        bodies.push((format!("{name} in a row"), row.into_bytes()));
    }
    bodies
}

/// The way of a body up to its rows.
fn take_in(body: &[u8]) -> usize {
    let decoded = decode(body);
    let mut rows = 0;
    for record in decoded.iter().flatten() {
        if let Ok(table) = table_of(&record) {
            let mut builder = TableBuilder::new(table);
            rows += usize::from(builder.append(&record, FROM).is_ok());
            builder.finish().unwrap();
        }
    }
    rows
}

/// In seconds, far from what any of these takes.
const ENOUGH: f64 = 0.25;

#[test]
fn time_grows_with_the_length_of_a_body_and_not_with_its_square() {
    let time = |body: &[u8]| {
        let begin = Instant::now();
        take_in(body);
        begin.elapsed().as_secs_f64()
    };
    for ((name, short), (_, long)) in bodies(128 * KIB).iter().zip(&bodies(MIB)) {
        // Eight times the bytes are 64 times the work when it is square. The machine may be busy.
        let mut seen = Vec::new();
        let is_linear = (0..4).any(|_| {
            let (few, many) = (time(short), time(long));
            seen.push((few, many));
            many < ENOUGH || many < few * 24.0
        });
        assert!(is_linear, "{name}: {seen:?}");
    }
}

#[test]
fn what_comes_out_of_a_body_is_no_more_than_the_body() {
    for (name, body) in bodies(64 * KIB) {
        let decoded = decode(&body);
        let (mut parts, mut fields, mut bytes) = (0, 0, 0);
        for item in decoded.iter() {
            parts += 1;
            match item {
                Ok(record) => {
                    fields += record.fields.len() + record.properties.len();
                    bytes += record.json.len();
                }
                Err(rejected) => bytes += rejected.bytes.len(),
            }
        }
        // A part takes two bytes at least, a field five. A repair may write a byte as six.
        assert!(parts <= body.len() / 2 + 1, "{name}: {parts} parts");
        assert!(fields <= body.len() / 5 + 1, "{name}: {fields} fields");
        assert!(bytes <= body.len() * 6, "{name}: {bytes} bytes");
        let lost = unaccounted(&body, &decoded);
        assert!(lost.is_empty(), "{name}: {lost:?}");
    }
}

/// A file is open for a day; a message may name any number of them.
#[test]
#[cfg(target_os = "linux")]
fn records_of_many_days_take_no_more_memory_than_of_one() {
    let workspace = Workspace::new();
    let first = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
    let records: Vec<_> = first
        .iter_days()
        .take(500)
        .map(|day| format!(r#"{{"time":"{day}T10:00:00Z","category":"SignInLogs"}}"#))
        .collect();
    workspace.write("logs.ndjson", format!("{{\"records\":[{}]}}\n", records.join(",")));
    // Kilobytes of address space, of which a thread must not set any aside: files that stayed open would take
    // a gigabyte, and what waits for memory may wait for ever.
    let limited = std::process::Command::new("sh")
        .args([
            "-c",
            "ulimit -v 600000; exec timeout 100 \"$0\" ingest --from logs.ndjson --lake lake",
        ])
        .env("MALLOC_ARENA_MAX", "1")
        .arg(env!("CARGO_BIN_EXE_entralog"))
        .current_dir(workspace.path(""))
        .output()
        .unwrap();
    assert!(limited.status.success(), "{limited:?}");
    assert_eq!(workspace.count("SigninLogs"), 500);
}

#[test]
fn whatever_is_sent_its_neighbours_come_in_and_what_is_refused_has_a_reason() {
    let good = |id: &str| sign_in("2026-01-05T10:00:00Z", "ada@contoso.com", "0", id).to_string();
    let with = |id: &str, rest: &str| {
        let record = good(id);
        format!("{},{rest}}}", &record[..record.len() - 1])
    };
    let brackets = "[".repeat(MIB);
    let long = "x".repeat(32 * MIB);
    let many = count_up(",\"key#\":#", 2 * MIB);
    let digits = "7".repeat(10_000);
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("", with("h0", &format!("\"UserAgent\":\"{long}\"")).into()),
        ("", with("h1", "\"userId\":\"first\",\"userId\":\"second\"").into()),
        ("", with("h2", r#""userId":"\ud83e","\udc00":1,"a":"\u0000""#).into()),
        ("", with("h3", &format!("\"durationMs\":1e400,\"a\":{digits}")).into()),
        ("", with("h4", &many[1..]).into()),
        ("", with("h5", &format!("\"Properties\":{}", quoted(&brackets))).into()),
        ("", with("h6", &format!("\"deviceDetail\":{}", quoted(&brackets))).into()),
        ("", with("h7", &format!("\"authenticationDetails\":{}", quoted(&brackets))).into()),
        ("", format!("\u{feff}{}", good("h8")).into()),
        ("", with("h9", "\"a\":\"\0\u{1}\"").into()),
        ("too_deep", brackets[..MIB - 1].into()),
        ("too_deep", with("x", &format!("\"a\":{brackets}{}", "]".repeat(MIB))).into()),
        ("invalid_utf8", [with("x", "\"a\":\"").as_bytes(), b"\xff\"}"].concat()),
        ("invalid_json", vec![0; 1000]),
        ("invalid_json", format!("{{\"a\":{digits}x").into()),
        ("invalid_json", digits.clone().into()),
    ];
    let workspace = Workspace::new();
    let mut lines = good("first").into_bytes();
    for (_, body) in &bodies {
        lines.push(b'\n');
        lines.extend(body);
    }
    lines.extend(format!("\n{}\n", good("last")).bytes());
    workspace.write("hostile.ndjson", lines);
    workspace.succeed(&["ingest", "--from", "hostile.ndjson"]);

    let ids = workspace.rows("SELECT Id FROM SigninLogs WHERE Id IS NOT NULL ORDER BY Id");
    let ids: Vec<_> = ids.iter().map(|row| row["Id"].as_str().unwrap()).collect();
    let expected = ["first", "h0", "h1", "h2", "h3", "h5", "h6", "h7", "h8", "h9", "last"];
    assert_eq!(ids, expected);
    let length = "SELECT max(length(UserAgent)) FROM SigninLogs";
    assert_eq!(workspace.number(length), 32 * MIB as i64);
    // More fields than a row can tell apart: all that is past them is in `_Unmapped`.
    let of_many =
        "SELECT count(*) FROM SigninLogs WHERE Id IS NULL AND _Unmapped LIKE '%\"id\":\"h4\"%'";
    assert_eq!(workspace.number(of_many), 1);

    let letters = workspace.rows("SELECT Reason, Detail, Body FROM DeadLetters");
    let refused = bodies.iter().zip(2..).filter(|((reason, _), _)| !reason.is_empty());
    let mut count = 0;
    for ((reason, body), line) in refused {
        count += 1;
        let place = format!("line {line}, ");
        let is_of_line = |letter: &&Value| letter["Detail"].as_str().unwrap().starts_with(&place);
        let letter = letters.iter().find(is_of_line).unwrap_or_else(|| panic!("no {place}"));
        assert_eq!(letter["Reason"], *reason, "{place}{}", letter["Detail"]);
        // As hex; the bracket of an array around it is not of what was refused.
        let kept = letter["Body"].as_str().unwrap().len() / 2;
        assert!((body.len() - 1..=body.len()).contains(&kept), "{place}{kept}");
    }
    assert_eq!(letters.len(), count);

    // Nor does a query fall over what was kept.
    for column in ["DeviceDetail", "AuthenticationDetails", "_Unmapped"] {
        let sql = format!(
            "SELECT count({column}->>'no') + count(json_find({column}, 'a', 'b', 'c')) FROM SigninLogs"
        );
        assert_eq!(workspace.number(&sql), 0, "{column}");
    }
}
