//! The questions that are asked of the known logs.

use serde_json::json;

use super::case::{Case, Logs, ask};

/// A question of the sample.
fn sample(query: &'static str) -> Case {
    ask(query, Logs::Sample)
}

/// A question of `rows.ndjson`.
fn rows(query: &'static str) -> Case {
    ask(query, Logs::Rows)
}

pub(super) fn cases() -> Vec<Case> {
    let parts = [
        sign_ins(),
        attacks(),
        legacy_and_mfa(),
        policies_and_risks(),
        roles(),
        apps(),
        audit(),
        books(),
    ];
    parts.into_iter().flatten().collect()
}

fn sign_ins() -> Vec<Case> {
    let broken = "2001:db8:bad:7::9";
    vec![
        sample("signin-timeline-of-user")
            .with("user=BreakGlass1@CONTOSO.com")
            .count(5)
            .first(json!({"TimeGenerated": "2026-02-01T00:06:23.594727Z", "Interactive": false, "Outcome": "success",
                          "AppDisplayName": "Azure Portal", "AuthenticationRequirement": "singleFactorAuthentication"})),
        // By id, and what is no failure is none.
        rows("signin-timeline-of-user")
            .with("user=BBBBBBBB-0000-4000-8000-000000000002")
            .count(9)
            .has(json!({"CorrelationId": "c-d0", "Outcome": "interrupted", "ResultClass": "device_code_pending"}))
            .has(json!({"CorrelationId": "c-r4", "Outcome": "failure", "PasswordWasCorrect": true})),
        sample("signin-timeline-of-ip")
            .with("ip=2001:DB8:BAD:7::9")
            .count(77)
            .has(json!({"Who": "felix.lopez@contoso.com", "ResultType": "0", "IPAddress": broken}))
            .lacks(json!({"Location": "US"})),
        sample("signin-timeline-of-ip").with("ip=198.51.100.0/24").count(110),
        rows("signin-timeline-of-ip")
            .with("ip=203.0.113.50:55123")
            .count(30)
            .first(json!({"Kind": "AD FS", "Who": "user0@contoso.com", "ResultClass": "extranet_lockout_adfs"})),
        rows("signin-timeline-of-ip").with("ip=192.0.2.66").has(json!({"Kind": "service principal", "Who": "Robot"})),
        sample("signin-timeline-of-app").with("app=azure portal").count(133),
        rows("signin-timeline-of-app")
            .with("app=88888888-0000-4000-8000-000000000008")
            .count(5)
            .first(json!({"Kind": "service principal", "Client": "clientSecret", "ResultType": "0"})),
        sample("signin-failures-by-reason")
            .first(json!({"ResultType": "50126", "PasswordWasCorrect": false, "Failures": 846, "Users": 252}))
            .has(json!({"ResultType": "50053", "Failures": 44}))
            .lacks(json!({"ResultClass": "interrupt_kmsi"}))
            .lacks(json!({"ResultClass": "mfa_required"}))
            .lacks(json!({"ResultClass": "token_expired"})),
        sample("top-failing-apps")
            .first(json!({"AppDisplayName": "Office 365 Exchange Online", "Failures": 331, "SignIns": 338,
                          "MainReason": "bad_password", "UsersFailing": 168}))
            .second(json!({"AppDisplayName": "Contoso Batch Jobs", "UsersFailing": 2, "Failures": 120})),
        sample("top-talkers")
            .with("top=1")
            .count(6)
            .has(json!({"Kind": "user", "Name": "carla.kaya@contoso.com", "SignIns": 186, "Rank": 1}))
            .has(json!({"Kind": "network", "Name": "198.18.10.0/24", "Users": 48})),
        sample("signins-by-country")
            .count(22)
            .first(json!({"Country": "US", "UsersSignedIn": 130, "Succeeded": 4128}))
            .has(json!({"Country": "PK", "UsersSignedIn": 0, "UsersWithWrongPassword": 5})),
        ask("new-countries-of-users", Logs::SecondHalf)
            .has(json!({"UserPrincipalName": "ruth.diaz@contoso.com", "Country": "NG", "UsersFromThereBefore": 0, "WithMfa": 0, "FromRegisteredDevice": 0}))
            .has(json!({"UserPrincipalName": "felix.lopez@contoso.com", "Country": "UA"}))
            // Here the baseline has them at home.
            .lacks(json!({"UserPrincipalName": "carla.kaya@contoso.com", "Country": "US"})),
        // Without a baseline all of it is new, and it says so.
        ask("new-countries-of-users", Logs::SecondHalf)
            .with("baseline=1s")
            .first(json!({"SignInsInBaseline": 0})),
        ask("new-networks-of-users", Logs::SecondHalf)
            .has(json!({"UserPrincipalName": "felix.lopez@contoso.com", "IPAddresses": broken, "Countries": "UA", "UsersFromThereBefore": 0})),
        ask("new-user-agents-of-users", Logs::SecondHalf)
            .has(json!({"UserPrincipalName": "rahul.kumar@contoso.com", "UserAgent": "BAV#ROPC", "UsersWithItBefore": 0}))
            .has(json!({"UserPrincipalName": "omar.garcia@contoso.com", "UserAgent": "CBAinPROD"})),
        ask("new-apps-in-use", Logs::SecondHalf).lacks(json!({"AppDisplayName": "Azure Portal"})),
        rows("new-apps-in-use").has(json!({"AppDisplayName": "Payroll", "Users": 1, "ThirdParty": true})),
        rows("unmanaged-device-signins").has(json!({"UserPrincipalName": "svc@contoso.com", "FromUnknown": 2, "FromCompliant": 0})),
        sample("unmanaged-device-signins")
            .first(json!({"UserPrincipalName": "omar.garcia@contoso.com", "FromUnknown": 2, "FromRegistered": 4, "OperatingSystems": "Ios 26.1, Windows10"})),
    ]
}

fn attacks() -> Vec<Case> {
    vec![
        rows("impossible-travel")
            .count(1)
            .first(json!({"UserPrincipalName": "ada@contoso.com", "Kilometres": 4936.0, "Minutes": 40.0, "KilometresPerHour": 7403.0,
                          "FromCity": "Bonn", "ToCity": "Lagos", "SameSession": true, "ToIP": "2001:db8:77::1"})),
        rows("impossible-travel").with("speed=8000").count(0),
        sample("password-spray-networks")
            .first(json!({"Network": "198.51.100.0/24", "UsersOnlyFailed": 110, "IPAddresses": 110, "UsersSignedIn": 0, "UsersWithRightPassword": 0}))
            .has(json!({"Network": "192.0.2.0/24", "UsersOnlyFailed": 78, "UsersWithRightPassword": 1, "UsersSignedIn": 0}))
            .has(json!({"Network": "203.0.113.0/24", "UsersOnlyFailed": 60, "UnknownUsers": 5, "UsersWithRightPassword": 1, "UsersSignedIn": 1}))
            // The office where a dozen mistype on a Monday comes in too.
            .has(json!({"Network": "198.18.99.0/24", "UsersOnlyFailed": 0, "UsersTried": 12, "UsersSignedIn": 14})),
        sample("password-spray-networks").with("users=100").count(1),
        sample("password-spray-clients")
            .count(2)
            .first(json!({"UsersTried": 99, "Networks": 100, "AutonomousSystems": 100, "RightPasswords": "lucas.walker@contoso.com",
                          "AppDisplayName": "Office 365 Exchange Online"})),
        sample("right-passwords-that-were-stopped")
            .count(8)
            .has(json!({"UserPrincipalName": "lucas.walker@contoso.com", "StoppedBy": "mfa_required", "Country": "CA"}))
            .has(json!({"UserPrincipalName": "carla.klein@contoso.com", "StoppedBy": "mfa_required", "Network": "192.0.2.0/24"})),
        sample("locked-out-users")
            .first(json!({"UserPrincipalName": "carlos.davies@contoso.com", "Lockouts": 8, "OwnNetworks": 0, "WrongPasswords": 11}))
            .has(json!({"Lockouts": 0, "MaliciousAddress": 1})),
        rows("locked-out-users").has(json!({"UserPrincipalName": "user0@contoso.com", "Lockouts": 9, "IPAddresses": "203.0.113.50"})),
        rows("mfa-denials")
            .count(1)
            .first(json!({"UserPrincipalName": "cat@contoso.com", "Failed": 3, "DeclinedOrReported": 3, "SuccessWithinTenMinutes": true,
                          "LastSuccessAfter": "2026-03-06T22:05:00.000000Z"})),
        sample("mfa-denials")
            .count(14)
            .first(json!({"UserPrincipalName": "simon.garcia@contoso.com", "Failed": 2, "SuccessWithinTenMinutes": false})),
        rows("sessions-in-several-places")
            .count(2)
            .first(json!({"UserPrincipalName": "ada@contoso.com", "SessionId": "session-1", "Countries": 2, "CountryNames": "DE, NG", "UserAgents": 2}))
            .second(json!({"UserPrincipalName": "bo@contoso.com", "Countries": 1, "AutonomousSystems": 2})),
        rows("sessions-in-several-places").with("countries=2").count(1),
        sample("scripted-clients")
            .count(3)
            .has(json!({"UserAgent": "python-requests/2.32.3", "Users": 61, "UsersSignedIn": "hana.white@contoso.com"}))
            .has(json!({"UserAgent": "Go-http-client/2.0", "Users": 1, "UsersSignedIn": "priya.reddy@contoso.com"})),
        sample("scripted-clients").with("pattern=^python").count(1),
        sample("signins-to-disabled-accounts")
            .count(4)
            .first(json!({"DisabledUsers": 1, "Attempts": 8, "DisabledUserNames": "ex.yuki.popescu@contoso.com", "UsersSignedIn": 0})),
        rows("device-code-signins")
            .count(1)
            .first(json!({"UserPrincipalName": "bo@contoso.com", "AppDisplayName": "Microsoft Authentication Broker", "SignedIn": 1,
                          "NotSignedIn": 1, "LaterUses": 1, "Countries": "RO", "UsualCountries": "DE"})),
        rows("ropc-signins").count(1).first(json!({"UserPrincipalName": "svc@contoso.com", "SignedIn": 1, "SingleFactor": 1, "LegacyProtocol": null})),
        sample("ropc-signins")
            .first(json!({"UserPrincipalName": "omar.garcia@contoso.com", "LegacyProtocol": "SMTP", "SignedIn": 2, "WrongPasswords": 1}))
            .has(json!({"UserPrincipalName": "svc-backup@contoso.com", "SignedIn": 0})),
        rows("what-account-did-next")
            .with("user=CAT@contoso.com")
            .first(json!({"Kind": "risk", "What": "leakedCredentials"}))
            .has(json!({"Kind": "change by it", "What": "Consent to application", "Target": "Mail Helper"}))
            .has(json!({"Kind": "change to it", "What": "Admin deleted security info", "Target": "desk@contoso.com"}))
            .has(json!({"Kind": "sign-in", "Result": "mfa_failed", "Location": "VN"}))
            .lacks(json!({"Target": "bo@contoso.com"})),
        rows("what-account-did-next")
            .with("user=bo@contoso.com")
            .has(json!({"Kind": "Graph call", "What": "POST https://graph.microsoft.com/v1.0/applications", "Result": "201"}))
            .has(json!({"Kind": "non-interactive sign-in", "CorrelationId": "c-d2"})),
        rows("graph-calls-of-account")
            .with("account=BBBBBBBB-0000-4000-8000-000000000002")
            .count(2)
            .first(json!({"RequestMethod": "POST", "Calls": 1}))
            .second(json!({"Request": "https://graph.microsoft.com/v1.0/users/{id}/messages", "Calls": 2, "Refused": 1})),
        rows("adfs-risky-ips")
            .count(1)
            .first(json!({"Period": "hour", "IPAddress": "203.0.113.50", "Lockouts": 26, "WrongPasswords": 4, "Users": 4})),
        rows("adfs-risky-ips").with("hourly_lockouts=26").count(0),
    ]
}

fn legacy_and_mfa() -> Vec<Case> {
    vec![
        sample("legacy-auth-inventory")
            .count(6)
            .first(json!({"UserPrincipalName": "zoe.thompson@contoso.com", "Protocol": "Exchange ActiveSync", "SignedIn": 0, "WrongPasswords": 30}))
            .has(json!({"UserPrincipalName": "ruth.diaz@contoso.com", "Protocol": "IMAP", "SignedIn": 2, "WithoutConditionalAccess": 2}))
            .has(json!({"UserPrincipalName": "rahul.kumar@contoso.com", "Protocol": "Basic authentication", "SignedIn": 2})),
        // The telephones that only fail block nothing.
        sample("legacy-auth-blockers")
            .count(3)
            .first(json!({"UserPrincipalName": "rahul.kumar@contoso.com", "SignIns": 2, "Days": 1, "DaysSince": 13, "Countries": "NG", "ModernSignIns": 45}))
            .lacks(json!({"Protocol": "Exchange ActiveSync"})),
        rows("legacy-tls-clients").count(1).first(json!({"AppDisplayName": "Payroll", "UserNames": "svc@contoso.com", "Succeeded": 1})),
        rows("unclassified-clients")
            .count(2)
            .first(json!({"Client": "(empty)", "AppDisplayName": "Quiet"}))
            .second(json!({"Client": "Holographic client", "AppDisplayName": "Loud"})),
        sample("unclassified-clients").count(0),
        rows("mfa-coverage-of-users")
            .count(5)
            .first(json!({"UserType": "guest", "WithoutMfa": 1, "CoveredPercent": 0.0, "AppsWithoutMfa": "Azure Portal"}))
            .second(json!({"UserPrincipalName": "svc@contoso.com", "WithoutMfa": 1, "WithMfa": 1, "WithoutMfaOrPolicy": 1}))
            .has(json!({"UserPrincipalName": "ada@contoso.com", "Passwordless": 1, "WithoutMfa": 0, "CoveredPercent": 100.0}))
            .has(json!({"UserPrincipalName": "bo@contoso.com", "Prompted": 2, "Methods": "Mobile app notification, Text message"})),
        sample("mfa-coverage-of-users")
            .count(301)
            .first(json!({"UserPrincipalName": "carla.kaya@contoso.com", "SignIns": 49, "WithMfa": 37, "WithoutMfa": 12, "CoveredPercent": 75.5})),
        sample("mfa-coverage-of-admins")
            .count(20)
            .first(json!({"UserPrincipalName": "breakglass1@contoso.com", "Roles": "Global Administrator", "WithMfa": 0, "WithoutMfa": 2}))
            // Who never signs in is there all the same.
            .has(json!({"UserPrincipalName": "breakglass2@contoso.com", "SignIns": 0, "LastSignIn": null}))
            .has(json!({"UserPrincipalName": "maria.nguyen@fabrikam.com", "SignIns": 32, "WithMfa": 32})),
        rows("mfa-methods")
            .count(4)
            .has(json!({"Method": "Text message", "Weak": true, "Users": 2, "OnlyWeak": 1}))
            .has(json!({"Method": "Windows Hello for Business", "PhishingResistant": true, "Users": 1})),
        sample("mfa-methods").has(json!({"Method": "Mobile app notification", "Weak": false, "Users": 264, "Uses": 1020})),
        sample("single-factor-signins-to-admin-portals")
            .count(3)
            .first(json!({"UserPrincipalName": "breakglass1@contoso.com", "SignIns": 2, "Methods": "Password"}))
            .has(json!({"UserPrincipalName": "hana.white@contoso.com", "UserAgents": "python-requests/2.32.3"})),
        sample("single-factor-signins-to-admin-portals").with("apps=Azure Portal").count(2),
    ]
}

fn policies_and_risks() -> Vec<Case> {
    vec![
        sample("conditional-access-outcomes")
            .count(9)
            .has(json!({"Policy": "CA001 Block legacy authentication", "Result": "notApplied", "Percent": 100.0}))
            .has(json!({"Policy": "CA002 Require MFA for all users", "Result": "success", "SignIns": 6579, "ReportOnly": false})),
        rows("conditional-access-outcomes")
            .has(json!({"Policy": "Device", "Result": "reportOnlyFailure", "ReportOnly": true, "SignIns": 3, "Users": 2, "Percent": 75.0})),
        // The sign-in that failed anyway does not count.
        rows("conditional-access-report-only-impact")
            .count(2)
            .first(json!({"Policy": "Device", "Result": "reportOnlyFailure", "UserPrincipalName": "ada@contoso.com", "SignIns": 2, "AllSignIns": 3}))
            .second(json!({"Result": "reportOnlyInterrupted", "UserPrincipalName": "bo@contoso.com"})),
        rows("conditional-access-report-only-impact").with("policy=pol-Device").count(2),
        rows("conditional-access-report-only-impact").with("policy=block OLD").count(0),
        sample("conditional-access-gaps")
            .count(44)
            .first(json!({"AppDisplayName": "Office 365 Exchange Online", "Legacy": true, "SingleFactor": 2, "OutsideTrustedNetworks": 2})),
        rows("conditional-access-policy-changes")
            .count(4)
            .first(json!({"OperationName": "Delete conditional access policy", "Weaker": true}))
            .second(json!({"StateBefore": "disabled", "StateAfter": "enabled", "Weaker": false}))
            .has(json!({"ExcludedBefore": 0, "ExcludedAfter": 1, "Weaker": true}))
            .has(json!({"StateBefore": "enabled", "StateAfter": "enabledForReportingButNotEnforced", "Weaker": true})),
        sample("conditional-access-policy-changes").count(28).lacks(json!({"Weaker": true})),
        sample("risky-signins")
            .first(json!({"UserPrincipalName": "felix.lopez@contoso.com", "RiskLevelDuringSignIn": "high", "GotIn": true,
                          "RiskEventTypes": "passwordSpray,maliciousIPAddress"}))
            .lacks(json!({"RiskLevelDuringSignIn": "hidden"}))
            .lacks(json!({"RiskLevelDuringSignIn": "none"})),
        sample("risky-signins").with("level=high").count(1),
        rows("risky-users")
            .count(2)
            .first(json!({"UserPrincipalName": "cat@contoso.com", "RiskLevel": "high", "Open": true, "FirstAtRisk": "2026-03-01T00:00:00.000000Z",
                          "Detections": 1, "RiskEventTypes": "leakedCredentials", "LastSignIn": "2026-03-06T22:05:00.000000Z"}))
            .second(json!({"UserPrincipalName": "bo@contoso.com", "RiskState": "remediated", "Open": false})),
        rows("risk-detections")
            .count(2)
            .has(json!({"Subject": "user", "RiskState": "confirmedCompromised", "Detections": 1, "MedianMinutesUntilDetected": 90.0}))
            .has(json!({"Subject": "service principal", "Names": "Robot"})),
        rows("risky-service-principals")
            .count(1)
            .first(json!({"DisplayName": "Robot", "Open": true, "KeyIds": "[\"key-2\"]", "SignInsSince": 1, "ResourcesSince": "Office 365 Exchange Online"})),
    ]
}

fn roles() -> Vec<Case> {
    vec![
        sample("role-holders")
            .first(json!({"RoleDisplayName": "Global Administrator", "Assignment": "active", "UserPrincipalName": "breakglass1@contoso.com",
                          "HoldersOfRole": 6, "KnownFrom": "snapshot"}))
            .has(json!({"UserPrincipalName": "rachel.jansen@contoso.com", "Assignment": "eligible", "Activations": 0, "LastActivation": null}))
            .lacks(json!({"KnownFrom": "audit log"})),
        sample("role-holders").with("role=global ADMINISTRATOR").count(6),
        // Roles that were given later, with and without PIM.
        rows("role-holders")
            .has(json!({"RoleDisplayName": "Global Administrator", "UserPrincipalName": "bo@contoso.com", "Assignment": "active", "KnownFrom": "audit log"}))
            .has(json!({"RoleDisplayName": "User Administrator", "UserPrincipalName": "cat@contoso.com", "Assignment": "eligible", "KnownFrom": "audit log"})),
        // What was planted, and the account that is meant to be unused.
        sample("unused-roles")
            .count(3)
            .first(json!({"UserPrincipalName": "maria.nguyen@fabrikam.com", "RoleDisplayName": "Global Administrator", "Assignment": "active", "Conclusive": true}))
            .second(json!({"UserPrincipalName": "rachel.jansen@contoso.com", "RoleDisplayName": "Security Administrator", "Assignment": "eligible", "Conclusive": true}))
            .has(json!({"UserPrincipalName": "breakglass2@contoso.com", "Emergency": true})),
        rows("unused-roles")
            .has(json!({"UserPrincipalName": "cat@contoso.com", "RoleDisplayName": "User Administrator", "Conclusive": false}))
            .lacks(json!({"UserPrincipalName": "bo@contoso.com"})),
        // A request and its completion are one row.
        sample("role-activations")
            .count(77)
            .first(json!({"UserPrincipalName": "sam.baker@contoso.com", "RoleDisplayName": "Conditional Access Administrator",
                          "Reason": "quarterly review", "IPAddress": "240.15.63.130", "TimesByUser": 11})),
        sample("role-activations").with("role=security administrator").count(11),
        rows("role-changes")
            .count(2)
            .first(json!({"Target": "cat@contoso.com", "RoleDisplayName": "User Administrator", "OutsidePim": false, "Self": false}))
            .second(json!({"Target": "bo@contoso.com", "RoleDisplayName": "Global Administrator", "OutsidePim": true, "Self": true})),
        sample("role-changes").count(37),
        sample("break-glass-use")
            .count(5)
            .first(json!({"Account": "breakglass1@contoso.com", "Kind": "sign-in", "Succeeded": true, "IPAddress": "240.250.3.77"}))
            .lacks(json!({"Account": "breakglass2@contoso.com"})),
        rows("break-glass-use")
            .with("pattern=^cat@")
            .has(json!({"Kind": "change to it", "What": "Admin deleted security info", "Actor": "desk@contoso.com"}))
            .has(json!({"Kind": "change by it", "What": "Consent to application"})),
    ]
}

fn apps() -> Vec<Case> {
    vec![
        rows("app-consents")
            .count(1)
            .first(json!({"Actor": "cat@contoso.com", "App": "Mail Helper", "Scopes": "Mail.Read offline_access", "Risky": true,
                          "OfflineAccess": true, "AdminConsent": false})),
        sample("app-consents").count(4).has(json!({"App": "Fabrikam Travel", "Scopes": "User.Read openid", "Risky": false, "ConsentsOfApp": 2})),
        rows("app-permissions")
            .count(2)
            .has(json!({"Client": "Robot", "Resource": "Microsoft Graph", "Permission": "RoleManagement.ReadWrite.Directory", "Risky": true}))
            .has(json!({"Client": "sp-2", "Permission": "User.Read openid", "Risky": false})),
        rows("app-credentials-added")
            .count(1)
            .first(json!({"Actor": "bo@contoso.com", "App": "Robot", "OnServicePrincipal": true, "SignInsAfter": 1})),
        rows("guest-signins")
            .count(1)
            .first(json!({"UserPrincipalName": "eve_fabrikam.com#ext#@contoso.onmicrosoft.com", "HomeTenant": "Fabrikam", "SingleFactor": 1, "Apps": "Azure Portal"})),
        sample("guest-signins").count(5).first(json!({"DisplayName": "Nadia Costa", "SignedIn": 44, "AccessTypes": "b2bCollaboration"})),
        rows("guest-invitations")
            .count(3)
            .first(json!({"TypeBefore": "Guest", "TypeAfter": "Member", "Redeemed": "2026-03-02T09:30:00.000000Z"}))
            .has(json!({"OperationName": "Invite external user", "Email": "eve@fabrikam.com", "InvitationsByActor": 1})),
        rows("service-principal-signins")
            .count(3)
            .first(json!({"KeyId": "key-1", "Country": "DE", "SignedIn": 2, "Failed": 1, "IPAddresses": 2, "Networks": 1}))
            .second(json!({"KeyId": "key-2", "Country": "RO", "Resources": "Office 365 Exchange Online"})),
        rows("service-principal-failures")
            .count(2)
            .first(json!({"ResultClass": "sp_bad_secret", "SuccessFromSameNetwork": false, "Countries": "VN"}))
            .second(json!({"ResultClass": "sp_secret_expired", "SuccessFromSameNetwork": true})),
        rows("managed-identity-signins").count(1).first(json!({"ServicePrincipalName": "vm-1", "ResourceDisplayName": "Azure Key Vault", "SignedIn": 1})),
    ]
}

fn audit() -> Vec<Case> {
    vec![
        rows("password-resets")
            .count(1)
            .first(json!({"Kind": "administrator", "Actor": "desk@contoso.com", "TargetUser": "ada@contoso.com",
                          "NextSignIn": "2026-03-02T09:00:00.000000Z", "NextCountry": "DE", "KnownNetwork": false})),
        sample("password-resets")
            .count(48)
            .first(json!({"Kind": "own change", "TargetUser": "hugo.moreau@contoso.com"}))
            .has(json!({"Kind": "self-service", "TargetUser": "wei.roberts2@contoso.com"}))
            .has(json!({"Kind": "administrator", "KnownNetwork": true})),
        rows("security-info-changes")
            .count(2)
            .first(json!({"OperationName": "Admin deleted security info", "ByOther": true, "Actor": "desk@contoso.com"}))
            .second(json!({"TargetUser": "cat@contoso.com", "ByOther": false, "NewAddress": true, "IPAddress": "192.0.2.77"})),
        sample("security-info-changes").count(9).has(json!({"TargetUser": "anna.ahmed@contoso.com", "NewAddress": false})),
        sample("audit-changes-of-person")
            .with("actor=Erik.Reddy@contoso.com")
            .count(24)
            .first(json!({"OperationName": "Add member to group", "Target": "miguel.ricci@contoso.com", "IPAddress": "240.22.231.206"})),
        sample("audit-changes-of-person").with("actor=ms-pim").count(75),
        sample("audit-changes-to-object")
            .with("object=CA002 require MFA for all users")
            .count(9)
            .first(json!({"Actor": "aisha.jansen@contoso.com", "TargetType": "Policy"})),
        // Wherever it stands among the targets.
        rows("audit-changes-to-object").with("object=GROUP-1").count(1).first(json!({"OperationName": "Add member to group", "TargetType": "Group"})),
        rows("account-lifecycle")
            .count(3)
            .first(json!({"OperationName": "Delete user", "TargetUser": "tmp@contoso.com", "ShortLived": true}))
            .has(json!({"OperationName": "Invite external user", "ShortLived": false})),
        sample("account-lifecycle").count(48).lacks(json!({"ShortLived": true})),
        rows("group-membership-changes").count(1).first(json!({"GroupName": "CA exclusions", "Member": "bo@contoso.com", "Self": true})),
        sample("group-membership-changes").with("group=london office").count(5).has(json!({"Member": "sam.moore@contoso.com", "Actor": "ines.bianchi@contoso.com"})),
        rows("device-registrations")
            .count(2)
            .first(json!({"Device": "PC-2", "UserPrincipalName": "bo@contoso.com", "DevicesOfUser": 2, "TrustType": "AzureAd"})),
        sample("device-registrations").count(18),
        rows("provisioning-failures")
            .count(2)
            .first(json!({"Name": "leaver", "Action": "disable", "Failures": 2, "Recovered": false, "ErrorCode": "DuplicateSourceEntries"}))
            .second(json!({"Name": "joiner", "Recovered": true, "LastSuccess": "2026-03-02T03:00:00.000000Z"})),
    ]
}

fn books() -> Vec<Case> {
    vec![
        sample("log-volume-and-lag")
            .count(90)
            .has(json!({"LogTable": "AuditLogs", "Day": "2026-01-20T00:00:00.000000Z", "Records": 29}))
            .has(json!({"LogTable": "AADNonInteractiveUserSignInLogs", "Day": "2026-01-05T00:00:00.000000Z", "Records": 257})),
        sample("log-gaps")
            .first(json!({"LogTable": "AuditLogs", "Began": "2026-01-24T01:33:00.000000Z", "Ended": "2026-01-25T19:44:00.000000Z", "RecordsBefore": 407})),
        rows("log-gaps")
            .with("gap=5d")
            .first(json!({"LogTable": "AADUserRiskEvents", "Ended": null, "Hours": 142.0}))
            .lacks(json!({"LogTable": "SigninLogs"})),
    ]
}
