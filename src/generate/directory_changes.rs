//! Changes of the directory as audit events: what each is about, with old and new values.

use rand::RngExt as _;

use super::audit_operations::{
    ADD_MEMBER, CONSENT, REMOVE_MEMBER, UPDATE_APP, UPDATE_GROUP, UPDATE_POLICY, UPDATE_PRINCIPAL,
};
use super::draw::{Guid, Rng, pick};
use super::event::{Audit, Initiator, Operation, Target};
use super::policies;
use super::tenant::Tenant;

const GROUP_NAMES: &[&str] = &[
    "All Staff",
    "Berlin Office",
    "Finance",
    "London Office",
    "Project Atlas",
    "Project Borealis",
    "Sales EMEA",
    "Sales Americas",
    "Service Desk",
    "VPN Users",
    "Warehouse",
    "Works Council",
];
const APP_NAMES: &[&str] = &[
    "Contoso Build Farm",
    "Contoso Expenses",
    "Contoso Intranet",
    "Contoso Wiki",
    "Fabrikam CRM",
    "Fabrikam Travel",
];

/// Text as a value of `modifiedProperties`: JSON inside a JSON string.
pub(super) fn json(value: &str) -> Option<String> {
    Some(serde_json::Value::from(value).to_string())
}

pub(super) fn list(value: &str) -> Option<String> {
    Some(serde_json::json!([value]).to_string())
}

pub(super) fn target(kind: &'static str, id: &impl ToString, name: Option<&str>) -> Target {
    Target {
        kind,
        id: id.to_string(),
        name: name.map(str::to_owned),
        upn: None,
        modified: Vec::new(),
    }
}

pub(super) fn user_target(tenant: &Tenant, at: usize) -> Target {
    let user = &tenant.users[at];
    Target { upn: Some(user.upn.clone()), ..target("User", &user.id, None) }
}

pub(super) fn audit(
    rng: &mut Rng,
    operation: &'static Operation,
    initiator: Initiator,
    targets: Vec<Target>,
) -> Audit {
    Audit {
        operation,
        initiator,
        targets,
        details: Vec::new(),
        reason: String::new(),
        correlation: Guid::random(rng),
    }
}

/// A change of one property of a user.
pub(super) fn user_change(
    rng: &mut Rng,
    tenant: &Tenant,
    operation: &'static Operation,
    initiator: Initiator,
    user: usize,
    change: (&'static str, &str, &str),
) -> Audit {
    let (property, old, new) = change;
    let mut about = user_target(tenant, user);
    about.modified = vec![
        (property, list(old), list(new)),
        ("Included Updated Properties", None, json(property)),
        ("TargetId.UserType", None, json("Member")),
    ];
    audit(rng, operation, initiator, vec![about])
}

pub(super) fn device(
    rng: &mut Rng,
    tenant: &Tenant,
    operation: &'static Operation,
    user: usize,
) -> Audit {
    let id = Guid::random(rng);
    let mut added = target("Device", &id, Some(&format!("CONTOSO-{:08X}", id.short())));
    added.modified = vec![
        ("DeviceTrustType", list(""), list("AzureAd")),
        ("Included Updated Properties", None, json("DeviceTrustType")),
    ];
    let owner = user_target(tenant, user);
    audit(rng, operation, Initiator::App("Device Registration Service"), vec![added, owner])
}

pub(super) fn group_change(
    rng: &mut Rng,
    tenant: &Tenant,
    initiator: Initiator,
    member: usize,
) -> Audit {
    let name = *pick(rng, GROUP_NAMES);
    let id = Guid::named(tenant.seed, name);
    let (operation, old, new) = if rng.random_ratio(2, 3) {
        (&ADD_MEMBER, None, json(name))
    } else {
        (&REMOVE_MEMBER, json(name), None)
    };
    let mut user = user_target(tenant, member);
    let ids = [old.as_ref().and(json(&id.to_string())), new.as_ref().and(json(&id.to_string()))];
    let [old_id, new_id] = ids;
    user.modified = vec![("Group.ObjectID", old_id, new_id), ("Group.DisplayName", old, new)];
    audit(rng, operation, initiator, vec![user, target("Group", &id, None)])
}

pub(super) fn group_update(rng: &mut Rng, tenant: &Tenant, initiator: Initiator) -> Audit {
    let name = *pick(rng, GROUP_NAMES);
    let mut group = target("Group", &Guid::named(tenant.seed, name), Some(name));
    group.modified = vec![
        ("Description", list(""), list("Reviewed")),
        ("Included Updated Properties", None, json("Description")),
    ];
    audit(rng, &UPDATE_GROUP, initiator, vec![group])
}

pub(super) fn app_change(rng: &mut Rng, tenant: &Tenant, initiator: Initiator) -> Audit {
    let name = *pick(rng, APP_NAMES);
    let mut app = target("Application", &Guid::named(tenant.seed, name), Some(name));
    app.modified = vec![
        ("AppAddress", list(""), list("https://apps.contoso.com/signin")),
        ("Included Updated Properties", None, json("AppAddress")),
    ];
    audit(rng, &UPDATE_APP, initiator, vec![app])
}

pub(super) fn app_consent(rng: &mut Rng, tenant: &Tenant, initiator: Initiator) -> Audit {
    let name = *pick(rng, APP_NAMES);
    let mut principal = target("ServicePrincipal", &Guid::named(tenant.seed, name), Some(name));
    let scopes = "[] => [[Id: 1, ClientId: 1, PrincipalId: 1, ConsentType: Principal, Scope: User.Read openid]]";
    principal.modified = vec![
        ("ConsentContext.IsAdminConsent", None, json("False")),
        ("ConsentContext.OnBehalfOfAll", None, json("False")),
        ("ConsentAction.Permissions", None, json(scopes)),
    ];
    audit(rng, &CONSENT, initiator, vec![principal])
}

pub(super) fn policy_change(rng: &mut Rng, tenant: &Tenant, initiator: Initiator) -> Audit {
    let policies = policies::policies(tenant.seed);
    let policy = pick(rng, &policies);
    // Keys in the order of the alphabet, which is how they come out whether or not the build has
    // serde_json keep the order that they are written in.
    let body = |excluded: &[Guid]| {
        let excluded: Vec<String> = excluded.iter().map(Guid::to_string).collect();
        let body = serde_json::json!({
            "conditions": {
                "applications": {"includeApplications": ["All"]},
                "users": {"excludeUsers": excluded, "includeUsers": ["All"]},
            },
            "displayName": policy.name,
            "id": policy.id.to_string(),
            "state": "enabled",
        });
        Some(body.to_string())
    };
    let exceptions = [Guid::random(rng), Guid::random(rng)];
    let mut about = target("Policy", &policy.id, Some(policy.name));
    // One exclusion fewer: a policy that gets stricter, so that nothing here is an attack.
    about.modified = vec![("ConditionalAccessPolicy", body(&exceptions), body(&exceptions[..1]))];
    let mut change = audit(rng, &UPDATE_POLICY, initiator, vec![about]);
    change.details = vec![("Category", "Conditional Access".to_owned())];
    change
}

/// A service principal brought up to date by whoever publishes it.
pub(super) fn principal_change(rng: &mut Rng, tenant: &Tenant, initiator: Initiator) -> Audit {
    let name = *pick(rng, APP_NAMES);
    let id = Guid::named(tenant.seed, name);
    let mut principal = target("ServicePrincipal", &&id, Some(name));
    principal.modified = vec![("Included Updated Properties", None, json(""))];
    audit(rng, &UPDATE_PRINCIPAL, initiator, vec![principal])
}
