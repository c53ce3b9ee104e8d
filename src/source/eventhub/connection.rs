//! Connection strings of Event Hubs and of its emulator.

use url::Url;

/// A connection string that cannot be used; its text is never repeated, because it holds a key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("connection string: {0}")]
pub struct ConnectionStringError(String);

/// The parts of a connection string.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionString {
    /// The whole text, as the client takes it.
    pub text: String,
    /// Host of the namespace, with its port when one is given.
    pub host: String,
    /// Hub that the string is for (`EntityPath`).
    pub hub: Option<String>,
    /// Whether it is for the emulator, which speaks without TLS (`UseDevelopmentEmulator=true`).
    pub emulator: bool,
}

impl ConnectionString {
    /// Reads `Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…[;EntityPath=…]`.
    ///
    /// # Errors
    /// A part is missing or malformed.
    pub fn parse(text: &str) -> Result<Self, ConnectionStringError> {
        let failed = |reason: &str| Err(ConnectionStringError(reason.into()));
        let mut host = None;
        let mut hub = None;
        let mut emulator = false;
        let (mut has_name, mut has_key) = (false, false);
        for part in text.trim().split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let Some((key, value)) = part.split_once('=') else {
                return failed("a part is not KEY=VALUE; copy it whole from the portal");
            };
            match key.to_ascii_lowercase().as_str() {
                "endpoint" => match Url::parse(value) {
                    Ok(url) if url.scheme() == "sb" => {
                        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                        host = url.host_str().map(|host| format!("{host}{port}"));
                    }
                    _ => return failed("Endpoint is not sb://NAMESPACE.servicebus.windows.net"),
                },
                "entitypath" => hub = Some(value.to_owned()).filter(|hub| !hub.is_empty()),
                "usedevelopmentemulator" => emulator = value.eq_ignore_ascii_case("true"),
                "sharedaccesskeyname" => has_name = !value.is_empty(),
                "sharedaccesskey" | "sharedaccesssignature" => has_key = !value.is_empty(),
                _ => {}
            }
        }
        let has_signature = text.to_ascii_lowercase().contains("sharedaccesssignature=");
        let Some(host) = host.filter(|host| !host.is_empty()) else {
            return failed("Endpoint is missing; it begins with Endpoint=sb://");
        };
        if !has_key {
            return failed("SharedAccessKey is missing");
        }
        if !has_name && !has_signature {
            return failed("SharedAccessKeyName is missing");
        }
        Ok(Self { text: text.trim().to_owned(), host, hub, emulator })
    }

    /// Where the emulator listens: its port is 5672 unless the string says otherwise.
    #[must_use]
    pub fn emulator_endpoint(&self) -> Option<String> {
        let port = if self.host.contains(':') { "" } else { ":5672" };
        self.emulator.then(|| format!("amqp://{}{port}", self.host))
    }
}

impl std::fmt::Debug for ConnectionString {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ConnectionString({}, {:?})", self.host, self.hub)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_portals_form_and_the_emulators_are_read() {
        let azure = ConnectionString::parse(
            "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=a2V5=;EntityPath=signins",
        )
        .unwrap();
        assert_eq!(
            (azure.host.as_str(), azure.hub.as_deref()),
            ("contoso.servicebus.windows.net", Some("signins"))
        );
        assert_eq!(azure.emulator_endpoint(), None);
        let emulator = "Endpoint=sb://localhost;SharedAccessKeyName=R;SharedAccessKey=K;UseDevelopmentEmulator=true;";
        let parsed = ConnectionString::parse(emulator).unwrap();
        assert_eq!(parsed.emulator_endpoint().unwrap(), "amqp://localhost:5672");
        let port =
            ConnectionString::parse(&emulator.replace("localhost", "127.0.0.1:4711")).unwrap();
        assert_eq!(port.emulator_endpoint().unwrap(), "amqp://127.0.0.1:4711");
    }

    #[test]
    fn what_is_wrong_is_said_without_the_key() {
        for (text, expected) in [
            ("", "Endpoint is missing"),
            ("nonsense", "not KEY=VALUE"),
            ("Endpoint=https://x;SharedAccessKeyName=a;SharedAccessKey=hush", "not sb://"),
            ("Endpoint=sb://x;SharedAccessKeyName=a", "SharedAccessKey is missing"),
            ("Endpoint=sb://x;SharedAccessKey=hush", "SharedAccessKeyName is missing"),
        ] {
            let error = ConnectionString::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("hush"), "{text}: {error}");
        }
    }
}
