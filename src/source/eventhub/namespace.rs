//! A namespace and how we are let in.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::time::Duration;
use azure_messaging_eventhubs::{ConsumerClient, RetryOptions};

use super::{ConnectionString, EventHubError, unreachable};

/// A namespace that can be opened.
#[derive(Clone)]
pub struct Namespace {
    /// Its name in positions and messages: host, with port when one was given.
    pub name: String,
    /// How we are let in.
    pub access: Access,
    /// Consumer group.
    pub consumer_group: String,
    /// Address to connect to instead of the namespace's own.
    pub endpoint: Option<String>,
}

/// How we are let in.
#[derive(Clone)]
pub enum Access {
    /// By a shared access key.
    ConnectionString(ConnectionString),
    /// By an Entra identity.
    Credential(Arc<dyn TokenCredential>),
}

impl Namespace {
    /// A namespace by its connection string; for the emulator, without TLS.
    #[must_use]
    pub fn by_connection_string(text: ConnectionString, consumer_group: &str) -> Self {
        Self {
            name: text.host.clone(),
            endpoint: text.emulator_endpoint(),
            access: Access::ConnectionString(text),
            consumer_group: consumer_group.to_owned(),
        }
    }

    /// Opens a client for a hub. The client takes up no connection before it is used.
    pub(super) async fn open(&self, hub: &str) -> Result<ConsumerClient, EventHubError> {
        let mut builder = ConsumerClient::builder()
            .with_application_id(concat!("entralog/", env!("CARGO_PKG_VERSION")).into())
            .with_consumer_group(self.consumer_group.clone())
            // Recovery is ours: the client's own goes back to where it began.
            .with_retry_options(RetryOptions {
                max_retries: 1,
                max_total_elapsed: Duration::seconds(10),
                ..RetryOptions::default()
            });
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_custom_endpoint(endpoint.clone());
        }
        let client = match &self.access {
            Access::ConnectionString(text) => {
                // The client refuses a hub beside an `EntityPath`.
                let hub = text.hub.is_none().then(|| hub.to_owned());
                builder.open_with_connection_string(&text.text, hub.as_deref()).await
            }
            Access::Credential(credential) => {
                builder.open(&self.name, hub.to_owned(), Arc::clone(credential)).await
            }
        };
        client.map_err(|error| unreachable(self, hub, &error))
    }
}
