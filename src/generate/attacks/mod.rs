//! The attacks that are planted, each with what `truth.json` says of it. They are spread over the
//! later two thirds of the logs, so that there is an ordinary time before the first of them.

mod accounts;
mod roles;
mod sprays;

use std::collections::BTreeSet;

use rand::RngExt as _;

use super::apps::App;
use super::clock::{MINUTE, Moment};
use super::devices::{Client, Print};
use super::draw::{Guid, Rng, rng_for, shuffle};
use super::event::{Event, Mfa, Risk, SignIn, What, Who};
use super::outcome::Outcome;
use super::places::Origin;
use super::span::Span;
use super::tenant::Tenant;
use super::truth::Attack;

/// Ids of the rules that should find the attacks.
const PASSWORD_SPRAY: &str = "password-spray";
const LEGACY_AUTH_SUCCESS: &str = "legacy-auth-success";
const RISKY_IP: &str = "risky-ip";
const UNUSED_ADMIN_ROLE: &str = "unused-admin-role";

/// An attack and its records.
#[derive(Debug)]
pub(super) struct Planted {
    pub(super) attack: Attack,
    pub(super) events: Vec<Event>,
}

/// What an attack is, before its records are known.
struct Plot {
    id: &'static str,
    title: &'static str,
    rule: Option<&'static str>,
    description: &'static str,
}

/// All attacks that fit: into the days (a slow spray takes more than one), and into at most `limit`
/// records together, so that a very small sample is not all attack. What is planted first is what
/// comes first here.
pub(super) fn plan(tenant: &Tenant, span: Span, limit: u64) -> Vec<Planted> {
    let makers: [fn(&mut Stage<'_>) -> Option<Planted>; 10] = [
        sprays::fast,
        accounts::legacy_success,
        accounts::risky_address,
        roles::idle_global_administrator,
        roles::never_activated,
        roles::break_glass,
        accounts::brute_force,
        sprays::slow,
        sprays::subnet,
        sprays::distributed,
    ];
    let mut planted = Vec::new();
    let mut records = 0;
    for (number, make) in makers.into_iter().enumerate() {
        let rng = rng_for(tenant.seed, &format!("attack {number}"));
        let mut stage = Stage { tenant, span, rng, events: Vec::new() };
        let Some(plot) = make(&mut stage) else {
            continue;
        };
        if records + plot.attack.records <= limit {
            records += plot.attack.records;
            planted.push(plot);
        }
    }
    planted
}

/// Targets kept for attacks that end in a success, each its own, so that one attack's victim is not
/// another's. Sprays draw from the rest.
mod victims {
    pub(super) const FAST: usize = 0;
    pub(super) const SLOW: usize = 1;
    pub(super) const DISTRIBUTED: usize = 2;
    pub(super) const BRUTE: usize = 3;
    pub(super) const LEGACY: [usize; 3] = [4, 5, 6];
    pub(super) const RISKY: [usize; 4] = [7, 8, 9, 10];
    pub(super) const KEPT: usize = 11;
}

/// Where an attack's records are made.
struct Stage<'a> {
    tenant: &'a Tenant,
    span: Span,
    rng: Rng,
    events: Vec<Event>,
}

/// How an attacker signs in, apart from the user and the moment.
#[derive(Clone, Copy)]
struct Way {
    origin: Origin,
    print: &'static Print,
    app: &'static App,
    interactive: bool,
}

impl Stage<'_> {
    /// A moment about `per_mille` thousandths into the logs.
    fn about(&mut self, per_mille: i64) -> Moment {
        self.span.part(per_mille).after(self.rng.random_range(0..20 * MINUTE))
    }

    /// The user kept as a victim.
    fn victim(&self, number: usize) -> Who {
        Who::User(self.tenant.targets[number])
    }

    /// `count` users to try passwords on, in random order; fewer in a tenant that has fewer.
    fn users(&mut self, count: usize) -> Vec<usize> {
        let mut users = self.tenant.targets[victims::KEPT..].to_vec();
        shuffle(&mut self.rng, &mut users);
        users.truncate(count);
        users
    }

    /// A share of all people, within bounds: sprays grow with the tenant.
    fn scaled(&self, per_mille: usize, least: usize, most: usize) -> usize {
        (self.tenant.users.len() * per_mille / 1000).clamp(least, most)
    }

    fn attempt(&mut self, at: Moment, who: Who, way: &Way, outcome: &'static Outcome) {
        self.attempt_with(at, who, way, outcome, Risk::None, None);
    }

    fn attempt_with(
        &mut self,
        at: Moment,
        who: Who,
        way: &Way,
        outcome: &'static Outcome,
        risk: Risk,
        correlation: Option<Guid>,
    ) {
        let sign_in = SignIn {
            interactive: way.interactive,
            who,
            origin: way.origin,
            client: Client::unknown(way.print),
            app: way.app,
            resource: way.app.resource,
            outcome,
            mfa: Mfa::NotRequired,
            risk,
            session: Guid::random(&mut self.rng),
            correlation: correlation.unwrap_or_else(|| Guid::random(&mut self.rng)),
        };
        let event = self.span.late(&mut self.rng, at, What::SignIn(sign_in));
        self.events.push(event);
    }

    /// The attack with what its records show.
    fn planted(&mut self, plot: &Plot) -> Planted {
        let events = std::mem::take(&mut self.events);
        let (mut users, mut addresses) = (BTreeSet::new(), BTreeSet::new());
        for event in &events {
            if let What::SignIn(sign_in) = &event.what {
                users.insert(match &sign_in.who {
                    Who::User(at) => self.tenant.users[*at].upn.clone(),
                    Who::Nobody(upn) => upn.to_string(),
                });
                addresses.insert(sign_in.origin.ip);
            }
        }
        let created = || events.iter().map(|event| event.created);
        let attack = Attack {
            id: plot.id.to_owned(),
            title: plot.title.to_owned(),
            rule: plot.rule.map(str::to_owned),
            start: created().min().unwrap_or(self.span.start).utc(),
            end: created().max().unwrap_or(self.span.end).utc(),
            users: users.into_iter().collect(),
            ip_addresses: addresses.iter().map(ToString::to_string).collect(),
            roles: Vec::new(),
            records: events.len() as u64,
            description: plot.description.to_owned(),
        };
        Planted { attack, events }
    }
}
