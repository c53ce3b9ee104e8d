//! Legacy authentication: protocols that carry a password and cannot ask for a second factor.
//!
//! An allow-list, because "anything but a browser" takes in `""`, null and `Unknown`, which AD FS,
//! service principals and token flows produce and which are not legacy. Values of `ClientAppUsed`:
//! <https://learn.microsoft.com/entra/identity/monitoring-health/concept-sign-in-log-activity-details>.

/// Lower-case `ClientAppUsed` and the protocol that it means.
const CLIENTS: &[(&str, &str)] = &[
    ("authenticated smtp", "SMTP"),
    ("autodiscover", "Autodiscover"),
    ("exchange activesync", "Exchange ActiveSync"),
    ("exchange online powershell", "Exchange Online PowerShell"),
    ("exchange web services", "Exchange Web Services"),
    ("imap", "IMAP"),
    ("imap4", "IMAP"),
    ("mapi over http", "MAPI"),
    ("offline address book", "Offline Address Book"),
    ("outlook anywhere", "Outlook Anywhere"),
    ("outlook anywhere (rpc over http)", "Outlook Anywhere"),
    ("outlook service", "Outlook Service"),
    ("pop", "POP"),
    ("pop3", "POP"),
    ("reporting web services", "Reporting Web Services"),
    ("other clients", "Other clients"),
    ("universal outlook", "Universal Outlook"),
];

/// User agents with which Exchange Online passes on basic authentication.
const AGENTS: &[&str] = &["bav2ropc", "cbainprod", "cbaintar", "msrpc"];

/// The legacy protocol of a sign-in; `None` when it is modern or cannot be told.
pub(super) fn protocol(
    client_app_used: Option<&str>,
    user_agent: Option<&str>,
) -> Option<&'static str> {
    let client = client_app_used.unwrap_or_default().trim().to_lowercase();
    // "Other clients; IMAP" names the protocol behind the semicolon.
    let named = client.split(';').map(str::trim).rev().find_map(|part| {
        CLIENTS.iter().find(|(name, _)| *name == part).map(|(_, protocol)| *protocol)
    });
    let agent = user_agent.unwrap_or_default().trim().to_lowercase();
    named.or_else(|| {
        AGENTS.iter().any(|name| agent.starts_with(name)).then_some("Basic authentication")
    })
}

#[cfg(test)]
mod tests {
    use super::protocol;

    #[test]
    fn legacy_clients_are_recognised_in_any_case() {
        assert_eq!(protocol(Some("IMAP4"), None), Some("IMAP"));
        assert_eq!(protocol(Some("authenticated SMTP"), None), Some("SMTP"));
        assert_eq!(protocol(Some("Other clients; POP"), None), Some("POP"));
        assert_eq!(protocol(Some("Browser"), Some("BAV2ROPC")), Some("Basic authentication"));
    }

    #[test]
    fn what_cannot_be_told_is_not_legacy() {
        for client in [
            None,
            Some(""),
            Some("Unknown"),
            Some("Browser"),
            Some("Mobile Apps and Desktop clients"),
        ] {
            assert_eq!(protocol(client, Some("Mozilla/5.0")), None, "{client:?}");
        }
    }
}
