//! Who holds which role at the end of the logs, as Microsoft Graph answers
//! `GET /roleManagement/directory/roleAssignmentScheduleInstances?$expand=principal,roleDefinition`
//! and the same for `roleEligibilityScheduleInstances`. Without such a snapshot nobody can tell that
//! a role is unused: a holder who does nothing is in no log.

use std::path::Path;

use serde_json::{Value, json};

use super::GenerateError;
use super::clock::{DAY, HOUR, Moment};
use super::draw::Guid;
use super::roles::{Hold, Holder};
use super::tenant::Tenant;
use super::writer::write_json;

/// An activation that was in force when the snapshot was taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Activation {
    /// Index into the tenant's holders.
    pub(super) holder: usize,
    pub(super) at: Moment,
}

/// Writes both files into `out`. Assignments began months before `start`.
pub(super) fn write(
    out: &Path,
    tenant: &Tenant,
    start: Moment,
    last: Option<Activation>,
) -> Result<(), GenerateError> {
    let holders = |hold| tenant.holders.iter().filter(move |holder| holder.hold == hold);
    let mut active: Vec<Value> = holders(Hold::Permanent)
        .map(|holder| {
            let began = start.after(-DAY * holder.assigned_days_before);
            active_instance(tenant, holder, began, None)
        })
        .collect();
    active.extend(last.map(|activation| {
        let holder = &tenant.holders[activation.holder];
        active_instance(tenant, holder, activation.at, Some(activation.at.after(8 * HOUR)))
    }));
    let eligible: Vec<Value> = holders(Hold::Eligible)
        .map(|holder| {
            let mut instance =
                instance(tenant, holder, start.after(-DAY * holder.assigned_days_before), None);
            instance["roleEligibilityScheduleId"] = json!(holder.schedule.to_string());
            instance
        })
        .collect();
    for (name, value) in [
        ("roleAssignmentScheduleInstances", active),
        ("roleEligibilityScheduleInstances", eligible),
    ] {
        let context = format!(
            "https://graph.microsoft.com/v1.0/$metadata#roleManagement/directory/{name}(principal(),roleDefinition())"
        );
        write_json(
            out.join(format!("{name}.json")),
            &json!({"@odata.context": context, "value": value}),
        )?;
    }
    Ok(())
}

fn active_instance(tenant: &Tenant, holder: &Holder, began: Moment, ends: Option<Moment>) -> Value {
    let mut instance = instance(tenant, holder, began, ends);
    instance["assignmentType"] = json!(if ends.is_some() { "Activated" } else { "Assigned" });
    instance["roleAssignmentOriginId"] = instance["id"].clone();
    instance["roleAssignmentScheduleId"] = json!(holder.schedule.to_string());
    instance
}

fn instance(tenant: &Tenant, holder: &Holder, began: Moment, ends: Option<Moment>) -> Value {
    let user = &tenant.users[holder.user];
    let role = holder.role;
    let time = |at: Moment| at.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "id": Guid::named(tenant.seed, &format!("instance {} {}", holder.schedule, began.0)).to_string(),
        "principalId": user.id.to_string(),
        "roleDefinitionId": role.template,
        "directoryScopeId": "/",
        "appScopeId": null,
        "startDateTime": time(began),
        "endDateTime": ends.map(time),
        "memberType": if holder.by_group { "Group" } else { "Direct" },
        "principal": {
            "@odata.type": "#microsoft.graph.user",
            "id": user.id.to_string(),
            "displayName": user.name,
            "userPrincipalName": user.upn,
            "mail": user.upn,
            "accountEnabled": true,
            "userType": "Member",
        },
        "roleDefinition": {
            "id": role.template,
            "displayName": role.name,
            "description": role.description,
            "isBuiltIn": true,
            "isEnabled": true,
            "templateId": role.template,
            "version": "1",
        },
    })
}
