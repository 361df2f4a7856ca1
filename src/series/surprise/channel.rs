//! One view of a series and its past: the mean level or the mean step of the last rows, and how far
//! such means went before.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::settings::{Direction, MAX_HORIZONS, Settings};

/// Rows of a block of history: horizons drop whole blocks. By hand, an eighth of the shortest
/// horizon; 72 and 288 do as well.
const BLOCK: u32 = 144;
/// From this width on, in rows, roughness is watched too: the mean of a few steps says nothing. By
/// measurement, where 12 does as well and 1 is worse.
const ROUGH_WIDTH: u32 = 16;
/// Wide means count less, by this power of the width: they follow each other closely and set
/// records by drifting. By measurement; 0.1 and 0.3 do as well.
const WIDTH_POWER: f64 = 0.2;
/// Ranges below this are not distinguished, in units of the scaled series: a constant series would
/// be surprised by its last digit. By hand; about 0.1 % of the mean magnitude.
pub(super) const MIN_RANGE: f64 = 0.001;
/// How many ranges beyond its record a value counts at most; by hand, a bound.
pub(super) const MAX_RANGES: f64 = 10.0;

/// Least and most of some values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Span {
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Span {
    fn of(value: f64) -> Span {
        Span {
            least: value,
            most: value,
        }
    }

    fn and(self, other: Span) -> Span {
        Span {
            least: self.least.min(other.least),
            most: self.most.max(other.most),
        }
    }

    pub(super) fn range(self) -> f64 {
        self.most - self.least
    }

    fn is_within(self, bound: f64) -> bool {
        -bound <= self.least && self.least <= self.most && self.most <= bound
    }
}

/// The span of both, where either may be empty.
fn together(one: Option<Span>, other: Option<Span>) -> Option<Span> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.and(other)),
        (one, other) => one.or(other),
    }
}

/// What a channel looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The mean of the last rows.
    Level,
    /// The mean step between neighbours in the last rows.
    Roughness,
}

/// A channel as the settings ask for it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    pub(super) kind: Kind,
    pub(super) width: u32,
    /// What a surprise here counts for.
    weight: f64,
    /// Bit *n* is set where set *n* of the widths looks at it.
    pub(super) sets: u8,
}

/// The channels that the settings ask for: levels from narrow to wide, then roughnesses likewise.
pub(super) fn views(settings: &Settings) -> Vec<View> {
    let mut widths: Vec<u32> = settings.widths.iter().flatten().copied().collect();
    widths.sort_unstable();
    widths.dedup();
    let view = |kind, width: u32| {
        let narrow = libm::pow(f64::from(width), -WIDTH_POWER);
        let looks = settings.widths.iter().enumerate();
        View {
            kind,
            width,
            weight: match kind {
                Kind::Level => narrow,
                Kind::Roughness => settings.roughness * narrow,
            },
            sets: looks
                .filter(|(_, set)| set.contains(&width))
                .fold(0, |sets, (at, _)| sets | 1 << at),
        }
    };
    // One fall makes a series as rough as one rise, so roughness has no direction.
    let is_rough = settings.roughness > 0.0 && settings.direction == Direction::Both;
    let rough = widths
        .iter()
        .filter(|width| is_rough && **width >= ROUGH_WIDTH);
    let levels = widths.iter().map(|&width| view(Kind::Level, width));
    levels
        .chain(rough.map(|&width| view(Kind::Roughness, width)))
        .collect()
}

/// How far back each horizon reaches, in blocks.
pub(super) fn blocks(settings: &Settings) -> Vec<usize> {
    let blocks = |rows: &u32| rows.div_ceil(BLOCK) as usize;
    settings.horizons.iter().map(blocks).collect()
}

/// The past of a channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Channel {
    /// Values on their way into the past, as many as the channel is wide, oldest first: a climb is
    /// not compared with itself.
    way: VecDeque<f64>,
    /// Values in the past.
    rows: u64,
    /// All of them.
    ever: Option<Span>,
    /// Whole blocks of them, oldest first, as many as the longest horizon has.
    blocks: VecDeque<Span>,
    /// The block that is being filled, and its values so far.
    block: Option<Span>,
    in_block: u32,
    /// The whole blocks of each horizon together; follows from `blocks`.
    #[serde(skip)]
    recent: Vec<Option<Span>>,
}

/// How far a value goes beyond its records: in the whole past, then by horizon.
pub(super) struct Beyond {
    pub(super) by_horizon: [f64; MAX_HORIZONS + 1],
    /// How many of them have a past.
    pub(super) known: usize,
}

impl Channel {
    /// A channel without a past.
    pub(super) fn new(horizons: &[usize]) -> Channel {
        let mut channel = Channel::default();
        channel.look_back(horizons);
        channel
    }

    /// Compares a value with the past, which learns the value that is due.
    pub(super) fn observe(
        &mut self,
        value: f64,
        view: &View,
        horizons: &[usize],
        settings: &Settings,
    ) -> Beyond {
        if self.way.len() >= view.width as usize
            && let Some(due) = self.way.pop_front()
        {
            self.learn(due, horizons);
        }
        self.way.push_back(value);
        let mut beyond = Beyond {
            by_horizon: [0.0; MAX_HORIZONS + 1],
            known: 1,
        };
        let Some(ever) = self.ever.filter(|_| self.rows > 1) else {
            return beyond;
        };
        let range = ever.range().max(MIN_RANGE);
        let far = |record: Span, rows: f64| {
            let up = value - record.most;
            let down = record.least - value;
            let far = match settings.direction {
                Direction::Both => up.max(down),
                Direction::Up => up,
                Direction::Down => down,
            };
            let believed = rows / (rows + settings.half_believed_rows);
            view.weight * (far.max(0.0) / range).min(MAX_RANGES) * believed
        };
        let mut places = beyond.by_horizon.iter_mut();
        if let Some(place) = places.next() {
            *place = far(ever, self.rows as f64);
        }
        for ((place, blocks), recent) in places.zip(horizons).zip(&self.recent) {
            let rows = *blocks as u64 * u64::from(BLOCK);
            if self.rows > rows
                && let Some(record) = together(*recent, self.block)
            {
                *place = far(record, rows as f64);
                beyond.known += 1;
            }
        }
        beyond
    }

    fn learn(&mut self, value: f64, horizons: &[usize]) {
        let value = Some(Span::of(value));
        self.rows = self.rows.saturating_add(1);
        self.ever = together(self.ever, value);
        self.block = together(self.block, value);
        self.in_block += 1;
        if self.in_block >= BLOCK {
            let longest = horizons.iter().copied().max().unwrap_or(0);
            // Before and not after, so that no room is taken for one more.
            while self.blocks.len() >= longest.max(1) {
                self.blocks.pop_front();
            }
            self.blocks
                .extend(self.block.take().filter(|_| longest > 0));
            self.in_block = 0;
            self.look_back(horizons);
        }
    }

    /// Puts the blocks of each horizon together.
    pub(super) fn look_back(&mut self, horizons: &[usize]) {
        let blocks = &self.blocks;
        let span = |count: &usize| {
            let recent = blocks.iter().rev().take(*count);
            recent.copied().reduce(Span::and)
        };
        self.recent.clear();
        self.recent.extend(horizons.iter().map(span));
    }

    /// All that is past, if there is any.
    pub(super) fn ever(&self) -> Option<Span> {
        self.ever
    }

    /// Changes every value, as the scale of the series changed.
    pub(super) fn rescale(&mut self, change: &dyn Fn(f64) -> f64, horizons: &[usize]) {
        self.way
            .iter_mut()
            .for_each(|value| *value = change(*value));
        let spans = self.blocks.iter_mut();
        for span in spans.chain(&mut self.block).chain(&mut self.ever) {
            span.least = change(span.least);
            span.most = change(span.most);
        }
        self.look_back(horizons);
    }

    /// Whether this is a past that `observe` can reach: no value is beyond `bound`.
    pub(super) fn is_sound(&self, view: &View, horizons: &[usize], bound: f64) -> bool {
        let longest = horizons.iter().copied().max().unwrap_or(0);
        let spans = self.blocks.iter().chain(&self.block).chain(&self.ever);
        self.way.len() <= view.width as usize
            && self.way.iter().all(|value| value.abs() <= bound)
            && self.blocks.len() <= longest
            && self.in_block < BLOCK
            && self.block.is_some() == (self.in_block > 0)
            && self.ever.is_some() == (self.rows > 0)
            && spans.copied().all(|span| span.is_within(bound))
    }
}
