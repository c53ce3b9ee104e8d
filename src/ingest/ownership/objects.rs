//! What ingesters write for each other, and where: heartbeats and claims under `_ownership` in the lake's store.
//!
//! ```text
//! _ownership/ingesters/<id>                                        rewritten every two seconds
//! _ownership/partitions/<namespace>/<hub>/<partition>/<number>     a claim
//! ```
//!
//! A claim is a new object with the next number, as a commit of a Delta log is: the store lets only one
//! ingester write it. The highest number counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt as _;
use object_store::path::{Path, PathPart};
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::process::Process;

/// How long a request may take. The store's own retries go on for minutes, and a lease does not.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ingesters cannot tell each other what they read.
#[derive(Debug, thiserror::Error)]
#[error(
    "ownership of partitions: {path} cannot be {what}: {reason}; every ingester has to read and write there"
)]
pub struct OwnershipError {
    /// The object.
    path: String,
    what: &'static str,
    /// The store's reason.
    reason: String,
}

/// What an ingester says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Heartbeat {
    /// For people: host and process id.
    pub(super) name: String,
    /// The hubs that it reads, as `<namespace>/<hub>`.
    pub(super) hubs: BTreeSet<String>,
    /// Whether it only reads what is there, and then ends.
    pub(super) once: bool,
    pub(super) process: Option<Process>,
    /// Counts up, so that no two are the same.
    pub(super) beat: u64,
}

/// Whose a partition is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claim {
    /// The id of the ingester; nobody's when it was released.
    pub(super) ingester: Option<String>,
    /// The ingester's name.
    pub(super) name: String,
    /// The owner level for Event Hubs; it only rises.
    pub(super) level: i64,
}

/// What tells that an object was written anew, whatever the store knows.
pub(super) type Tag = (Option<String>, chrono::DateTime<chrono::Utc>, u64);

/// All that is there.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) heartbeats: BTreeMap<String, Tag>,
    /// Claims by partition and number.
    pub(super) claims: BTreeMap<String, BTreeMap<u64, Tag>>,
}

/// The objects in the lake's store.
#[derive(Debug)]
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    root: Path,
}

impl Objects {
    pub(super) fn new(store: Arc<dyn ObjectStore>, root: Path) -> Self {
        Self { store, root }
    }

    /// A partition as its objects are named: what stores do not allow in a name is encoded.
    pub(super) fn name_of(source_id: &str) -> String {
        Path::from(source_id).to_string()
    }

    fn heartbeat(&self, id: &str) -> Path {
        self.root.clone().join("ingesters").join(id)
    }

    fn claim(&self, partition: &str, number: u64) -> Path {
        let place = self.root.clone().join("partitions");
        // The name is encoded already.
        let parts = partition.split('/').filter_map(|part| PathPart::parse(part).ok());
        place.parts().chain(parts).collect::<Path>().join(format!("{number:020}"))
    }

    pub(super) async fn list(&self) -> Result<Listing, OwnershipError> {
        let list = async { self.store.list(Some(&self.root)).try_collect::<Vec<_>>().await };
        let objects = in_time(&self.root, "listed", list).await?;
        let mut listing = Listing::default();
        for ObjectMeta { location, e_tag, last_modified, size, .. } in objects.unwrap_or_default() {
            let Some(parts) = location.prefix_match(&self.root) else { continue };
            let parts: Vec<_> = parts.map(|part| part.as_ref().to_owned()).collect();
            match parts.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                ["ingesters", id] => {
                    listing.heartbeats.insert((*id).to_owned(), (e_tag, last_modified, size));
                }
                ["partitions", partition @ .., number] => {
                    let Ok(number) = number.parse() else { continue };
                    let tag = (e_tag, last_modified, size);
                    listing.claims.entry(partition.join("/")).or_default().insert(number, tag);
                }
                _ => {}
            }
        }
        Ok(listing)
    }

    pub(super) async fn beat(&self, id: &str, heartbeat: &Heartbeat) -> Result<(), OwnershipError> {
        let path = self.heartbeat(id);
        let json = to_json(&path, heartbeat)?;
        in_time(&path, "written", self.store.put(&path, json)).await.map(drop)
    }

    /// What an ingester says of itself; `None` when it is gone or cannot be understood.
    pub(super) async fn read_heartbeat(
        &self,
        id: &str,
    ) -> Result<Option<Heartbeat>, OwnershipError> {
        Ok(self.read(&self.heartbeat(id)).await?.flatten())
    }

    /// A claim; `None` when it is gone. One that cannot be understood, such as an empty file after a power cut,
    /// is nobody's.
    pub(super) async fn read_claim(
        &self,
        partition: &str,
        number: u64,
    ) -> Result<Option<Claim>, OwnershipError> {
        let claim = self.read(&self.claim(partition, number)).await?;
        Ok(claim.map(Option::unwrap_or_default))
    }

    /// Writes a claim unless there is one of that number; whether it was written.
    pub(super) async fn write_claim(
        &self,
        partition: &str,
        number: u64,
        claim: &Claim,
    ) -> Result<bool, OwnershipError> {
        let path = self.claim(partition, number);
        let json = to_json(&path, claim)?;
        let options = PutOptions::from(PutMode::Create);
        let put = async {
            match self.store.put_opts(&path, json, options).await {
                Ok(_) => Ok(true),
                Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
                Err(error) => Err(error),
            }
        };
        Ok(in_time(&path, "written", put).await?.unwrap_or(false))
    }

    /// Deletes a heartbeat; one that is left is in nobody's way.
    pub(super) async fn delete_heartbeat(&self, id: &str) {
        self.delete(&self.heartbeat(id)).await;
    }

    /// Deletes a claim that does not count any more.
    pub(super) async fn delete_claim(&self, partition: &str, number: u64) {
        self.delete(&self.claim(partition, number)).await;
    }

    async fn delete(&self, path: &Path) {
        if let Err(error) = in_time(path, "deleted", self.store.delete(path)).await {
            tracing::debug!("{error}");
        }
    }

    async fn read<T: DeserializeOwned>(
        &self,
        path: &Path,
    ) -> Result<Option<Option<T>>, OwnershipError> {
        let get = async { self.store.get(path).await?.bytes().await };
        let bytes = in_time(path, "read", get).await?;
        Ok(bytes.map(|bytes| serde_json::from_slice(&bytes).ok()))
    }
}

fn to_json(path: &Path, value: &impl Serialize) -> Result<PutPayload, OwnershipError> {
    let failed = |error: serde_json::Error| OwnershipError {
        path: path.to_string(),
        what: "written",
        reason: error.to_string(),
    };
    serde_json::to_vec(value).map(PutPayload::from).map_err(failed)
}

/// A request that must not take long; `None` when there is no such object.
async fn in_time<T>(
    path: &Path,
    what: &'static str,
    request: impl Future<Output = object_store::Result<T>>,
) -> Result<Option<T>, OwnershipError> {
    let failed = |reason: String| OwnershipError { path: path.to_string(), what, reason };
    match tokio::time::timeout(PATIENCE, request).await {
        Ok(Ok(answer)) => Ok(Some(answer)),
        Ok(Err(object_store::Error::NotFound { .. })) => Ok(None),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}
