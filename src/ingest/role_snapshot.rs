//! Role snapshots: who holds which directory role, as Microsoft Graph lists it.
//!
//! A log cannot show a holder who never did anything, so an operator drops the answer of
//! `GET /roleManagement/directory/roleAssignmentScheduleInstances?$expand=principal,roleDefinition`
//! (or `roleEligibilityScheduleInstances`) beside the logs. The time of the snapshot is the time
//! at which the file was last written.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::IngestError;
use crate::lake::{Advance, Lake};
use crate::source::file::FileSource;
use crate::table::{ROLE_ASSIGNMENTS, ROLE_ELIGIBILITY, Table, to_batch};

/// The table for a file that begins like this; `None` when it is no role snapshot.
pub(super) fn kind(head: &[u8]) -> Option<&'static Table> {
    let head = String::from_utf8_lossy(&head[..head.len().min(4096)]);
    let context = head.split_once("\"@odata.context\"")?.1.split_once(',')?.0;
    if context.contains("roleAssignmentScheduleInstances") {
        Some(&ROLE_ASSIGNMENTS)
    } else if context.contains("roleEligibilityScheduleInstances") {
        Some(&ROLE_ELIGIBILITY)
    } else {
        None
    }
}

/// Takes a snapshot in, once; gives the number of its rows.
pub(super) async fn ingest(
    lake: &Lake,
    file: FileSource,
    table: &'static Table,
) -> Result<u64, IngestError> {
    let path = file.path.clone();
    let taken_at = std::fs::metadata(&path).and_then(|meta| meta.modified());
    let taken_at = DateTime::<Utc>::from(taken_at.unwrap_or_else(|_| SystemTime::now()));
    let source_id = file.source_id.to_string();
    let content = file.read_all()?;
    let page: Page = serde_json::from_slice(&content).map_err(|error| {
        IngestError::RoleSnapshot { path: path.display().to_string(), reason: error.to_string() }
    })?;
    if page.next_link.is_some() {
        return Err(IngestError::RoleSnapshot {
            path: path.display().to_string(),
            reason: "it is the first page of several (@odata.nextLink): join the pages' `value`"
                .into(),
        });
    }
    // A snapshot is taken whole; a newer one in the same file is another version of it.
    let version = taken_at.timestamp_millis();
    let from = lake.position(table, &source_id).await?;
    if from >= Some(version) {
        return Ok(0);
    }
    let rows: Vec<_> =
        page.value.into_iter().map(|instance| instance.row(taken_at, &source_id)).collect();
    let batch = to_batch(table, &rows).map_err(crate::lake::LakeError::from)?;
    lake.commit(table, Some(batch), vec![Advance { source_id, from, to: version }]).await?;
    Ok(rows.len() as u64)
}

#[derive(Deserialize)]
struct Page {
    #[serde(rename = "@odata.nextLink")]
    next_link: Option<String>,
    value: Vec<Instance>,
}

/// <https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentscheduleinstance>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instance {
    id: String,
    principal_id: String,
    role_definition_id: String,
    directory_scope_id: Option<String>,
    start_date_time: Option<DateTime<Utc>>,
    end_date_time: Option<DateTime<Utc>>,
    assignment_type: Option<String>,
    member_type: Option<String>,
    principal: Option<Principal>,
    role_definition: Option<RoleDefinition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Principal {
    #[serde(rename = "@odata.type")]
    kind: Option<String>,
    display_name: Option<String>,
    user_principal_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleDefinition {
    display_name: Option<String>,
    template_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    time_generated: DateTime<Utc>,
    id: String,
    principal_id: String,
    principal_type: Option<String>,
    principal_display_name: Option<String>,
    user_principal_name: Option<String>,
    role_definition_id: String,
    role_template_id: Option<String>,
    role_display_name: Option<String>,
    directory_scope_id: Option<String>,
    assignment_type: Option<String>,
    member_type: Option<String>,
    start_date_time: Option<DateTime<Utc>>,
    end_date_time: Option<DateTime<Utc>>,
    #[serde(rename = "_Source")]
    source: String,
}

impl Instance {
    fn row(self, time_generated: DateTime<Utc>, source: &str) -> Row {
        let (kind, display_name, user_principal_name) = match self.principal {
            Some(principal) => {
                (principal.kind, principal.display_name, principal.user_principal_name)
            }
            None => (None, None, None),
        };
        let (role_display_name, template_id) = match self.role_definition {
            Some(role) => (role.display_name, role.template_id),
            None => (None, None),
        };
        Row {
            time_generated,
            id: self.id,
            principal_id: self.principal_id,
            principal_type: kind
                .map(|kind| kind.trim_start_matches("#microsoft.graph.").to_owned()),
            principal_display_name: display_name,
            user_principal_name,
            // Built-in roles have the template's id as their own.
            role_template_id: template_id.or_else(|| Some(self.role_definition_id.clone())),
            role_definition_id: self.role_definition_id,
            role_display_name,
            directory_scope_id: self.directory_scope_id,
            assignment_type: self.assignment_type,
            member_type: self.member_type,
            start_date_time: self.start_date_time,
            end_date_time: self.end_date_time,
            source: source.to_owned(),
        }
    }
}
