//! Configuration: one YAML file, read once at the door.
//!
//! A flag beats the environment, which beats the file, which beats the default. Unknown keys are
//! refused. Secrets never stand in the file: they are named by environment variable or file, and
//! they are never printed.

mod deduplication;
mod destinations;
mod hubs;
mod maintenance;
mod period;
mod queries;
mod query;
mod secret;
mod storage;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

pub use deduplication::Deduplicate;
pub use maintenance::{Maintenance, RetentionByTable};
pub use queries::Queries;
pub use query::Query;
pub use secret::{Secret, SecretError};

use crate::ingest::FlushLimits;
use crate::maintenance::Policy;

/// Where a configuration file is looked for when none is named.
const PLACES: [&str; 2] = ["entralog.yaml", "/etc/entralog/entralog.yaml"];

/// The lake when nothing names one.
const DEFAULT_LAKE: &str = "./entralog-lake";

/// A connection string in the environment takes the place of `eventHubs`.
const CONNECTION_STRING: &str = "ENTRALOG_EVENT_HUBS_CONNECTION_STRING";
/// Names of the hubs, with commas.
const HUBS: &str = "ENTRALOG_EVENT_HUBS";
const CONSUMER_GROUP: &str = "ENTRALOG_CONSUMER_GROUP";

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is wrong.
    #[error("configuration {path}: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// A secret that is named cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A value does not make sense.
    #[error("configuration key `{key}`: {reason}")]
    Value {
        /// The key.
        key: String,
        /// What is wrong and what to write instead.
        reason: String,
    },
}

/// What is configured.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Config {
    /// Directory or URL of the lake.
    pub lake: String,
    /// What the lake's object store needs.
    pub storage: Storage,
    /// Event Hubs namespaces to read.
    pub event_hubs: Vec<EventHubs>,
    /// When waiting rows are committed.
    pub flush: Flush,
    /// How long a stop may take.
    pub shutdown: Shutdown,
    /// How records are recognized that hubs bring again.
    pub deduplication: Deduplicate,
    /// Rules besides the built-in ones.
    pub rules: Rules,
    /// Saved queries besides the built-in ones.
    pub queries: Queries,
    /// Where alerts are delivered.
    pub destinations: Vec<Destination>,
    /// Numbers for Prometheus.
    pub metrics: Metrics,
    /// How long rows are kept, by table.
    pub retention: RetentionByTable,
    /// How the lake is kept in shape.
    pub maintenance: Maintenance,
    /// What queries may take.
    pub query: Query,
    /// Directory of the watchlists.
    pub watchlists: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            lake: DEFAULT_LAKE.into(),
            storage: Storage::default(),
            event_hubs: Vec::new(),
            flush: Flush::default(),
            shutdown: Shutdown::default(),
            deduplication: Deduplicate::default(),
            rules: Rules::default(),
            queries: Queries::default(),
            destinations: Vec::new(),
            metrics: Metrics::default(),
            retention: RetentionByTable::default(),
            maintenance: Maintenance::default(),
            query: Query::default(),
            watchlists: crate::watchlist::DEFAULT_DIRECTORY.into(),
        }
    }
}

/// Options of the lake's object store under the names of the environment variables that it also takes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Storage {
    /// Options with plain values, such as `azure_storage_account_name`.
    pub options: BTreeMap<String, String>,
    /// Options with secret values, such as `azure_storage_account_key`.
    pub secret_options: BTreeMap<String, Secret>,
}

/// A namespace and the hubs that are read from it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventHubs {
    /// Connection string with a shared access key; its `EntityPath` names the hub.
    pub connection_string: Option<Secret>,
    /// Fully qualified namespace, `contoso.servicebus.windows.net`, for Entra credentials.
    pub namespace: Option<String>,
    /// Entra credential for `namespace`.
    pub credential: Option<Credential>,
    /// Hubs to read; with a connection string that has an `EntityPath` they may be left out.
    #[serde(default)]
    pub hubs: Vec<String>,
    /// Consumer group.
    #[serde(default = "default_consumer_group")]
    pub consumer_group: String,
    /// Address to connect to instead of the namespace's own, as `amqp://host:port` or
    /// `amqps://host:port`: a private endpoint, a proxy or an emulator.
    pub endpoint: Option<String>,
}

fn default_consumer_group() -> String {
    "$Default".into()
}

/// How to prove who we are to Entra.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", deny_unknown_fields)]
pub enum Credential {
    /// Azure CLI or Azure Developer CLI of the person at the keyboard.
    DeveloperTools,
    /// Managed identity of the machine.
    #[serde(rename_all = "camelCase")]
    ManagedIdentity {
        /// Client id of a user-assigned identity.
        client_id: Option<String>,
    },
    /// Federated token of a Kubernetes pod; tenant, client and token file are taken from the
    /// environment that the workload identity webhook sets.
    WorkloadIdentity,
    /// Application with a client secret.
    #[serde(rename_all = "camelCase")]
    ClientSecret {
        /// Tenant of the application.
        tenant_id: String,
        /// The application.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
    },
}

/// See [`FlushLimits`].
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Flush {
    rows: usize,
    megabytes: usize,
    #[serde(with = "period")]
    age: Duration,
}

impl Default for Flush {
    fn default() -> Self {
        let limits = FlushLimits::default();
        Self { rows: limits.rows, megabytes: limits.bytes >> 20, age: limits.age }
    }
}

/// What happens after SIGTERM.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Shutdown {
    /// What was taken in is committed within this time, or read again at the next start.
    #[serde(with = "period")]
    pub deadline: Duration,
}

impl Default for Shutdown {
    fn default() -> Self {
        // Kubernetes gives 30 s.
        Self { deadline: Duration::from_secs(25) }
    }
}

impl From<Flush> for FlushLimits {
    fn from(flush: Flush) -> Self {
        Self {
            rows: flush.rows.max(1),
            bytes: flush.megabytes.clamp(1, 1 << 20) << 20,
            age: flush.age,
        }
    }
}

/// Rules besides the built-in ones.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Rules {
    /// Files and directories.
    pub paths: Vec<PathBuf>,
    /// Ids of rules that do not run.
    pub disabled: Vec<String>,
}

/// Numbers for Prometheus.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Metrics {
    /// Address and port where `serve` answers `/metrics`; it does not without.
    pub listen: Option<SocketAddr>,
}

/// Where alerts are delivered.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Destination {
    /// Name under which `AlertDeliveries` lists it.
    pub name: String,
    /// An HTTP endpoint that takes JSON.
    pub webhook: Webhook,
}

/// An HTTP endpoint that takes alerts as JSON.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Webhook {
    /// Its URL; `https`, or `http` for tests.
    pub url: String,
    /// Headers with fixed values.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Headers with secret values, such as `Authorization`.
    #[serde(default)]
    pub secret_headers: BTreeMap<String, Secret>,
    /// How long one attempt may take.
    #[serde(default = "default_timeout", with = "period")]
    pub timeout: Duration,
    /// Attempts before an alert is listed as dead for this destination.
    #[serde(default = "default_attempts")]
    pub max_attempts: u32,
}

fn default_timeout() -> Duration {
    Duration::from_secs(10)
}

/// Three days of trying.
fn default_attempts() -> u32 {
    80
}

impl Config {
    /// Reads the configuration: the named file, else the first that is in its place, else the
    /// defaults.
    ///
    /// # Errors
    /// The file cannot be read or is wrong.
    pub fn load(named: Option<&Path>) -> Result<Self, ConfigError> {
        let found = PLACES.iter().map(Path::new).find(|path| path.exists());
        let mut config = match named.or(found) {
            Some(path) => Self::read(path)?,
            None => Self::default(),
        };
        config.add_environment();
        config.check()?;
        Ok(config)
    }

    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.into(), source })?;
        crate::yaml::parse(&text)
            .map_err(|reason| ConfigError::Invalid { path: path.into(), reason })
    }

    /// A namespace by environment alone, for containers and for trying things out.
    fn add_environment(&mut self) {
        if std::env::var_os(CONNECTION_STRING).is_none() {
            return;
        }
        let hubs = std::env::var(HUBS).unwrap_or_default();
        let group = std::env::var(CONSUMER_GROUP).ok().filter(|group| !group.is_empty());
        self.event_hubs = vec![EventHubs {
            connection_string: Some(Secret::Env(CONNECTION_STRING.into())),
            namespace: None,
            credential: None,
            hubs: hubs
                .split(',')
                .map(str::trim)
                .filter(|h| !h.is_empty())
                .map(Into::into)
                .collect(),
            consumer_group: group.unwrap_or_else(default_consumer_group),
            endpoint: None,
        }];
    }

    /// How the lake is maintained.
    ///
    /// # Errors
    /// A value does not make sense, which [`load`](Self::load) has ruled out.
    pub fn policy(&self) -> Result<Policy, ConfigError> {
        maintenance::policy(self.maintenance, &self.retention, self.deduplication.into())
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.policy()?;
        let value =
            |key: String, reason: &str| Err(ConfigError::Value { key, reason: reason.into() });
        for (index, hubs) in self.event_hubs.iter().enumerate() {
            match (&hubs.connection_string, &hubs.namespace, &hubs.credential) {
                (Some(_), None, None) => {}
                (None, Some(_), Some(_)) if hubs.hubs.is_empty() => {
                    return value(format!("eventHubs[{index}].hubs"), "name the hubs to read");
                }
                (None, Some(_), Some(_)) => {}
                _ => {
                    return value(
                        format!("eventHubs[{index}]"),
                        "give either `connectionString`, or `namespace` with `credential`",
                    );
                }
            }
        }
        for (index, destination) in self.destinations.iter().enumerate() {
            let same = |other: &&Destination| other.name == destination.name;
            if self.destinations.iter().filter(same).count() > 1 {
                return value(
                    format!("destinations[{index}].name"),
                    "two destinations have this name; deliveries are told apart by it",
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Config::load(Some(file.path()))
    }

    #[test]
    fn a_full_configuration_is_read() {
        let config = load(
            "
lake: az://logs/entralog
storage:
  options: {azure_storage_account_name: contoso}
  secretOptions: {azure_storage_account_key: {file: /run/key}}
eventHubs:
  - connectionString: {env: HUBS}
    hubs: [insights-logs-signinlogs]
    consumerGroup: entralog
  - namespace: contoso.servicebus.windows.net
    credential: {kind: clientSecret, tenantId: t, clientId: c, clientSecret: {file: /run/secret}}
    hubs: [insights-logs-auditlogs]
flush: {rows: 10, megabytes: 1, age: 2s}
rules: {paths: [rules], disabled: [risky-ip]}
queries: {paths: [hunts, more/who.sql]}
metrics: {listen: 127.0.0.1:9464}
retention: {default: 400d, SigninLogs: P30D}
maintenance: {every: 5m, vacuumGrace: 2d, logRetention: 12h}
query: {memory: 512MB, spill: 2GB, timeout: 90s}
watchlists: /etc/entralog/watchlists
destinations:
  - name: siem
    webhook: {url: 'https://siem.example/alerts', secretHeaders: {Authorization: {env: TOKEN}}, timeout: 3s}
",
        )
        .unwrap();
        assert_eq!(config.event_hubs.len(), 2);
        assert_eq!(FlushLimits::from(config.flush).age, Duration::from_secs(2));
        assert_eq!(config.destinations[0].webhook.max_attempts, 80);
        assert_eq!(config.queries.paths(), [Path::new("hunts"), Path::new("more/who.sql")]);
        assert_eq!(config.metrics.listen, Some(([127, 0, 0, 1], 9464).into()));
        let policy = config.policy().unwrap();
        assert_eq!(policy.retention.default, Some(400));
        assert_eq!(policy.retention.tables.get("SigninLogs"), Some(&30));
        assert_eq!(policy.log_retention, Duration::from_secs(12 * 60 * 60));
        assert!(config.maintenance.enabled);
        let limits = config.query.limits(None);
        assert_eq!((limits.memory, limits.spill), (512 << 20, 2 << 30));
        assert_eq!(limits.timeout, Some(Duration::from_secs(90)));
        assert_eq!(config.watchlists, Path::new("/etc/entralog/watchlists"));
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (text, expected) in [
            ("lakes: x", "lakes"),
            ("storage: {secretOptions: {azure_storage_account_key: hush}}", "secrets are named"),
            ("flush: {age: soon}", "soon"),
            ("metrics: {listen: 9464}", "invalid socket address"),
            ("metrics: {port: 9464}", "port"),
            ("retention: {SignInLogs: 30d}", "did you mean `SigninLogs`?"),
            ("retention: {signins: 30d}", "`retention.signins`"),
            ("retention: {defualt: 30d}", "did you mean `default`?"),
            ("retention: {SigninLogs: 36h}", "36h is not a number of whole days"),
            (
                "retention: {RuleRuns: 30d}",
                "`retention.RuleRuns`: its rows are entralog's own books",
            ),
            ("maintenance: {vacuumGrace: 1h}", "`maintenance.vacuumGrace`"),
            ("maintenance: {vacuumGrace: 30d}", "`maintenance.vacuumGrace`"),
            ("maintenance: {logRetention: 10m}", "`maintenance.logRetention`"),
            ("query: {memory: much}", "write 512MB or 1GB"),
            ("query: {timeout: soon}", "soon"),
            ("maintenance: {evry: 10m}", "did you mean `every`?"),
            ("eventHubs: [{hubs: [a]}]", "eventHubs[0]"),
            (
                "eventHubs: [{namespace: n, credential: {kind: developerTools}}]",
                "eventHubs[0].hubs",
            ),
            (
                "destinations: [{name: a, webhook: {url: u}}, {name: a, webhook: {url: u}}]",
                "destinations[0].name",
            ),
            (
                "eventHubs: [{connectionString: 'Endpoint=sb://x;SharedAccessKey=hush'}]",
                "connectionString",
            ),
        ] {
            let error = load(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains("hush"), "a secret was printed: {error}");
        }
    }
}
