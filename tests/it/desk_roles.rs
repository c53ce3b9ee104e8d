//! The view `role_holders`: the newest snapshot, and what the audit log says since.

use serde_json::{Value, json};

use crate::support::{Workspace, audit, lines};

/// A role that is given or taken.
fn change(time: &str, operation: &str, user: &str, id: &str) -> Value {
    let mut record = audit(time, operation, id);
    record["properties"]["category"] = json!("RoleManagement");
    record["properties"]["targetResources"] = json!([
        {"type": "User", "id": format!("id-of-{user}"), "userPrincipalName": format!("{user}@contoso.com")},
        {"type": "Role", "displayName": "Global Administrator"},
    ]);
    record
}

fn holders(workspace: &Workspace) -> Vec<(String, String, bool)> {
    let sql = "SELECT UserPrincipalName, KnownFrom, HeldSince >= '2090-01-01T00:00:00Z' AS Later
               FROM role_holders WHERE Assignment = 'active' ORDER BY UserPrincipalName";
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let row = |row: Value| {
        let later = row["Later"].as_bool().unwrap_or_default();
        (text(&row, "UserPrincipalName"), text(&row, "KnownFrom"), later)
    };
    workspace.rows(sql).into_iter().map(row).collect()
}

#[test]
fn holders_are_those_of_the_snapshot_with_what_was_given_and_taken_since() {
    let workspace = Workspace::new();
    let instance = |user: &str| {
        json!({
            "id": format!("assignment-of-{user}"), "principalId": format!("id-of-{user}"),
            "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10", "directoryScopeId": "/",
            "startDateTime": "2025-01-01T00:00:00Z", "assignmentType": "Assigned", "memberType": "Direct",
            "principal": {"@odata.type": "#microsoft.graph.user", "userPrincipalName": format!("{user}@contoso.com")},
            "roleDefinition": {"displayName": "Global Administrator"},
        })
    };
    let context = "https://graph.microsoft.com/v1.0/$metadata#roleManagement/directory/roleAssignmentScheduleInstances";
    let held = ["Ada", "bo", "cy"].map(instance);
    let snapshot = json!({"@odata.context": context, "value": held});
    workspace.write("roles.json", snapshot.to_string());
    let (add, remove) = ("Add member to role", "Remove member from role");
    // The snapshot is as old as its file, so that what came after it is of times to come.
    let changes = [
        change("2020-01-01T10:00:00Z", remove, "Ada", "before it"),
        change("2090-01-01T10:00:00Z", remove, "bo", "r1"),
        change("2090-01-01T10:00:00Z", remove, "cy", "r2"),
        change("2090-01-02T10:00:00Z", add, "cy", "a1"),
        change("2090-01-02T10:00:00Z", add, "di", "a2"),
        change("2090-01-02T10:00:00Z", add, "eve", "a3"),
        change("2090-01-03T10:00:00Z", remove, "eve", "r3"),
    ];
    workspace.write("changes.ndjson", lines(&changes));
    workspace.succeed(&["ingest", "--from", "changes.ndjson"]);
    let row =
        |user: &str, from: &str, later| (format!("{user}@contoso.com"), from.to_owned(), later);
    assert_eq!(
        holders(&workspace),
        [row("cy", "audit log", true), row("di", "audit log", true)],
        "without a snapshot"
    );
    workspace.succeed(&["ingest", "--from", "roles.json"]);
    assert_eq!(
        holders(&workspace),
        [row("ada", "snapshot", false), row("cy", "snapshot", true), row("di", "audit log", true)]
    );
}
