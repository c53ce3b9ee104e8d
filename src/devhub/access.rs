//! What a connection may do: the tokens its client has put, each with a scope and an expiry.
//!
//! The one key of a devhub carries every claim, so a token for an entity permits to read, to publish
//! and to ask about it. A link is checked when it is attached; unlike in Azure it is not detached
//! when its token runs out later.

use super::lock;
use std::sync::Mutex;

/// The grants of one connection.
#[derive(Debug, Default)]
pub(super) struct Access(Mutex<Vec<Grant>>);

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
        let mut grants = lock(&self.0);
        // A refreshed token replaces the one before it.
        grants.retain(|grant| grant.path != path);
        grants.push(Grant { path, expires_s });
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
        let grants = lock(&self.0);
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

    #[test]
    fn a_refreshed_token_replaces_the_old_one() {
        let access = Access::default();
        access.grant("logs", 100);
        access.grant("logs", 200);
        assert!(access.covers("logs", 150));
        assert_eq!(lock(&access.0).len(), 1);
    }
}
