//! Audit events of an ordinary day: services keep the directory in step, people reset passwords and
//! manage their groups, administrators do what they are there for.

use rand::RngExt as _;

use super::audit_operations as operations;
use super::directory_changes as changes;
use super::draw::{Rng, Weighted, pick};
use super::event::{Audit, Event, Initiator, What};
use super::pim;
use super::places::Origin;
use super::rhythm::Rhythm;
use super::roles::{Hold, Holder, Part};
use super::tenant::{Kind, Tenant};

/// Makes ordinary audit events.
#[derive(Debug)]
pub(super) struct Chores<'a> {
    tenant: &'a Tenant,
    /// Holders who may change things at any time: those who need not activate their role first.
    administrators: Vec<&'a Holder>,
    kinds: Weighted,
}

impl<'a> Chores<'a> {
    pub(super) fn new(tenant: &'a Tenant) -> Self {
        let administrators = tenant
            .holders
            .iter()
            .filter(|holder| {
                holder.part == Part::Benign && holder.hold == Hold::Permanent && holder.writes()
            })
            .collect();
        Self { tenant, administrators, kinds: Weighted::new([50, 28, 22]) }
    }

    /// Appends exactly `count` audit events of one day.
    pub(super) fn day(
        &self,
        rng: &mut Rng,
        rhythm: &Rhythm,
        count: usize,
        events: &mut Vec<Event>,
    ) {
        for _ in 0..count {
            let (office, at) = rhythm.draw(rng);
            let audit = match self.kinds.pick(rng) {
                0 => by_service(rng, self.tenant),
                1 => {
                    let user = self.ordinary_user(rng, office);
                    by_user(rng, self.tenant, user, self.tenant.computer_origin(user, at))
                }
                _ => {
                    let holder = *pick(rng, &self.administrators);
                    let origin = self.tenant.computer_origin(holder.user, at);
                    with_role(rng, self.tenant, holder, origin)
                }
            };
            events.push(Event::at(at, What::Audit(Box::new(audit))));
        }
    }

    /// A member without a role: holders who are to look idle must not show up in an audit log at all.
    fn ordinary_user(&self, rng: &mut Rng, office: usize) -> usize {
        for _ in 0..20 {
            let user = self.tenant.someone_at(rng, office);
            let ordinary = self.tenant.users[user].kind == Kind::Member
                && self.tenant.holders.iter().all(|holder| holder.user != user);
            if ordinary {
                return user;
            }
        }
        *pick(rng, &self.tenant.targets)
    }
}

/// Something that the holder of a role does with it.
pub(super) fn with_role(rng: &mut Rng, tenant: &Tenant, holder: &Holder, origin: Origin) -> Audit {
    let initiator = Initiator::User { index: holder.user, origin };
    let roll = rng.random_range(0..100);
    if holder.writes_roles() {
        return pim::role_setting(rng, tenant, initiator);
    }
    if holder.writes_policy() && roll < 30 {
        return changes::policy_change(rng, tenant, initiator);
    }
    if holder.writes_apps() && roll < 70 {
        return changes::app_change(rng, tenant, initiator);
    }
    let user = *pick(rng, &tenant.targets);
    match roll % 7 {
        0 => changes::group_change(rng, tenant, initiator, user),
        1 => changes::user_change(
            rng,
            tenant,
            &operations::RESET_PASSWORD,
            initiator,
            user,
            ("LastPasswordChange", "", "changed"),
        ),
        2 => changes::user_change(
            rng,
            tenant,
            &operations::CHANGE_LICENSE,
            initiator,
            user,
            ("AssignedLicense", "E3", "E5"),
        ),
        3 => changes::user_change(
            rng,
            tenant,
            &operations::DISABLE_ACCOUNT,
            initiator,
            user,
            ("AccountEnabled", "true", "false"),
        ),
        4 => changes::user_change(
            rng,
            tenant,
            &operations::ADD_USER,
            initiator,
            user,
            ("AccountEnabled", "", "true"),
        ),
        5 => changes::group_update(rng, tenant, initiator),
        _ => changes::user_change(
            rng,
            tenant,
            &operations::UPDATE_USER,
            initiator,
            user,
            ("Department", "Sales", "Finance"),
        ),
    }
}

/// Something that an ordinary user does about itself, or for a group that it owns.
pub(super) fn by_user(rng: &mut Rng, tenant: &Tenant, user: usize, origin: Origin) -> Audit {
    let initiator = Initiator::User { index: user, origin };
    match rng.random_range(0..10) {
        0 | 1 => {
            let about = vec![changes::user_target(tenant, user)];
            let mut reset = changes::audit(rng, &operations::SELF_RESET, initiator, about);
            reset.reason = "Successfully completed reset.".to_owned();
            reset
        }
        2 | 3 => changes::user_change(
            rng,
            tenant,
            &operations::CHANGE_PASSWORD,
            initiator,
            user,
            ("LastPasswordChange", "", "changed"),
        ),
        4 | 5 => {
            let about = vec![changes::user_target(tenant, user)];
            let mut registered = changes::audit(rng, &operations::SECURITY_INFO, initiator, about);
            registered.reason =
                "User registered Authenticator App with Notification and Code".to_owned();
            registered
        }
        6 => changes::app_consent(rng, tenant, initiator),
        _ => {
            let member = *pick(rng, &tenant.targets);
            changes::group_change(rng, tenant, initiator, member)
        }
    }
}

/// Something that a service does by itself.
pub(super) fn by_service(rng: &mut Rng, tenant: &Tenant) -> Audit {
    let user = *pick(rng, &tenant.targets);
    match rng.random_range(0..10) {
        0..4 => {
            let sync = Initiator::App("Contoso HR Provisioning");
            changes::user_change(
                rng,
                tenant,
                &operations::UPDATE_USER,
                sync,
                user,
                ("Department", "Sales", "Sales Operations"),
            )
        }
        4..6 => {
            let licensing = Initiator::App("Microsoft Azure AD Group-Based Licensing");
            changes::user_change(
                rng,
                tenant,
                &operations::CHANGE_LICENSE,
                licensing,
                user,
                ("AssignedLicense", "", "E3"),
            )
        }
        6..8 => changes::device(rng, tenant, &operations::ADD_DEVICE, user),
        8 => changes::device(rng, tenant, &operations::REGISTER_DEVICE, user),
        _ => changes::principal_change(rng, tenant, Initiator::App("Microsoft Azure AD App Sync")),
    }
}
