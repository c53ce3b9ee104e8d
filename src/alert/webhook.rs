//! A webhook: an HTTP endpoint that takes one alert as JSON.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::{Map, Value};

use super::Alert;

/// The header that carries the same key on every attempt to deliver an alert.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A webhook that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The URL is wrong.
    #[error("destination {name}: {url:?} is no webhook URL: {reason}")]
    Url {
        /// The destination.
        name: String,
        /// As configured.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// A header is wrong.
    #[error("destination {name}: header {header:?} cannot be sent")]
    Header {
        /// The destination.
        name: String,
        /// Its name; the value may be a secret.
        header: String,
    },
    /// TLS cannot be set up.
    #[error("destination {name}: {reason}")]
    Client {
        /// The destination.
        name: String,
        /// The reason.
        reason: String,
    },
}

/// Where alerts are delivered.
#[derive(Debug, Clone)]
pub struct WebhookDestination {
    /// Name in `AlertDeliveries`.
    pub name: String,
    /// Attempts before an alert is dead.
    pub max_attempts: u32,
    url: reqwest::Url,
    headers: HeaderMap,
    client: reqwest::Client,
}

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Taken, with this status.
    Accepted(u16),
    /// Not taken, with this status; how long the receiver asks to wait.
    Refused {
        /// HTTP status.
        status: u16,
        /// Beginning of the answer.
        reason: String,
        /// From `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// No answer.
    Unreachable(String),
}

impl WebhookDestination {
    /// A webhook with its headers; header values are kept out of all messages.
    ///
    /// # Errors
    /// The URL or a header is wrong.
    pub fn new(
        name: &str,
        url: &str,
        headers: impl IntoIterator<Item = (String, String)>,
        timeout: Duration,
        max_attempts: u32,
    ) -> Result<Self, WebhookError> {
        let wrong = |reason: &str| WebhookError::Url {
            name: name.into(),
            url: url.into(),
            reason: reason.into(),
        };
        let parsed = reqwest::Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(wrong("write https://…"));
        }
        let mut map = HeaderMap::new();
        for (key, value) in headers {
            let bad = || WebhookError::Header { name: name.into(), header: key.clone() };
            let mut value = HeaderValue::from_str(&value).map_err(|_| bad())?;
            value.set_sensitive(true);
            map.insert(HeaderName::try_from(&key).map_err(|_| bad())?, value);
        }
        let client = reqwest::Client::builder()
            .timeout(timeout)
            // A redirect would turn the POST into something else.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("entralog/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| WebhookError::Client {
                name: name.into(),
                reason: error.to_string(),
            })?;
        Ok(Self { name: name.into(), max_attempts, url: parsed, headers: map, client })
    }

    /// Sends an alert once.
    pub async fn send(&self, alert: &Alert) -> Reply {
        let request = self
            .client
            .post(self.url.clone())
            .headers(self.headers.clone())
            .header(IDEMPOTENCY_KEY, &alert.system_alert_id)
            .json(&payload(alert));
        match request.send().await {
            Ok(response) if response.status().is_success() => {
                Reply::Accepted(response.status().as_u16())
            }
            Ok(response) => {
                let status = response.status().as_u16();
                let retry_after = response
                    .headers()
                    .get(RETRY_AFTER)
                    .and_then(|value| value.to_str().ok()?.trim().parse().ok())
                    .map(Duration::from_secs);
                let text = response.text().await.unwrap_or_default();
                let reason = text.chars().take(200).collect();
                Reply::Refused { status, reason, retry_after }
            }
            Err(error) => Reply::Unreachable(without_url(&error)),
        }
    }
}

/// The alert's columns, with its JSON columns as JSON.
fn payload(alert: &Alert) -> Value {
    let mut object = match serde_json::to_value(alert) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    };
    for column in ["Entities", "ExtendedProperties"] {
        if let Some(Value::String(text)) = object.get(column)
            && let Ok(value) = serde_json::from_str(text)
        {
            object.insert(column.into(), value);
        }
    }
    Value::Object(object)
}

/// The client's message with all causes, without the URL: it may hold a token.
fn without_url(error: &reqwest::Error) -> String {
    use std::error::Error as _;

    let mut text =
        if error.is_timeout() { "timed out".to_owned() } else { "not reachable".to_owned() };
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
