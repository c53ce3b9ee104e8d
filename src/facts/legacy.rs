//! Legacy authentication: protocols that carry a password and cannot ask for a second factor.
//!
//! An allow-list, because "anything but a browser" takes in `""`, null and `Unknown`, which AD FS,
//! service principals and token flows produce and which are not legacy. Values of `ClientAppUsed`:
//! <https://learn.microsoft.com/entra/identity/monitoring-health/concept-sign-in-log-activity-details>.

/// `ClientAppUsed`, in any case, and the protocol that it means.
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
    // "Other clients; IMAP" names the protocol behind the semicolon.
    let named = client_app_used.and_then(|client| client.rsplit(';').find_map(of_client));
    let by_agent = || {
        let agent = user_agent.unwrap_or_default().trim_start().as_bytes();
        let is_legacy = AGENTS.iter().any(|name| {
            agent.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        });
        is_legacy.then_some("Basic authentication")
    };
    named.or_else(by_agent)
}

fn of_client(client: &str) -> Option<&'static str> {
    let client = client.trim();
    let (_, protocol) = CLIENTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(client))?;
    Some(protocol)
}

#[cfg(test)]
mod tests {
    use super::protocol;

    #[test]
    fn every_legacy_client_is_recognised_in_any_case() {
        for (client, expected) in [
            ("Authenticated SMTP", "SMTP"),
            ("authenticated SMTP", "SMTP"),
            ("AutoDiscover", "Autodiscover"),
            ("Exchange ActiveSync", "Exchange ActiveSync"),
            ("Exchange Online PowerShell", "Exchange Online PowerShell"),
            ("Exchange Web Services", "Exchange Web Services"),
            ("IMAP4", "IMAP"),
            ("imap", "IMAP"),
            ("MAPI Over HTTP", "MAPI"),
            ("Offline Address Book", "Offline Address Book"),
            ("Outlook Anywhere (RPC over HTTP)", "Outlook Anywhere"),
            ("Outlook Anywhere", "Outlook Anywhere"),
            ("Outlook Service", "Outlook Service"),
            ("POP3", "POP"),
            (" POP ", "POP"),
            ("Reporting Web Services", "Reporting Web Services"),
            ("Universal Outlook", "Universal Outlook"),
            ("Other clients", "Other clients"),
            ("Other clients; IMAP", "IMAP"),
            ("Other clients; Older Office clients", "Other clients"),
        ] {
            assert_eq!(protocol(Some(client), None), Some(expected), "{client}");
        }
    }

    #[test]
    fn a_user_agent_of_basic_authentication_is_legacy_whatever_the_client() {
        for agent in ["BAV2ROPC", "bav2ropc", "CBAinPROD", "CBAInTAR", "MSRPC/1.0"] {
            assert_eq!(protocol(Some("Browser"), Some(agent)), Some("Basic authentication"));
            assert_eq!(protocol(Some("IMAP4"), Some(agent)), Some("IMAP"));
        }
        assert_eq!(protocol(Some("Browser"), Some("Mozilla/5.0 (BAV2ROPC)")), None);
    }

    #[test]
    fn what_cannot_be_told_is_not_legacy() {
        for client in [
            None,
            Some(""),
            Some(" ; "),
            Some("Unknown"),
            Some("Browser"),
            Some("Mobile Apps and Desktop clients"),
        ] {
            for agent in [None, Some(""), Some("Mozilla/5.0"), Some("é")] {
                assert_eq!(protocol(client, agent), None, "{client:?} {agent:?}");
            }
        }
    }
}
