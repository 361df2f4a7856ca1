//! Panes of event time with all keys: bounded, mergeable, and kept; windows are made of them.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::counting::prune_if_full;
use super::key::Key;
use super::pane::{Cell, Pane};
use super::recent::{Recent, Sum};
use super::settings::Settings;
use crate::heap::Heap;
use crate::observation::{Identities, KeyCheck};
use crate::stats::sketch::Sketch;
use crate::time::{Clock, HOUR};
use crate::{Error, Result};

/// Unbounded keys of panes that are gone are remembered by their counts in blocks of six hours,
/// over a week: a bound on memory (196 KB a block), and a week has all days of the week in it.
pub(super) const BLOCK: i64 = 6 * HOUR;
pub(super) const BLOCKS: i64 = 28;
/// Times are clamped to this many milliseconds around 1970, 142,000 years: their sums and
/// differences can't overflow, and are exact as floating-point numbers.
pub(super) const MAX_TIME: i64 = 1 << 52;

/// What happened so far, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// Posts that entered a pane, spam included.
    pub posts: u64,
    /// Of these spam.
    pub spam: u64,
    /// Of these the ones that revised a pane that was published.
    pub late: u64,
    /// Posts whose pane was published too long ago; they are in no pane.
    pub too_late: u64,
    /// Posts without a time; they are in no pane.
    pub undated: u64,
    /// Hashtags and words that were dropped from panes that had too many.
    pub dropped: u64,
    /// Posts that were set aside ([`Trends::set_aside`]) and whose panes were dropped, the farthest
    /// first, for they were too many.
    pub given_up: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        add_fields!(self += other; posts, spam, late, too_late, undated, dropped, given_up);
    }
}

/// Panes of event time over all keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Trends {
    pub(super) settings: Settings,
    /// Under what the authors were hashed.
    pub(super) key: KeyCheck,
    pub(super) panes: BTreeMap<i64, Pane>,
    /// How often each unbounded key was in panes that are gone, by the beginning of the block.
    pub(super) blocks: BTreeMap<i64, Sketch>,
    /// The beginning of the first pane.
    pub(super) first: Option<i64>,
    /// What time it is by the posts.
    pub(super) clock: Clock,
    /// The end of the last pane that was published.
    pub(super) published: Option<i64>,
    pub(super) counts: Counts,
    /// Made of panes and blocks.
    pub(super) recent: Recent,
}

impl Trends {
    /// No panes.
    ///
    /// # Errors
    /// If a setting is out of its range; [`Error::is_settings`] holds.
    pub fn new(settings: Settings) -> Result<Trends> {
        settings.check()?;
        Ok(Trends {
            settings,
            key: KeyCheck::default(),
            panes: BTreeMap::new(),
            blocks: BTreeMap::new(),
            first: None,
            clock: Clock::default(),
            published: None,
            counts: Counts::default(),
            recent: Recent::default(),
        })
    }

    /// Checks that posts that were read under `identities` may follow: authors are kept as hashes
    /// under the secret of the first post's engine.
    ///
    /// # Errors
    /// If they have another secret or policy; [`Error::is_snapshot`] holds.
    pub fn check_key(&self, identities: &Identities) -> Result<()> {
        self.key.allows(identities, "this state of trends")
    }

    /// What each key had from `from` to `to` (milliseconds; panes that begin in it).
    pub fn window(&self, from: i64, to: i64) -> Pane {
        // Summed when it is asked for: windows of any length and slide need no state.
        let mut window = Pane::default();
        self.panes
            .range(from..to.max(from))
            .for_each(|(_, pane)| window.merge(pane));
        window
    }

    /// What one key had from `from` to `to`.
    pub fn cell(&self, key: &Key, from: i64, to: i64) -> Cell {
        // Only this key: a window of all keys merges thousands of words to read one cell.
        let mut sum = Cell::default();
        for cell in self
            .panes
            .range(from..to.max(from))
            .filter_map(|(_, pane)| pane.cell(key))
        {
            sum.merge(cell, key.is_unbounded());
        }
        sum
    }

    /// Whether a post is kept that is of the time from `from` to `to`.
    pub(crate) fn has_posts(&self, from: i64, to: i64) -> bool {
        self.panes.range(from..to.max(from)).next().is_some()
    }

    /// A pane by its beginning.
    pub fn pane(&self, start: i64) -> Option<&Pane> {
        self.panes.get(&start)
    }

    /// Within the walk over published panes: what an unbounded key, by its hash, had in the panes
    /// of the hour that ends with the present one; authors of two panes count twice.
    pub(super) fn of_hour(&self, key: u64) -> Sum {
        self.recent.get(key)
    }

    /// Within the walk over published panes: how many an hour an unbounded key had before `hour`,
    /// the beginning of the hour that ends with the present pane, within a week, and of how many
    /// hours that is. The sketch of panes that are gone may count too much, never too little, so
    /// that a word looks older than it is, not newer.
    pub(super) fn past(&self, key: u64, hour: i64) -> (f64, f64) {
        let Some(first) = self.first.filter(|first| *first < hour) else {
            return (0.0, 0.0);
        };
        // Hours before the first pane were not observed, which is not the same as silence.
        let from = first.max(hour - BLOCKS * BLOCK);
        let Sum { kept, hour: last } = self.recent.get(key);
        let count = self.recent.older(key) + kept.saturating_sub(last);
        let hours = (hour - from) as f64 / HOUR as f64;
        (count as f64 / hours, hours)
    }

    /// The beginning of the first pane.
    pub fn first(&self) -> Option<i64> {
        self.first
    }

    /// The end of the last pane that was published.
    pub fn published(&self) -> Option<i64> {
        self.published
    }

    /// Posts whose time is so far ahead of most others that the watermark does not follow them:
    /// more than the end of the day after the newest day that several authors agree on. Their panes
    /// are kept, and published when it is their time.
    pub fn set_aside(&self) -> u64 {
        let ahead = self.clock.limit().map(|limit| self.panes.range(limit..));
        ahead
            .into_iter()
            .flatten()
            .map(|(_, pane)| pane.posts())
            .sum()
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What bounds it.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Bytes held on the heap, about; looks at every cell.
    pub fn memory_usage(&self) -> usize {
        self.panes.heap() + self.blocks.heap() + self.recent.heap()
    }

    /// Adds the panes of another shard of the same stream. Commutative and associative, and one
    /// without panes changes nothing, as long as no pane has more unbounded keys than are kept:
    /// which keys a full pane drops depends on what it had when it was full. What was published is
    /// what either published.
    ///
    /// # Errors
    /// If the settings or the keys differ; [`Error::is_merge`] holds, and this one is as it was.
    pub fn merge(&mut self, other: &Trends) -> Result<()> {
        if self.settings != other.settings {
            return Err(Error::merge(
                "the trends have different settings; give both the same, and fill one of them anew",
            ));
        }
        self.key = self.key.joined(other.key, "trends")?;
        for (start, pane) in &other.panes {
            let own = self.panes.entry(*start).or_default();
            own.merge(pane);
            self.counts.dropped += prune_if_full(own, self.settings.max_unbounded);
        }
        for (start, block) in &other.blocks {
            self.blocks.entry(*start).or_default().merge(block);
        }
        // None sorts before all times, so that `min` would forget the one time that is known.
        self.first = match (self.first, other.first) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.clock.merge(&other.clock);
        self.published = self.published.max(other.published);
        self.counts += other.counts;
        self.bound_set_aside();
        self.forget_blocks();
        self.sum_recent();
        Ok(())
    }

    /// Makes the sums of unbounded keys anew.
    pub(super) fn sum_recent(&mut self) {
        let end = self.published.unwrap_or(i64::MIN);
        self.recent = Recent::of(&self.panes, &self.blocks, end, self.settings.measure);
    }
}
