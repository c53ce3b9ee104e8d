//! What administrators do: sign in where administrators work, activate a role that they are eligible
//! for, and change something. Every benign holder does so every few working days, which is what makes
//! the planted idle ones the only unused roles.

use rand::RngExt as _;

use super::apps;
use super::chores;
use super::clock::{DAY, HOUR, MINUTE, Moment, SECOND, is_weekend};
use super::devices::Client;
use super::draw::{Guid, Rng, chance, rng_for};
use super::event::{Event, Mfa, Risk, SignIn, What, Who};
use super::outcome;
use super::pim;
use super::places::Origin;
use super::roles::{Hold, Holder, Part};
use super::snapshot::Activation;
use super::span::Span;
use super::tenant::Tenant;

/// All work of all holders, and the last activation in it.
pub(super) fn plan(tenant: &Tenant, span: Span) -> (Vec<Event>, Option<Activation>) {
    let mut events = Vec::new();
    let mut last: Option<Activation> = None;
    for (number, holder) in tenant.holders.iter().enumerate() {
        let mut rng = rng_for(tenant.seed, &format!("work of holder {number}"));
        let days = working_days(span, number);
        for (visit, day) in days.into_iter().enumerate() {
            let Some(at) = time_of_day(&mut rng, tenant, holder, day, span) else {
                continue;
            };
            let shift = Shift { tenant, holder, span, at };
            match holder.part {
                Part::Benign => {
                    shift.work(&mut rng, visit, &mut events);
                    if holder.hold == Hold::Eligible && last.is_none_or(|last| last.at < at) {
                        last =
                            Some(Activation { holder: number, at: at.after(activation_after()) });
                    }
                }
                // Reads mail like everybody, and does nothing else.
                Part::Idle => {
                    events.push(shift.sign_in(&mut rng, 0, apps::mail(), &outcome::SUCCESS));
                }
                Part::BreakGlass => {}
            }
        }
    }
    (events, last)
}

/// Every second working day, half of the holders on the odd ones; every day there is where no working
/// day is among them.
fn working_days(span: Span, number: usize) -> Vec<u32> {
    let working: Vec<u32> =
        (0..span.days).filter(|day| !is_weekend(span.day(*day).utc())).collect();
    match working.len() {
        0 => (0..span.days).collect(),
        1 => working,
        _ => working.into_iter().skip(number % 2).step_by(2).collect(),
    }
}

/// Between nine and four by the holder's clock. Mornings in the east begin on the UTC day before, so
/// that a shift on the first day may fall before the logs; that one is moved into them.
fn time_of_day(
    rng: &mut Rng,
    tenant: &Tenant,
    holder: &Holder,
    day: u32,
    span: Span,
) -> Option<Moment> {
    let offset = super::places::CITIES[tenant.users[holder.user].office].offset;
    let local = 9 * HOUR + rng.random_range(0..7 * HOUR);
    let mut at = span.day(day).after((local - offset * MINUTE).rem_euclid(DAY));
    if at.after(HOUR) > span.end {
        at = at.after(-3 * HOUR);
    }
    (at > span.start).then_some(at)
}

/// How long after the sign-in a role is activated.
fn activation_after() -> i64 {
    2 * MINUTE
}

/// One time that a holder is at work.
struct Shift<'a> {
    tenant: &'a Tenant,
    holder: &'a Holder,
    span: Span,
    at: Moment,
}

impl Shift<'_> {
    fn origin(&self) -> Origin {
        self.tenant.computer_origin(self.holder.user, self.at)
    }

    fn work(&self, rng: &mut Rng, visit: usize, events: &mut Vec<Event>) {
        let console = self.holder.console(visit);
        if chance(rng, 300) {
            events.push(self.sign_in(rng, -20 * SECOND, console, &outcome::STRONG_AUTH_REQUIRED));
        }
        events.push(self.sign_in(rng, 0, console, &outcome::SUCCESS));
        if self.holder.hold == Hold::Eligible {
            let at = self.at.after(activation_after());
            for (after, audit) in pim::activation(rng, self.tenant, self.holder, self.origin(), at)
            {
                if at.after(after) < self.span.end {
                    events.push(Event::at(at.after(after), What::Audit(Box::new(audit))));
                }
            }
        }
        if !self.holder.writes() {
            return;
        }
        for _ in 0..rng.random_range(1..=2) {
            let after = rng.random_range(5 * MINUTE..45 * MINUTE);
            let audit = chores::with_role(rng, self.tenant, self.holder, self.origin());
            events.push(Event::at(self.at.after(after), What::Audit(Box::new(audit))));
        }
    }

    fn sign_in(
        &self,
        rng: &mut Rng,
        after: i64,
        app: &'static apps::App,
        outcome: &'static outcome::Outcome,
    ) -> Event {
        let user = self.holder.user;
        let client: Client = self.tenant.users[user].clients.browser;
        let origin = self.origin();
        let sign_in = SignIn {
            interactive: true,
            who: Who::User(user),
            origin,
            client,
            app,
            resource: app.resource,
            outcome,
            mfa: if outcome.code == 0 { Mfa::Prompted } else { Mfa::NotRequired },
            risk: Risk::None,
            session: self.tenant.session(user, &client, &origin, self.at),
            correlation: Guid::random(rng),
        };
        self.span.late(rng, self.at.after(after), What::SignIn(sign_in))
    }
}
