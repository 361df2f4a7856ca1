//! Counts of words in bounded memory: a count-min sketch (Cormode and Muthukrishnan 2005).

use serde::{Deserialize, Serialize};

use crate::heap::Heap;

/// Rows and columns: 196 KB, chosen by hand as a bound on memory. Frozen: snapshots hold them.
const ROWS: usize = 3;
const COLUMNS: usize = 1 << 14;

/// Counts by name, never too small; too large by at most e / 16,384 of the total with a probability
/// of 95 %. Sums of sketches are the same in any order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sketch {
    counts: Vec<u32>,
}

impl Default for Sketch {
    fn default() -> Sketch {
        Sketch {
            counts: vec![0; ROWS * COLUMNS],
        }
    }
}

impl Sketch {
    /// Adds `count` to the name of this hash (`hash::of_text`).
    pub(crate) fn add(&mut self, hash: u64, count: u64) {
        // Saturated, not wrapped: a count that is too large is only an unknown word less.
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        for place in places(hash) {
            if let Some(own) = self.counts.get_mut(place) {
                *own = own.saturating_add(count);
            }
        }
    }

    /// What the name of this hash has.
    pub(crate) fn count(&self, hash: u64) -> u64 {
        places(hash)
            .into_iter()
            .filter_map(|place| self.counts.get(place))
            .min()
            .copied()
            .unwrap_or(0)
            .into()
    }

    pub(crate) fn merge(&mut self, other: &Sketch) {
        self.counts
            .iter_mut()
            .zip(&other.counts)
            .for_each(|(own, other)| *own = own.saturating_add(*other));
    }

    /// Checks the invariants; a damaged snapshot can break them.
    pub(crate) fn is_sound(&self) -> bool {
        self.counts.len() == ROWS * COLUMNS
    }
}

impl Heap for Sketch {
    fn heap(&self) -> usize {
        self.counts.heap()
    }
}

fn places(hash: u64) -> [usize; ROWS] {
    // Three hashes from two halves of one (Kirsch and Mitzenmacher 2008); an odd step, so that
    // the rows differ.
    let (first, step) = (hash as u32, (hash >> 32) as u32 | 1);
    [0, 1, 2].map(|row| {
        row * COLUMNS + first.wrapping_add(step.wrapping_mul(row as u32)) as usize % COLUMNS
    })
}
