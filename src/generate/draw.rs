//! Draws from seeded randomness that give the same values on every machine: every part of the
//! generator has a generator of its own, and weights and distributions are integer tables, because
//! `ln` and `exp` may differ in the last bit from one platform's C library to the next.

use std::fmt;

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The generator that every part draws from.
pub(super) type Rng = ChaCha8Rng;

/// The generator of the part called `part`. Parts do not share one, so that a change in one of them
/// leaves what the others draw as it was.
pub(super) fn rng_for(seed: u64, part: &str) -> Rng {
    ChaCha8Rng::from_seed(digest(seed, part))
}

/// A hash of three numbers, for choices that must come out the same wherever they are looked up
/// (where a user is on a given day).
pub(super) fn mix(a: u64, b: u64, c: u64) -> u64 {
    let mut state = a;
    for word in [b, c] {
        state = (state ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
    }
    state
}

/// True `per_mille` times in a thousand.
pub(super) fn chance(rng: &mut Rng, per_mille: u32) -> bool {
    rng.random_range(0..1000) < per_mille
}

/// One of `items`, each as likely as the others.
///
/// # Panics
/// When `items` is empty.
pub(super) fn pick<'a, T>(rng: &mut Rng, items: &'a [T]) -> &'a T {
    &items[below(rng, items.len())]
}

/// A number below `end`, which must not be zero.
pub(super) fn below(rng: &mut Rng, end: usize) -> usize {
    // Drawn as u64, so that 32-bit machines draw the same.
    rng.random_range(0..end as u64) as usize
}

/// Puts `items` in random order.
pub(super) fn shuffle<T>(rng: &mut Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(rng, last + 1));
    }
}

/// Draws from a distribution given by points of its quantile function, `(per mille, value)`, joined
/// by straight lines. The first point is at 0, the last at 1000.
pub(super) fn quantile(rng: &mut Rng, points: &[(i64, i64)]) -> i64 {
    let at = rng.random_range(0..1_000_000_i64);
    for pair in points.windows(2) {
        let ((from, low), (to, high)) = (pair[0], pair[1]);
        if at < to * 1000 {
            let part = i128::from(at - from * 1000) * i128::from(high - low);
            return low + (part / i128::from((to - from) * 1000)) as i64;
        }
    }
    points.last().map_or(0, |(_, value)| *value)
}

/// Indexes drawn in proportion to integer weights.
#[derive(Debug, Clone)]
pub(super) struct Weighted {
    /// Running totals; the last one is the total.
    totals: Vec<u64>,
}

impl Weighted {
    pub(super) fn new(weights: impl IntoIterator<Item = u64>) -> Self {
        let totals = weights
            .into_iter()
            .scan(0, |total, weight| {
                *total += weight;
                Some(*total)
            })
            .collect();
        Self { totals }
    }

    /// Zipf's law: the n-th item is 1/n as likely as the first.
    pub(super) fn zipf(items: usize) -> Self {
        Self::new((1..=items as u64).map(|rank| 1_000_000 / rank))
    }

    pub(super) fn total(&self) -> u64 {
        self.totals.last().copied().unwrap_or(0)
    }

    /// An index; the total must not be zero.
    pub(super) fn pick(&self, rng: &mut Rng) -> usize {
        let at = rng.random_range(0..self.total());
        self.totals.partition_point(|total| *total <= at)
    }
}

/// An identifier as Entra writes it: lower case with hyphens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Guid(Uuid);

impl Guid {
    /// What Entra writes where there is no object, such as for a user name that does not exist.
    pub(super) const ZERO: Self = Self(Uuid::nil());

    pub(super) fn random(rng: &mut Rng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// A request id: real ones end in a zero byte.
    pub(super) fn request(rng: &mut Rng) -> Self {
        let mut bytes = Self::random(rng).0.into_bytes();
        bytes[15] = 0;
        Self(Uuid::from_bytes(bytes))
    }

    /// The same identifier for the same name in every run with this seed.
    pub(super) fn named(seed: u64, name: &str) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest(seed, name)[..16]);
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The session of something numbered, without hashing a name.
    pub(super) fn numbered(seed: u64, a: u64, b: u64) -> Self {
        let (high, low) = (mix(seed, a, b), mix(!seed, b, a));
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&high.to_be_bytes());
        bytes[8..].copy_from_slice(&low.to_be_bytes());
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The bytes in the order in which .NET keeps them, which token identifiers are made of.
    pub(super) fn dotnet_bytes(self) -> [u8; 16] {
        self.0.to_bytes_le()
    }

    /// The first eight hexadecimal digits, for names of devices and the like.
    pub(super) fn short(self) -> u32 {
        self.0.as_fields().0
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(out)
    }
}

impl Serialize for Guid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Uuid::encode_buffer();
        serializer.serialize_str(self.0.hyphenated().encode_lower(&mut text))
    }
}

fn digest(seed: u64, name: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"entralog generate ");
    hash.update(seed.to_be_bytes());
    hash.update(name.as_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_stay_between_their_points_and_meet_the_median() {
        let mut rng = rng_for(1, "test");
        let points = [(0, 10), (500, 100), (1000, 1000)];
        let mut values: Vec<i64> = (0..10_001).map(|_| quantile(&mut rng, &points)).collect();
        values.sort_unstable();
        assert!(values[0] >= 10 && values[10_000] < 1000);
        assert!((90..=110).contains(&values[5_000]), "median {}", values[5_000]);
    }

    #[test]
    fn weighted_draws_follow_the_weights_and_skip_zeros() {
        let mut rng = rng_for(1, "test");
        let table = Weighted::new([0, 3, 0, 1]);
        let mut seen = [0; 4];
        for _ in 0..4000 {
            seen[table.pick(&mut rng)] += 1;
        }
        assert_eq!((seen[0], seen[2]), (0, 0));
        assert!((2800..=3200).contains(&seen[1]), "{seen:?}");
    }

    #[test]
    fn parts_and_seeds_draw_apart() {
        let first = |seed, part| rng_for(seed, part).random::<u64>();
        assert_eq!(first(1, "a"), first(1, "a"));
        assert_ne!(first(1, "a"), first(1, "b"));
        assert_ne!(first(1, "a"), first(2, "a"));
    }
}
