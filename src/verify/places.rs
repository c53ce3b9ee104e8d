//! Where rows came from: their sources, and sets of sequence numbers.

use std::collections::BTreeMap;

/// Sequence numbers of a block of a [`NumberSet`].
const BLOCK: i64 = 4096;
const WORDS: usize = (BLOCK / 64) as usize;

/// A set of sequence numbers: a bit each, in blocks.
#[derive(Debug, Clone, Default)]
pub(super) struct NumberSet {
    blocks: BTreeMap<i64, Box<[u64; WORDS]>>,
}

impl NumberSet {
    pub(super) fn insert(&mut self, number: i64) {
        let block = self.blocks.entry(number.div_euclid(BLOCK)).or_insert([0; WORDS].into());
        let bit = number.rem_euclid(BLOCK) as usize;
        block[bit / 64] |= 1 << (bit % 64);
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (place, words) in other.blocks {
            let block = self.blocks.entry(place).or_insert([0; WORDS].into());
            block.iter_mut().zip(words.iter()).for_each(|(own, other)| *own |= other);
        }
    }

    pub(super) fn first(&self) -> Option<i64> {
        self.numbers().next()
    }

    /// The ranges of numbers from `from` to `to` that are not in it.
    pub(super) fn missing(&self, from: i64, to: i64) -> Vec<(i64, i64)> {
        let mut missing = Vec::new();
        let mut next = from;
        for number in self.numbers().skip_while(|number| *number < from) {
            if number > to {
                break;
            }
            if number > next {
                missing.push((next, number - 1));
            }
            next = number + 1;
        }
        if next <= to {
            missing.push((next, to));
        }
        missing
    }

    fn numbers(&self) -> impl Iterator<Item = i64> {
        self.blocks.iter().flat_map(|(place, words)| {
            let bits = move |(word, bits): (usize, &u64)| {
                let (base, bits) = (place * BLOCK + word as i64 * 64, *bits);
                (0..64).filter(move |bit| bits & (1 << bit) != 0).map(move |bit| base + bit)
            };
            words.iter().enumerate().flat_map(bits)
        })
    }
}

/// The parts of a row's `_Source`, `<source>@<position>#<index>`: its source and position.
pub(super) fn parse(row_source: &str) -> Option<(&str, i64)> {
    let (delivery, _) = row_source.rsplit_once('#')?;
    let (source, position) = delivery.rsplit_once('@')?;
    Some((source, position.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_says_what_it_lacks() {
        let mut set = NumberSet::default();
        for number in (0..5000).chain(5002..9000).chain([20_000]) {
            set.insert(number);
        }
        let mut other = NumberSet::default();
        other.insert(12_000);
        set.merge(other);
        assert_eq!(set.first(), Some(0));
        assert_eq!(set.missing(0, 9001), [(5000, 5001), (9000, 9001)]);
        assert_eq!(set.missing(8999, 8999), []);
        let rest = [(9000, 11_999), (12_001, 19_999), (20_001, 20_002)];
        assert_eq!(set.missing(5002, 20_002), rest);
        assert_eq!(NumberSet::default().missing(3, 4), [(3, 4)]);
        assert_eq!(set.missing(4, 3), []);
    }

    #[test]
    fn a_place_may_have_anything_in_its_name() {
        assert_eq!(parse("ns/hub/0@17#3"), Some(("ns/hub/0", 17)));
        assert_eq!(parse("file:/a@b/#1.json?x@12#0.2"), Some(("file:/a@b/#1.json?x", 12)));
        for wrong in ["", "ns/hub/0", "ns/hub/0@17", "ns/hub/0@x#1"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
