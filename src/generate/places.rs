//! Where sign-ins come from: cities, and the networks in them. Every address is in a block that is
//! reserved for documentation, benchmarks, carrier NAT or future use, so that no sample names
//! somebody's real network:
//!
//! | networks | block |
//! |---|---|
//! | office NATs, data centre, VPN gateways | `198.18.0.0/15` |
//! | home broadband, hotels | `240.0.0.0/8`, `3fff::/20` |
//! | mobile carriers | `100.64.0.0/10` |
//! | attackers | `192.0.2.0/24`, `198.51.100.0/24`, `203.0.113.0/24`, `2001:db8::/32`, `241.0.0.0/8` |
//!
//! Autonomous system numbers are of the private range (64512 to 65534).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rand::RngExt as _;

use super::draw::{Rng, below, chance};

/// A city, as `properties.location` has it.
#[derive(Debug)]
pub(super) struct City {
    pub(super) name: &'static str,
    pub(super) state: &'static str,
    pub(super) country: &'static str,
    pub(super) latitude: f64,
    pub(super) longitude: f64,
    /// Minutes ahead of UTC in winter; daylight saving is left out.
    pub(super) offset: i64,
    /// Share of the staff, per cent; 0 where there is no office.
    pub(super) staff: u64,
}

#[rustfmt::skip]
pub(super) const CITIES: &[City] = &[
    city("Seattle", "Washington", "US", 47.60621, -122.33207, -480, 24),
    city("London", "London, City of", "GB", 51.50853, -0.12574, 0, 18),
    city("Berlin", "Berlin", "DE", 52.52437, 13.41053, 60, 15),
    city("New York", "New York", "US", 40.71427, -74.00597, -300, 14),
    city("Mumbai", "Maharashtra", "IN", 19.07283, 72.88261, 330, 12),
    city("Chicago", "Illinois", "US", 41.85003, -87.65005, -360, 8),
    city("Singapore", "Central Singapore", "SG", 1.28967, 103.85007, 480, 5),
    city("Sydney", "New South Wales", "AU", -33.86785, 151.20732, 660, 4),
    city("Amsterdam", "Noord-Holland", "NL", 52.37403, 4.88969, 60, 0),
    city("Bucharest", "Bucuresti", "RO", 44.43225, 26.10626, 120, 0),
    city("Lagos", "Lagos", "NG", 6.45407, 3.39467, 60, 0),
    city("Hanoi", "Ha Noi", "VN", 21.0245, 105.84117, 420, 0),
    city("Jakarta", "Jakarta Raya", "ID", -6.21462, 106.84513, 420, 0),
    city("Sao Paulo", "Sao Paulo", "BR", -23.5475, -46.63611, -180, 0),
    city("Buenos Aires", "Ciudad de Buenos Aires", "AR", -34.61315, -58.37723, -180, 0),
    city("Istanbul", "Istanbul", "TR", 41.01384, 28.94966, 180, 0),
    city("Kyiv", "Kyiv", "UA", 50.45466, 30.5238, 120, 0),
    city("Manila", "National Capital Region", "PH", 14.6042, 120.9822, 480, 0),
    city("Bogota", "Bogota, Distrito Capital de", "CO", 4.60971, -74.08175, -300, 0),
    city("Cairo", "Al Qahirah", "EG", 30.06263, 31.24967, 120, 0),
    city("Warsaw", "Mazowieckie", "PL", 52.22977, 21.01178, 60, 0),
    city("Madrid", "Madrid", "ES", 40.4165, -3.70256, 60, 0),
    city("Toronto", "Ontario", "CA", 43.70011, -79.4163, -300, 0),
    city("Karachi", "Sindh", "PK", 24.8608, 67.0104, 300, 0),
];

const fn city(
    name: &'static str,
    state: &'static str,
    country: &'static str,
    latitude: f64,
    longitude: f64,
    offset: i64,
    staff: u64,
) -> City {
    City { name, state, country, latitude, longitude, offset, staff }
}

/// How many of [`CITIES`] have an office; they come first.
pub(super) const OFFICES: usize = 8;

/// Where one sign-in came from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) ip: IpAddr,
    /// Autonomous system number.
    pub(super) asn: u32,
    pub(super) city: &'static City,
    /// Whether the tenant knows the network as one of its own.
    pub(super) trusted: bool,
}

impl Origin {
    pub(super) fn new(ip: impl Into<IpAddr>, asn: u32, city: &'static City) -> Self {
        Self { ip: ip.into(), asn, city, trusted: false }
    }

    fn trusted(ip: [u8; 4], asn: u32, city: &'static City) -> Self {
        Self { trusted: true, ..Self::new(ip, asn, city) }
    }
}

/// The NAT that desk `seat` of office `office` goes out through. A big office has a few addresses.
pub(super) fn office(office: usize, seat: usize, seats: usize) -> Origin {
    let egress = seat % (1 + seats / 400).min(4);
    Origin::trusted(
        [198, 18, 10 + office as u8, 10 + egress as u8],
        64_512 + office as u32,
        &CITIES[office],
    )
}

/// The NAT of the service desk, where a dozen people mistype their passwords on Monday mornings.
pub(super) fn service_desk() -> Origin {
    Origin::trusted([198, 18, 99, 20], 64_530, &CITIES[3])
}

/// The host on which service account `number` runs.
pub(super) fn data_centre(number: usize) -> Origin {
    Origin::trusted([198, 18, 50 + number as u8, 25], 64_531, &CITIES[1])
}

/// The VPN gateway nearest to an office.
pub(super) fn vpn(office: usize) -> Origin {
    let (gateway, city) = if CITIES[office].offset < -60 { (0, 0) } else { (1, 1) };
    Origin::trusted([198, 19, gateway, 10], 64_532, &CITIES[city])
}

/// A home connection in `city`, at one of its three providers; one in eight has IPv6.
pub(super) fn home(rng: &mut Rng, city: usize) -> Origin {
    let provider = city * 3 + below(rng, 3);
    let asn = 64_600 + provider as u32;
    let host: u16 = rng.random();
    if chance(rng, 125) {
        let site =
            Ipv6Addr::new(0x3fff, provider as u16, host, 0, rng.random(), rng.random(), 0, 1);
        return Origin::new(site, asn, &CITIES[city]);
    }
    let [high, low] = host.to_be_bytes();
    Origin::new([240, provider as u8, high, low.clamp(1, 254)], asn, &CITIES[city])
}

/// A hotel's network in `city`, picked by `number`.
pub(super) fn hotel(number: u64, city: usize) -> Origin {
    let [.., high, low] = number.to_be_bytes();
    Origin::new(
        Ipv4Addr::new(240, 180 + city as u8, high, low.clamp(1, 254)),
        64_720 + city as u32,
        &CITIES[city],
    )
}

/// One of the few addresses behind which a mobile carrier hides all its customers of a city.
pub(super) fn carrier(number: u64, city: usize) -> Origin {
    let host = 10 + (number % 24) as u8;
    Origin::new([100, 64 + city as u8, host / 4, host], 64_560 + city as u32, &CITIES[city])
}

/// The `number`-th of many home connections around the world, each at a provider of its own, from
/// which nobody of the tenant signs in: what an attacker rents as residential proxies.
pub(super) fn proxy(rng: &mut Rng, number: usize) -> Origin {
    let city = &CITIES[OFFICES + below(rng, CITIES.len() - OFFICES)];
    let ip = Ipv4Addr::new(
        241 + (number >> 8) as u8,
        (number & 255) as u8,
        rng.random(),
        rng.random_range(1..255),
    );
    Origin::new(ip, 64_900 + (number % 600) as u32, city)
}
