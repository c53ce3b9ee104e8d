//! The tenant's Conditional Access policies, and what each made of a sign-in.

use serde::Serialize;

use super::draw::Guid;
use super::event::{Mfa, SignIn};
use super::outcome::Verdict;

/// A policy.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) id: Guid,
    pub(super) name: &'static str,
    grants: &'static [&'static str],
    ask: Ask,
}

/// What a policy asks for, and of whom.
#[derive(Debug, Clone, Copy)]
enum Ask {
    ModernClient,
    Mfa,
    CompliantDevice,
    KnownCountry,
}

const SUCCESS: &str = "success";
const FAILURE: &str = "failure";
const NOT_APPLIED: &str = "notApplied";

/// A policy in `appliedConditionalAccessPolicies`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Applied {
    id: Guid,
    display_name: &'static str,
    enforced_grant_controls: &'static [&'static str],
    enforced_session_controls: [(); 0],
    result: &'static str,
    /// Bits of the conditions, as Entra counts them: 1 application, 2 users, 4 platform, 8 location,
    /// 16 client type.
    conditions_satisfied: u32,
    conditions_not_satisfied: u32,
}

/// The policies of the tenant of this seed.
pub(super) fn policies(seed: u64) -> Vec<Policy> {
    let policy = |name, grants, ask| Policy { id: Guid::named(seed, name), name, grants, ask };
    vec![
        policy("CA001 Block legacy authentication", &["Block"], Ask::ModernClient),
        policy("CA002 Require MFA for all users", &["Mfa"], Ask::Mfa),
        policy("CA003 Require compliant device", &["RequireCompliantDevice"], Ask::CompliantDevice),
        policy("CA004 Block countries without staff", &["Block"], Ask::KnownCountry),
    ]
}

/// `conditionalAccessStatus`: the worst of what the policies say.
pub(super) fn status(applied: &[Applied]) -> &'static str {
    let any = |result| applied.iter().any(|policy| policy.result == result);
    if any(FAILURE) {
        FAILURE
    } else if any(SUCCESS) {
        SUCCESS
    } else {
        NOT_APPLIED
    }
}

/// What each policy made of a sign-in; nothing where the first factor was not passed.
pub(super) fn applied(policies: &[Policy], sign_in: &SignIn) -> Vec<Applied> {
    let verdict = sign_in.outcome.verdict;
    if verdict == Verdict::NotReached {
        return Vec::new();
    }
    let with_mfa = sign_in.mfa != Mfa::NotRequired;
    let compliant = sign_in.client.device.is_some_and(|device| device.managed);
    policies
        .iter()
        .map(|policy| {
            let (result, satisfied, not_satisfied) = match policy.ask {
                Ask::ModernClient => (NOT_APPLIED, 3, 16),
                Ask::Mfa if verdict == Verdict::NeedsMfa => (FAILURE, 3, 0),
                Ask::Mfa if with_mfa => (SUCCESS, 3, 0),
                Ask::Mfa => (NOT_APPLIED, 1, 2),
                Ask::CompliantDevice if verdict == Verdict::NeedsDevice => (FAILURE, 7, 0),
                Ask::CompliantDevice if compliant && sign_in.app.is_custom() => (SUCCESS, 7, 0),
                Ask::CompliantDevice => (NOT_APPLIED, 0, 1),
                Ask::KnownCountry if verdict == Verdict::Blocked => (FAILURE, 11, 0),
                Ask::KnownCountry => (NOT_APPLIED, 3, 8),
            };
            Applied {
                id: policy.id,
                display_name: policy.name,
                enforced_grant_controls: policy.grants,
                enforced_session_controls: [],
                result,
                conditions_satisfied: satisfied,
                conditions_not_satisfied: not_satisfied,
            }
        })
        .collect()
}
