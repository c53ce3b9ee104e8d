//! Forms of output.

use std::io::Read as _;

use crate::support::{Running, Workspace, lines, sign_in};

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
     TimeGenerated               │ User            │ Ms │ IsRisky │ date
    ─────────────────────────────┼─────────────────┼────┼─────────┼────────────
     2026-01-05T10:00:00.000000Z │ Zoë@contoso.com │  0 │         │ 2026-01-05
     2026-01-05T11:00:00.500000Z │ =HYPERLINK(1)   │  0 │         │ 2026-01-05
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
fn rows_come_while_the_query_runs_and_a_reader_that_has_seen_enough_is_no_failure() {
    let workspace = lake();
    // It would take days, and all memory if it were kept.
    let query = "SELECT value, repeat('x', 100) AS x FROM generate_series(1, 1000000000000)";
    for form in ["table", "json", "ndjson", "csv", "markdown", "parquet"] {
        let mut command = workspace.command(&["query", "-o", form, query]);
        let mut child = command.spawn().unwrap();
        let mut first = [0; 100_000];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""), "{form}");
    }
}

/// A value of each type that a query can give.
const TYPES: &str = "SELECT TIMESTAMP '2026-01-05T10:00:00.5' AS local, arrow_cast(1, 'Timestamp(Nanosecond, None)') AS nanos,
    arrow_cast(0, 'Timestamp(Second, Some(\"+02:00\"))') AS zoned, DATE '2026-01-05' AS day,
    arrow_cast(arrow_cast(3661, 'Int32'), 'Time32(Second)') AS clock, INTERVAL '1 month 2 days 3.5 seconds' AS span,
    arrow_cast(90, 'Duration(Second)') AS took, [1, NULL, 3] AS list, [TIMESTAMP '2026-01-05T10:00:00'] AS times,
    named_struct('a', 'x\"y', 'b', NULL) AS parts, X'00ff' AS bytes, arrow_cast(1.10, 'Decimal128(10, 2)') AS price,
    CAST('NaN' AS double) AS nan, CAST('inf' AS double) AS inf, 1.5 AS real, true AS yes, NULL AS nothing,
    arrow_cast('word', 'Dictionary(Int32, Utf8)') AS coded, '' AS empty";

#[test]
fn values_of_all_types_look_the_same_in_all_forms() {
    let json = printed("json", TYPES);
    assert_eq!(format!("[{}]\n", printed("ndjson", TYPES).trim_end()), json);
    insta::assert_snapshot!(json.replace(",\"", ",\n\""), @r#"
    [{"local":"2026-01-05T10:00:00.500000Z",
    "nanos":"1970-01-01T00:00:00.000000001Z",
    "zoned":"1970-01-01T00:00:00.000000Z",
    "day":"2026-01-05",
    "clock":"01:01:01.000000",
    "span":"P1M2DT3.5S",
    "took":"PT1M30S",
    "list":[1,null,3],
    "times":["2026-01-05T10:00:00.000000Z"],
    "parts":{"a":"x\"y",
    "b":null},
    "bytes":"00ff",
    "price":1.10,
    "nan":null,
    "inf":null,
    "real":1.5,
    "yes":true,
    "nothing":null,
    "coded":"word",
    "empty":""}]
    "#);
    insta::assert_snapshot!(printed("csv", TYPES), @r#"
    local,nanos,zoned,day,clock,span,took,list,times,parts,bytes,price,nan,inf,real,yes,nothing,coded,empty
    2026-01-05T10:00:00.500000Z,1970-01-01T00:00:00.000000001Z,1970-01-01T00:00:00.000000Z,2026-01-05,01:01:01.000000,P1M2DT3.5S,PT1M30S,"[1,null,3]","[""2026-01-05T10:00:00.000000Z""]","{""a"":""x\""y"",""b"":null}",00ff,1.10,NaN,inf,1.5,true,,word,""
    "#);
    insta::assert_snapshot!(printed("markdown", TYPES), @r#"
    | local | nanos | zoned | day | clock | span | took | list | times | parts | bytes | price | nan | inf | real | yes | nothing | coded | empty |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | ---: | ---: | ---: | ---: | --- | --- | --- | --- |
    | 2026-01-05T10:00:00.500000Z | 1970-01-01T00:00:00.000000001Z | 1970-01-01T00:00:00.000000Z | 2026-01-05 | 01:01:01.000000 | P1M2DT3.5S | PT1M30S | \[1,null,3\] | \["2026-01-05T10:00:00.000000Z"\] | {"a":"x\\"y","b":null} | 00ff | 1.10 | NaN | inf | 1.5 | true |  | word |  |
    "#);
}

/// What attackers write into a log: control characters, markup, formulas, text that runs backwards.
const HOSTILE: &str = "SELECT chr(27) || '[31mred' AS escape, 'a|b' || chr(10) || '<img src=x> [l](h) _i_ a_b `c` \\' AS \"=markup|\",
    chr(8238) || 'gpj.exe' AS bidi, ' =1+1' AS \" +formula\", -1 AS minus, chr(155) || '2J' AS c1";

#[test]
fn hostile_values_are_only_text_in_a_table() {
    insta::assert_snapshot!(printed("table", HOSTILE), @r"
     escape      │ =markup|                         │ bidi            │  +formula │ minus │ c1
    ─────────────┼──────────────────────────────────┼─────────────────┼───────────┼───────┼──────────
     \x1b[31mred │ a|b↵                             │ \u{202e}gpj.exe │  =1+1     │    -1 │ \u{9b}2J
                 │ <img src=x> [l](h) _i_ a_b `c` \ │                 │           │       │
    1 row
    ");
}

#[test]
fn hostile_values_are_only_text_in_markdown() {
    insta::assert_snapshot!(printed("markdown", HOSTILE), @r"
    | escape | =markup\| | bidi |  +formula | minus | c1 |
    | --- | --- | --- | --- | ---: | --- |
    | \x1b\[31mred | a\|b<br>\<img src=x\> \[l\](h) \_i\_ a_b \`c\` \\ | \u{202e}gpj.exe |  =1+1 | -1 | \u{9b}2J |
    ");
    assert_eq!(printed("markdown", "SELECT Id FROM SigninLogs WHERE false"), "| Id |\n| --- |\n");
}

#[test]
fn hostile_values_are_as_they_were_in_json_and_no_formulas_in_csv() {
    let csv = printed("csv", HOSTILE);
    let header = "escape,'=markup|,bidi,' +formula,minus,c1\n";
    let row = "\u{1b}[31mred,\"a|b\n<img src=x> [l](h) _i_ a_b `c` \\\",\u{202e}gpj.exe,' =1+1,-1,\u{9b}2J\n";
    assert_eq!(csv, format!("{header}{row}"));
    let row: serde_json::Value = serde_json::from_str(&printed("ndjson", HOSTILE)).unwrap();
    assert_eq!(
        (row["escape"].as_str(), row["c1"].as_str()),
        (Some("\u{1b}[31mred"), Some("\u{9b}2J"))
    );
}

#[test]
fn csv_tells_no_value_from_an_empty_one_and_loses_no_row() {
    assert_eq!(printed("csv", "SELECT NULL AS a, '' AS b"), "a,b\n,\"\"\n");
    assert_eq!(printed("csv", "SELECT NULL AS a"), "a\n\"\"\n");
}

#[test]
fn two_columns_of_one_name_are_two_columns() {
    let query = "SELECT a.Id, b.Id, 1 AS Id_1 FROM SigninLogs a JOIN SigninLogs b ON a.Id = b.Id ORDER BY 1 LIMIT 1";
    assert_eq!(printed("ndjson", query), "{\"Id\":\"s0\",\"Id_2\":\"s0\",\"Id_1\":1}\n");
}

#[test]
fn parquet_keeps_types_and_rows() {
    use arrow::array::AsArray as _;
    use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    let workspace = lake();
    let read = |query: &str| {
        let output = workspace.command(&["query", "-o", "parquet", query]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(output.stdout));
        let reader = reader.unwrap().build().unwrap();
        let schema = arrow::array::RecordBatchReader::schema(&reader);
        (schema, reader.collect::<Result<Vec<_>, _>>().unwrap())
    };
    let (schema, batches) =
        read("SELECT TimeGenerated, Id, DurationMs FROM SigninLogs ORDER BY Id");
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let types: Vec<_> = schema.fields().iter().map(|field| field.data_type().clone()).collect();
    assert_eq!((types[0].clone(), types[2].clone()), (utc.clone(), DataType::Int64));
    let times = batches[0].column(0).as_primitive::<TimestampMicrosecondType>();
    assert_eq!(times.value(1), 1_767_610_800_500_000);

    let (schema, batches) = read(TYPES);
    let kind = |name: &str| schema.field_with_name(name).unwrap().data_type().clone();
    assert_eq!(kind("zoned"), DataType::Timestamp(TimeUnit::Second, Some("UTC".into())));
    assert_eq!(kind("price"), DataType::Decimal128(10, 2));
    assert_eq!((kind("day"), kind("list").is_nested()), (DataType::Date32, true));
    assert_eq!(batches[0].num_rows(), 1);

    let (_, batches) = read("SELECT value FROM generate_series(1, 300000)");
    assert_eq!(batches.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>(), 300_000);
    let (schema, batches) = read("SELECT Id FROM SigninLogs WHERE false");
    assert_eq!((schema.field(0).name().as_str(), batches.len()), ("Id", 0));
    // Rows of other commands come as Parquet too.
    let output = workspace.command(&["table", "list", "-o", "parquet"]).output().unwrap();
    assert!(output.stdout.starts_with(b"PAR1") && output.stdout.ends_with(b"PAR1"));
}

#[test]
fn a_limit_says_that_there_is_more() {
    let workspace = lake();
    let query = "SELECT value FROM generate_series(1, 100000) ORDER BY value";
    let finished = workspace.succeed(&["query", "--limit", "2", query]);
    assert_eq!(finished.stdout, "{\"value\":1}\n{\"value\":2}\n");
    assert!(finished.stderr.contains("more rows than these 2; --limit all"), "{finished:#?}");
    for limit in ["100000", "all"] {
        let finished = workspace.succeed(&["query", "--limit", limit, query]);
        assert_eq!((finished.stdout.lines().count(), finished.stderr.as_str()), (100_000, ""));
    }
    let finished = workspace.succeed(&["query", "--limit", "0", query]);
    assert_eq!(finished.stdout, "");
    assert!(finished.stderr.contains("--limit all"));
    assert_eq!(workspace.run(&["query", "--limit", "some", query]).code, Some(3));
}

#[test]
fn an_answer_without_an_order_has_one_all_the_same() {
    let workspace = lake();
    // Groups come out of a hash table, on several threads.
    let query = "SELECT value % 500 AS n, count(*) AS c FROM generate_series(1, 200000) GROUP BY 1";
    let answers: Vec<_> =
        (0..3).map(|_| workspace.succeed(&["query", "-o", "csv", query]).stdout).collect();
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    assert!(answers[0].starts_with("n,c\n0,400\n1,400\n2,400\n"), "{}", answers[0]);
    let ordered = "SELECT value FROM generate_series(1, 3) ORDER BY value DESC";
    for query in
        [ordered, &format!("({ordered})"), &format!("({ordered}) LIMIT 9"), "VALUES (3), (2), (1)"]
    {
        let answer = workspace.succeed(&["query", "-o", "csv", query]).stdout;
        assert_eq!(answer.lines().skip(1).collect::<Vec<_>>(), ["3", "2", "1"], "{query}");
    }
}

#[test]
fn a_statement_comes_from_a_file_or_from_standard_input() {
    let workspace = lake();
    workspace.write("count.sql", "-- all of them\nSELECT count(*) AS n\nFROM SigninLogs;\n");
    assert_eq!(workspace.succeed(&["query", "-f", "count.sql"]).stdout, "{\"n\":2}\n");
    for arguments in [&["query"][..], &["query", "-"], &["query", "-f", "-"]] {
        let mut command = workspace.command(arguments);
        let mut running = Running::start(command.stdin(std::process::Stdio::piped()));
        running.feed(b"SELECT count(*) AS n FROM SigninLogs");
        assert_eq!(running.wait().stdout, "{\"n\":2}\n", "{arguments:?}");
    }
    let nothing = workspace.run(&["query"]);
    assert_eq!(nothing.code, Some(3));
    assert!(nothing.error().contains("there is no statement"), "{nothing:#?}");
    let missing = workspace.run(&["query", "-f", "none.sql"]);
    assert_eq!(missing.code, Some(3));
    assert!(missing.error().contains("none.sql"), "{missing:#?}");
}
