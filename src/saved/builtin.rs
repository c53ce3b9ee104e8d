//! The saved queries that come with the binary.

use std::path::Path;

use super::{Origin, SavedError, SavedQuery};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../queries/saved/", $name, ".sql")))),*]
    };
}

/// Every file of `queries/saved`, built in.
const BUILTIN: &[(&str, &str)] = files![
    "account-lifecycle",
    "adfs-risky-ips",
    "app-consents",
    "app-credentials-added",
    "app-permissions",
    "audit-changes-of-person",
    "audit-changes-to-object",
    "break-glass-use",
    "conditional-access-gaps",
    "conditional-access-outcomes",
    "conditional-access-policy-changes",
    "conditional-access-report-only-impact",
    "device-code-signins",
    "device-registrations",
    "graph-calls-of-account",
    "group-membership-changes",
    "guest-invitations",
    "guest-signins",
    "impossible-travel",
    "legacy-auth-blockers",
    "legacy-auth-inventory",
    "legacy-tls-clients",
    "locked-out-users",
    "log-gaps",
    "log-volume-and-lag",
    "managed-identity-signins",
    "mfa-coverage-of-admins",
    "mfa-coverage-of-users",
    "mfa-denials",
    "mfa-methods",
    "new-apps-in-use",
    "new-countries-of-users",
    "new-networks-of-users",
    "new-user-agents-of-users",
    "password-resets",
    "password-spray-clients",
    "password-spray-networks",
    "provisioning-failures",
    "right-passwords-that-were-stopped",
    "risk-detections",
    "risky-service-principals",
    "risky-signins",
    "risky-users",
    "role-activations",
    "role-changes",
    "role-holders",
    "ropc-signins",
    "scripted-clients",
    "security-info-changes",
    "service-principal-failures",
    "service-principal-signins",
    "sessions-in-several-places",
    "signin-failures-by-reason",
    "signin-timeline-of-app",
    "signin-timeline-of-ip",
    "signin-timeline-of-user",
    "signins-by-country",
    "signins-to-disabled-accounts",
    "single-factor-signins-to-admin-portals",
    "top-failing-apps",
    "top-talkers",
    "unclassified-clients",
    "unmanaged-device-signins",
    "unused-roles",
    "what-account-did-next",
];

/// The queries of the binary, by name.
///
/// # Errors
/// A built-in query is broken, which the project's tests rule out.
pub fn builtin_queries() -> Result<Vec<SavedQuery>, SavedError> {
    BUILTIN
        .iter()
        .map(|(name, text)| {
            let path = Path::new("queries/saved").join(name).with_extension("sql");
            SavedQuery::parse(text, &path, Origin::BuiltIn)
        })
        .collect()
}

/// The text of a built-in query.
pub(super) fn builtin_text(name: &str) -> Option<&'static str> {
    BUILTIN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_directory_is_built_in() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries/saved");
        let mut names: Vec<_> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            BUILTIN.iter().map(|(name, _)| format!("{name}.sql")).collect::<Vec<_>>()
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_built_in_query_can_run_on_an_empty_lake() {
        for query in builtin_queries().unwrap() {
            let checked = super::super::check(&query).await;
            assert!(checked.is_ok(), "{}: {}", query.name, checked.unwrap_err());
        }
    }
}
