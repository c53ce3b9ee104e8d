//! When on a day, and in which office, people and their clients sign in.

use rand::RngExt as _;

use super::clock::{HOUR, Moment, busyness};
use super::draw::{Rng, Weighted};
use super::places::{CITIES, OFFICES};
use super::tenant::Tenant;

/// The hours of one day with how busy each office is in them.
#[derive(Debug)]
pub(super) struct Rhythm {
    pub(super) start: Moment,
    /// Index is office times 24 plus hour.
    slots: Weighted,
}

impl Rhythm {
    /// The rhythm of the day that begins at `start`. With a `floor` above 0 the nights are busier,
    /// as they are for phones that fetch mail while their owners sleep.
    pub(super) fn of(tenant: &Tenant, start: Moment, floor: u64) -> Self {
        let slots = (0..OFFICES).flat_map(|office| {
            (0..24).map(move |hour| {
                let begin = start.after(HOUR * hour);
                tenant.weight_of(office) * (busyness(begin, CITIES[office].offset) + floor)
            })
        });
        Self { start, slots: Weighted::new(slots) }
    }

    /// How busy the day is altogether.
    pub(super) fn total(&self) -> u64 {
        self.slots.total()
    }

    /// A moment of the day, and the office that is about to sign in then.
    pub(super) fn draw(&self, rng: &mut Rng) -> (usize, Moment) {
        let slot = self.slots.pick(rng);
        let begin = self.start.after(HOUR * (slot % 24) as i64);
        (slot / 24, begin.after(rng.random_range(0..HOUR)))
    }
}
