//! The table: one probe a feature serves every head.

use super::{ENERGY_UNIT, Head, Model, SCALE, SCALE_BITS, key};
use crate::feature::signal::Signals;
use crate::feature::{BLOCKS, Block};

/// Rows of weights under a hash index; immutable and shared.
#[derive(Clone, Debug, Default)]
pub struct Table {
    heads: Vec<Head>,
    /// Where each head's energy stands in a row; its lanes follow.
    offsets: Vec<usize>,
    /// Numbers in a row, padded to a whole number of eights.
    stride: usize,
    /// Open addressing with linear probing: the high 32 bits of the key, and one more than the row's number.
    slots: Vec<(u32, u32)>,
    weights: Vec<i16>,
}

/// The sums of one text, block by block; reused between texts.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    lanes: Vec<i32>,
}

impl Table {
    /// Compiles a model.
    pub fn new(model: &Model) -> Table {
        let width = model.stride();
        let stride = width.next_multiple_of(8);
        let capacity = (model.keys.len() * 2).next_power_of_two().max(16);
        let mut slots = vec![(0u32, 0u32); capacity];
        let mut weights = vec![0i16; model.keys.len() * stride];
        for (row, &key) in model.keys.iter().enumerate() {
            let (mut at, tag) = place(key, capacity);
            while slots[at].1 != 0 {
                at = (at + 1) & (capacity - 1);
            }
            slots[at] = (tag, row as u32 + 1);
            weights[row * stride..row * stride + width].copy_from_slice(&model.weights[row * width..(row + 1) * width]);
        }
        let mut offsets = Vec::with_capacity(model.heads.len());
        let mut offset = 0;
        for head in &model.heads {
            offsets.push(offset);
            offset += 1 + head.lanes();
        }
        Table { heads: model.heads.clone(), offsets, stride, slots, weights }
    }

    /// The heads.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// Bytes held.
    pub fn memory_usage(&self) -> usize {
        size_of_val(&self.slots[..]) + size_of_val(&self.weights[..])
    }

    /// Empties `sums` for a new text.
    pub fn start(&self, sums: &mut Sums) {
        sums.lanes.clear();
        sums.lanes.resize(self.stride * BLOCKS, 0);
    }

    /// The row of a feature, if it has one.
    #[inline]
    pub fn row(&self, hash: u64) -> Option<&[i16]> {
        if self.slots.is_empty() {
            return None;
        }
        let mask = self.slots.len() - 1;
        let (mut at, tag) = place(key(hash), self.slots.len());
        loop {
            let (found, row) = self.slots[at];
            if row == 0 {
                return None;
            }
            if found == tag {
                let start = (row as usize - 1) * self.stride;
                return self.weights.get(start..start + self.stride);
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds a feature's row, if it has one, to its block's sums; whether it has one.
    #[inline]
    pub fn add(&self, hash: u64, block: Block, sums: &mut Sums) -> bool {
        let Some(row) = self.row(hash) else { return false };
        let start = block as usize * self.stride;
        if let Some(lanes) = sums.lanes.get_mut(start..start + self.stride) {
            for (sum, &weight) in lanes.iter_mut().zip(row) {
                *sum = sum.wrapping_add(i32::from(weight));
            }
        }
        true
    }

    /// What a weight of `head` counts in `block`, in units of 2⁻³²: the reciprocal of the block's length.
    pub fn factor(&self, head: usize, block: Block, sums: &Sums) -> i64 {
        let energy = sums.lanes.get(block as usize * self.stride + self.offsets[head]).copied().unwrap_or(0);
        if energy <= 0 {
            return 0;
        }
        let unit = (1u64 << (SCALE_BITS - self.heads[head].shift.min(SCALE_BITS))) as f64;
        (unit / (f64::from(energy) / ENERGY_UNIT).sqrt()).round() as i64
    }

    /// The weight of a row for a head's lane.
    pub fn weight(&self, row: &[i16], head: usize, lane: usize) -> i16 {
        row.get(self.offsets[head] + 1 + lane).copied().unwrap_or(0)
    }

    /// The margin of a head's lane, in units of 2⁻³²: exactly the sum of its parts.
    pub fn margin(&self, head: usize, lane: usize, sums: &Sums, signals: &Signals) -> i64 {
        let spec = &self.heads[head];
        let mut margin = spec.bias.get(lane).copied().unwrap_or(0);
        for block in [Block::Words, Block::Characters] {
            let sum =
                sums.lanes.get(block as usize * self.stride + self.offsets[head] + 1 + lane).copied().unwrap_or(0);
            margin += i64::from(sum) * self.factor(head, block, sums);
        }
        if let Some(model) = &spec.signals {
            margin += model.sum(lane, signals);
        }
        margin
    }

    /// Fills `probabilities`, one a label of `head`.
    pub fn probabilities(
        &self,
        head: usize,
        sums: &Sums,
        signals: &Signals,
        margins: &mut Vec<f64>,
        probabilities: &mut Vec<f32>,
    ) {
        let spec = &self.heads[head];
        margins.clear();
        margins.extend((0..spec.lanes()).map(|lane| self.margin(head, lane, sums, signals) as f64 / SCALE as f64));
        spec.calibration.probabilities(margins, probabilities);
    }
}

/// The first slot of a key, and its tag.
#[inline]
fn place(key: u64, capacity: usize) -> (usize, u32) {
    (key as usize & (capacity - 1), (key >> 16) as u32)
}
