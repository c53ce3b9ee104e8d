//! Ordinary days: busy at the right times, and never like an attack by chance.

use std::collections::{BTreeMap, BTreeSet};

use super::{HOUR_IN_MILLIS, SAMPLE, Sample, WRONG, millis, text, user};
use serde_json::Value;

/// The most wrong attempts, and the most users with one, that an address has in any hour.
fn worst_hours(sample: &Sample, clock: impl Fn(&Value) -> i64) -> BTreeMap<String, (usize, usize)> {
    let mut attempts: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for record in sample.sign_ins().filter(|record| WRONG.contains(&text(&record["resultType"]))) {
        let address = text(&record["properties"]["ipAddress"]).to_owned();
        attempts.entry(address).or_default().push((clock(record), user(record)));
    }
    let worst = |mut attempts: Vec<(i64, String)>| {
        attempts.sort();
        let hours = (0..attempts.len()).map(|last| {
            let hour: Vec<_> = attempts[..=last]
                .iter()
                .filter(|(at, _)| *at > attempts[last].0 - HOUR_IN_MILLIS)
                .collect();
            (hour.len(), hour.iter().map(|(_, user)| user).collect::<BTreeSet<_>>().len())
        });
        hours.fold((0, 0), |most, hour| (most.0.max(hour.0), most.1.max(hour.1)))
    };
    attempts.into_iter().map(|(address, attempts)| (address, worst(attempts))).collect()
}

#[test]
fn no_ordinary_address_looks_like_a_spray_or_risky_but_the_service_desk() {
    // Very many sign-ins in one day, so that office NATs are crowded.
    let sample = Sample::new(60_000, 1, 5);
    let planted: BTreeSet<&String> =
        sample.truth.attacks.iter().flat_map(|attack| &attack.ip_addresses).collect();
    let near_miss = |id: &str| sample.truth.near_misses.iter().find(|miss| miss.id == id).unwrap();
    let desk = &near_miss("monday-service-desk").ip_addresses[0];
    for clock in ["createdDateTime", "time"] {
        let at = |record: &Value| match clock {
            "time" => millis(&record["time"]),
            _ => millis(&record["properties"]["createdDateTime"]),
        };
        let worst = worst_hours(&sample, at);
        assert!(worst[desk].1 >= 10, "the near miss is no miss: {:?}", worst[desk]);
        for (address, (attempts, users)) in &worst {
            if planted.contains(address) {
                continue;
            }
            assert!(*attempts <= 50, "{address} has {attempts} failures in an hour of {clock}");
            assert!(
                *users < 10 || address == desk,
                "{address} fails for {users} users in an hour of {clock}"
            );
        }
    }
    let job = near_miss("failing-jobs");
    let failures =
        |record: &&Value| user(record) == job.users[0] && record["resultType"] == "50126";
    assert!(sample.sign_ins().filter(failures).count() >= 40, "the job does not fail a lot");
}

#[test]
fn ordinary_legacy_authentication_never_succeeds() {
    let planted: BTreeSet<&String> =
        SAMPLE.truth.attacks.iter().flat_map(|attack| &attack.ip_addresses).collect();
    let legacy: Vec<&Value> = SAMPLE
        .sign_ins()
        .filter(|record| !planted.contains(&text(&record["properties"]["ipAddress"]).to_owned()))
        .filter(|record| record["properties"]["clientAppUsed"] == "Exchange ActiveSync")
        .collect();
    assert!(!legacy.is_empty());
    assert!(legacy.iter().all(|record| record["resultType"] == "50126"));
}

#[test]
fn office_hours_are_busy_weekends_are_quiet_and_nights_are_not_empty() {
    let (mut night, mut weekend, mut working) = (0, 0, 0);
    for record in SAMPLE.sign_ins() {
        let at = millis(&record["properties"]["createdDateTime"])
            - SAMPLE.truth.start.timestamp_millis();
        let (day, hour) = (at / (24 * HOUR_IN_MILLIS) % 7, at / HOUR_IN_MILLIS % 24);
        match (day, hour) {
            // Friday's evening in Seattle is Saturday's morning in UTC, so only midday is compared.
            (5 | 6, 9..17) => weekend += 1,
            (0..5, 9..17) => working += 1,
            (0..5, 3..5) => night += 1,
            _ => {}
        }
    }
    assert!(
        working / 5 > 2 * weekend / 2,
        "{working} on ten working days, {weekend} on four others"
    );
    assert!(night > 50, "{night} at night");
}
