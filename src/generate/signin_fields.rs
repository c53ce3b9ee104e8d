//! The parts of a sign-in record that several of its circumstances decide together.

use super::clock::{Offset, SECOND};
use super::devices::Client;
use super::draw::{Rng, chance};
use super::event::{Event, Mfa, Risk, SignIn};
use super::outcome::{Password, Verdict};
use super::places::Origin;
use super::signin_form::{
    Coordinates, DeviceDetail, KeyValue, LifetimePolicy, Location, MfaDetail, NetworkLocation,
    RequirementPolicy, Status, Step,
};

pub(super) fn status(sign_in: &SignIn) -> Status {
    let additional_details = match (sign_in.outcome.verdict, sign_in.mfa) {
        (Verdict::NeedsMfa, _) if sign_in.outcome.code == 500_121 => {
            "MFA denied; user declined the authentication"
        }
        (Verdict::NeedsMfa, _) => "MFA required in Azure AD",
        (_, Mfa::Claim) => "MFA requirement satisfied by claim in the token",
        (_, Mfa::Prompted) => "MFA completed in Azure AD",
        (_, Mfa::NotRequired) => "",
    };
    Status {
        error_code: sign_in.outcome.code,
        failure_reason: sign_in.outcome.text,
        additional_details,
    }
}

pub(super) fn device_detail(client: &Client) -> DeviceDetail {
    let (operating_system, browser) = (client.print.system, client.print.browser);
    let Some(device) = client.device else {
        return DeviceDetail {
            device_id: String::new(),
            display_name: String::new(),
            operating_system,
            browser,
            is_compliant: None,
            is_managed: None,
            trust_type: "",
        };
    };
    DeviceDetail {
        device_id: device.id.to_string(),
        display_name: format!("CONTOSO-{:08X}", device.id.short()),
        operating_system,
        browser,
        is_compliant: Some(device.managed),
        is_managed: Some(device.managed),
        trust_type: if device.joined { "Azure AD joined" } else { "Azure AD registered" },
    }
}

pub(super) fn location(origin: &Origin) -> Location {
    let city = origin.city;
    Location {
        city: city.name,
        state: city.state,
        country_or_region: city.country,
        geo_coordinates: Coordinates { latitude: city.latitude, longitude: city.longitude },
    }
}

pub(super) fn network_location(origin: &Origin) -> Vec<NetworkLocation> {
    let known = NetworkLocation {
        network_type: "trustedNamedLocation",
        network_names: ["Contoso networks"],
    };
    if origin.trusted { vec![known] } else { Vec::new() }
}

pub(super) fn mfa_detail(sign_in: &SignIn) -> MfaDetail {
    let prompted = sign_in.mfa == Mfa::Prompted || sign_in.outcome.code == 500_121;
    MfaDetail {
        auth_method: prompted.then_some("Mobile app notification"),
        auth_detail: prompted.then_some(""),
    }
}

pub(super) fn processing_details(rng: &mut Rng, sign_in: &SignIn) -> Vec<KeyValue> {
    let mut details = vec![
        KeyValue { key: "Legacy TLS (TLS 1.0, 1.1, 3DES)", value: "False" },
        KeyValue { key: "Is CAE Token", value: if chance(rng, 350) { "True" } else { "False" } },
    ];
    if sign_in.interactive && chance(rng, 400) {
        details.push(KeyValue { key: "Login Hint Present", value: "True" });
    }
    details
}

/// The steps of an interactive sign-in: the first factor, and the second where there was one.
pub(super) fn steps(event: &Event, sign_in: &SignIn) -> Vec<Step> {
    let outcome = sign_in.outcome;
    if !sign_in.interactive || outcome.password == Password::NotAsked {
        return Vec::new();
    }
    let password = outcome.password == Password::Right;
    let mut steps = vec![Step {
        authentication_step_date_time: Offset(event.created),
        authentication_method: "Password",
        authentication_method_detail: "Password in the cloud",
        succeeded: password,
        authentication_step_result_detail: if password { "Correct password" } else { outcome.text },
        authentication_step_requirement: "Primary authentication",
        status_sequence: 0,
        request_sequence: 1,
    }];
    let second = match (sign_in.mfa, outcome.verdict) {
        (Mfa::Prompted, _) => Some(("Mobile app notification", true, "MFA completed in Azure AD")),
        (Mfa::Claim, _) => {
            Some(("Previously satisfied", true, "MFA requirement satisfied by claim in the token"))
        }
        (Mfa::NotRequired, Verdict::NeedsMfa) => {
            Some(("Mobile app notification", false, "Authentication in progress"))
        }
        (Mfa::NotRequired, _) => None,
    };
    steps.extend(second.map(|(method, succeeded, detail)| Step {
        authentication_step_date_time: Offset(event.created.after(9 * SECOND)),
        authentication_method: method,
        authentication_method_detail: "",
        succeeded,
        authentication_step_result_detail: detail,
        authentication_step_requirement: "Multifactor authentication",
        status_sequence: 1,
        request_sequence: 2,
    }));
    steps
}

pub(super) fn requirement_policies(mfa: bool) -> Vec<RequirementPolicy> {
    let policy = RequirementPolicy {
        requirement_provider: "multiConditionalAccess",
        detail: "Conditional Access",
    };
    if mfa { vec![policy] } else { Vec::new() }
}

pub(super) fn lifetime_policies(sign_in: &SignIn) -> Vec<LifetimePolicy> {
    let expired = sign_in.outcome.code == 70_043;
    let policy = LifetimePolicy {
        expiration_requirement: "signInFrequencyPeriodicReauthentication",
        detail: "Sign-in frequency (periodic re-authentication)",
    };
    if expired || sign_in.mfa == Mfa::Prompted { vec![policy] } else { Vec::new() }
}

pub(super) fn incoming_token(rng: &mut Rng, sign_in: &SignIn) -> &'static str {
    match (sign_in.interactive, sign_in.client.device) {
        (true, _) => "none",
        (false, Some(_)) if chance(rng, 600) => "primaryRefreshToken",
        (false, _) => "refreshToken",
    }
}

/// What a record says about risk.
pub(super) struct RiskFields {
    pub(super) level: &'static str,
    pub(super) state: &'static str,
    pub(super) detail: &'static str,
    pub(super) types: &'static [&'static str],
}

pub(super) fn risk(risk: Risk) -> RiskFields {
    let (level, state, detail, types): (_, _, _, &[&str]) = match risk {
        Risk::None => ("none", "none", "none", &[]),
        Risk::Hidden => ("hidden", "none", "hidden", &[]),
        Risk::Low => ("low", "atRisk", "none", &["unfamiliarFeatures"]),
        Risk::Remediated => (
            "medium",
            "remediated",
            "userPassedMFADrivenByRiskBasedPolicy",
            &["unfamiliarFeatures"],
        ),
        Risk::High => ("high", "atRisk", "none", &["passwordSpray", "maliciousIPAddress"]),
    };
    RiskFields { level, state, detail, types }
}
