//! A bound on how many wrong passwords ordinary people may type on one network, so that nothing in
//! the background looks like a spray or like a risky address by chance, however large the sample is.

use std::collections::HashMap;
use std::net::IpAddr;

use super::clock::Moment;

/// Distinct users with a wrong password, per address and clock hour. An hour that begins between
/// the hours sees at most twice as many, and lag may add those of one hour more: nine, less than ten.
const USERS_PER_ADDRESS: usize = 3;
/// The same for a network, which is a `/24` or a `/64`.
const USERS_PER_NETWORK: usize = 4;
/// Wrong passwords per address and clock hour.
const ATTEMPTS_PER_HOUR: usize = 12;
/// Wrong passwords per address and day.
const ATTEMPTS_PER_DAY: usize = 45;

/// What was typed wrongly so far. Looked up and never iterated over, so that its order does not show.
#[derive(Debug, Default)]
pub(super) struct Guard {
    users: HashMap<(IpAddr, i64), Vec<u64>>,
    hours: HashMap<(IpAddr, i64), usize>,
    days: HashMap<(IpAddr, i64), usize>,
}

impl Guard {
    /// Whether `user` may type `attempts` wrong passwords at `at`; remembers them if so.
    pub(super) fn allows(&mut self, ip: IpAddr, at: Moment, user: u64, attempts: usize) -> bool {
        let (hour, day) = (at.hour(), at.hour().div_euclid(24));
        let has_room = |users: Option<&Vec<u64>>, limit| {
            users.is_none_or(|users| users.contains(&user) || users.len() < limit)
        };
        let allowed = has_room(self.users.get(&(ip, hour)), USERS_PER_ADDRESS)
            && has_room(self.users.get(&(network(ip), hour)), USERS_PER_NETWORK)
            && self.hours.get(&(ip, hour)).copied().unwrap_or(0) + attempts <= ATTEMPTS_PER_HOUR
            && self.days.get(&(ip, day)).copied().unwrap_or(0) + attempts <= ATTEMPTS_PER_DAY;
        if allowed {
            for place in [ip, network(ip)] {
                let users = self.users.entry((place, hour)).or_default();
                if !users.contains(&user) {
                    users.push(user);
                }
            }
            *self.hours.entry((ip, hour)).or_default() += attempts;
            *self.days.entry((ip, day)).or_default() += attempts;
        }
        allowed
    }

    /// Forgets what is before the day of `at`, to keep the memory of a long run small.
    pub(super) fn forget_before(&mut self, at: Moment) {
        let (hour, day) = (at.hour(), at.hour().div_euclid(24));
        self.users.retain(|(_, of), _| *of >= hour - 24);
        self.hours.retain(|(_, of), _| *of >= hour - 24);
        self.days.retain(|(_, of), _| *of >= day - 1);
    }
}

/// The address of the network that an address is in.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        // The last part of a host is never 0, so that a network is no host's address.
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            IpAddr::from([a, b, c, 0])
        }
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_three_users_an_hour_and_its_network_four() {
        let mut guard = Guard::default();
        let at = Moment(0);
        let one: IpAddr = "198.18.10.10".parse().unwrap();
        let other: IpAddr = "198.18.10.11".parse().unwrap();
        let allowed: Vec<bool> = (1..=4).map(|user| guard.allows(one, at, user, 1)).collect();
        assert_eq!(allowed, [true, true, true, false]);
        assert!(guard.allows(one, at, 1, 1), "the same user may err again");
        assert!(guard.allows(other, at, 4, 1));
        assert!(!guard.allows(other, at, 5, 1), "the network is full");
        assert!(
            guard.allows(other, Moment(super::super::clock::HOUR), 5, 1),
            "the next hour is not"
        );
    }
}
