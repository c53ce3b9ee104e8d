//! `entralog table drift`: what of the records has no column, or does not fit it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use serde_json::{Value, json};

use crate::support::{Workspace, audit, lines, sign_in};

fn drift(workspace: &Workspace, arguments: &[&str]) -> Vec<Value> {
    let said = workspace.succeed(&[&["table", "drift", "-o", "ndjson"], arguments].concat()).stdout;
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_change_of_the_records_is_counted_by_table_and_property() {
    let workspace = Workspace::new();
    let mut records = Vec::new();
    for minute in 0..3 {
        let time = format!("2026-01-05T10:0{minute}:00Z");
        let mut record = sign_in(&time, "ada@contoso.com", "0", &format!("s{minute}"));
        record["properties"]["brandNew"] = json!({"a": minute});
        if minute == 1 {
            record["durationMs"] = json!("long");
            record["callerIpAddress"] = json!("2001:db8::1");
            record["properties"]["createdDateTime"] = json!("yesterday");
        }
        records.push(record);
    }
    records.push(audit("2026-01-05T10:00:02Z", "Add member to role", "a0"));
    workspace.write("logs.ndjson", lines(&records));
    workspace.succeed(&["ingest", "--from", "logs.ndjson"]);

    let found = drift(&workspace, &["SigninLogs"]);
    assert_eq!(
        found[0],
        json!({
            "table": "SigninLogs", "property": "properties.brandNew", "change": "new property",
            "column": null, "rows": 3, "first": "2026-01-05T10:00:00Z",
            "last": "2026-01-05T10:02:00Z", "example": r#"{"a":0}"#,
        })
    );
    let of = |property: &str| {
        let row = found.iter().find(|row| row["property"] == property).unwrap();
        (row["change"].as_str().unwrap(), row["column"].as_str().unwrap(), row["rows"].clone())
    };
    assert_eq!(of("durationMs"), ("unexpected type", "DurationMs", json!(1)));
    assert_eq!(of("callerIpAddress"), ("second value", "IPAddress", json!(1)));
    // Rows are dated by it too, when nothing else dates them.
    let created = of("properties.createdDateTime");
    assert_eq!(created, ("unexpected type", "CreatedDateTime", json!(1)));
    assert_eq!(found.len(), 4, "{found:#?}");

    // The category that decided the table is no change, and old rows can be left out.
    assert!(drift(&workspace, &["AuditLogs"]).iter().all(|row| row["property"] != "category"));
    assert_eq!(drift(&workspace, &["--days", "1"]), Vec::<Value>::new());
    let said = workspace.run(&["table", "drift", "SigninLog"]);
    assert_eq!(said.code, Some(3));
    assert!(said.error().contains("did you mean \"SigninLogs\"?"), "{said:#?}");
}
