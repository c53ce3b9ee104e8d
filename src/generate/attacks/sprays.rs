//! Password sprays: few passwords, many users, in the four shapes that differ in what they share.

use std::net::Ipv4Addr;

use rand::RngExt as _;

use super::super::apps;
use super::super::clock::{HOUR, MINUTE, SECOND};
use super::super::devices;
use super::super::draw::{Guid, Rng, chance, pick, shuffle};
use super::super::event::{Risk, Who};
use super::super::outcome;
use super::super::places::{self, CITIES, Origin};
use super::{PASSWORD_SPRAY, Planted, Plot, Stage, Way, victims};

/// One address, many users, ten minutes.
pub(super) fn fast(stage: &mut Stage<'_>) -> Option<Planted> {
    let way = Way {
        origin: Origin::new(Ipv4Addr::new(203, 0, 113, 24), 65_510, &CITIES[8]),
        print: &devices::SCRIPT,
        app: &apps::DIRECTORY_POWERSHELL,
        interactive: true,
    };
    let start = stage.about(450);
    let count = stage.scaled(60, 60, 300);
    let users = stage.users(count);
    let step = 560 * SECOND / users.len() as i64;
    for (number, &user) in users.iter().enumerate() {
        let at = start.after(step * number as i64 + stage.rng.random_range(0..step));
        let (who, outcome) = match stage.rng.random_range(0..100) {
            0..6 => (nobody(&mut stage.rng), &outcome::UNKNOWN_USER),
            6..14 => (Who::User(user), &outcome::ADDRESS_BLOCKED),
            _ => (Who::User(user), &outcome::BAD_PASSWORD),
        };
        stage.attempt(at, who, &way, outcome);
    }
    let victim = stage.victim(victims::FAST);
    let at = start.after(9 * MINUTE + 37 * SECOND + stage.rng.random_range(0..SECOND));
    stage.attempt(at, victim, &way, &outcome::SUCCESS);
    Some(stage.planted(&Plot {
        id: "fast-spray",
        title: "Password spray from one address within ten minutes",
        rule: Some(PASSWORD_SPRAY),
        description: "One hosting address tries one password on many users within ten minutes, some of whom do not \
                      exist. The last attempt succeeds. The address also has more than 50 failures in an hour.",
    }))
}

/// One address, a user every twenty minutes, for longer than a day.
pub(super) fn slow(stage: &mut Stage<'_>) -> Option<Planted> {
    const STEP: i64 = 20 * MINUTE;
    const ATTEMPTS: usize = 78;
    let latest = stage.span.end.after(-STEP * (ATTEMPTS as i64 + 3));
    let start = stage.about(500).min(latest);
    if start < stage.span.start.after(6 * HOUR) {
        return None;
    }
    let way = Way {
        origin: Origin::new(Ipv4Addr::new(192, 0, 2, 146), 65_511, &CITIES[9]),
        print: &devices::OLD_EDGE,
        app: &apps::EXCHANGE_ONLINE,
        interactive: true,
    };
    let mut users = stage.users(ATTEMPTS);
    // Somebody works through a list of names.
    users.sort_by(|a, b| stage.tenant.users[*a].upn.cmp(&stage.tenant.users[*b].upn));
    for (number, user) in users.into_iter().enumerate() {
        let at =
            start.after(STEP * number as i64 + stage.rng.random_range(-3 * MINUTE..3 * MINUTE));
        stage.attempt(at, Who::User(user), &way, &outcome::BAD_PASSWORD);
    }
    let victim = stage.victim(victims::SLOW);
    let at = start.after(STEP * 60 + 8 * MINUTE + stage.rng.random_range(0..MINUTE));
    stage.attempt(at, victim, &way, &outcome::MFA_REQUIRED);
    Some(stage.planted(&Plot {
        id: "slow-spray",
        title: "Slow password spray from one address over more than a day",
        rule: Some(PASSWORD_SPRAY),
        description: "One address tries one user about every twenty minutes, in the order of their names, for 26 \
                      hours. One password is right and is stopped by multi-factor authentication (50076).",
    }))
}

/// The addresses of one network in turn.
pub(super) fn subnet(stage: &mut Stage<'_>) -> Option<Planted> {
    let start = stage.about(800);
    let count = stage.scaled(80, 110, 400);
    let users = stage.users(count);
    // A hundred users and more an hour, however many there are.
    let step = HOUR / users.len().clamp(130, 260) as i64;
    let mut hosts: Vec<u8> = (1..=254).collect();
    shuffle(&mut stage.rng, &mut hosts);
    // The tool sends one correlation id with all it does.
    let correlation = Guid::random(&mut stage.rng);
    for (number, user) in users.into_iter().enumerate() {
        let way = Way {
            origin: Origin::new(
                Ipv4Addr::new(198, 51, 100, hosts[number % hosts.len()]),
                65_512,
                &CITIES[15],
            ),
            print: &devices::HTTP_CLIENT,
            app: &apps::GRAPH_POWERSHELL,
            interactive: true,
        };
        let at = start.after(step * number as i64 + stage.rng.random_range(0..step));
        let outcome =
            if chance(&mut stage.rng, 40) { &outcome::LOCKED } else { &outcome::BAD_PASSWORD };
        stage.attempt_with(at, Who::User(user), &way, outcome, Risk::None, Some(correlation));
    }
    Some(stage.planted(&Plot {
        id: "subnet-spray",
        title: "Password spray that rotates through a /24",
        rule: Some(PASSWORD_SPRAY),
        description: "More than a hundred users an hour, each from another address of 198.51.100.0/24, so that no \
                      address has more than two attempts. No password is right.",
    }))
}

/// Every attempt from a network of its own.
pub(super) fn distributed(stage: &mut Stage<'_>) -> Option<Planted> {
    let start = stage.about(620);
    let count = stage.scaled(80, 120, 400);
    let users = stage.users(count);
    let step = 3 * HOUR / users.len() as i64;
    let mut attempts: Vec<(Who, _)> =
        users.into_iter().map(|user| (Who::User(user), &outcome::BAD_PASSWORD)).collect();
    attempts.push((stage.victim(victims::DISTRIBUTED), &outcome::STRONG_AUTH_REQUIRED));
    for (number, (who, outcome)) in attempts.into_iter().enumerate() {
        let way = Way {
            origin: places::proxy(&mut stage.rng, number),
            print: &devices::OLD_CHROME,
            app: &apps::EXCHANGE_ONLINE,
            interactive: !chance(&mut stage.rng, 150),
        };
        let at = start.after(step * number as i64 + stage.rng.random_range(0..step));
        stage.attempt(at, who, &way, outcome);
    }
    Some(stage.planted(&Plot {
        id: "distributed-spray",
        title: "Password spray through residential proxies",
        rule: Some(PASSWORD_SPRAY),
        description: "More than a hundred users in three hours, every attempt from another address of another \
                      provider in another country; what they share is the user agent and the application. Some of \
                      the attempts are logged as non-interactive. One password is right and is stopped by \
                      multi-factor authentication (50074).",
    }))
}

/// A name that the attacker guessed and the tenant does not have: people have first names in theirs.
fn nobody(rng: &mut Rng) -> Who {
    let role = ["info", "sales", "it", "finance", "test", "scan", "hr", "reception"];
    let upn = format!("{}{}@contoso.com", pick(rng, &role), rng.random_range(1..10));
    Who::Nobody(upn.into())
}
