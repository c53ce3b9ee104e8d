//! Which ingester reads which partition, when several read one hub.
//!
//! Ingesters agree through small objects in the lake's own store, so nothing has to be configured: each writes a
//! heartbeat, and claims partitions by objects that only one of them can write. Who has more than its share
//! commits what it took and gives the surplus up; who has less claims what is free, or belongs to an ingester that
//! is gone. Nobody takes anything from one that lives, so nothing is read twice when a partition moves.
//!
//! All of this is about who works, never about correctness: rows come in once because of the positions in
//! the lake, whatever is written here, lost or deleted. It costs one write and one listing every two seconds for an
//! ingester, however many partitions there are, and two small objects for each partition that moves.

mod keeper;
mod lease;
mod objects;
mod peers;
mod process;
mod share;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use self::keeper::{Keeper, Told};
use self::lease::Lease;
pub(super) use self::lease::{Holding, Holdings};
pub use self::objects::OwnershipError;
use self::objects::{Heartbeat, Objects};
use self::peers::Peers;
use self::process::Process;
use self::share::hub_of;
use super::IngestError;
use crate::lake::{Lake, Permit};

/// The directory in the lake.
const DIRECTORY: &str = "_ownership";

/// Attempts to agree with the others at the start.
const ATTEMPTS: u32 = 3;

/// This ingester among all that read the same partitions.
#[derive(Debug)]
pub(super) struct Ownership {
    lease: Arc<Lease>,
    changed: watch::Receiver<()>,
    tell: mpsc::Sender<Told>,
}

impl Ownership {
    /// Joins the ingesters of these partitions. One that reads `once` takes what nobody has, and leaves the rest
    /// to the others.
    ///
    /// # Errors
    /// The lake's store cannot be read or written.
    pub(super) async fn join(
        lake: &Lake,
        partitions: BTreeSet<Arc<str>>,
        once: bool,
    ) -> Result<Self, IngestError> {
        let (store, root) = lake.directory(DIRECTORY)?;
        let wanted: BTreeMap<_, _> = partitions
            .iter()
            .map(|source| (Objects::name_of(source), Arc::clone(source)))
            .collect();
        let heartbeat = Heartbeat {
            name: name(),
            hubs: wanted.keys().map(|name| hub_of(name).to_owned()).collect(),
            once,
            process: Process::this(),
            beat: 0,
        };
        let lease = Arc::new(Lease::new(partitions));
        let (changes, changed) = watch::channel(());
        let (tell, told) = mpsc::channel(64);
        let mut keeper = Keeper {
            objects: Objects::new(store, root),
            me: uuid::Uuid::new_v4().to_string(),
            heartbeat,
            wanted,
            lease: Arc::clone(&lease),
            changed: changes,
            peers: Peers::default(),
            tops: BTreeMap::new(),
            held: BTreeMap::new(),
            released: BTreeSet::new(),
            set_back: HashMap::new(),
            deleted: None,
            is_failing: false,
        };
        let mut attempt = 1;
        while let Err(error) = keeper.look().await {
            if attempt == ATTEMPTS {
                return Err(error.into());
            }
            tracing::warn!(attempt, "{error}");
            tokio::time::sleep(Duration::from_millis(500) * attempt).await;
            attempt += 1;
        }
        tokio::spawn(keeper.run(told));
        let mut ownership = Self { lease, changed, tell };
        ownership.changed.mark_changed();
        Ok(ownership)
    }

    /// Says no to commits of partitions that are not held.
    pub(super) fn permit(&self) -> Arc<dyn Permit> {
        Arc::clone(&self.lease) as _
    }

    /// What is held.
    pub(super) fn holdings(&self) -> Holdings {
        self.lease.held()
    }

    /// Waits until something else is held, or wanted by others.
    pub(super) async fn changed(&mut self) {
        if self.changed.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Gives up partitions that are not read any more, with all that was taken of them committed.
    pub(super) async fn give_up(&self, partitions: Vec<Arc<str>>) {
        self.tell(Told::GivenUp(partitions)).await;
    }

    /// The same of partitions that are not to come back.
    pub(super) async fn done(&self, partitions: Vec<Arc<str>>) {
        self.tell(Told::Done(partitions)).await;
    }

    /// Leaves a partition alone for a while that somebody reads or writes who does not claim it.
    pub(super) async fn set_back(&self, partition: &Arc<str>) {
        self.tell(Told::SetBack(Arc::clone(partition))).await;
    }

    /// Looks at the claims now, and has the change told even if there is none.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub(super) async fn look(&mut self) -> Result<(), OwnershipError> {
        let (answer, answered) = oneshot::channel();
        self.tell(Told::Look(answer)).await;
        let result = answered.await.unwrap_or(Ok(()));
        self.changed.mark_changed();
        result
    }

    /// Gives up everything.
    pub(super) async fn leave(self) {
        let (answer, answered) = oneshot::channel();
        self.tell(Told::Leave(answer)).await;
        // A keeper that has ended holds nothing.
        let _ = answered.await;
    }

    async fn tell(&self, told: Told) {
        // A keeper that has ended holds nothing.
        let _ = self.tell.send(told).await;
    }
}

/// The process for people: its host and id.
fn name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname");
    let host = host.ok().or_else(|| std::env::var("HOSTNAME").ok());
    let host = host.as_deref().map(str::trim).filter(|host| !host.is_empty());
    format!("{}:{}", host.unwrap_or("ingester"), std::process::id())
}

#[cfg(test)]
mod tests {
    use super::objects::Claim;
    use super::*;

    const SOURCES: [&str; 3] = ["host:5671/hub/0", "host:5671/hub/1", "host:5671/hub/2"];

    async fn join(lake: &Lake, once: bool) -> Ownership {
        Ownership::join(lake, SOURCES.map(Arc::from).into(), once).await.unwrap()
    }

    fn objects(lake: &Lake) -> Objects {
        let (store, root) = lake.directory(DIRECTORY).unwrap();
        Objects::new(store, root)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn levels_rise_also_when_the_clock_was_set_back_and_what_is_damaged_is_free() {
        let lake = Lake::in_memory();
        let level = 90_000_000_000;
        let claim = Claim { ingester: Some("gone".into()), name: "gone".into(), level };
        assert!(objects(&lake).write_claim(SOURCES[0], 7, &claim).await.unwrap());
        assert!(!objects(&lake).write_claim(SOURCES[0], 7, &claim).await.unwrap(), "twice");
        let (store, root) = lake.directory(DIRECTORY).unwrap();
        let damaged =
            SOURCES[1].split('/').fold(root.join("partitions"), object_store::path::Path::join);
        use object_store::ObjectStoreExt as _;
        store.put(&damaged.join("00000000000000000003"), "{".into()).await.unwrap();
        let ownership = join(&lake, false).await;
        let held = ownership.holdings();
        assert_eq!((held[SOURCES[0]].number, held[SOURCES[0]].level), (8, level + 1));
        assert_eq!(held[SOURCES[1]].number, 4);
        assert!(held[SOURCES[1]].level > 1_700_000_000);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_released_goes_to_who_waits_for_it() {
        let lake = Lake::in_memory();
        let mut first = join(&lake, false).await;
        assert_eq!(first.holdings().len(), 3);
        let mut second = join(&lake, false).await;
        assert_eq!(second.holdings().len(), 0, "nothing is taken from one that lives");
        let once = join(&lake, true).await;
        first.look().await.unwrap();
        let held = first.holdings();
        let wanted: Vec<_> = held.iter().filter(|(_, held)| held.is_wanted).collect();
        assert_eq!(wanted.len(), 1, "{held:?}");
        let moved = Arc::clone(wanted[0].0);
        first.give_up(vec![Arc::clone(&moved)]).await;
        first.look().await.unwrap();
        second.look().await.unwrap();
        assert!(second.holdings().contains_key(&moved));
        assert!(second.holdings()[&moved].level > held[&moved].level);
        first.leave().await;
        second.look().await.unwrap();
        assert_eq!(second.holdings().len(), 3);
        assert_eq!(once.holdings().len(), 0, "it takes nothing that others read");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_partition_that_somebody_else_has_without_a_claim_is_left_alone_for_longer_each_time()
    {
        let lake = Lake::in_memory();
        let mut ownership = join(&lake, false).await;
        let source = Arc::from(SOURCES[0]);
        let level = ownership.holdings()[&source].level;
        ownership.set_back(&source).await;
        ownership.look().await.unwrap();
        assert!(!ownership.holdings().contains_key(&source));
        assert!(ownership.permit().ask(&[]).is_ok());
        tokio::time::sleep(Duration::from_millis(1100)).await;
        ownership.look().await.unwrap();
        assert!(ownership.holdings()[&source].level > level);
        ownership.set_back(&source).await;
        tokio::time::sleep(Duration::from_millis(1100)).await;
        ownership.look().await.unwrap();
        assert!(!ownership.holdings().contains_key(&source), "the second wait is longer");
    }
}
