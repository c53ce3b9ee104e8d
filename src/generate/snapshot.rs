//! Who holds which role at the end of the logs, as Microsoft Graph answers
//! `GET /roleManagement/directory/roleAssignmentScheduleInstances?$expand=principal,roleDefinition`
//! and the same for `roleEligibilityScheduleInstances`. Without such a snapshot nobody can tell that
//! a role is unused: a holder who does nothing is in no log.

use std::path::Path;

use serde::Serialize;

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

#[derive(Debug, Serialize)]
struct Answer<'a> {
    #[serde(rename = "@odata.context")]
    context: String,
    value: Vec<Instance<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Instance<'a> {
    id: Guid,
    principal_id: Guid,
    role_definition_id: &'static str,
    directory_scope_id: &'static str,
    app_scope_id: Option<&'static str>,
    start_date_time: String,
    end_date_time: Option<String>,
    member_type: &'static str,
    #[serde(flatten)]
    source: Source,
    principal: Principal<'a>,
    role_definition: RoleDefinition,
}

/// Where an instance comes from, which the two kinds name differently.
#[derive(Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Source {
    Assignment {
        assignment_type: &'static str,
        role_assignment_origin_id: Guid,
        role_assignment_schedule_id: Guid,
    },
    Eligibility {
        role_eligibility_schedule_id: Guid,
    },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Principal<'a> {
    #[serde(rename = "@odata.type")]
    kind: &'static str,
    id: Guid,
    display_name: &'a str,
    user_principal_name: &'a str,
    mail: &'a str,
    account_enabled: bool,
    user_type: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RoleDefinition {
    id: &'static str,
    display_name: &'static str,
    description: &'static str,
    is_built_in: bool,
    is_enabled: bool,
    template_id: &'static str,
    version: &'static str,
}

/// Writes both files into `out`. Assignments began months before `start`.
pub(super) fn write(
    out: &Path,
    tenant: &Tenant,
    start: Moment,
    last: Option<Activation>,
) -> Result<(), GenerateError> {
    let standing = |hold| {
        tenant
            .holders
            .iter()
            .filter(move |holder| holder.hold == hold)
            .map(|holder| standing(tenant, holder, start))
    };
    let mut active: Vec<Instance<'_>> = standing(Hold::Permanent).collect();
    active.extend(last.map(|activation| activated(tenant, activation)));
    let eligible = standing(Hold::Eligible).collect();
    for (name, value) in [
        ("roleAssignmentScheduleInstances", active),
        ("roleEligibilityScheduleInstances", eligible),
    ] {
        let context = format!(
            "https://graph.microsoft.com/v1.0/$metadata#roleManagement/directory/{name}(principal(),roleDefinition())"
        );
        write_json(out.join(format!("{name}.json")), &Answer { context, value })?;
    }
    Ok(())
}

/// An assignment or eligibility without an end.
fn standing<'a>(tenant: &'a Tenant, holder: &Holder, start: Moment) -> Instance<'a> {
    let began = start.after(-DAY * holder.assigned_days_before);
    let id = Guid::named(tenant.seed, &format!("instance {}", holder.schedule));
    let source = match holder.hold {
        Hold::Permanent => Source::Assignment {
            assignment_type: "Assigned",
            role_assignment_origin_id: id,
            role_assignment_schedule_id: holder.schedule,
        },
        Hold::Eligible => Source::Eligibility { role_eligibility_schedule_id: holder.schedule },
    };
    instance(tenant, holder, id, source, began, None)
}

/// An assignment for the eight hours of an activation.
fn activated(tenant: &Tenant, activation: Activation) -> Instance<'_> {
    let holder = &tenant.holders[activation.holder];
    let id = Guid::named(tenant.seed, &format!("activation {}", holder.schedule));
    let source = Source::Assignment {
        assignment_type: "Activated",
        role_assignment_origin_id: id,
        role_assignment_schedule_id: Guid::named(tenant.seed, &format!("schedule {id}")),
    };
    let ends = activation.at.after(8 * HOUR);
    instance(tenant, holder, id, source, activation.at, Some(ends))
}

fn instance<'a>(
    tenant: &'a Tenant,
    holder: &Holder,
    id: Guid,
    source: Source,
    began: Moment,
    ends: Option<Moment>,
) -> Instance<'a> {
    let user = &tenant.users[holder.user];
    let role = holder.role;
    let time = |at: Moment| at.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    Instance {
        id,
        principal_id: user.id,
        role_definition_id: role.template,
        directory_scope_id: "/",
        app_scope_id: None,
        start_date_time: time(began),
        end_date_time: ends.map(time),
        member_type: if holder.by_group { "Group" } else { "Direct" },
        source,
        principal: Principal {
            kind: "#microsoft.graph.user",
            id: user.id,
            display_name: &user.name,
            user_principal_name: &user.upn,
            mail: &user.upn,
            account_enabled: true,
            user_type: "Member",
        },
        role_definition: RoleDefinition {
            id: role.template,
            display_name: role.name,
            description: role.description,
            is_built_in: true,
            is_enabled: true,
            template_id: role.template,
            version: "1",
        },
    }
}
