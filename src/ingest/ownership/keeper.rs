//! The task that looks at the claims every two seconds: renews the lease, claims what is free, says what others
//! wait for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::{mpsc, oneshot, watch};

use super::lease::{Holding, Holdings, LEASE, Lease};
use super::objects::{Claim, Heartbeat, Listing, Objects, OwnershipError, Tag};
use super::peers::{GONE, Peers};
use super::share::{Members, hub_of, shares};
use crate::lake::Seen;

/// From one look to the next.
const INTERVAL: Duration = Duration::from_secs(2);

/// Requests at once.
const AT_ONCE: usize = 16;

/// Waits until a partition is claimed again that another reader or writer has taken without a claim.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What the keeper is told.
pub(super) enum Told {
    /// Partitions are not read any more, and what was taken of them is committed.
    GivenUp(Vec<Arc<str>>),
    /// The same, and they are not wanted again.
    Done(Vec<Arc<str>>),
    /// Somebody else reads or writes it.
    SetBack(Arc<str>),
    Look(oneshot::Sender<Result<(), OwnershipError>>),
    /// Everything is given up.
    Leave(oneshot::Sender<()>),
}

pub(super) struct Keeper {
    pub(super) objects: Objects,
    pub(super) me: String,
    pub(super) heartbeat: Heartbeat,
    /// Partitions that this ingester would read, by the name of their objects.
    pub(super) wanted: BTreeMap<String, Arc<str>>,
    pub(super) lease: Arc<Lease>,
    pub(super) changed: watch::Sender<()>,
    pub(super) peers: Peers,
    pub(super) tops: BTreeMap<String, Top>,
    pub(super) held: BTreeMap<String, Holding>,
    pub(super) released: BTreeSet<String>,
    pub(super) set_back: HashMap<String, SetBack>,
    /// When claims were last missing that had been there.
    pub(super) deleted: Option<Instant>,
    pub(super) is_failing: bool,
}

/// The claim of a partition that counts.
#[derive(Debug)]
pub(super) struct Top {
    number: u64,
    claim: Claim,
    /// As it was listed; none yet when it was just written.
    tag: Option<Tag>,
    /// When it was last there.
    seen: Instant,
}

impl Top {
    fn written(number: u64, claim: Claim) -> Self {
        Self { number, claim, tag: None, seen: Instant::now() }
    }
}

/// A partition that had to be left to somebody without a claim.
#[derive(Debug)]
pub(super) struct SetBack {
    at: Instant,
    wait: Duration,
}

impl Keeper {
    /// Works until it is told to leave, or until nobody can tell it any more.
    pub(super) async fn run(mut self, mut told: mpsc::Receiver<Told>) {
        let mut next = tokio::time::Instant::now() + INTERVAL;
        loop {
            let mut asked = None;
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                message = told.recv() => {
                    let mut message = message;
                    loop {
                        match message {
                            Some(Told::Look(answer)) => asked = Some(answer),
                            Some(Told::Leave(answer)) => {
                                self.leave().await;
                                // Whoever asked may be gone.
                                let _ = answer.send(());
                                return;
                            }
                            Some(Told::GivenUp(sources)) => self.given_up(&sources),
                            Some(Told::Done(sources)) => {
                                self.wanted.retain(|_, source| !sources.contains(source));
                                self.given_up(&sources);
                            }
                            Some(Told::SetBack(source)) => self.set_back(&source),
                            None => return self.leave().await,
                        }
                        let Ok(more) = told.try_recv() else { break };
                        message = Some(more);
                    }
                }
            }
            next = tokio::time::Instant::now() + INTERVAL;
            let result = self.look().await;
            self.say(result.as_ref().err());
            if let Some(answer) = asked {
                // Whoever asked may be gone.
                let _ = answer.send(result);
            }
        }
    }

    /// One look at all claims, and what follows from it.
    pub(super) async fn look(&mut self) -> Result<(), OwnershipError> {
        let began = Seen::now();
        let late = self.lease.age();
        self.heartbeat.beat += 1;
        self.objects.beat(&self.me, &self.heartbeat).await?;
        let listing = self.objects.list().await?;
        self.learn(listing).await?;
        self.drop_lost(late);
        self.renew_vanished().await?;
        self.mark_wanted();
        self.publish(Some(began));
        self.release().await?;
        if self.claim().await? {
            // A number may be free only because it was cleaned up: a claim counts if it is the highest.
            let listing = self.objects.list().await?;
            self.learn(listing).await?;
            self.drop_lost(Duration::ZERO);
            self.publish(Some(began));
        }
        Ok(())
    }

    /// Tells the failures of looks, each kind of them once.
    fn say(&mut self, error: Option<&OwnershipError>) {
        let was_failing = std::mem::replace(&mut self.is_failing, error.is_some());
        match error {
            Some(error) => {
                self.lease.failed(error.to_string());
                if !was_failing {
                    tracing::warn!("claims could not be renewed, trying again: {error}");
                }
            }
            None if was_failing => tracing::info!("claims are renewed again"),
            None => {}
        }
    }

    /// What was listed, with the claims that are new.
    async fn learn(&mut self, listing: Listing) -> Result<(), OwnershipError> {
        let Listing { heartbeats, claims } = listing;
        // A partition has a claim from its first one on.
        if self.tops.keys().any(|partition| !claims.contains_key(partition)) {
            self.deleted = Some(Instant::now());
        }
        let was_deleted = self.deleted.is_some_and(|deleted| deleted.elapsed() < GONE);
        self.peers.look(&self.objects, heartbeats, &self.me, was_deleted).await?;

        let mut unknown = Vec::new();
        for (partition, numbers) in claims {
            let Some((number, tag)) = numbers.last_key_value() else { continue };
            match self.tops.get_mut(&partition) {
                Some(top) if top.number == *number && top.tag.as_ref() == Some(tag) => {
                    top.seen = Instant::now();
                }
                _ => unknown.push((partition.clone(), *number, tag.clone())),
            }
            // Who holds it cleans up.
            if self.held.get(&partition).is_some_and(|held| held.number == *number) {
                for (older, _) in numbers.range(..number) {
                    self.objects.delete_claim(&partition, *older).await;
                }
            }
        }
        let objects = &self.objects;
        let read = stream::iter(unknown).map(|(partition, number, tag)| async move {
            let claim = objects.read_claim(&partition, number).await?;
            let seen = Instant::now();
            let top = claim.map(|claim| Top { number, claim, tag: Some(tag), seen });
            Ok::<_, OwnershipError>((partition, top))
        });
        let read: Vec<_> = read.buffer_unordered(AT_ONCE).try_collect().await?;
        // One that is gone already has made room for a higher one.
        self.tops.extend(read.into_iter().filter_map(|(partition, top)| Some((partition, top?))));
        // Whose claims were deleted by somebody writes them again.
        self.tops.retain(|_, top| top.seen.elapsed() < GONE);
        Ok(())
    }

    /// Lets go of what others have claimed.
    fn drop_lost(&mut self, late: Duration) {
        let mut lost = BTreeMap::<&str, Vec<&str>>::new();
        for (partition, held) in &self.held {
            let newer = |top: &&Top| {
                let is_mine = top.claim.ingester.as_ref() == Some(&self.me);
                top.number > held.number || top.number == held.number && !is_mine
            };
            if let Some(top) = self.tops.get(partition).filter(newer) {
                lost.entry(&top.claim.name).or_default().push(partition);
            }
        }
        for (owner, partitions) in &lost {
            tracing::warn!(
                partitions = partitions.join(", "),
                owner,
                held_up_seconds = late.as_secs(),
                "partitions were taken over by another ingester; what was not committed of them is dropped here, and read again there"
            );
        }
        let lost: Vec<_> = lost.into_values().flatten().map(str::to_owned).collect();
        for partition in lost {
            self.held.remove(&partition);
        }
    }

    /// Writes claims again that somebody has deleted.
    async fn renew_vanished(&mut self) -> Result<(), OwnershipError> {
        let vanished: Vec<_> = self
            .held
            .iter()
            .filter(|(partition, held)| {
                self.tops.get(*partition).is_none_or(|top| {
                    top.number < held.number || top.seen.elapsed() > Duration::from_millis(1500)
                })
            })
            .map(|(partition, held)| (partition.clone(), *held))
            .collect();
        for (partition, held) in vanished {
            let claim = self.claim_of(held.level);
            // One that is there already is looked at next time.
            if self.objects.write_claim(&partition, held.number, &claim).await? {
                self.tops.insert(partition, Top::written(held.number, claim));
            }
        }
        Ok(())
    }

    fn claim_of(&self, level: i64) -> Claim {
        Claim { ingester: Some(self.me.clone()), name: self.heartbeat.name.clone(), level }
    }

    /// The living ingester that has a partition.
    fn owner(&self, partition: &str) -> Option<&str> {
        let owner = self.tops.get(partition)?.claim.ingester.as_deref()?;
        (owner == self.me || self.peers.lives(owner)).then_some(owner)
    }

    /// Who is to have each partition.
    fn shares(&self) -> BTreeMap<&str, &str> {
        let mut members: Members<'_> = self
            .peers
            .living()
            .filter(|(_, heartbeat)| !heartbeat.once)
            .map(|(id, heartbeat)| (id, &heartbeat.hubs))
            .collect();
        if !self.heartbeat.once {
            members.insert(&self.me, &self.heartbeat.hubs);
        }
        let partitions = self.wanted.keys().chain(self.tops.keys());
        shares(&members, &partitions.map(|name| (name.as_str(), self.owner(name))).collect())
    }

    /// Notes what of ours others are to have.
    fn mark_wanted(&mut self) {
        let shares = self.shares();
        let is_other = |partition: &str| shares.get(partition).is_some_and(|to| *to != self.me);
        let wanted: Vec<_> = self.held.keys().filter(|name| is_other(name)).cloned().collect();
        // A claim of ours that we do not use: another one may have it.
        let unused: Vec<_> = self
            .tops
            .iter()
            .filter(|(name, top)| {
                top.claim.ingester.as_ref() == Some(&self.me)
                    && !self.held.contains_key(*name)
                    && is_other(name)
            })
            .map(|(name, _)| name.clone())
            .collect();
        self.released.extend(unused);
        for name in wanted {
            if let Some(held) = self.held.get_mut(&name) {
                held.is_wanted = true;
            }
        }
    }

    /// Releases what was given up.
    async fn release(&mut self) -> Result<(), OwnershipError> {
        let mine = |top: &&Top| top.claim.ingester.as_ref() == Some(&self.me);
        let released = self.released.iter().filter_map(|name| {
            let top = self.tops.get(name).filter(mine)?;
            let claim = Claim { ingester: None, ..top.claim.clone() };
            Some((name.clone(), top.number + 1, claim))
        });
        let objects = &self.objects;
        let written =
            stream::iter(released.collect::<Vec<_>>()).map(|(name, number, claim)| async move {
                let is_written = objects.write_claim(&name, number, &claim).await?;
                Ok::<_, OwnershipError>((name, number, claim, is_written))
            });
        let written: Vec<_> = written.buffer_unordered(AT_ONCE).try_collect().await?;
        for (name, number, claim, is_written) in written {
            if is_written {
                self.tops.insert(name, Top::written(number, claim));
            }
        }
        self.released.clear();
        Ok(())
    }

    /// Claims what is to be ours and nobody's now; whether there was anything.
    async fn claim(&mut self) -> Result<bool, OwnershipError> {
        let shares = self.shares();
        let others_read =
            |hub: &str| self.peers.living().any(|(_, peer)| !peer.once && peer.hubs.contains(hub));
        let now = chrono::Utc::now().timestamp();
        let mut claims = Vec::new();
        for name in self.wanted.keys().filter(|name| !self.held.contains_key(*name)) {
            let is_free = self.owner(name).is_none_or(|owner| owner == self.me);
            let is_ours = match self.heartbeat.once {
                true => !others_read(hub_of(name)),
                false => shares.get(name.as_str()) == Some(&self.me.as_str()),
            };
            let is_set_back =
                self.set_back.get(name).is_some_and(|set| set.at.elapsed() < set.wait);
            if is_free && is_ours && !is_set_back {
                let (number, level) =
                    self.tops.get(name).map_or((0, 0), |top| (top.number, top.claim.level));
                // Levels rise also when the clock is set back.
                claims.push((name.clone(), number + 1, self.claim_of(now.max(level + 1))));
            }
        }
        if claims.is_empty() {
            return Ok(false);
        }
        let objects = &self.objects;
        let written = stream::iter(claims).map(|(name, number, claim)| async move {
            let is_written = objects.write_claim(&name, number, &claim).await?;
            Ok::<_, OwnershipError>(is_written.then_some((name, number, claim)))
        });
        let written: Vec<_> = written.buffer_unordered(AT_ONCE).try_collect().await?;
        let written: Vec<_> = written.into_iter().flatten().collect();
        if !written.is_empty() {
            let names: Vec<_> = written.iter().map(|(name, ..)| name.as_str()).collect();
            tracing::info!(partitions = names.join(", "), "claimed");
        }
        for (name, number, claim) in written {
            let held = Holding { number, level: claim.level, is_wanted: false };
            self.held.insert(name.clone(), held);
            self.tops.insert(name, Top::written(number, claim));
        }
        Ok(true)
    }

    fn given_up(&mut self, sources: &[Arc<str>]) {
        for name in sources.iter().map(|source| Objects::name_of(source)) {
            self.held.remove(&name);
            self.released.insert(name);
        }
        self.publish(None);
    }

    fn set_back(&mut self, source: &str) {
        let name = Objects::name_of(source);
        self.held.remove(&name);
        let wait = match self.set_back.get(&name) {
            Some(last) if last.at.elapsed() < last.wait + 2 * LONGEST_WAIT => {
                (last.wait * 2).min(LONGEST_WAIT)
            }
            _ => FIRST_WAIT,
        };
        self.set_back.insert(name, SetBack { at: Instant::now(), wait });
        self.publish(None);
    }

    /// Tells what is held, by a look that began then.
    fn publish(&self, began: Option<Seen>) {
        let held: Holdings = self
            .held
            .iter()
            .filter_map(|(name, held)| Some((Arc::clone(self.wanted.get(name)?), *held)))
            .collect();
        let is_new = held != self.lease.held();
        match began {
            Some(began) => self.lease.renew(began, &held),
            None => self.lease.update(&held),
        }
        if is_new {
            self.changed.send_replace(());
        }
    }

    /// Gives up everything, so that others need not wait until it is gone.
    async fn leave(mut self) {
        self.lease.end();
        let mine =
            self.tops.iter().filter(|(_, top)| top.claim.ingester.as_ref() == Some(&self.me));
        self.released = mine.map(|(name, _)| name.clone()).collect();
        match tokio::time::timeout(LEASE, self.release()).await {
            Ok(Ok(())) => self.objects.delete_heartbeat(&self.me).await,
            // Others will see that it is gone.
            Ok(Err(error)) => tracing::debug!("partitions were not released: {error}"),
            Err(_) => tracing::debug!("partitions were not released in time"),
        }
    }
}
