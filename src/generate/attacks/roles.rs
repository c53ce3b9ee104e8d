//! What shows in a role: two that are never used, and an emergency account that is.

use super::super::apps;
use super::super::clock::{MINUTE, SECOND};
use super::super::devices;
use super::super::event::Who;
use super::super::outcome;
use super::super::places::{CITIES, Origin};
use super::super::roles::{Hold, Holder, Part};
use super::{Planted, Plot, Stage, UNUSED_ADMIN_ROLE, Way};

/// A permanent Global Administrator who only reads mail.
pub(super) fn idle_global_administrator(stage: &mut Stage<'_>) -> Option<Planted> {
    let holder = idle(stage, Hold::Permanent)?;
    Some(absence(
        stage,
        holder,
        &Plot {
            id: "unused-global-admin",
            title: "A permanent Global Administrator who never uses the role",
            rule: Some(UNUSED_ADMIN_ROLE),
            description: "The snapshot has an active assignment without an end; the logs have sign-ins to mail and \
                          the like, no audit event that the user initiated and no sign-in to where administrators \
                          work.",
        },
    ))
}

/// An eligible holder who never activates.
pub(super) fn never_activated(stage: &mut Stage<'_>) -> Option<Planted> {
    let holder = idle(stage, Hold::Eligible)?;
    Some(absence(
        stage,
        holder,
        &Plot {
            id: "never-activated-eligible",
            title: "An eligible administrator who never activates the role",
            rule: Some(UNUSED_ADMIN_ROLE),
            description: "The snapshot has an eligibility from months before the logs begin, and the logs have no \
                          activation by the user. All other eligible holders activate every few days.",
        },
    ))
}

/// Somebody uses an account that nobody is to use.
pub(super) fn break_glass(stage: &mut Stage<'_>) -> Option<Planted> {
    let accounts: Vec<&Holder> =
        stage.tenant.holders.iter().filter(|holder| holder.is_break_glass()).collect();
    let roles: Vec<String> =
        accounts.first().map(|holder| holder.role.name.to_owned()).into_iter().collect();
    let users: Vec<String> =
        accounts.iter().map(|holder| stage.tenant.users[holder.user].upn.clone()).collect();
    let user = accounts.first()?.user;
    let mut way = Way {
        origin: Origin::new([240, 250, 3, 77], 64_890, &CITIES[0]),
        print: &devices::SPARE_COMPUTER,
        app: &apps::AZURE_PORTAL,
        interactive: true,
    };
    let start = stage.about(900);
    stage.attempt(start, Who::User(user), &way, &outcome::SUCCESS);
    stage.attempt(start.after(6 * MINUTE), Who::User(user), &way, &outcome::SUCCESS);
    way.interactive = false;
    for number in 1..=3 {
        stage.attempt(start.after(40 * SECOND * number), Who::User(user), &way, &outcome::SUCCESS);
    }
    let mut planted = stage.planted(&Plot {
        id: "break-glass-sign-in",
        title: "Sign-in of an emergency account",
        rule: None,
        description: "breakglass1@contoso.com signs in to the Azure Portal from an address never seen before. Both \
                      emergency accounts hold Global Administrator by intent; that breakglass2@contoso.com is never \
                      used is as it should be, and no finding.",
    });
    planted.attack.users = users;
    planted.attack.roles = roles;
    Some(planted)
}

fn idle<'a>(stage: &Stage<'a>, hold: Hold) -> Option<&'a Holder> {
    stage.tenant.holders.iter().find(|holder| holder.part == Part::Idle && holder.hold == hold)
}

fn absence(stage: &mut Stage<'_>, holder: &Holder, plot: &Plot) -> Planted {
    let mut planted = stage.planted(plot);
    planted.attack.users = vec![stage.tenant.users[holder.user].upn.clone()];
    planted.attack.roles = vec![holder.role.name.to_owned()];
    planted
}
