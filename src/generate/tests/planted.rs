//! What is planted is there, and nothing else is where only the planted is to be.

use std::collections::{BTreeMap, BTreeSet};

use super::{HOUR_IN_MILLIS, SAMPLE, Sample, millis, text, user};
use serde_json::Value;

#[test]
fn every_attack_is_there_as_the_truth_says() {
    let attacks = &SAMPLE.truth.attacks;
    assert_eq!(attacks.len(), 10);
    for attack in attacks {
        let users: BTreeSet<&str> = attack.users.iter().map(String::as_str).collect();
        let addresses: BTreeSet<&str> = attack.ip_addresses.iter().map(String::as_str).collect();
        let records: Vec<&Value> = SAMPLE
            .sign_ins()
            .filter(|record| addresses.contains(text(&record["properties"]["ipAddress"])))
            .collect();
        assert_eq!(records.len() as u64, attack.records, "{}", attack.id);
        let created =
            || records.iter().map(|record| millis(&record["properties"]["createdDateTime"]));
        if attack.records > 0 {
            assert_eq!(created().min(), Some(attack.start.timestamp_millis()), "{}", attack.id);
            assert_eq!(created().max(), Some(attack.end.timestamp_millis()), "{}", attack.id);
            assert!(
                records.iter().all(|record| users.contains(user(record).as_str())),
                "{}",
                attack.id
            );
        }
        let results =
            |code: &str| records.iter().filter(|record| record["resultType"] == code).count();
        let seen: BTreeSet<String> = records.iter().map(|record| user(record)).collect();
        let minutes = (attack.end - attack.start).num_minutes();
        let holds = match attack.id.as_str() {
            "fast-spray" => {
                seen.len() >= 55 && minutes < 11 && addresses.len() == 1 && results("0") == 1
            }
            "slow-spray" => {
                seen.len() >= 70
                    && minutes >= 24 * 60
                    && addresses.len() == 1
                    && results("50076") == 1
            }
            "subnet-spray" => seen.len() >= 100 && minutes <= 60 && addresses.len() >= 100,
            "distributed-spray" => {
                let networks: BTreeSet<String> = records
                    .iter()
                    .map(|record| record["properties"]["autonomousSystemNumber"].to_string())
                    .collect();
                seen.len() >= 100 && networks.len() >= 100 && results("50074") == 1
            }
            "brute-force" => seen.len() == 1 && results("50126") >= 30 && results("0") == 1,
            "legacy-auth-success" => seen.len() == 3 && results("0") == 6 && results("50126") == 3,
            "risky-ip" => {
                let risky =
                    |record: &&&Value| record["properties"]["riskLevelDuringSignIn"] == "high";
                seen.len() == 4
                    && results("50053") > 25
                    && results("50126") + results("50053") > 50
                    && records.iter().filter(risky).count() == 1
            }
            "break-glass-sign-in" => seen.contains("breakglass1@contoso.com") && users.len() == 2,
            "unused-global-admin" | "never-activated-eligible" => {
                attack.records == 0 && users.len() == 1
            }
            other => panic!("no test for the attack {other}"),
        };
        assert!(holds, "{attack:?}");
    }
}

#[test]
fn three_days_hold_all_attacks_and_five_thousand_records_are_enough() {
    let ids = |sample: &Sample| {
        sample.truth.attacks.iter().map(|attack| attack.id.clone()).collect::<BTreeSet<_>>()
    };
    let small = Sample::new(5_000, 3, 11);
    assert_eq!(ids(&small), ids(&SAMPLE));
    // A day is too short for the slow spray, and the others are all there.
    let day = Sample::new(5_000, 1, 11);
    let missing: Vec<String> = ids(&SAMPLE).difference(&ids(&day)).cloned().collect();
    assert_eq!(missing, ["slow-spray"]);
}

#[test]
fn only_the_planted_holders_leave_their_roles_unused() {
    let planted = |id: &str| {
        let attack = SAMPLE.truth.attacks.iter().find(|attack| attack.id == id).unwrap();
        attack.users.iter().cloned().collect::<BTreeSet<String>>()
    };
    let start = SAMPLE.truth.start.timestamp_millis();
    let mut used = SAMPLE.initiators("");
    used.extend(SAMPLE.console_users());
    let mut unused = BTreeSet::new();
    for instance in SAMPLE.snapshot("roleAssignmentScheduleInstances.json") {
        let name = text(&instance["principal"]["userPrincipalName"]).to_owned();
        match text(&instance["assignmentType"]) {
            "Assigned" => {
                assert!(millis(&instance["startDateTime"]) < start - 90 * 24 * HOUR_IN_MILLIS);
            }
            "Activated" => assert!(instance["endDateTime"].is_string()),
            other => panic!("{other}"),
        }
        if !used.contains(&name) {
            unused.insert(name);
        }
    }
    let mut expected = planted("unused-global-admin");
    expected.insert("breakglass2@contoso.com".to_owned());
    assert_eq!(unused, expected);

    let activated = SAMPLE.initiators("completed (PIM activation)");
    let eligible: BTreeSet<String> = SAMPLE
        .snapshot("roleEligibilityScheduleInstances.json")
        .iter()
        .map(|instance| text(&instance["principal"]["userPrincipalName"]).to_owned())
        .collect();
    let never: BTreeSet<String> = eligible.difference(&activated).cloned().collect();
    assert_eq!(never, planted("never-activated-eligible"));
    assert!(used.is_disjoint(&never), "who never activates does no administrator's work either");

    // Both sign in like everybody: it is the role that is idle, not the person.
    let signed_in: BTreeSet<String> = SAMPLE.sign_ins().map(user).collect();
    assert!(
        signed_in.is_superset(&planted("unused-global-admin")) && signed_in.is_superset(&never)
    );
}

#[test]
fn administrators_are_at_work_every_few_days() {
    let mut days: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for record in SAMPLE.audits() {
        if let Some(name) =
            record["properties"]["initiatedBy"]["user"]["userPrincipalName"].as_str()
        {
            let day = (millis(&record["time"]) - SAMPLE.truth.start.timestamp_millis())
                / (24 * HOUR_IN_MILLIS);
            days.entry(name.to_owned()).or_default().insert(day);
        }
    }
    for name in SAMPLE.initiators("completed (PIM activation)") {
        let days: Vec<i64> = days[&name].iter().copied().collect();
        assert!(days[0] <= 3 && days[days.len() - 1] >= 10, "{name} works on {days:?}");
        assert!(days.windows(2).all(|pair| pair[1] - pair[0] <= 5), "{name} works on {days:?}");
    }
}
