//! What resembles an attack and is none: a service desk whose people come back from the weekend and
//! mistype their passwords within the same hour, jobs that keep trying a password that was changed,
//! old phones that ask for mail in the old way, and people who have left.

use chrono::Datelike as _;
use rand::RngExt as _;

use super::apps::{self, App};
use super::clock::{HOUR, MINUTE, Moment, SECOND};
use super::devices::{Client, JOB, OLD_PHONE};
use super::draw::{Guid, Rng, rng_for};
use super::event::{Event, Mfa, Risk, SignIn, What, Who};
use super::outcome::{self, Outcome};
use super::places::{self, Origin};
use super::span::Span;
use super::tenant::{Kind, Tenant};
use super::truth::NearMiss;

/// People at the service desk who mistype on a Monday.
const MISTYPING: usize = 12;
/// Users with an old phone.
const OLD_PHONES: usize = 3;
/// Jobs with an old password; the other service accounts are in order.
const FAILING_JOBS: usize = 2;

/// All near misses in the logs, with what `truth.json` says of them. `sign_ins` is the number of
/// interactive sign-ins that the sample has room for, of which these take a small part.
pub(super) fn plan(tenant: &Tenant, span: Span, sign_ins: u64) -> (Vec<Event>, Vec<NearMiss>) {
    let mut stage =
        Stage { tenant, span, rng: rng_for(tenant.seed, "near misses"), events: Vec::new() };
    let mut notes = Vec::new();
    let per_day = (sign_ins / u64::from(span.days)) as i64;
    if per_day >= 60 {
        notes.extend(stage.mondays());
    }
    notes.push(stage.jobs((per_day / 60).clamp(1, 40)));
    notes.push(stage.old_phones((per_day / 300).clamp(1, 6)));
    stage.leavers((per_day / 400).clamp(1, 12));
    (stage.events, notes)
}

struct Stage<'a> {
    tenant: &'a Tenant,
    span: Span,
    rng: Rng,
    events: Vec<Event>,
}

impl Stage<'_> {
    fn mondays(&mut self) -> Option<NearMiss> {
        let origin = places::service_desk();
        let desk = &self.tenant.service_desk[..MISTYPING];
        let morning = 8 * HOUR - origin.city.offset * MINUTE;
        let mut any = false;
        for day in 0..self.span.days {
            let start = self.span.day(day);
            if start.utc().weekday() != chrono::Weekday::Mon {
                continue;
            }
            any = true;
            for &user in desk {
                let client = self.tenant.users[user].clients.browser;
                let at = start.after(morning + self.rng.random_range(0..45 * MINUTE));
                let app = &apps::IN_BROWSER[0];
                self.attempt(at, user, origin, client, app, &outcome::BAD_PASSWORD);
                let again = at.after(self.rng.random_range(8 * SECOND..60 * SECOND));
                self.attempt(again, user, origin, client, app, &outcome::SUCCESS);
            }
        }
        any.then(|| NearMiss {
            id: "monday-service-desk".to_owned(),
            users: self.names(desk.iter().copied()),
            ip_addresses: vec![origin.ip.to_string()],
            description: "Within 45 minutes of a Monday morning a dozen people behind one office NAT mistype their \
                          password once and then sign in. They sign in from this address every working day."
                .to_owned(),
        })
    }

    fn jobs(&mut self, per_day: i64) -> NearMiss {
        let jobs: Vec<usize> = self.tenant.of_kind(Kind::Service).take(FAILING_JOBS).collect();
        for &job in &jobs {
            let origin = self.tenant.desk(job);
            self.every_day(per_day, |stage, at| {
                let client = Client::unknown(&JOB);
                stage.attempt(at, job, origin, client, &apps::BATCH_JOBS, &outcome::BAD_PASSWORD);
            });
        }
        NearMiss {
            id: "failing-jobs".to_owned(),
            users: self.names(jobs.iter().copied()),
            ip_addresses: jobs.iter().map(|&job| self.tenant.desk(job).ip.to_string()).collect(),
            description: "Service accounts whose jobs retry a password that was changed, day and night, each from \
                          the server it always runs on: many failures of one user."
                .to_owned(),
        }
    }

    fn old_phones(&mut self, per_day: i64) -> NearMiss {
        let users: Vec<usize> =
            self.tenant.targets.iter().rev().take(OLD_PHONES).copied().collect();
        let mut addresses = std::collections::BTreeSet::new();
        for &user in &users {
            self.every_day(per_day, |stage, at| {
                let origin = stage.tenant.phone_origin(user, at);
                addresses.insert(origin.ip.to_string());
                let client = Client::unknown(&OLD_PHONE);
                stage.attempt(
                    at,
                    user,
                    origin,
                    client,
                    &apps::EXCHANGE_ONLINE,
                    &outcome::BAD_PASSWORD,
                );
            });
        }
        NearMiss {
            id: "old-phones".to_owned(),
            users: self.names(users.into_iter()),
            ip_addresses: addresses.into_iter().collect(),
            description: "Phones that ask for mail by Exchange ActiveSync with a password from before its last \
                          change: legacy authentication that never succeeds."
                .to_owned(),
        }
    }

    fn leavers(&mut self, per_day: i64) {
        let leavers: Vec<usize> = self.tenant.of_kind(Kind::Leaver).collect();
        for day in 0..self.span.days {
            for number in 0..per_day {
                let user = leavers[(i64::from(day) + number) as usize % leavers.len()];
                let at = self.span.day(day).after(self.rng.random_range(6 * HOUR..20 * HOUR));
                let client = self.tenant.users[user].clients.phone;
                let origin = self.tenant.desk(user);
                self.attempt(at, user, origin, client, &apps::ON_PHONE[0], &outcome::DISABLED);
            }
        }
    }

    /// Calls `make` at about even distances, `per_day` times a day.
    fn every_day(&mut self, per_day: i64, mut make: impl FnMut(&mut Self, Moment)) {
        let step = 24 * HOUR / per_day;
        for day in 0..self.span.days {
            for number in 0..per_day {
                let at = self.span.day(day).after(step * number + self.rng.random_range(0..step));
                make(self, at);
            }
        }
    }

    fn attempt(
        &mut self,
        at: Moment,
        user: usize,
        origin: Origin,
        client: Client,
        app: &'static App,
        outcome: &'static Outcome,
    ) {
        let sign_in = SignIn {
            interactive: true,
            who: Who::User(user),
            origin,
            client,
            app,
            resource: app.resource,
            outcome,
            mfa: if outcome.code == 0 { Mfa::Claim } else { Mfa::NotRequired },
            risk: Risk::None,
            session: self.tenant.session(user, &client, &origin, at),
            correlation: Guid::random(&mut self.rng),
        };
        let event = self.span.late(&mut self.rng, at, What::SignIn(sign_in));
        self.events.push(event);
    }

    fn names(&self, users: impl Iterator<Item = usize>) -> Vec<String> {
        users.map(|at| self.tenant.users[at].upn.clone()).collect()
    }
}

const _: () = assert!(MISTYPING >= 10, "a dozen is what makes it a near miss of ten users an hour");
