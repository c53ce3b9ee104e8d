//! How ordinary sign-ins go, and how often: what somebody runs into before getting in, and what
//! becomes of the tokens that clients fetch.

use super::outcome::{
    ACCOUNT_PICKER, BAD_PASSWORD, BLOCKED, CONSENT_DECLINED, CONSENT_REQUIRED, DEVICE_AUTH,
    DEVICE_NOT_COMPLIANT, FREQUENCY_EXPIRED, LOCKED, MFA_ENROL, MFA_FAILED, MFA_REQUIRED,
    NOT_ASSIGNED, Outcome, PASSWORD_CHANGED, PASSWORD_EXPIRED, RESET_INTERRUPT, SESSION_MISSING,
    STAY_SIGNED_IN, STRONG_AUTH_REQUIRED, SUCCESS, TOKEN_EXPIRED, TOKEN_REVOKED, TOKEN_UNUSED,
};

/// What happens in a row when somebody signs in.
pub(super) type Script = &'static [&'static Outcome];

/// A sign-in that goes well at once.
pub(super) const SMOOTH: Script = &[&SUCCESS];

/// How often what happens in a row, per thousand.
pub(super) static SCRIPTS: &[(u64, Script)] = &[
    (760, SMOOTH),
    (26, &[&BAD_PASSWORD, &SUCCESS]),
    (7, &[&BAD_PASSWORD, &BAD_PASSWORD, &SUCCESS]),
    (1, &[&BAD_PASSWORD, &BAD_PASSWORD, &BAD_PASSWORD, &LOCKED]),
    (58, &[&STAY_SIGNED_IN, &SUCCESS]),
    (30, &[&MFA_REQUIRED, &SUCCESS]),
    (30, &[&STRONG_AUTH_REQUIRED, &SUCCESS]),
    (25, &[&SESSION_MISSING]),
    (10, &[&SESSION_MISSING, &SUCCESS]),
    (15, &[&ACCOUNT_PICKER, &SUCCESS]),
    (12, &[&DEVICE_AUTH, &SUCCESS]),
    (3, &[&BLOCKED]),
    (2, &[&DEVICE_NOT_COMPLIANT]),
    (2, &[&NOT_ASSIGNED]),
    (3, &[&CONSENT_REQUIRED]),
    (1, &[&CONSENT_DECLINED]),
    (4, &[&MFA_FAILED, &SUCCESS]),
    (2, &[&MFA_FAILED]),
    (3, &[&PASSWORD_EXPIRED, &SUCCESS]),
    (2, &[&RESET_INTERRUPT, &SUCCESS]),
    (1, &[&MFA_ENROL]),
];

/// How often the first token request of a burst ends how, per thousand.
pub(super) static TOKEN_RESULTS: &[(u64, &Outcome)] = &[
    (900, &SUCCESS),
    (28, &FREQUENCY_EXPIRED),
    (18, &TOKEN_REVOKED),
    (13, &TOKEN_EXPIRED),
    (9, &TOKEN_UNUSED),
    (8, &PASSWORD_CHANGED),
    (7, &MFA_REQUIRED),
    (7, &DEVICE_AUTH),
    (5, &SESSION_MISSING),
    (4, &CONSENT_REQUIRED),
    (1, &ACCOUNT_PICKER),
];

/// How many tokens a client fetches at once, as points of the quantile function.
pub(super) const BURST: &[(i64, i64)] = &[(0, 1), (500, 2), (800, 4), (950, 9), (1000, 24)];
