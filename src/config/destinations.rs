//! Configured destinations as webhooks that can be called.

use super::{ConfigError, Destination};
use crate::alert::WebhookDestination;

impl Destination {
    /// The webhook, with its secrets.
    ///
    /// # Errors
    /// A secret cannot be had, or the URL or a header is wrong.
    pub fn open(&self) -> Result<WebhookDestination, ConfigError> {
        let webhook = &self.webhook;
        let mut headers: Vec<(String, String)> =
            webhook.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        for (name, secret) in &webhook.secret_headers {
            headers.push((name.clone(), secret.reveal()?));
        }
        WebhookDestination::new(
            &self.name,
            &webhook.url,
            headers,
            webhook.timeout,
            webhook.max_attempts,
        )
        .map_err(|error| ConfigError::Value {
            key: "destinations".into(),
            reason: error.to_string(),
        })
    }
}
