//! Attacks on single accounts: guessing one password, signing in by a protocol that knows no second
//! factor, and an address that fails so often that it must be called risky.

use std::net::Ipv6Addr;

use rand::RngExt as _;

use super::super::apps;
use super::super::clock::{HOUR, MINUTE, SECOND};
use super::super::devices;
use super::super::event::Risk;
use super::super::outcome;
use super::super::places::{CITIES, Origin};
use super::{LEGACY_AUTH_SUCCESS, Planted, Plot, RISKY_IP, Stage, Way, victims};

/// Forty attempts on one user, and a hit. Few enough that the address is not risky by their number.
pub(super) fn brute_force(stage: &mut Stage<'_>) -> Option<Planted> {
    const ATTEMPTS: i64 = 40;
    let start = stage.about(350);
    let way = Way {
        origin: Origin::new(
            Ipv6Addr::new(0x2001, 0xdb8, 0x51f, 0, 0, 0, 0, 0x66),
            65_513,
            &CITIES[11],
        ),
        print: &devices::GO_CLIENT,
        app: &apps::EXCHANGE_ONLINE,
        interactive: true,
    };
    for number in 0..ATTEMPTS {
        let at = start.after(36 * SECOND * number + stage.rng.random_range(0..20 * SECOND));
        let outcome = if number % 12 == 11 { &outcome::LOCKED } else { &outcome::BAD_PASSWORD };
        let victim = stage.victim(victims::BRUTE);
        stage.attempt(at, victim, &way, outcome);
    }
    let victim = stage.victim(victims::BRUTE);
    stage.attempt(
        start.after(36 * SECOND * ATTEMPTS + 2 * MINUTE),
        victim,
        &way,
        &outcome::SUCCESS,
    );
    Some(stage.planted(&Plot {
        id: "brute-force",
        title: "Forty guesses at one account, then a success",
        rule: None,
        description: "One address guesses the password of one user in 25 minutes and gets in. Too few attempts for a \
                      risky address, too few users for a spray.",
    }))
}

/// Success by protocols that cannot ask for a second factor.
pub(super) fn legacy_success(stage: &mut Stage<'_>) -> Option<Planted> {
    let prints = [&devices::IMAP, &devices::SMTP, &devices::ROPC];
    let mut start = stage.about(550);
    for (number, print) in prints.into_iter().enumerate() {
        let address = Ipv6Addr::new(0x2001, 0xdb8, 0x1e9, number as u16, 0, 0, 0, 0x15);
        let way = Way {
            origin: Origin::new(address, 65_514, &CITIES[10]),
            print,
            app: &apps::EXCHANGE_ONLINE,
            interactive: true,
        };
        for (after, outcome) in [
            (0, &outcome::BAD_PASSWORD),
            (80 * SECOND, &outcome::SUCCESS),
            (25 * MINUTE, &outcome::SUCCESS),
        ] {
            let at = start.after(after + stage.rng.random_range(0..20 * SECOND));
            let victim = stage.victim(victims::LEGACY[number]);
            stage.attempt(at, victim, &way, outcome);
        }
        start = start.after(HOUR);
    }
    Some(stage.planted(&Plot {
        id: "legacy-auth-success",
        title: "Mailboxes opened by legacy authentication",
        rule: Some(LEGACY_AUTH_SUCCESS),
        description: "Three users are signed in after one failed attempt each, by IMAP4, by Authenticated SMTP, and by \
                      a client that only its user agent BAV2ROPC gives away. No Conditional Access policy applied.",
    }))
}

/// More than fifty failures in an hour at one address, on fewer users than a spray has; then a hit.
pub(super) fn risky_address(stage: &mut Stage<'_>) -> Option<Planted> {
    const ATTEMPTS: usize = 76;
    let start = stage.about(700);
    let way = Way {
        origin: Origin::new(
            Ipv6Addr::new(0x2001, 0xdb8, 0xbad, 7, 0, 0, 0, 0x9),
            65_515,
            &CITIES[16],
        ),
        print: &devices::OLD_FIREFOX,
        app: &apps::AZURE_PORTAL,
        interactive: true,
    };
    for number in 0..ATTEMPTS {
        let at = start.after(38 * SECOND * number as i64 + stage.rng.random_range(0..30 * SECOND));
        let victim = stage.victim(victims::RISKY[number % victims::RISKY.len()]);
        // The accounts lock after a while: 30 of the attempts meet a locked one.
        let outcome =
            if number >= ATTEMPTS - 30 { &outcome::LOCKED } else { &outcome::BAD_PASSWORD };
        stage.attempt(at, victim, &way, outcome);
    }
    let victim = stage.victim(victims::RISKY[0]);
    stage.attempt_with(start.after(4 * HOUR), victim, &way, &outcome::SUCCESS, Risk::High, None);
    Some(stage.planted(&Plot {
        id: "risky-ip",
        title: "An address with more than fifty failures in an hour",
        rule: Some(RISKY_IP),
        description: "One address tries passwords on four users until they are locked: 46 wrong passwords and 30 \
                      lockouts within an hour. Hours later it gets in as one of them, at high risk.",
    }))
}
