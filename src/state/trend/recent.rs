//! What each key that anybody may invent had in the panes that are kept, and in the last hour: sums
//! that would otherwise be looked up pane by pane for each word of each pane.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use super::key::Key;
use super::pane::{Measure, Pane};
use crate::heap::{Heap, flat};
use crate::stats::sketch::Sketch;
use crate::time::HOUR;

/// The hash of a key is its own hash: it is spread already.
#[derive(Clone, Copy, Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Counts of a key, summed over panes: an author of two panes counts twice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sum {
    /// In all panes that are kept and were walked over.
    pub(super) kept: u64,
    /// In those of them that make the last hour.
    pub(super) hour: u64,
}

flat!(Sum);

/// Sums of the unbounded keys over the panes that were walked over, and of the older blocks. It
/// holds nothing that panes and blocks don't, so it is in no snapshot.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Recent {
    sums: HashMap<u64, Sum, BuildHasherDefault<AsItIs>>,
    /// All blocks together.
    older: Sketch,
}

impl Heap for Recent {
    fn heap(&self) -> usize {
        self.sums.heap() + self.older.heap()
    }
}

impl Recent {
    /// The sums of the panes that begin before `end`, the last hour of them apart, and of all
    /// blocks.
    pub(super) fn of(
        panes: &BTreeMap<i64, Pane>,
        blocks: &BTreeMap<i64, Sketch>,
        end: i64,
        measure: Measure,
    ) -> Recent {
        let mut recent = Recent::default();
        for (start, pane) in panes.range(..end) {
            recent.change(pane, measure, |sum, count| {
                sum.kept += count;
                if *start >= end.saturating_sub(HOUR) {
                    sum.hour += count;
                }
            });
        }
        recent.sum_blocks(blocks);
        recent
    }

    pub(super) fn sum_blocks(&mut self, blocks: &BTreeMap<i64, Sketch>) {
        self.older = Sketch::default();
        blocks.values().for_each(|block| self.older.merge(block));
    }

    /// A pane is walked over; `leaving` is the one that began an hour before it.
    pub(super) fn walk(&mut self, pane: Option<&Pane>, leaving: Option<&Pane>, measure: Measure) {
        if let Some(pane) = leaving {
            self.change(pane, measure, |sum, count| {
                sum.hour = sum.hour.saturating_sub(count);
            });
        }
        if let Some(pane) = pane {
            self.change(pane, measure, |sum, count| {
                sum.kept += count;
                sum.hour += count;
            });
        }
    }

    /// A pane is no longer kept.
    pub(super) fn evict(&mut self, key: u64, count: u64) {
        if let Some(sum) = self.sums.get_mut(&key) {
            sum.kept = sum.kept.saturating_sub(count);
            if sum.kept == 0 {
                self.sums.remove(&key);
            }
        }
        self.older.add(key, count);
    }

    /// A late post changed what a key had in a pane that was walked over.
    pub(super) fn revise(&mut self, key: &Key, more: u64, in_hour: bool) {
        let sum = self.sums.entry(key.hash()).or_default();
        sum.kept += more;
        sum.hour += if in_hour { more } else { 0 };
    }

    pub(super) fn get(&self, key: u64) -> Sum {
        self.sums.get(&key).copied().unwrap_or_default()
    }

    /// What a key had before the panes that are kept; never too little.
    pub(super) fn older(&self, key: u64) -> u64 {
        self.older.count(key)
    }

    fn change(&mut self, pane: &Pane, measure: Measure, by: impl Fn(&mut Sum, u64)) {
        for (key, cell) in pane.cells.iter().filter(|(key, _)| key.is_unbounded()) {
            by(
                self.sums.entry(key.hash()).or_default(),
                cell.count(measure),
            );
        }
    }
}
