//! Who is to read which partition: every ingester comes to the same answer from what it sees.
//!
//! A partition stays where it is unless that is unfair. Each hub is shared evenly, because hubs differ in how
//! much they bring, and what is left over of several hubs goes to whoever has least of all.

use std::collections::{BTreeMap, BTreeSet};

/// The ingesters that share, by id, each with the hubs that it reads.
pub(super) type Members<'a> = BTreeMap<&'a str, &'a BTreeSet<String>>;

/// The hub of a partition `<namespace>/<hub>/<partition>`.
pub(super) fn hub_of(partition: &str) -> &str {
    partition.rsplit_once('/').map_or(partition, |(hub, _)| hub)
}

/// Who is to read each partition. `owners` holds all partitions, with the ingester that has it now; one that is
/// not among the members keeps what it has.
pub(super) fn shares<'a>(
    members: &Members<'a>,
    owners: &BTreeMap<&'a str, Option<&'a str>>,
) -> BTreeMap<&'a str, &'a str> {
    let mut shares = Shares::default();
    let mut free = Vec::new();
    for (partition, owner) in owners {
        match owner {
            Some(owner) => shares.give(partition, owner),
            None => free.push(*partition),
        }
    }
    let reading = |hub: &str| -> Vec<&'a str> {
        let readers = members.iter().filter(|(_, hubs)| hubs.contains(hub));
        readers.map(|(member, _)| *member).collect()
    };
    for partition in free {
        let hub = hub_of(partition);
        if let Some(least) = reading(hub).into_iter().min_by_key(|member| shares.load(hub, member))
        {
            shares.give(partition, least);
        }
    }
    let hubs: BTreeSet<_> = owners.keys().map(|partition| hub_of(partition)).collect();
    // Each move makes a hub more even, or all of them together and none less.
    while let Some((partition, to)) = hubs.iter().find_map(|hub| shares.unfair(hub, &reading(hub)))
    {
        shares.take(partition);
        shares.give(partition, to);
    }
    shares.of
}

#[derive(Default)]
struct Shares<'a> {
    of: BTreeMap<&'a str, &'a str>,
    /// Partitions by hub and member.
    in_hub: BTreeMap<(&'a str, &'a str), usize>,
    in_all: BTreeMap<&'a str, usize>,
}

impl<'a> Shares<'a> {
    fn load(&self, hub: &str, member: &str) -> (usize, usize) {
        let in_hub = self.in_hub.get(&(hub, member)).copied().unwrap_or(0);
        (in_hub, self.in_all.get(member).copied().unwrap_or(0))
    }

    fn give(&mut self, partition: &'a str, member: &'a str) {
        self.of.insert(partition, member);
        *self.in_hub.entry((hub_of(partition), member)).or_default() += 1;
        *self.in_all.entry(member).or_default() += 1;
    }

    fn take(&mut self, partition: &'a str) {
        let Some(member) = self.of.remove(partition) else { return };
        let in_hub = self.in_hub.get_mut(&(hub_of(partition), member));
        for count in in_hub.into_iter().chain(self.in_all.get_mut(member)) {
            *count -= 1;
        }
    }

    /// A partition of a hub that one of its readers has too much, and who is to have it.
    fn unfair(&self, hub: &str, readers: &[&'a str]) -> Option<(&'a str, &'a str)> {
        let least = *readers.iter().min_by_key(|member| self.load(hub, member))?;
        let most = *readers.iter().max_by_key(|member| self.load(hub, member))?;
        let ((few, few_in_all), (many, many_in_all)) =
            (self.load(hub, least), self.load(hub, most));
        let is_unfair = many >= few + 2 || many == few + 1 && many_in_all >= few_in_all + 2;
        let mut of_most = self
            .of
            .iter()
            .filter(|(partition, member)| **member == most && hub_of(partition) == hub);
        of_most.next_back().filter(|_| is_unfair).map(|(partition, _)| (*partition, least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hubs(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// Partitions by hub and member.
    type Counts<'a> = BTreeMap<(&'a str, &'a str), usize>;

    /// Who has what, and how many partitions of each hub each member has, after a look at whether that is stable.
    fn shared<'a>(
        members: &'a [(&'a str, BTreeSet<String>)],
        owners: &BTreeMap<&'a str, Option<&'a str>>,
    ) -> (BTreeMap<&'a str, &'a str>, Counts<'a>) {
        let members: Members<'_> = members.iter().map(|(id, hubs)| (*id, hubs)).collect();
        let of = shares(&members, owners);
        let again: BTreeMap<_, _> = of.iter().map(|(p, m)| (*p, Some(*m))).collect();
        assert_eq!(shares(&members, &again), of, "it does not come to rest");
        let mut counts = BTreeMap::new();
        for (partition, member) in &of {
            *counts.entry((hub_of(partition), *member)).or_default() += 1;
        }
        (of, counts)
    }

    const PARTITIONS: [&str; 9] =
        ["n/a/0", "n/a/1", "n/a/2", "n/a/3", "n/b/0", "n/b/1", "n/b/2", "n/b/3", "n/c/0"];

    #[test]
    fn each_hub_is_shared_evenly_and_what_is_left_over_too() {
        let all = hubs(&["n/a", "n/b", "n/c"]);
        let members = [("x", all.clone()), ("y", all.clone())];
        let free = PARTITIONS.iter().map(|p| (*p, None)).collect();
        let (_, counts) = shared(&members, &free);
        for key in [("n/a", "x"), ("n/a", "y"), ("n/b", "x"), ("n/b", "y")] {
            assert_eq!(counts[&key], 2, "{counts:?}");
        }
        // Three hubs of one partition go to three ingesters.
        let members = [("x", all.clone()), ("y", all.clone()), ("z", all)];
        let of_x = [("n/a/0", Some("x")), ("n/b/0", Some("x")), ("n/c/0", Some("x"))].into();
        let (of, _) = shared(&members, &of_x);
        assert_eq!(of.values().collect::<BTreeSet<_>>().len(), 3, "{of:?}");
    }

    #[test]
    fn nothing_moves_that_need_not() {
        let all = hubs(&["n/a"]);
        let members = [("x", all.clone()), ("y", all.clone()), ("z", all)];
        let owners: BTreeMap<_, _> = [
            ("n/a/0", Some("x")),
            ("n/a/1", Some("y")),
            ("n/a/2", None),
            ("n/a/3", Some("x")),
            ("n/a/4", Some("y")),
        ]
        .into();
        let (of, _) = shared(&members, &owners);
        assert_eq!(of["n/a/2"], "z");
        let kept = owners.iter().filter(|(p, owner)| **owner == Some(of[*p])).count();
        assert_eq!(kept, 4);
        // One that joins gets its share from whoever has most, and no more than that.
        let one = [("n/a/0", Some("x")), ("n/a/1", Some("x")), ("n/a/2", Some("x"))].into();
        let (of, _) = shared(&members[..2], &one);
        assert_eq!(of.values().filter(|member| **member == "y").count(), 1);
    }

    #[test]
    fn only_who_reads_a_hub_gets_partitions_of_it_and_others_keep_theirs() {
        let members = [("x", hubs(&["n/a"])), ("y", hubs(&["n/b"]))];
        let owners = [
            ("n/a/0", None),
            ("n/a/1", None),
            ("n/a/2", Some("once")),
            ("n/b/0", None),
            ("n/c/0", None),
        ];
        let (of, _) = shared(&members, &owners.into());
        let expected = [("n/a/0", "x"), ("n/a/1", "x"), ("n/a/2", "once"), ("n/b/0", "y")];
        assert_eq!(of, expected.into());
    }
}
