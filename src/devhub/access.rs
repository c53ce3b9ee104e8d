//! What a connection may do: the tokens its client has put, each with a scope and an expiry.
//!
//! The one key of a devhub carries every claim, so a token for an entity permits to read, to publish
//! and to ask about it. A link is checked when it is attached, and closed when its token runs out
//! and no other was put meanwhile.

use super::{lock, now};
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::watch;

/// Longest time without a look at the clock, which somebody may set.
const LONGEST_WAIT_S: i64 = 60;

/// The grants of one connection.
#[derive(Debug, Default)]
pub(super) struct Access {
    grants: Mutex<Vec<Grant>>,
    /// Says that the grants have changed.
    changed: watch::Sender<()>,
}

#[derive(Debug)]
struct Grant {
    /// Lower-case path of the entity, empty for the whole namespace.
    path: String,
    /// Seconds since 1970.
    expires_s: i64,
}

impl Access {
    /// Permits an entity and everything beneath it.
    pub(super) fn grant(&self, path: &str, expires_s: i64) {
        let path = path.to_lowercase();
        let mut grants = lock(&self.grants);
        // A refreshed token replaces the one before it.
        grants.retain(|grant| grant.path != path);
        grants.push(Grant { path, expires_s });
        self.changed.send_replace(());
    }

    /// Has every grant run out.
    pub(super) fn expire(&self) {
        lock(&self.grants).clear();
        self.changed.send_replace(());
    }

    /// Resolves when a link to this path has no valid token any more.
    pub(super) async fn lapsed(&self, path: &str) {
        let mut changed = self.changed.subscribe();
        loop {
            let now_s = now::seconds();
            if !self.covers(path, now_s) {
                return;
            }
            let left_s = self.expires_s(path).saturating_sub(now_s).clamp(1, LONGEST_WAIT_S);
            let wait = Duration::from_secs(left_s.unsigned_abs());
            // The sender is not gone, as `self` holds it.
            let _ = tokio::time::timeout(wait, changed.changed()).await;
        }
    }

    /// When the last grant for a path runs out, in seconds since 1970.
    fn expires_s(&self, path: &str) -> i64 {
        let path = path.to_lowercase();
        let grants = lock(&self.grants);
        let covering = grants.iter().filter(|grant| is_beneath(&path, &grant.path));
        covering.map(|grant| grant.expires_s).max().unwrap_or(0)
    }

    /// Whether a link to this path may be attached at a time in seconds since 1970.
    pub(super) fn covers(&self, path: &str, now_s: i64) -> bool {
        let path = path.to_lowercase();
        self.any(now_s, |granted| is_beneath(&path, granted))
    }

    /// Whether an event hub may be asked about: any token for it or for something in it will do, as
    /// some clients only have one for `HUB/$management`.
    pub(super) fn touches(&self, hub: &str, now_s: i64) -> bool {
        let hub = hub.to_lowercase();
        self.any(now_s, |granted| is_beneath(&hub, granted) || is_beneath(granted, &hub))
    }

    fn any(&self, now_s: i64, fits: impl Fn(&str) -> bool) -> bool {
        let grants = lock(&self.grants);
        let mut valid = grants.iter().filter(|grant| grant.expires_s > now_s);
        valid.any(|grant| fits(&grant.path))
    }
}

/// Whether `path` is `ancestor` or lies beneath it.
pub(super) fn is_beneath(path: &str, ancestor: &str) -> bool {
    match path.strip_prefix(ancestor) {
        Some(rest) => ancestor.is_empty() || rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_covers_its_entity_and_what_is_beneath_it() {
        let access = Access::default();
        access.grant("Logs", 100);
        assert!(access.covers("logs", 0));
        assert!(access.covers("LOGS/ConsumerGroups/g/Partitions/0", 0));
        assert!(!access.covers("logs2", 0));
        assert!(!access.covers("", 0));
        assert!(!access.covers("logs", 100), "expired");
    }

    #[test]
    fn a_grant_beneath_a_hub_lets_it_be_asked_about_but_not_read() {
        let access = Access::default();
        access.grant("logs/$management", 100);
        assert!(access.touches("logs", 0));
        assert!(!access.covers("logs", 0));
        assert!(!access.touches("log", 0));
    }

    #[test]
    fn a_grant_for_the_namespace_covers_everything() {
        let access = Access::default();
        access.grant("", 100);
        assert!(access.covers("logs/Partitions/0", 0));
        assert!(access.touches("logs", 0));
    }

    #[tokio::test]
    async fn a_link_lapses_with_its_last_token_and_not_before() {
        let access = Access::default();
        access.grant("logs", now::seconds() + 1);
        access.grant("other", now::seconds() + 100);
        let lapsed = access.lapsed("logs/Partitions/0");
        tokio::time::timeout(Duration::from_secs(5), lapsed).await.unwrap();
        access.grant("logs", now::seconds() + 1);
        let mut lapsed = std::pin::pin!(access.lapsed("logs/Partitions/0"));
        let refreshed = async { access.grant("logs", now::seconds() + 100) };
        tokio::select! {
            biased;
            () = &mut lapsed => panic!("at once"),
            () = refreshed => {}
        }
        let wait = Duration::from_millis(2500);
        assert!(tokio::time::timeout(wait, &mut lapsed).await.is_err(), "it was refreshed");
        access.expire();
        tokio::time::timeout(Duration::from_secs(5), lapsed).await.unwrap();
    }

    #[test]
    fn a_refreshed_token_replaces_the_old_one() {
        let access = Access::default();
        access.grant("logs", 100);
        access.grant("logs", 200);
        assert!(access.covers("logs", 150));
        assert_eq!(lock(&access.grants).len(), 1);
    }
}
