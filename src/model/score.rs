//! From the sums of a text to the margins and probabilities of each head.

use super::{ENERGY_UNIT, Familiarity, SCALE, SCALE_BITS, Sums, Table};
use crate::feature::signal::Signals;
use crate::feature::{BLOCKS, Block};
use crate::stats::scale::whole;

impl Table {
    /// The energy of a text's features in `block`, as `head` knows them, in units of 1/128.
    fn energy(&self, head: usize, block: Block, sums: &Sums) -> i32 {
        sums.lanes
            .get(block as usize * self.stride + self.offsets[head])
            .copied()
            .unwrap_or(0)
    }

    /// What a weight of `head` counts in `block`, in units of 2⁻³²: the reciprocal of
    /// the block's length.
    pub fn factor(&self, head: usize, block: Block, sums: &Sums) -> i64 {
        self.factor_of(head, self.energy(head, block, sums))
    }

    fn factor_of(&self, head: usize, energy: i32) -> i64 {
        // The head knows no feature of the block.
        if energy <= 0 {
            return 0;
        }
        let unit = (1u64 << (SCALE_BITS - self.heads[head].shift.min(SCALE_BITS))) as f64;
        // Rounded before it is multiplied: so each feature's part is a whole number, and
        // explanations add up to the last bit.
        whole(unit / (f64::from(energy) / ENERGY_UNIT).sqrt())
    }

    /// The margin of a head's lane, in units of 2⁻³²: exactly the sum of its parts.
    pub fn margin(&self, head: usize, lane: usize, sums: &Sums, signals: &Signals) -> i64 {
        let opinions = self.opinions_sum(head, lane, &self.opinions(head, sums, signals));
        self.margin_of(head, lane, self.factors(head, sums), sums, signals)
            .saturating_add(opinions)
    }

    /// The factors of a head in all blocks: its lanes share them.
    fn factors(&self, head: usize, sums: &Sums) -> [(Block, i64); BLOCKS] {
        Block::ALL.map(|block| (block, self.factor(head, block, sums)))
    }

    /// The factors of `head`, whose features stand beside those of the head `base` of another
    /// table: the length of a block is that of both together.
    pub(crate) fn factors_beside(
        &self,
        head: usize,
        sums: &Sums,
        (base, base_head, base_sums): (&Table, usize, &Sums),
    ) -> [(Block, i64); BLOCKS] {
        self.factors(head, sums).map(|(block, _)| {
            // A correction must not weigh more in a long text: what the base knows of the block
            // counts for its length.
            let energy = self
                .energy(head, block, sums)
                .saturating_add(base.energy(base_head, block, base_sums));
            (block, self.factor_of(head, energy))
        })
    }

    /// The margin of a head's lane with other factors than its own, in units of 2⁻³².
    pub(crate) fn margin_of(
        &self,
        head: usize,
        lane: usize,
        factors: [(Block, i64); BLOCKS],
        sums: &Sums,
        signals: &Signals,
    ) -> i64 {
        let lanes = self.lanes_of(head, factors, sums);
        self.margin_in(head, lane, lanes, signals)
    }

    /// The sums of a head's lanes in each block, and the block's factor.
    fn lanes_of<'s>(
        &self,
        head: usize,
        factors: [(Block, i64); BLOCKS],
        sums: &'s Sums,
    ) -> [(&'s [i32], i64); BLOCKS] {
        factors.map(|(block, factor)| {
            let at = block as usize * self.stride + self.offsets[head] + 2;
            let lanes = sums.lanes.get(at..at + self.heads[head].lanes());
            (lanes.unwrap_or_default(), factor)
        })
    }

    #[inline]
    fn margin_in(
        &self,
        head: usize,
        lane: usize,
        lanes: [(&[i32], i64); BLOCKS],
        signals: &Signals,
    ) -> i64 {
        let spec = &self.heads[head];
        let mut margin = spec.bias.get(lane).copied().unwrap_or(0);
        for (lanes, factor) in lanes {
            margin += lanes.get(lane).map_or(0, |&sum| i64::from(sum) * factor);
        }
        if let Some(model) = &spec.signals {
            margin += model.sum(lane, signals);
        }
        margin
    }

    /// Fills `probabilities`, one a label of `head`, with what is added to the margin of each lane,
    /// in units of 2⁻³², and how much of the text is known.
    #[inline]
    pub fn probabilities(
        &self,
        head: usize,
        sums: &Sums,
        signals: &Signals,
        (added, familiarity): (impl Fn(usize) -> i64, Familiarity),
        margins: &mut Vec<f64>,
        probabilities: &mut Vec<f32>,
    ) {
        let spec = &self.heads[head];
        margins.clear();
        // What the lanes share is looked up once.
        let lanes = self.lanes_of(head, self.factors(head, sums), sums);
        let opinions = self.opinions(head, sums, signals);
        for lane in 0..spec.lanes() {
            let mut margin = self.margin_in(head, lane, lanes, signals);
            // Few heads have any, and to find that out for each lane takes as long as its margin.
            if !opinions.is_empty() {
                margin = margin.saturating_add(self.opinions_sum(head, lane, &opinions));
            }
            margins.push(margin.saturating_add(added(lane)) as f64 / SCALE as f64);
        }
        spec.calibration
            .probabilities(margins, familiarity, probabilities);
    }

    /// How much of a text a head knows: the share of its words and pairs that have a row, 0 to 1.
    pub fn familiarity(&self, head: usize, sums: &Sums) -> Familiarity {
        let known = |block: Block| {
            let at = block as usize * self.stride + self.offsets[head] + 1;
            sums.lanes.get(at).copied().unwrap_or(0).max(0) as u32
        };
        Familiarity::new(
            known(Block::Words),
            sums.features[Block::Words as usize],
            known(Block::Characters),
        )
    }
}
