//! Which files become one: those of a day that are small, by their time and size.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::active::LakeFile;
use super::super::files::SORTED;

/// Bytes that go into one file, at most. A file is held in memory until it is stored, and readers open few
/// files of this size even for months.
const TARGET: u64 = 128 << 20;

/// Files of at least so many bytes are of a good size already.
const SMALL: u64 = TARGET / 2;

/// Rows that go into one file, at most, however well they are compressed.
const ROWS: u64 = 4_000_000;

/// Files that go into one, at most: each is opened.
const FILES: usize = 10_000;

/// Small files of one tier that are worth a merge while more of them arrive.
const OF_A_TIER: usize = 8;

/// Files of the lowest tier have fewer bytes than this; those of the next fewer than eight times as many.
const LOWEST_TIER: u64 = 256 << 10;

/// A day is settled when no file of it was stored for so long, in milliseconds.
const SETTLED: i64 = 60 * 60 * 1000;

/// A lone file is rewritten to have it sorted from this size on; less is read at once anyway.
const WORTH_SORTING: u64 = 4 << 20;

/// When small files are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eagerness {
    /// Where it pays: eight files of about the same size while a day still grows, so that a row is rewritten
    /// a few times at most, and all of them once nothing came for an hour.
    WhereItPays,
    /// Wherever two files can be one.
    Everything,
}

/// The files that become one, each time; `now` in milliseconds since the epoch.
pub(super) fn groups(
    files: Vec<LakeFile>,
    eagerness: Eagerness,
    now: i64,
) -> Vec<(NaiveDate, Vec<LakeFile>)> {
    let mut days: BTreeMap<NaiveDate, Vec<LakeFile>> = BTreeMap::new();
    for file in files {
        if let Some(day) = file.day
            && file.bytes < SMALL
            && !file.has_deletions
        {
            days.entry(day).or_default().push(file);
        }
    }
    let mut groups = Vec::new();
    for (day, files) in days {
        let of_day = if eagerness == Eagerness::Everything || is_settled(&files, now) {
            let mut of_day = chunks(files);
            of_day.retain(|files| files.len() > 1 || is_worth_sorting(&files[0]));
            of_day
        } else {
            let mut tiers: BTreeMap<u32, Vec<LakeFile>> = BTreeMap::new();
            for file in files {
                tiers.entry(tier(file.bytes)).or_default().push(file);
            }
            let mut of_day: Vec<_> = tiers.into_values().flat_map(chunks).collect();
            of_day.retain(|files| files.len() >= OF_A_TIER);
            of_day
        };
        groups.extend(of_day.into_iter().map(|files| (day, files)));
    }
    groups
}

fn is_settled(files: &[LakeFile], now: i64) -> bool {
    files.iter().all(|file| now - file.stored_at >= SETTLED)
}

fn is_worth_sorting(file: &LakeFile) -> bool {
    file.bytes >= WORTH_SORTING && !is_sorted(file)
}

fn is_sorted(file: &LakeFile) -> bool {
    file.path.rsplit('/').next().is_some_and(|name| name.starts_with(SORTED))
}

fn tier(bytes: u64) -> u32 {
    let mut tier = 0;
    let mut limit = LOWEST_TIER;
    while bytes >= limit {
        (tier, limit) = (tier + 1, limit * 8);
    }
    tier
}

/// Files in pieces that make a file of a good size, along their times: so each file is of a part of the day.
fn chunks(mut files: Vec<LakeFile>) -> Vec<Vec<LakeFile>> {
    files.sort_by_cached_key(|file| file.statistics.times);
    let mut chunks: Vec<Vec<LakeFile>> = Vec::new();
    let (mut bytes, mut rows) = (0, 0);
    for file in files {
        let of_file = file.statistics.rows.unwrap_or_default();
        let full = |chunk: &Vec<LakeFile>| {
            bytes + file.bytes > TARGET || rows + of_file > ROWS || chunk.len() >= FILES
        };
        match chunks.last_mut() {
            Some(chunk) if !full(chunk) => {
                (bytes, rows) = (bytes + file.bytes, rows + of_file);
                chunk.push(file);
            }
            _ => {
                (bytes, rows) = (file.bytes, of_file);
                chunks.push(vec![file]);
            }
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::super::super::statistics::Statistics;
    use super::*;

    const NOW: i64 = 1_767_700_000_000;

    fn file(name: &str, minute: i64, bytes: u64, age: i64) -> LakeFile {
        let time = 1_767_571_200_000_000 + minute * 60_000_000;
        LakeFile {
            path: format!("date=2026-01-05/{name}.zstd.parquet"),
            bytes,
            stored_at: NOW - age,
            day: Some("2026-01-05".parse().unwrap()),
            statistics: Statistics {
                rows: Some(10),
                times: Some((time, time)),
                ingested_until: None,
            },
            has_deletions: false,
        }
    }

    fn sizes(groups: &[(NaiveDate, Vec<LakeFile>)]) -> Vec<usize> {
        groups.iter().map(|(_, files)| files.len()).collect()
    }

    #[test]
    fn a_growing_day_is_merged_by_tiers_and_a_settled_one_as_a_whole() {
        let growing: Vec<_> = (0..7).map(|n| file("s", n, 1000, 10)).collect();
        assert_eq!(sizes(&groups(growing.clone(), Eagerness::WhereItPays, NOW)), [] as [usize; 0]);
        assert_eq!(sizes(&groups(growing.clone(), Eagerness::Everything, NOW)), [7]);
        let mut more = growing.clone();
        more.push(file("s", 8, 1000, 0));
        more.push(file("large", 9, 40 << 20, 0));
        assert_eq!(sizes(&groups(more, Eagerness::WhereItPays, NOW)), [8]);
        assert_eq!(sizes(&groups(growing, Eagerness::WhereItPays, NOW + SETTLED)), [7]);
    }

    #[test]
    fn a_file_is_rewritten_no_more_often_than_there_are_tiers() {
        // A day with a commit every five seconds, looked at every ten minutes.
        let (mut files, mut written, mut arrived) = (Vec::new(), 0, 0);
        for round in 0..144 {
            for n in 0..120 {
                files.push(file(&format!("s{round}-{n}"), round * 10 + n / 12, 60_000, 0));
                arrived += 60_000;
            }
            for (_, group) in groups(files.clone(), Eagerness::WhereItPays, NOW) {
                let bytes = group.iter().map(|file| file.bytes).sum();
                written += bytes;
                let paths: Vec<_> = group.iter().map(|file| &file.path).collect();
                files.retain(|file| !paths.contains(&&file.path));
                let name = format!("{SORTED}{round}-{bytes}");
                files.push(file(&name, round * 10, bytes, 0));
            }
            assert!(files.len() < 120, "{} files after round {round}", files.len());
        }
        assert!(written <= 4 * arrived, "{written} bytes were written of {arrived}");
    }

    #[test]
    fn files_of_a_good_size_stay_and_groups_follow_the_time() {
        let mut files = vec![file("good", 0, SMALL, NOW)];
        files.extend((0..10).rev().map(|n| file(&format!("s{n}"), n, 30 << 20, NOW)));
        let groups = groups(files, Eagerness::WhereItPays, NOW);
        assert_eq!(sizes(&groups), [4, 4, 2]);
        let first: Vec<_> = groups[0].1.iter().map(|file| file.path.as_str()).collect();
        assert!(first.iter().all(|path| !path.contains("good")), "{first:?}");
        assert!(first[0].contains("s0") && first[3].contains("s3"), "{first:?}");
    }

    #[test]
    fn a_lone_file_is_sorted_once_when_it_is_large() {
        let lone = |name: &str, bytes| {
            sizes(&groups(vec![file(name, 0, bytes, NOW)], Eagerness::Everything, NOW))
        };
        assert_eq!(lone("a", WORTH_SORTING), [1]);
        assert_eq!(lone("a", WORTH_SORTING - 1), [] as [usize; 0]);
        assert_eq!(lone(&format!("{SORTED}a"), WORTH_SORTING), [] as [usize; 0]);
    }
}
