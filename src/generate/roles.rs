//! Directory roles and who holds them. Ids are the published template ids of the built-in roles.

use super::apps::{self, App};
use super::draw::Guid;

/// A built-in role.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) name: &'static str,
    pub(super) template: &'static str,
    pub(super) description: &'static str,
}

const fn role(name: &'static str, template: &'static str, description: &'static str) -> Role {
    Role { name, template, description }
}

pub(super) static GLOBAL_ADMINISTRATOR: Role = role(
    "Global Administrator",
    "62e90394-69f5-4237-9190-012177145e10",
    "Can manage everything in the directory.",
);
static PRIVILEGED_ROLE_ADMINISTRATOR: Role = role(
    "Privileged Role Administrator",
    "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "Can manage role assignments and the settings of roles.",
);
static USER_ADMINISTRATOR: Role = role(
    "User Administrator",
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "Can manage users and groups.",
);
static EXCHANGE_ADMINISTRATOR: Role =
    role("Exchange Administrator", "29232cdf-9323-42fd-ade2-1d097af3e4de", "Can manage Exchange.");
static SECURITY_ADMINISTRATOR: Role = role(
    "Security Administrator",
    "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "Can read security reports and manage security settings.",
);
static HELPDESK_ADMINISTRATOR: Role = role(
    "Helpdesk Administrator",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "Can reset passwords of ordinary users.",
);
static GLOBAL_READER: Role = role(
    "Global Reader",
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "Can read everything and change nothing.",
);
static APPLICATION_ADMINISTRATOR: Role = role(
    "Application Administrator",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "Can manage application registrations and enterprise applications.",
);
static CONDITIONAL_ACCESS_ADMINISTRATOR: Role = role(
    "Conditional Access Administrator",
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    "Can manage Conditional Access policies.",
);

/// How a role is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// Active without an end.
    Permanent,
    /// Activated when needed.
    Eligible,
}

/// What a holder is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Uses the role every few days.
    Benign,
    /// Has the role and never uses it: planted.
    Idle,
    /// An emergency account, idle by intent.
    BreakGlass,
}

/// One user in one role.
#[derive(Debug)]
pub(super) struct Holder {
    /// Index of the user.
    pub(super) user: usize,
    pub(super) role: &'static Role,
    pub(super) hold: Hold,
    pub(super) part: Part,
    /// Holds the role through a group.
    pub(super) by_group: bool,
    /// Id of the schedule that the instance in a snapshot comes from.
    pub(super) schedule: Guid,
    /// Days before the first record that the assignment was made.
    pub(super) assigned_days_before: i64,
}

impl Holder {
    pub(super) fn is_break_glass(&self) -> bool {
        self.part == Part::BreakGlass
    }

    /// Where this administrator works.
    pub(super) fn console(&self, visit: usize) -> &'static App {
        let consoles: &[&'static App] = if self.role == &EXCHANGE_ADMINISTRATOR {
            &[&apps::EXCHANGE_ADMIN_CENTER, &apps::EXCHANGE_POWERSHELL, &apps::OFFICE_PORTAL]
        } else if self.role == &HELPDESK_ADMINISTRATOR || self.role == &USER_ADMINISTRATOR {
            &[&apps::OFFICE_PORTAL, &apps::ENTRA_ADMIN_CENTER]
        } else {
            &[&apps::AZURE_PORTAL, &apps::ENTRA_ADMIN_CENTER, &apps::GRAPH_POWERSHELL]
        };
        consoles[visit % consoles.len()]
    }

    /// Whether the role may change anything.
    pub(super) fn writes(&self) -> bool {
        self.role != &GLOBAL_READER
    }

    /// Whether the role may change how people sign in.
    pub(super) fn writes_policy(&self) -> bool {
        [&GLOBAL_ADMINISTRATOR, &SECURITY_ADMINISTRATOR, &CONDITIONAL_ACCESS_ADMINISTRATOR]
            .contains(&self.role)
    }

    /// Whether the role may change applications.
    pub(super) fn writes_apps(&self) -> bool {
        [&GLOBAL_ADMINISTRATOR, &APPLICATION_ADMINISTRATOR].contains(&self.role)
    }

    /// Whether the role may change role settings.
    pub(super) fn writes_roles(&self) -> bool {
        self.role == &PRIVILEGED_ROLE_ADMINISTRATOR
    }
}

/// The holders of roles: the first of the `members`, and two emergency accounts that follow
/// `people` ordinary accounts in the list of users.
pub(super) fn holders(seed: u64, members: &[usize], people: usize) -> Vec<Holder> {
    use Hold::{Eligible, Permanent};
    use Part::{Benign, BreakGlass, Idle};
    let cast = [
        (&GLOBAL_ADMINISTRATOR, Permanent, BreakGlass),
        (&GLOBAL_ADMINISTRATOR, Permanent, BreakGlass),
        (&GLOBAL_ADMINISTRATOR, Permanent, Idle),
        (&GLOBAL_ADMINISTRATOR, Permanent, Benign),
        (&PRIVILEGED_ROLE_ADMINISTRATOR, Permanent, Benign),
        (&SECURITY_ADMINISTRATOR, Permanent, Benign),
        (&EXCHANGE_ADMINISTRATOR, Permanent, Benign),
        (&EXCHANGE_ADMINISTRATOR, Permanent, Benign),
        (&USER_ADMINISTRATOR, Permanent, Benign),
        (&HELPDESK_ADMINISTRATOR, Permanent, Benign),
        (&HELPDESK_ADMINISTRATOR, Permanent, Benign),
        (&GLOBAL_READER, Permanent, Benign),
        (&SECURITY_ADMINISTRATOR, Eligible, Idle),
        (&GLOBAL_ADMINISTRATOR, Eligible, Benign),
        (&GLOBAL_ADMINISTRATOR, Eligible, Benign),
        (&PRIVILEGED_ROLE_ADMINISTRATOR, Eligible, Benign),
        (&APPLICATION_ADMINISTRATOR, Eligible, Benign),
        (&CONDITIONAL_ACCESS_ADMINISTRATOR, Eligible, Benign),
        (&USER_ADMINISTRATOR, Eligible, Benign),
        (&SECURITY_ADMINISTRATOR, Eligible, Benign),
    ];
    let mut emergency = people..;
    let mut ordinary = members.iter().copied();
    cast.into_iter()
        .enumerate()
        .filter_map(|(number, (role, hold, part))| {
            let user = if part == BreakGlass { emergency.next() } else { ordinary.next() }?;
            Some(Holder {
                user,
                role,
                hold,
                part,
                by_group: hold == Eligible && part == Benign && number % 4 == 2,
                schedule: Guid::named(seed, &format!("schedule {number}")),
                assigned_days_before: 120 + 23 * number as i64,
            })
        })
        .collect()
}
