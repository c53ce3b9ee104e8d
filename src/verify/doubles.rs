//! Records that are in the lake twice.
//!
//! Every row's `_Source` names its record. Hashes of them are compared, as many at a time as memory is given, and those that
//! are equal are looked at again by name.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use futures::StreamExt as _;

use super::content::DataFile;
use super::finding::{Check, Finding, Level};
use super::rows::spawned;

/// Records that are named when they are in the lake twice; more are only counted.
const NAMED_DOUBLES: usize = 10_000;

/// What stands for a row's `_Source` while doubles are looked for.
pub(super) fn hash_of(row_source: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    row_source.hash(&mut hasher);
    hasher.finish()
}

/// Hashes that are held at once: 256 MiB of them. Of more rows only a part is looked at at a time.
const HASHES_AT_ONCE: u64 = 32 << 20;

/// A part of all hashes, so that memory stays bounded however many rows there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    number: u64,
    of: u64,
}

impl Part {
    /// The parts that so many rows need.
    pub(super) fn all(rows: u64) -> impl Iterator<Item = Self> {
        let of = rows.div_ceil(HASHES_AT_ONCE).max(1);
        (0..of).map(move |number| Self { number, of })
    }

    pub(super) fn holds(self, hash: u64) -> bool {
        hash % self.of == self.number
    }

    pub(super) fn is_first(self) -> bool {
        self.number == 0
    }
}

/// The hashes that are there more than once.
pub(super) fn repeated(mut hashes: Vec<u64>) -> Vec<u64> {
    hashes.sort_unstable();
    let mut repeated: Vec<_> =
        hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    repeated.dedup();
    repeated
}

/// Names the records that are in the lake twice.
pub(super) async fn doubles(files: Vec<DataFile>, hashes: Vec<u64>) -> Vec<Finding> {
    if hashes.is_empty() {
        return Vec::new();
    }
    let count = hashes.len();
    let wanted: Arc<HashSet<u64>> = Arc::new(hashes.into_iter().take(NAMED_DOUBLES).collect());
    let mut places: BTreeMap<String, Vec<(&'static str, String)>> = BTreeMap::new();
    let mut all = spawned(files, move |file| {
        let wanted = Arc::clone(&wanted);
        async move { (file.named(&wanted).await, file) }
    });
    while let Some((named, file)) = all.next().await {
        for place in named {
            places.entry(place).or_default().push((file.table.name, file.file.path.clone()));
        }
    }
    // By the files that have them: a file that was added twice has all of its records twice.
    let mut groups: BTreeMap<Vec<(&'static str, String)>, Vec<String>> = BTreeMap::new();
    // Two records may have the same hash.
    for (record, mut files) in places.into_iter().filter(|(_, files)| files.len() > 1) {
        files.sort();
        groups.entry(files).or_default().push(record);
    }
    let finding = |(files, records): (Vec<(&'static str, String)>, Vec<String>)| {
        let (table, file) = files[0].clone();
        let others: Vec<_> =
            files[1..].iter().map(|(table, file)| format!("{table}/{file}")).collect();
        let least = if count > NAMED_DOUBLES { "at least " } else { "" };
        Finding {
            level: Level::Problem,
            check: Check::Doubled,
            table: Some(table),
            place: file,
            detail: format!(
                "{least}{} of its records are also in {}, such as {}",
                records.len(),
                others.join(" and "),
                records[0]
            ),
            remedy: "if the file was added by hand, remove it with a Delta commit; otherwise please report a defect of entralog",
        }
    };
    groups.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hash_is_in_one_part() {
        let parts: Vec<_> = Part::all(3 * HASHES_AT_ONCE).collect();
        assert_eq!(parts.len(), 3);
        for hash in [0, 1, 2, 3, u64::MAX] {
            assert_eq!(parts.iter().filter(|part| part.holds(hash)).count(), 1);
        }
        assert_eq!(Part::all(0).count(), 1);
        assert_eq!(repeated(vec![3, 1, 3, 2, 3, 1]), [1, 3]);
    }
}
