//! How a sign-in ends: the result code with its text, and what each says about the password. The
//! codes are Entra's (`AADSTS…`); the texts say the same in our words, and keep the terms by which
//! analysts tell the two meanings of 50053 apart.

/// What the result says about the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Password {
    Right,
    /// Wrong password, unknown or locked account: what guessing looks like.
    Wrong,
    /// No password was part of it.
    NotAsked,
}

/// What Conditional Access had to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Every policy that applied was satisfied.
    Passed,
    /// Not reached.
    NotReached,
    NeedsMfa,
    NeedsDevice,
    Blocked,
}

/// A result.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) code: u32,
    pub(super) text: &'static str,
    pub(super) password: Password,
    pub(super) verdict: Verdict,
}

use Password::{NotAsked, Right, Wrong};
use Verdict::{Blocked, NeedsDevice, NeedsMfa, NotReached, Passed};

// A macro, so that a code takes a line or two and the list can be read as a table.
macro_rules! outcomes {
    ($($name:ident = $code:literal, $password:ident, $verdict:ident, $text:literal;)*) => {
        $(pub(super) static $name: Outcome =
            Outcome { code: $code, text: $text, password: $password, verdict: $verdict };)*
    };
}

outcomes! {
    SUCCESS = 0, Right, Passed, "";
    BAD_PASSWORD = 50126, Wrong, NotReached,
        "Invalid username or password, or invalid on-premises username or password.";
    LOCKED = 50053, Wrong, NotReached,
        "The account is locked: too many sign-in attempts with an incorrect user ID or password.";
    ADDRESS_BLOCKED = 50053, Wrong, NotReached,
        "Sign-in was blocked because it came from an IP address with malicious activity.";
    UNKNOWN_USER = 50034, Wrong, NotReached, "The user account does not exist in the directory.";
    DISABLED = 50057, Wrong, NotReached, "The user account is disabled.";
    PASSWORD_EXPIRED = 50055, Right, NotReached, "The password is expired.";
    MFA_REQUIRED = 50076, Right, NeedsMfa,
        "Multi-factor authentication is required because of a change of configuration or of location.";
    STRONG_AUTH_REQUIRED = 50074, Right, NeedsMfa, "Strong authentication is required, and the user did not pass it.";
    MFA_ENROL = 50072, Right, NeedsMfa, "The user must enrol for multi-factor authentication.";
    MFA_FAILED = 500121, Right, NeedsMfa, "Authentication failed during the strong authentication request.";
    DEVICE_NOT_COMPLIANT = 53000, Right, NeedsDevice,
        "The device is not in the required state: it must be compliant.";
    BLOCKED = 53003, Right, Blocked, "Access was blocked by Conditional Access policies.";
    NOT_ASSIGNED = 50105, Right, NotReached, "The signed-in user is not assigned to a role for the application.";
    CONSENT_REQUIRED = 65001, Right, NotReached,
        "The user or administrator has not consented to the use of the application.";
    CONSENT_DECLINED = 65004, Right, NotReached, "The user declined to consent to the application.";
    STAY_SIGNED_IN = 50140, Right, NotReached, "Interrupted by 'Keep me signed in' while the user was signing in.";
    DEVICE_AUTH = 50097, Right, NeedsDevice, "Device authentication is required.";
    SESSION_MISSING = 50058, NotAsked, NotReached,
        "Silent sign-in found no session: the application asked for one and nobody is signed in.";
    ACCOUNT_PICKER = 16000, NotAsked, NotReached,
        "Several accounts are signed in, or the chosen one is not known here: the user must choose an account.";
    RESET_INTERRUPT = 50125, NotAsked, NotReached,
        "Sign-in was interrupted by a password reset or password registration.";
    FREQUENCY_EXPIRED = 70043, NotAsked, NotReached,
        "The refresh token has expired by the sign-in frequency of Conditional Access.";
    TOKEN_REVOKED = 50173, NotAsked, NotReached,
        "The grant has expired because it was revoked; a fresh token is needed.";
    TOKEN_EXPIRED = 70008, NotAsked, NotReached, "The refresh token has expired.";
    TOKEN_UNUSED = 700082, NotAsked, NotReached, "The refresh token has expired because it was not used.";
    PASSWORD_CHANGED = 50133, NotAsked, NotReached,
        "The session is invalid: the password has expired or was changed.";
}
