//! Configured namespaces as sources that can be opened.

use std::sync::Arc;

use azure_core::credentials::{Secret as AzureSecret, TokenCredential};
use azure_identity::{
    ClientSecretCredential, DeveloperToolsCredential, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
};

use super::{ConfigError, Credential, EventHubs};
use crate::ingest::Hub;
use crate::source::eventhub::{Access, ConnectionString, Namespace};

impl EventHubs {
    /// The hubs that this entry names.
    ///
    /// # Errors
    /// A secret cannot be had, the connection string is wrong, or the credential cannot be made.
    pub fn open(&self) -> Result<Vec<Hub>, ConfigError> {
        let (mut namespace, default_hub) = match (&self.connection_string, &self.namespace) {
            (Some(secret), _) => {
                let text = ConnectionString::parse(&secret.reveal()?).map_err(|error| {
                    ConfigError::Value {
                        key: "eventHubs.connectionString".into(),
                        reason: error.to_string(),
                    }
                })?;
                let hub = text.hub.clone();
                (Namespace::by_connection_string(text, &self.consumer_group), hub)
            }
            (None, name) => {
                let name = name.clone().unwrap_or_default();
                let access = Access::Credential(self.credential(&name)?);
                let consumer_group = self.consumer_group.clone();
                (Namespace { name, access, consumer_group, endpoint: None }, None)
            }
        };
        if self.endpoint.is_some() {
            namespace.endpoint.clone_from(&self.endpoint);
        }
        let hubs = match (default_hub, self.hubs.is_empty()) {
            (Some(hub), true) => vec![hub],
            (Some(hub), false) if self.hubs != [hub.clone()] => {
                return Err(ConfigError::Value {
                    key: "eventHubs.hubs".into(),
                    reason: format!(
                        "the connection string is for hub {hub:?} only; leave `hubs` out, or take a connection string of the namespace"
                    ),
                });
            }
            (None, true) => {
                return Err(ConfigError::Value {
                    key: "eventHubs.hubs".into(),
                    reason: "the connection string has no EntityPath, so name the hubs to read"
                        .into(),
                });
            }
            _ => self.hubs.clone(),
        };
        Ok(hubs.into_iter().map(|name| Hub { namespace: namespace.clone(), name }).collect())
    }

    fn credential(&self, namespace: &str) -> Result<Arc<dyn TokenCredential>, ConfigError> {
        let made: azure_core::Result<Arc<dyn TokenCredential>> = match &self.credential {
            Some(Credential::ManagedIdentity { client_id }) => {
                let options = ManagedIdentityCredentialOptions {
                    user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
                    ..ManagedIdentityCredentialOptions::default()
                };
                ManagedIdentityCredential::new(Some(options)).map(|credential| credential as _)
            }
            Some(Credential::WorkloadIdentity) => {
                WorkloadIdentityCredential::new(None).map(|credential| credential as _)
            }
            Some(Credential::ClientSecret { tenant_id, client_id, client_secret }) => {
                let secret = AzureSecret::new(client_secret.reveal()?);
                ClientSecretCredential::new(tenant_id, client_id.clone(), secret, None)
                    .map(|credential| credential as _)
            }
            Some(Credential::DeveloperTools) | None => {
                DeveloperToolsCredential::new(None).map(|credential| credential as _)
            }
        };
        made.map_err(|error| ConfigError::Value {
            key: "eventHubs.credential".into(),
            reason: format!("no credential for {namespace}: {error}"),
        })
    }
}
