//! How many records of which kind every day gets, so that the sum is exactly what was asked for, and
//! the loop that makes them day by day and writes them in order.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveTime;

use super::background::Background;
use super::chores::Chores;
use super::clock::DAY;
use super::draw::rng_for;
use super::event::{Category, Event};
use super::rhythm::Rhythm;
use super::snapshot::{self, Activation};
use super::span::Span;
use super::tenant::Tenant;
use super::truth::{self, NearMiss, Truth};
use super::writer::{Files, write_json};
use super::{GenerateError, GenerateOptions, admin_work, attacks, near_misses};

/// Share of interactive sign-ins and of audit events, per cent; the rest is non-interactive.
const INTERACTIVE: u64 = 40;
const AUDIT: u64 = 5;

/// Nights are a tenth as busy as the peak for clients that work by themselves.
const NIGHT_FLOOR: u64 = 10;

/// Everything that is known before the days are generated.
pub(super) struct Plan {
    options: GenerateOptions,
    tenant: Tenant,
    span: Span,
    /// Events that were placed one by one, by the day in which they are written.
    placed: BTreeMap<u32, Vec<Event>>,
    /// Numbers of ordinary events to make, in the order of [`Category::ALL`].
    ordinary: [u64; 3],
    last_activation: Option<Activation>,
    attacks: Vec<truth::Attack>,
    near_misses: Vec<NearMiss>,
}

impl Plan {
    pub(super) fn new(options: &GenerateOptions) -> Result<Self, GenerateError> {
        let events = options.events;
        let tenant = Tenant::new(options.seed, (events / 40).clamp(200, 5000) as usize);
        let midnight = options.start.date_naive().and_time(NaiveTime::MIN).and_utc();
        let span = Span::new(midnight.into(), options.days);
        let (mut placed, last_activation) = admin_work::plan(&tenant, span);
        let (resembling, near_misses) =
            near_misses::plan(&tenant, span, events * INTERACTIVE / 100);
        placed.extend(resembling);
        // Half of what is left may be attacks: a tiny sample gets the first of them.
        let least = placed.len() as u64;
        if events < least {
            return Err(GenerateError::TooFewEvents { events, days: options.days, least });
        }
        let mut attacks = Vec::new();
        for planted in attacks::plan(&tenant, span, (events - least) / 2) {
            attacks.push(planted.attack);
            placed.extend(planted.events);
        }
        let ordinary = ordinary(events, &placed);
        let mut by_day: BTreeMap<u32, Vec<Event>> = BTreeMap::new();
        for event in placed {
            by_day.entry(day_of(&event, span)).or_default().push(event);
        }
        Ok(Self {
            options: options.clone(),
            tenant,
            span,
            placed: by_day,
            ordinary,
            last_activation,
            attacks,
            near_misses,
        })
    }

    /// Generates the days and writes all files.
    pub(super) fn write(mut self, out: &Path) -> Result<Truth, GenerateError> {
        let placed = std::mem::take(&mut self.placed);
        let mut files = Files::create(out, &self.tenant)?;
        self.days(placed, |events| files.write(events))?;
        let (records, messages) = files.close()?;
        snapshot::write(out, &self.tenant, self.span.start, self.last_activation)?;
        let truth = Truth {
            seed: self.options.seed,
            days: self.options.days,
            start: self.span.start.utc(),
            end: self.span.end.utc(),
            records,
            messages,
            attacks: self.attacks,
            near_misses: self.near_misses,
        };
        write_json(out.join(truth::FILE), &truth)?;
        Ok(truth)
    }

    /// Makes the events of one day after the other, and gives each day's, in the order of `time`, to
    /// `write`. What is written after midnight goes over to the next day.
    fn days(
        &self,
        mut placed: BTreeMap<u32, Vec<Event>>,
        mut write: impl FnMut(&[Event]) -> Result<(), GenerateError>,
    ) -> Result<(), GenerateError> {
        let mut background = Background::new(&self.tenant, self.span);
        let chores = Chores::new(&self.tenant);
        let mut carried: Vec<Event> = Vec::new();
        for (day, counts) in (0..self.span.days).zip(self.counts()) {
            let rhythms = self.rhythms(day);
            let mut rng = rng_for(self.options.seed, &format!("day {day}"));
            let mut events = std::mem::take(&mut carried);
            events.extend(placed.remove(&day).unwrap_or_default());
            background.interactive(&mut rng, &rhythms.people, counts[0], &mut events);
            background.tokens(&mut rng, &rhythms.clients, counts[1], &mut events);
            chores.day(&mut rng, &rhythms.people, counts[2], &mut events);
            let midnight = self.span.day(day + 1);
            (carried, events) = events.into_iter().partition(|event| event.time >= midnight);
            // Stable, so that events of the same tick keep the order in which they were made.
            events.sort_by_key(|event| event.time);
            write(&events)?;
        }
        debug_assert!(carried.is_empty(), "nothing is written after the end");
        Ok(())
    }

    fn rhythms(&self, day: u32) -> Rhythms {
        let start = self.span.day(day);
        Rhythms {
            people: Rhythm::of(&self.tenant, start, 0),
            clients: Rhythm::of(&self.tenant, start, NIGHT_FLOOR),
        }
    }

    /// How many ordinary events of each category every day gets, by how busy it is.
    fn counts(&self) -> Vec<[usize; 3]> {
        let busy: Vec<[u64; 3]> = (0..self.span.days)
            .map(|day| {
                let rhythms = self.rhythms(day);
                let people = rhythms.people.total();
                [people, rhythms.clients.total(), people]
            })
            .collect();
        let mut counts = vec![[0; 3]; busy.len()];
        for category in 0..3 {
            let total: u64 = busy.iter().map(|day| day[category]).sum();
            let mut until = 0;
            let mut given = 0;
            for (day, count) in busy.iter().zip(&mut counts) {
                until += day[category];
                // Rounded on the running sum, so that nothing is lost to rounding.
                let due =
                    u128::from(self.ordinary[category]) * u128::from(until) / u128::from(total);
                count[category] = (due - given) as usize;
                given = due;
            }
        }
        counts
    }
}

/// The rhythm of a day for people, and for clients that work by themselves.
struct Rhythms {
    people: Rhythm,
    clients: Rhythm,
}

/// How many ordinary events of each category make `events` together with what is placed, near the
/// shares that the categories are to have.
fn ordinary(events: u64, placed: &[Event]) -> [u64; 3] {
    let count =
        |category| placed.iter().filter(|event| event.category() == category).count() as u64;
    let [sign_in, tokens, audit] = Category::ALL.map(count);
    let mut left = events - sign_in - tokens - audit;
    let mut take = |wanted: u64| {
        let taken = wanted.min(left);
        left -= taken;
        taken
    };
    let audits = take((events * AUDIT / 100).saturating_sub(audit));
    let sign_ins = take((events * INTERACTIVE / 100).saturating_sub(sign_in));
    [sign_ins, left, audits]
}

fn day_of(event: &Event, span: Span) -> u32 {
    ((event.time.0 - span.start.0) / DAY) as u32
}
