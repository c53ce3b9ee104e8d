//! The other ingesters, and whether they live.
//!
//! One that writes its heartbeat lives. It is gone when that has not changed for some seconds of our own clock,
//! over several looks of ours, or when its process is known to have ended.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::objects::{Heartbeat, Objects, OwnershipError, Tag};
use super::process::Process;

/// An ingester whose heartbeat has not changed for so long is gone: longer than its [lease](super::lease::LEASE).
pub(super) const GONE: Duration = Duration::from_secs(6);

/// And over so many looks: we may have been stopped together with it.
const LOOKS: u32 = 3;

/// Heartbeats of ingesters that have been gone for so long are deleted.
const FORGOTTEN: Duration = Duration::from_secs(600);

#[derive(Debug, Default)]
pub(super) struct Peers(BTreeMap<String, Peer>);

#[derive(Debug)]
pub(super) struct Peer {
    pub(super) heartbeat: Heartbeat,
    tag: Tag,
    changed: Instant,
    /// Looks since then that found it unchanged.
    looks: u32,
    has_ended: bool,
}

impl Peer {
    fn lives(&self) -> bool {
        !self.has_ended && (self.changed.elapsed() < GONE || self.looks < LOOKS)
    }
}

impl Peers {
    /// Learns what the heartbeats say that were listed. One that has vanished has left, unless somebody has deleted
    /// the directory: then it has some seconds to write it again.
    pub(super) async fn look(
        &mut self,
        objects: &Objects,
        listed: BTreeMap<String, Tag>,
        me: &str,
        was_deleted: bool,
    ) -> Result<(), OwnershipError> {
        self.0.retain(|id, peer| listed.contains_key(id) || was_deleted && peer.lives());
        for (id, tag) in listed.into_iter().filter(|(id, _)| id != me) {
            match self.0.get_mut(&id) {
                Some(peer) if peer.tag == tag => peer.looks += 1,
                Some(peer) => (peer.tag, peer.changed, peer.looks) = (tag, Instant::now(), 0),
                None => {
                    let Some(heartbeat) = objects.read_heartbeat(&id).await? else { continue };
                    let changed = Instant::now();
                    let peer = Peer { heartbeat, tag, changed, looks: 0, has_ended: false };
                    tracing::debug!(ingester = peer.heartbeat.name, "seen");
                    self.0.insert(id.clone(), peer);
                }
            }
        }
        let mut forgotten = Vec::new();
        for (id, peer) in &mut self.0 {
            peer.has_ended = peer.heartbeat.process.as_ref().is_some_and(Process::has_ended);
            if peer.has_ended || !peer.lives() && peer.changed.elapsed() > FORGOTTEN {
                forgotten.push(id.clone());
            }
        }
        for id in forgotten {
            objects.delete_heartbeat(&id).await;
            self.0.remove(&id);
        }
        Ok(())
    }

    pub(super) fn lives(&self, id: &str) -> bool {
        self.0.get(id).is_some_and(Peer::lives)
    }

    pub(super) fn living(&self) -> impl Iterator<Item = (&str, &Heartbeat)> {
        let living = self.0.iter().filter(|(_, peer)| peer.lives());
        living.map(|(id, peer)| (id.as_str(), &peer.heartbeat))
    }
}
