//! The tenant that all records are about: its people, where they sit, and who holds which role.

use chrono::Datelike as _;
use rand::RngExt as _;

use super::clock::{DAY, Moment, is_weekend};
use super::devices::{Client, Clients};
use super::draw::{Guid, Rng, Weighted, below, chance, mix, pick, rng_for, shuffle};
use super::names;
use super::places::{self, CITIES, OFFICES, Origin};
use super::roles::{self, Holder};

/// What kind of account a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Member,
    Guest,
    /// An account for a job on a server.
    Service,
    /// An emergency account that nobody uses.
    BreakGlass,
    /// Somebody who has left; the account is disabled.
    Leaver,
}

/// One account.
#[derive(Debug)]
pub(super) struct User {
    pub(super) id: Guid,
    pub(super) upn: String,
    /// The name as some clients send it: `Anna.Berg@Contoso.com`.
    pub(super) upn_mixed: String,
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Index of the office, and with it of the city, where the user belongs.
    pub(super) office: usize,
    pub(super) clients: Clients,
    desk: Origin,
    home: Origin,
    /// Works at home every day.
    remote: bool,
    /// How much the user signs in.
    weight: u64,
}

/// Number of people whose desks are behind the service desk's NAT.
const SERVICE_DESK: usize = 14;
const SERVICES: usize = 4;
const LEAVERS: usize = 4;

/// The tenant.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) seed: u64,
    pub(super) id: Guid,
    /// The tenant that guests come from.
    pub(super) partner: Guid,
    pub(super) users: Vec<User>,
    pub(super) holders: Vec<Holder>,
    /// Indexes of the users behind the service desk's NAT.
    pub(super) service_desk: Vec<usize>,
    /// Indexes of the users that attacks may be after: members without a role, in random order.
    pub(super) targets: Vec<usize>,
    /// Per office, the users who sign in from there, and how much each does.
    staff: Vec<(Vec<usize>, Weighted)>,
}

impl Tenant {
    /// A tenant with about `people` accounts.
    pub(super) fn new(seed: u64, people: usize) -> Self {
        let mut rng = rng_for(seed, "tenant");
        let mut users = people_of(seed, people, &mut rng);
        let members: Vec<usize> =
            (0..users.len()).filter(|&at| users[at].kind == Kind::Member).collect();
        let holders = roles::holders(seed, &members, users.len());
        let first_plain =
            members[holders.iter().filter(|holder| !holder.is_break_glass()).count()..].to_vec();
        let service_desk: Vec<usize> = first_plain[..SERVICE_DESK].to_vec();
        for &at in &service_desk {
            users[at].desk = places::service_desk();
            users[at].office = 3;
            users[at].remote = false;
        }
        users.extend((1..=2).map(|number| special(seed, Kind::BreakGlass, number, &mut rng)));
        users.extend((1..=SERVICES).map(|number| special(seed, Kind::Service, number, &mut rng)));
        users.extend((1..=LEAVERS).map(|number| special(seed, Kind::Leaver, number, &mut rng)));
        let mut targets = first_plain[SERVICE_DESK..].to_vec();
        shuffle(&mut rng, &mut targets);
        let staff = (0..OFFICES)
            .map(|office| {
                let own: Vec<usize> = (0..users.len())
                    .filter(|&at| {
                        users[at].office == office
                            && matches!(users[at].kind, Kind::Member | Kind::Guest)
                    })
                    .collect();
                let weights = Weighted::new(own.iter().map(|&at| users[at].weight));
                (own, weights)
            })
            .collect();
        Self {
            seed,
            id: Guid::named(seed, "tenant"),
            partner: Guid::named(seed, "partner tenant"),
            users,
            holders,
            service_desk,
            targets,
            staff,
        }
    }

    /// How much all users of an office sign in, together.
    pub(super) fn weight_of(&self, office: usize) -> u64 {
        self.staff[office].1.total()
    }

    /// A user of an office, heavy users more often.
    pub(super) fn someone_at(&self, rng: &mut Rng, office: usize) -> usize {
        let (staff, weights) = &self.staff[office];
        staff[weights.pick(rng)]
    }

    /// Indexes of the accounts of a kind.
    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = usize> + '_ {
        (0..self.users.len()).filter(move |&at| self.users[at].kind == kind)
    }

    /// The network that a user's computer is on during the day of `at`: the same all day, mostly
    /// the office on working days, and a hotel on the few trips.
    pub(super) fn computer_origin(&self, user: usize, at: Moment) -> Origin {
        let who = &self.users[user];
        let utc = at.utc();
        let week = (utc.num_days_from_ce() / 7) as u64;
        let trip = mix(self.seed ^ 0x7472_6970, user as u64, week);
        if trip % 1000 < 14 && matches!(utc.weekday().num_days_from_monday(), 1..=3) {
            return places::hotel(trip >> 32, (trip >> 16) as usize % CITIES.len());
        }
        let today = mix(self.seed, user as u64, at.0.div_euclid(DAY) as u64) % 100;
        match (is_weekend(utc), who.remote, today) {
            (false, false, 0..62) | (true, false, 0..6) => who.desk,
            (_, _, 62..70) if who.kind == Kind::Member => places::vpn(who.office),
            (_, _, 70..75) => self.phone_origin(user, at),
            _ => who.home,
        }
    }

    /// The network that a user's phone is on: at home one day in three, else the carrier's.
    pub(super) fn phone_origin(&self, user: usize, at: Moment) -> Origin {
        let who = &self.users[user];
        let today = mix(!self.seed, user as u64, at.0.div_euclid(DAY) as u64);
        if today.is_multiple_of(3) { who.home } else { places::carrier(today >> 8, who.office) }
    }

    /// The user's desk, for what must come from a network that the user always uses.
    pub(super) fn desk(&self, user: usize) -> Origin {
        self.users[user].desk
    }

    /// The session in which a user works on one device on one network on one day.
    pub(super) fn session(
        &self,
        user: usize,
        client: &Client,
        origin: &Origin,
        at: Moment,
    ) -> Guid {
        let device = client.device.map_or(0, |device| u64::from(device.id.short()));
        let place = mix(device, u64::from(origin.asn), at.0.div_euclid(DAY) as u64);
        Guid::numbered(self.seed, user as u64, place)
    }
}

/// Members and guests, named apart from each other.
fn people_of(seed: u64, people: usize, rng: &mut Rng) -> Vec<User> {
    let mut taken = std::collections::HashSet::new();
    let offices = Weighted::new(CITIES[..OFFICES].iter().map(|city| city.staff));
    (0..people)
        .map(|number| {
            let (first, last) = (*pick(rng, names::FIRST), *pick(rng, names::LAST));
            let mut local = format!("{first}.{last}");
            let mut suffix = 2;
            while !taken.insert(local.clone()) {
                local = format!("{first}.{last}{suffix}");
                suffix += 1;
            }
            // The first hundred are members, so that the smallest tenant has people for every part.
            let kind = if number >= 100 && chance(rng, 45) { Kind::Guest } else { Kind::Member };
            let upn_mixed = match kind {
                Kind::Guest => format!("{local}_fabrikam.com#EXT#@contoso.onmicrosoft.com"),
                _ if number % 9 == 0 => format!("{local}@Fabrikam.com"),
                _ => format!("{local}@Contoso.com"),
            };
            let office = offices.pick(rng);
            let seats = people * CITIES[office].staff as usize / 100;
            let home = places::home(rng, office);
            User {
                id: Guid::named(seed, &local),
                upn: upn_mixed.to_lowercase().replace("#ext#", "#EXT#"),
                upn_mixed,
                name: format!("{first} {last}"),
                kind,
                office,
                clients: Clients::draw(rng),
                desk: if kind == Kind::Guest {
                    home
                } else {
                    places::office(office, number, seats)
                },
                home,
                remote: chance(rng, 220),
                weight: heavy_tail(rng),
            }
        })
        .collect()
}

/// Most people sign in a little, a few all the time.
fn heavy_tail(rng: &mut Rng) -> u64 {
    200 + 8000 / rng.random_range(4..80)
}

/// An account that is nobody's.
fn special(seed: u64, kind: Kind, number: usize, rng: &mut Rng) -> User {
    let (local, name) = match kind {
        Kind::BreakGlass => (format!("breakglass{number}"), format!("Break Glass {number}")),
        Kind::Leaver => {
            let (first, last) = (*pick(rng, names::FIRST), *pick(rng, names::LAST));
            (format!("ex.{first}.{last}").to_lowercase(), format!("{first} {last}"))
        }
        Kind::Service | Kind::Member | Kind::Guest => {
            let job = ["backup", "scanner", "reports", "sync"][(number - 1) % 4];
            (format!("svc-{job}"), format!("Service {job}"))
        }
    };
    let office = 1 + below(rng, 2);
    let home = places::home(rng, office);
    let desk = if kind == Kind::Service { places::data_centre(number) } else { home };
    User {
        id: Guid::named(seed, &local),
        upn: format!("{local}@contoso.com"),
        upn_mixed: format!("{local}@Contoso.com"),
        name,
        kind,
        office,
        clients: Clients::draw(rng),
        desk,
        home,
        remote: true,
        weight: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_smallest_tenant_has_room_for_every_part_and_names_nobody_twice() {
        let tenant = Tenant::new(3, 200);
        let names: BTreeSet<String> =
            tenant.users.iter().map(|user| user.upn.to_lowercase()).collect();
        assert_eq!(names.len(), tenant.users.len());
        assert!(tenant.targets.len() >= 120, "{} targets", tenant.targets.len());
        assert!(tenant.holders.iter().all(|holder| !tenant.targets.contains(&holder.user)));
        assert!(tenant.service_desk.iter().all(|at| !tenant.targets.contains(at)));
    }

    #[test]
    fn a_computer_stays_where_it_is_for_a_day() {
        let tenant = Tenant::new(3, 400);
        let noon = Moment(DAY * 20_000 + DAY / 2);
        for user in 0..400 {
            let (early, late) = (noon.after(-DAY / 4), noon.after(DAY / 4));
            assert_eq!(
                tenant.computer_origin(user, early).ip,
                tenant.computer_origin(user, late).ip
            );
        }
    }
}
