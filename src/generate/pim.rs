//! Privileged Identity Management in the audit log: activations of roles, and their settings.

use super::audit_operations::{
    ACTIVATION_COMPLETED, ACTIVATION_EXPIRED, ACTIVATION_REQUESTED, ROLE_SETTING,
};
use super::clock::{HOUR, Moment, SECOND, Zulu};
use super::directory_changes::{audit, json, target, user_target};
use super::draw::{Guid, Rng, pick};
use super::event::{Audit, Initiator, Target};
use super::places::Origin;
use super::roles::Holder;
use super::tenant::Tenant;

/// A change of what a role asks of those who activate it.
pub(super) fn role_setting(rng: &mut Rng, tenant: &Tenant, initiator: Initiator) -> Audit {
    let role = pick(rng, &tenant.holders).role;
    let about = vec![
        target("Role", &role.template, Some(role.name)),
        target("Other", &Guid::random(rng), None),
    ];
    let mut change = audit(rng, &ROLE_SETTING, initiator, about);
    change.reason = "Notification settings updated".to_owned();
    change.details = vec![("TemplateId", role.template.to_owned())];
    change
}

/// The three events of an activation, with the ticks after `at` when each happens: the holder asks,
/// gets the role, and loses it again after eight hours.
pub(super) fn activation(
    rng: &mut Rng,
    tenant: &Tenant,
    holder: &Holder,
    origin: Origin,
    at: Moment,
) -> [(i64, Audit); 3] {
    let request = Guid::random(rng);
    let reasons =
        ["change 4711", "incident follow-up", "quarterly review", "onboarding", "service request"];
    let reason = (*pick(rng, &reasons)).to_owned();
    let oneself = Initiator::User { index: holder.user, origin };
    let mut step = |operation, initiator| {
        let mut step =
            audit(rng, operation, initiator, activation_targets(tenant, holder, request));
        step.correlation = request;
        step.reason.clone_from(&reason);
        step.details = activation_details(tenant, holder, origin, at, request, &reason);
        step
    };
    [
        (0, step(&ACTIVATION_REQUESTED, oneself)),
        (4 * SECOND, step(&ACTIVATION_COMPLETED, oneself)),
        (8 * HOUR, step(&ACTIVATION_EXPIRED, Initiator::App("MS-PIM"))),
    ]
}

/// Role, request, user, directory and other, in the order in which PIM writes them.
fn activation_targets(tenant: &Tenant, holder: &Holder, request: Guid) -> Vec<Target> {
    let user = &tenant.users[holder.user];
    let mut role =
        target("Role", &Guid::named(tenant.seed, holder.role.template), Some(holder.role.name));
    role.modified = vec![
        ("RoleDefinitionOriginId", json(""), json(holder.role.template)),
        ("RoleDefinitionOriginType", json(""), json("BuiltInRole")),
        ("TemplateId", json(""), json(holder.role.template)),
    ];
    vec![
        role,
        target("Request", &request, None),
        Target { name: Some(user.name.clone()), ..user_target(tenant, holder.user) },
        target("Directory", &tenant.id, Some("Contoso")),
        target("Other", &request, None),
    ]
}

fn activation_details(
    tenant: &Tenant,
    holder: &Holder,
    origin: Origin,
    at: Moment,
    request: Guid,
    reason: &str,
) -> Vec<(&'static str, String)> {
    let template = holder.role.template.to_owned();
    vec![
        ("RoleDefinitionOriginId", template.clone()),
        ("RoleDefinitionOriginType", "BuiltInRole".to_owned()),
        ("TemplateId", template.clone()),
        ("StartTime", Zulu(at).to_string()),
        ("ExpirationTime", Zulu(at.after(8 * HOUR)).to_string()),
        ("Justification", reason.to_owned()),
        ("oid", tenant.users[holder.user].id.to_string()),
        ("tid", tenant.id.to_string()),
        ("wids", template),
        ("ipaddr", origin.ip.to_string()),
        ("RequestId", request.to_string()),
    ]
}
