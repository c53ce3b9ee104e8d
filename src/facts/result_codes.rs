//! Result codes of sign-ins: what class each belongs to, and whether the password was right.
//!
//! Codes: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>. The classes
//! are our judgement of that page and of codes seen in real logs. Conditional Access and MFA are
//! asked only after the first factor, so their codes mean that the password was right.

/// Code, class, and whether the password was right (`None`: the code alone cannot tell).
const CODES: &[(u32, &str, Option<bool>)] = &[
    (0, "success", Some(true)),
    (16_000, "interrupt_account_picker", None),
    (16_001, "interrupt_account_picker", None),
    (16_003, "user_not_found", None),
    (50_005, "ca_platform_unsupported", Some(true)),
    (50_019, "interrupt_cert", None),
    (50_020, "wrong_tenant_user", None),
    (50_034, "user_not_found", None),
    (50_052, "bad_password", Some(false)),
    (50_053, "locked_or_ip_blocked", None),
    (50_054, "bad_password_old", Some(false)),
    (50_055, "password_expired", Some(true)),
    (50_056, "bad_password", Some(false)),
    (50_057, "account_disabled", None),
    (50_058, "interrupt_sso", None),
    (50_059, "tenant_not_found", None),
    (50_064, "bad_password", Some(false)),
    (50_072, "mfa_enrol_required", Some(true)),
    (50_074, "mfa_required", Some(true)),
    (50_076, "mfa_required", Some(true)),
    (50_078, "mfa_expired", Some(true)),
    (50_079, "mfa_enrol_required", Some(true)),
    (50_087, "mfa_transient", Some(true)),
    (50_088, "mfa_telephony_limit", Some(true)),
    (50_089, "flow_token_expired", None),
    (50_097, "ca_device_auth_required", Some(true)),
    (50_105, "app_not_assigned", Some(true)),
    (50_125, "interrupt_password_reset", None),
    (50_126, "bad_password", Some(false)),
    (50_128, "tenant_not_found", None),
    (50_129, "ca_workplace_join_required", Some(true)),
    (50_131, "ca_or_risk_blocked", None),
    (50_132, "session_revoked", None),
    (50_133, "session_expired_password", None),
    (50_135, "password_change_required_risk", Some(true)),
    (50_137, "password_change_required", Some(true)),
    (50_140, "interrupt_kmsi", Some(true)),
    (50_142, "password_change_required_ca", Some(true)),
    (50_144, "password_expired", Some(true)),
    (50_155, "device_auth_failed", Some(true)),
    (50_158, "external_mfa_required", Some(true)),
    (50_168, "interrupt_sso", None),
    (50_173, "token_revoked", None),
    (50_177, "wrong_tenant_user", None),
    (50_178, "wrong_tenant_user", None),
    (50_196, "client_loop", None),
    (50_199, "interrupt_user_confirmation", Some(true)),
    (50_201, "interrupt_info", None),
    (50_203, "mfa_app_registration_prompt", Some(true)),
    (50_207, "interrupt_native_bridge", None),
    (50_209, "interrupt_password_reset", None),
    (51_004, "user_not_found", None),
    (51_006, "interrupt_iwa", None),
    (53_000, "ca_device_not_compliant", Some(true)),
    (53_001, "ca_device_not_joined", Some(true)),
    (53_002, "ca_app_not_approved", Some(true)),
    (53_003, "ca_blocked", Some(true)),
    (53_004, "risk_blocked_mfa_registration", Some(true)),
    (53_008, "ca_browser", Some(true)),
    (53_009, "ca_app_protection", Some(true)),
    (53_010, "mfa_registration_restricted", Some(true)),
    (53_011, "risk_blocked_home_tenant", Some(true)),
    (65_001, "consent_required", Some(true)),
    (65_004, "consent_declined", Some(true)),
    (70_008, "token_expired", None),
    (70_016, "device_code_pending", None),
    (70_018, "device_code_bad", None),
    (70_019, "device_code_expired", None),
    (70_020, "device_code_expired", None),
    (70_043, "token_expired_signin_frequency", None),
    (70_044, "session_lifetime_ca", None),
    (80_002, "pta_timeout", None),
    (80_005, "pta_error", None),
    (80_012, "account_logon_hours", None),
    (80_014, "bad_password_pta", Some(false)),
    (81_010, "sso_kerberos_failed", None),
    (81_012, "sso_user_mismatch", None),
    (81_016, "sso_kerberos_invalid", None),
    (90_002, "tenant_not_found", None),
    (90_019, "transient", None),
    (90_033, "transient", None),
    (90_072, "wrong_tenant_user", None),
    (90_094, "admin_consent_required", Some(true)),
    (90_095, "admin_consent_request", Some(true)),
    (120_000, "bad_password_on_change", Some(false)),
    (300_030, "extranet_lockout_adfs", None),
    (500_121, "mfa_failed", Some(true)),
    (500_532, "ip_blocked_threat_intel", None),
    (530_002, "ca_device", Some(true)),
    (530_003, "ca_managed_device", Some(true)),
    (530_032, "risk_blocked", Some(true)),
    (530_034, "ca_blocked", Some(true)),
    (700_016, "app_not_found", None),
    (700_024, "sp_assertion_expired", None),
    (700_027, "sp_bad_assertion", Some(false)),
    (700_030, "sp_cert_invalid", None),
    (700_081, "token_expired", None),
    (700_082, "token_expired_inactivity", None),
    (700_084, "token_expired_spa", None),
    (7_000_112, "app_disabled", None),
    (7_000_215, "sp_bad_secret", Some(false)),
    (7_000_218, "sp_missing_credential", None),
    (7_000_222, "sp_secret_expired", None),
];

/// The class of a code; `other` for codes that have none.
pub(super) fn class(code: &str) -> &'static str {
    find(code).map_or("other", |(_, class, _)| class)
}

/// What a code leaves a sign-in to be: `interrupted` where it asks for one more step (a prompt, a second
/// factor, a new password, consent, a fresh sign-in), else `success` or `failure`.
pub(super) fn outcome(code: &str) -> &'static str {
    match class(code) {
        "success" => "success",
        "mfa_required"
        | "mfa_enrol_required"
        | "mfa_expired"
        | "mfa_transient"
        | "mfa_app_registration_prompt"
        | "external_mfa_required"
        | "password_expired"
        | "password_change_required"
        | "password_change_required_ca"
        | "password_change_required_risk"
        | "consent_required"
        | "ca_device_auth_required"
        | "ca_workplace_join_required"
        | "device_code_pending"
        | "flow_token_expired"
        | "session_revoked"
        | "session_expired_password"
        | "session_lifetime_ca"
        | "token_expired"
        | "token_expired_inactivity"
        | "token_expired_signin_frequency"
        | "token_expired_spa"
        | "token_revoked" => "interrupted",
        class if class.starts_with("interrupt_") => "interrupted",
        _ => "failure",
    }
}

/// Whether the password was right.
pub(super) fn password_was_correct(code: &str) -> Option<bool> {
    find(code)?.2
}

fn find(code: &str) -> Option<&'static (u32, &'static str, Option<bool>)> {
    let code: u32 = code.trim().parse().ok()?;
    let index = CODES.binary_search_by_key(&code, |(code, _, _)| *code).ok()?;
    Some(&CODES[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_so_that_they_can_be_found() {
        assert!(CODES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn the_codes_that_detections_rest_on_say_what_they_mean() {
        for (code, correct) in [
            ("0", Some(true)),
            ("50126", Some(false)),
            ("50055", Some(true)),
            ("50074", Some(true)),
            ("53003", Some(true)),
            ("50053", None),
            ("Failure", None),
        ] {
            assert_eq!(password_was_correct(code), correct, "{code}");
        }
        assert_eq!(class("50126"), "bad_password");
        for (code, expected) in [
            ("0", "success"),
            ("50074", "interrupted"),
            ("50140", "interrupted"),
            ("50058", "interrupted"),
            ("500121", "failure"),
            ("53003", "failure"),
            ("50126", "failure"),
            ("4242", "failure"),
        ] {
            assert_eq!(outcome(code), expected, "{code}");
        }
        for other in ["4242", "", "Failure", "-1", "50126.0", "99999999999"] {
            assert_eq!((class(other), password_was_correct(other)), ("other", None), "{other}");
        }
    }
}
