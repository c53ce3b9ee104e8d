//! Which event hubs a devhub has.

use super::DevhubError;
use std::collections::HashSet;

/// Consumer group that every event hub has, in Azure as here.
pub(super) const DEFAULT_GROUP: &str = "$Default";
/// Largest partition count of an event hub on any tier (Dedicated), from
/// <https://learn.microsoft.com/azure/event-hubs/event-hubs-quotas>.
pub(super) const MAX_PARTITIONS: usize = 1024;
/// Name the Event Hubs emulator insists on.
const EMULATOR_NAMESPACE: &str = "emulatorNs1";
/// 256 MiB: hours of sign-ins of a large tenant, and a laptop does not notice.
const RETAINED_BYTES: usize = 256 << 20;

/// The event hubs of a devhub.
///
/// Read from and written as the `Config.json` of Microsoft's Event Hubs emulator
/// (<https://github.com/Azure/azure-event-hubs-emulator-installer>), so that one file serves both.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "serde_json::Value", into = "serde_json::Value")]
pub struct DevhubConfig {
    /// Name of the namespace; clients never see it on a loopback address.
    pub(super) namespace: String,
    pub(super) hubs: Vec<HubConfig>,
    /// Encoded bytes a partition keeps before it drops its oldest events.
    pub(super) retained_bytes: usize,
}

/// One event hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HubConfig {
    pub(super) name: String,
    pub(super) partitions: usize,
    /// Besides `$Default`.
    pub(super) consumer_groups: Vec<String>,
}

impl DevhubConfig {
    /// Reads the emulator's `Config.json`.
    ///
    /// # Errors
    /// [`DevhubError::Json`] if the text is not JSON, [`DevhubError::Config`] with the path of the
    /// first key that is unknown, missing or has an unusable value.
    pub fn from_json(text: &str) -> Result<Self, DevhubError> {
        Self::try_from(serde_json::from_str::<serde_json::Value>(text)?)
    }

    /// Event hubs by name and partition count, with the consumer group `$Default` only.
    pub fn with_hubs<'a>(hubs: impl IntoIterator<Item = (&'a str, usize)>) -> Self {
        let hubs = hubs
            .into_iter()
            .map(|(name, partitions)| HubConfig {
                name: name.to_owned(),
                partitions,
                consumer_groups: Vec::new(),
            })
            .collect();
        Self::from_hubs(EMULATOR_NAMESPACE, hubs)
    }

    pub(super) fn from_hubs(namespace: &str, hubs: Vec<HubConfig>) -> Self {
        Self { namespace: namespace.to_owned(), hubs, retained_bytes: RETAINED_BYTES }
    }

    /// Adds a consumer group to every event hub.
    #[must_use]
    pub fn with_consumer_group(mut self, name: &str) -> Self {
        for hub in &mut self.hubs {
            hub.consumer_groups.push(name.to_owned());
        }
        self
    }

    /// Sets how many encoded bytes each partition keeps (256 MiB unless told). Beyond that the
    /// oldest events go, which readers see as retention: a gap in the sequence numbers.
    #[must_use]
    pub fn with_retained_bytes(mut self, bytes_per_partition: usize) -> Self {
        self.retained_bytes = bytes_per_partition;
        self
    }

    /// Name and partition count of each event hub.
    pub fn hubs(&self) -> impl Iterator<Item = (&str, usize)> {
        self.hubs.iter().map(|hub| (hub.name.as_str(), hub.partitions))
    }

    /// Checks what no type expresses, whichever way the configuration was made.
    pub(super) fn validate(&self) -> Result<(), DevhubError> {
        let mut names = HashSet::new();
        for (index, hub) in self.hubs.iter().enumerate() {
            let wrong = |key: &str, problem: String| DevhubError::Config {
                key: format!("UserConfig.NamespaceConfig[0].Entities[{index}].{key}"),
                problem,
            };
            if hub.name.is_empty() || hub.name.contains(['/', '$', ' ']) {
                let problem = format!("\"{}\" is no event hub name", hub.name);
                return Err(wrong("Name", problem));
            }
            if !names.insert(hub.name.to_lowercase()) {
                let problem = format!("\"{}\" is there twice; names ignore case", hub.name);
                return Err(wrong("Name", problem));
            }
            if !(1..=MAX_PARTITIONS).contains(&hub.partitions) {
                let problem = format!("{} is not in 1..={MAX_PARTITIONS}", hub.partitions);
                return Err(wrong("PartitionCount", problem));
            }
        }
        Ok(())
    }
}

/// The three event hubs Entra ID writes most to, under the names it gives them itself.
impl Default for DevhubConfig {
    fn default() -> Self {
        Self::with_hubs([
            ("insights-logs-signinlogs", 4),
            ("insights-logs-noninteractiveusersigninlogs", 4),
            ("insights-logs-auditlogs", 2),
        ])
        .with_consumer_group("entralog")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hub_names_that_differ_only_in_case_are_refused() {
        let error =
            DevhubConfig::with_hubs([("Logs", 1), ("logs", 1)]).validate().unwrap_err().to_string();
        assert!(error.contains("Entities[1].Name"), "{error}");
        assert!(error.contains("twice"), "{error}");
    }

    #[test]
    fn a_hub_without_partitions_is_refused() {
        for partitions in [0, MAX_PARTITIONS + 1] {
            let config = DevhubConfig::with_hubs([("logs", partitions)]);
            let error = config.validate().unwrap_err().to_string();
            assert!(error.contains("Entities[0].PartitionCount"), "{error}");
        }
    }

    #[test]
    fn the_default_has_the_hubs_of_entra_and_the_group_of_entralog() {
        let config = DevhubConfig::default();
        config.validate().unwrap();
        let hubs: Vec<_> = config.hubs().collect();
        assert_eq!(hubs[0], ("insights-logs-signinlogs", 4));
        assert_eq!(hubs[1], ("insights-logs-noninteractiveusersigninlogs", 4));
        assert_eq!(hubs[2], ("insights-logs-auditlogs", 2));
        assert!(config.hubs.iter().all(|hub| hub.consumer_groups == ["entralog"]));
    }
}
