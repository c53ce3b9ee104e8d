//! The hashes of the records that came last, within a span of time and an amount of memory.
//!
//! They are kept in generations, each a set that is closed when it is full or an eighth of the span
//! old, and dropped as a whole. A full one takes 8.9 MB for [`GENERATION`] records, which is 19.4 bytes a record.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_128;

/// Records of a full generation: what a table of 2^19 places takes before it doubles.
pub(super) const GENERATION: usize = (1 << 19) / 8 * 7;

/// Bytes of a full generation: a hash and a byte of control a place.
#[cfg(test)]
const GENERATION_BYTES: usize = (1 << 19) * (size_of::<Hash>() + 1);

/// Generations of a span, at least.
const PARTS: i64 = 8;

/// The XXH3 of a record, 128 bits of it, the lowest first. It is no cryptographic hash and need not be: to have a
/// record taken for a repetition, one would have to send another one of the same hash before, and nobody knows the id
/// and the time that Entra will write into a record to come.
pub(super) type Hash = [u8; 16];

/// The hash of a record.
pub(super) fn hash_of(record: &[u8]) -> Hash {
    xxh3_128(record).to_le_bytes()
}

/// Hashes and when they came, in microseconds since the epoch.
#[derive(Debug)]
pub(super) struct Window {
    span: i64,
    most_bytes: usize,
    /// The oldest first.
    generations: VecDeque<Generation>,
    full: bool,
}

#[derive(Debug)]
struct Generation {
    first: i64,
    last: i64,
    hashes: HashSet<Hash, BuildHasherDefault<Leading>>,
}

impl Generation {
    /// Of memory: a place in a table of which an eighth stays free, for each hash that it has room for.
    fn bytes(&self) -> usize {
        self.hashes.capacity() / 7 * 8 * (size_of::<Hash>() + 1)
    }
}

impl Window {
    /// An empty one, for at least one generation.
    pub(super) fn new(span: Duration, bytes: usize) -> Self {
        Self {
            span: i64::try_from(span.as_micros()).unwrap_or(i64::MAX),
            most_bytes: bytes,
            generations: VecDeque::new(),
            full: false,
        }
    }

    /// Takes a hash; whether it was not there. Times come in their order, nearly.
    pub(super) fn insert(&mut self, hash: Hash, time: i64) -> bool {
        if self.generations.iter().rev().any(|generation| generation.hashes.contains(&hash)) {
            return false;
        }
        let is_closed = |generation: &Generation| {
            generation.hashes.len() >= GENERATION || time - generation.first > self.span / PARTS
        };
        if self.generations.back().is_none_or(is_closed) {
            self.open(time);
        }
        if let Some(generation) = self.generations.back_mut() {
            generation.last = generation.last.max(time);
            generation.hashes.insert(hash);
        }
        self.make_room(time);
        true
    }

    /// Forgets a hash.
    pub(super) fn remove(&mut self, hash: &Hash) {
        for generation in &mut self.generations {
            generation.hashes.remove(hash);
        }
    }

    /// Begins a generation, and drops those that are past the span.
    fn open(&mut self, time: i64) {
        let since = time.saturating_sub(self.span);
        while self.generations.front().is_some_and(|oldest| oldest.last < since) {
            self.generations.pop_front();
            self.full = false;
        }
        let hashes = HashSet::default();
        self.generations.push_back(Generation { first: time, last: time, hashes });
    }

    /// Drops the oldest generations for which there is no room.
    fn make_room(&mut self, time: i64) {
        while self.generations.len() > 1
            && self.generations.iter().map(Generation::bytes).sum::<usize>() > self.most_bytes
            && let Some(dropped) = self.generations.pop_front()
        {
            if !self.full {
                let hours = (time - dropped.last) / 3_600_000_000;
                tracing::warn!(
                    "the memory for recognizing repeated records holds those of the last {hours} h only; `deduplication.megabytes` sets it"
                );
            }
            self.full = true;
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.generations.iter().map(|generation| generation.hashes.len()).sum()
    }
}

/// A hash is spread well enough by itself.
#[derive(Debug, Default)]
struct Leading(u64);

impl Hasher for Leading {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(leading) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*leading);
        }
    }

    // The length of an array: it is the same for all.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn window(hours: u64, generations: usize) -> Window {
        Window::new(Duration::from_secs(hours * 3600), generations * GENERATION_BYTES)
    }

    #[test]
    fn a_record_is_known_for_the_span_and_not_for_ever() {
        let mut window = window(48, 4);
        let (early, late) = (hash_of(b"early"), hash_of(b"late"));
        assert!(window.insert(early, 0));
        assert!(window.insert(late, 30 * HOUR));
        assert!(!window.insert(early, 48 * HOUR));
        assert!(window.insert(hash_of(b"other"), 60 * HOUR));
        assert!(window.insert(early, 60 * HOUR), "it is 60 h old");
        assert!(!window.insert(late, 60 * HOUR));
    }

    #[test]
    fn memory_bounds_how_many_are_known() {
        let mut window = window(48, 2);
        let hash = |n: usize| hash_of(&n.to_le_bytes());
        for n in 0..GENERATION * 5 / 2 {
            assert!(window.insert(hash(n), 0));
        }
        assert!(window.len() <= GENERATION * 2, "{}", window.len());
        assert!(!window.insert(hash(GENERATION * 5 / 2 - 1), 0));
        assert!(!window.insert(hash(GENERATION + 1), 0));
        assert!(window.insert(hash(0), 0), "the oldest had to go");
        assert!(window.generations.iter().all(|of| of.hashes.capacity() <= GENERATION));
    }

    #[test]
    fn quiet_times_keep_the_whole_span() {
        let mut window = window(48, 1);
        for hour in 0..48 {
            assert!(window.insert(hash_of(&[hour]), i64::from(hour) * HOUR));
        }
        assert!((0..48).all(|hour| !window.insert(hash_of(&[hour]), 47 * HOUR)));
    }
}
