//! A table of bounded size by keyed hash, which drops what is worth least when it is full.
//!
//! Entries lie side by side in the order in which they came; an index of open addressing with
//! linear probing, never more than half full, finds them. So nothing depends on a hasher's order,
//! removed entries leave no marks behind, and the bytes are known: there is no growth but that of
//! the two vectors.

/// A place of the index that holds nothing.
const EMPTY: u32 = u32::MAX;

/// Entries by hash, at most a ceiling of them.
#[derive(Clone, Debug)]
pub(super) struct Table<V> {
    ceiling: usize,
    entries: Vec<(u64, V)>,
    index: Vec<u32>,
}

/// What a table is ordered by when it must drop entries: the smaller, the sooner; equal ones
/// by their hash.
pub(super) trait Worth {
    /// A time, in milliseconds; `grace` later where somebody waits for an answer.
    fn worth(&self, grace: i64) -> i64;
}

impl<V: Worth> Table<V> {
    /// A table of at most `ceiling` entries.
    pub(super) fn new(ceiling: usize) -> Table<V> {
        Table {
            ceiling,
            entries: Vec::new(),
            index: Vec::new(),
        }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entries; their order is nothing to build on.
    pub(super) fn entries(&self) -> &[(u64, V)] {
        &self.entries
    }

    /// The values, to be changed each for itself.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    /// The hashes in ascending order.
    pub(super) fn keys(&self) -> Vec<u64> {
        let mut keys: Vec<u64> = self.entries.iter().map(|(key, _)| *key).collect();
        keys.sort_unstable();
        keys
    }

    /// The entry of `key`.
    pub(super) fn get(&self, key: u64) -> Option<&V> {
        self.find(key)
            .and_then(|slot| self.entries.get(self.index[slot] as usize))
            .map(|(_, value)| value)
    }

    /// The entry of `key`, to be changed.
    pub(super) fn get_mut(&mut self, key: u64) -> Option<&mut V> {
        let slot = self.find(key)?;
        self.entries
            .get_mut(self.index[slot] as usize)
            .map(|(_, value)| value)
    }

    /// The entry of `key`, made if there is none; as [`Table::insert`].
    pub(super) fn entry(&mut self, key: u64, new: impl FnOnce() -> V) -> &mut V {
        let place = match self.find(key) {
            Some(slot) => self.index[slot] as usize,
            None => {
                self.insert(key, new());
                self.entries.len() - 1
            }
        };
        &mut self.entries[place].1
    }

    /// Whether another entry would be one too many.
    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= self.ceiling
    }

    /// Puts `value` in the place of `key`. The ceiling is the caller's to
    /// keep, with [`Table::evict`].
    pub(super) fn insert(&mut self, key: u64, value: V) {
        if let Some(old) = self.get_mut(key) {
            *old = value;
            return;
        }
        if (self.entries.len() + 1) * 2 > self.index.len() {
            self.reindex((self.entries.len() + 1) * 2);
        }
        if self.entries.len() == self.entries.capacity() {
            // Doubling, but not past the ceiling; only a merge goes past it, until it evicts.
            let (len, room) = (
                self.entries.len(),
                self.ceiling.saturating_sub(self.entries.len()),
            );
            self.entries
                .reserve_exact(if room == 0 { len } else { len.max(4).min(room) });
        }
        let mut slot = self.ideal(key);
        while self.index[slot] != EMPTY {
            slot = self.next(slot);
        }
        self.index[slot] = self.entries.len() as u32;
        self.entries.push((key, value));
    }

    /// Takes the entry of `key` out.
    pub(super) fn remove(&mut self, key: u64) -> Option<V> {
        let mut hole = self.find(key)?;
        let place = self.index[hole] as usize;
        // Entries behind the hole that would no longer be found move into it.
        let mut slot = self.next(hole);
        while self.index[slot] != EMPTY {
            let ideal = self.ideal(self.entries[self.index[slot] as usize].0);
            let mask = self.index.len() - 1;
            if slot.wrapping_sub(ideal) & mask >= slot.wrapping_sub(hole) & mask {
                self.index[hole] = self.index[slot];
                hole = slot;
            }
            slot = self.next(slot);
        }
        self.index[hole] = EMPTY;
        let (_, value) = self.entries.swap_remove(place);
        if let Some((moved, _)) = self.entries.get(place) {
            let mut slot = self.ideal(*moved);
            while self.index[slot] as usize != self.entries.len() {
                slot = self.next(slot);
            }
            self.index[slot] = place as u32;
        }
        Some(value)
    }

    /// Drops the entries that are worth least until an eighth of the ceiling is free; `gone` sees
    /// each. An eighth at once, so that the cost of ordering is shared by as many new entries.
    pub(super) fn evict(&mut self, grace: i64, gone: impl FnMut(&V)) {
        // Ordering all entries for one new entry would cost as much each time as for an
        // eighth of them.
        let kept = self.ceiling - (self.ceiling / 8).max(1);
        let Some(many) = self
            .entries
            .len()
            .checked_sub(kept)
            .filter(|many| *many > 0)
        else {
            return;
        };
        let mut order: Vec<(i64, u64)> = self
            .entries
            .iter()
            .map(|(key, value)| (value.worth(grace), *key))
            .collect();
        let least = *order.select_nth_unstable(many - 1).1;
        drop(order);
        self.drop_if(|key, value| (value.worth(grace), key) <= least, gone);
        self.entries.shrink_to(self.ceiling);
    }

    /// Drops the entries for which `out` holds; `gone` sees each.
    pub(super) fn drop_if(&mut self, out: impl Fn(u64, &V) -> bool, mut gone: impl FnMut(&V)) {
        self.entries.retain(|(key, value)| {
            let out = out(*key, value);
            if out {
                gone(value);
            }
            !out
        });
        // Retaining moves the entries behind each gap, so every place in the index may be wrong.
        self.reindex(self.index.len());
    }

    /// Bytes of the two vectors, and of what `heap` says of each value.
    pub(super) fn memory_usage(&self, heap: impl Fn(&V) -> usize) -> usize {
        self.entries.capacity() * size_of::<(u64, V)>()
            + self.index.capacity() * size_of::<u32>()
            + self
                .entries
                .iter()
                .map(|(_, value)| heap(value))
                .sum::<usize>()
    }

    /// Most bytes of the two vectors of a table of this ceiling.
    pub(super) fn most_bytes(ceiling: usize) -> usize {
        ceiling * size_of::<(u64, V)>()
            + (ceiling * 2).next_power_of_two().max(16) * size_of::<u32>()
    }

    fn find(&self, key: u64) -> Option<usize> {
        if self.index.is_empty() {
            return None;
        }
        let mut slot = self.ideal(key);
        // At least half of the places are empty, so the search ends soon.
        while self.index[slot] != EMPTY {
            if self.entries[self.index[slot] as usize].0 == key {
                return Some(slot);
            }
            slot = self.next(slot);
        }
        None
    }

    fn ideal(&self, key: u64) -> usize {
        // Keys are keyed hashes, so their low bits are spread evenly and nobody can aim
        // at one place.
        key as usize & (self.index.len() - 1)
    }

    fn next(&self, slot: usize) -> usize {
        (slot + 1) & (self.index.len() - 1)
    }

    /// Builds the index again with at least `slots` places.
    fn reindex(&mut self, slots: usize) {
        self.index = Vec::new();
        self.index = vec![EMPTY; slots.next_power_of_two().max(16)];
        for place in 0..self.entries.len() {
            let mut slot = self.ideal(self.entries[place].0);
            while self.index[slot] != EMPTY {
                slot = self.next(slot);
            }
            self.index[slot] = place as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    impl Worth for i64 {
        fn worth(&self, _: i64) -> i64 {
            *self
        }
    }

    #[test]
    fn the_least_worth_go_first_and_an_eighth_at_once() {
        let mut table = Table::new(16);
        for key in 0..16u64 {
            table.insert(key, (key as i64 * 7) % 16);
        }
        assert!(table.is_full());
        let mut gone = Vec::new();
        table.evict(0, |value| gone.push(*value));
        gone.sort_unstable();
        assert_eq!((gone, table.len()), (vec![0, 1], 14));
        assert!(table.memory_usage(|_| 0) <= Table::<i64>::most_bytes(16));
    }

    #[test]
    fn equal_ones_go_by_hash() {
        let mut table = Table::new(8);
        for key in [5u64, 3, 7, 1, 8, 2, 6, 4] {
            table.insert(key, 0);
        }
        table.evict(0, |_| ());
        assert_eq!(table.keys(), [2, 3, 4, 5, 6, 7, 8]);
    }

    proptest! {
        /// Keys are drawn from few places of the index, so that entries stand in each other's way.
        #[test]
        fn as_a_map(steps in prop::collection::vec((0u64..4, 0u64..6, any::<bool>()), 0..200)) {
            let (mut table, mut map) = (Table::new(64), BTreeMap::new());
            for (count, (low, high, insert)) in steps.into_iter().enumerate() {
                let key = (high << 32) | (low + 14);
                if insert {
                    table.insert(key, count as i64);
                    map.insert(key, count as i64);
                } else {
                    prop_assert_eq!(table.remove(key), map.remove(&key));
                }
                prop_assert_eq!(table.keys(), map.keys().copied().collect::<Vec<_>>());
                for (key, value) in &map {
                    prop_assert_eq!(table.get(*key), Some(value));
                }
            }
        }
    }
}
