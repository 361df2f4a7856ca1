//! How panes are published as the watermark passes them, and evicted when they are old.

use super::panes::{BLOCK, BLOCKS, Trends};
use super::recent::Recent;
use crate::time::{HOUR, milliseconds};

/// Most panes without a post that are published one by one: a year of panes of five minutes. A
/// bound on the time that one post with a wrong date can take.
const MAX_EMPTY: i64 = 100_000;

impl Trends {
    /// Publishes the panes that the watermark (the latest post less the bound) has passed: calls
    /// `each` with the beginning of each, in order, also of those without a post. Panes that are
    /// older than is kept are then dropped; of words and hashtags their counts are remembered.
    pub fn publish(&mut self, each: impl FnMut(&Trends, i64)) {
        if let Some(latest) = self.latest {
            self.publish_to(
                latest.saturating_sub(milliseconds(self.settings.bound)),
                each,
            );
        }
    }

    /// Publishes everything: no more posts come. Otherwise as [`Trends::publish`].
    pub fn finish(&mut self, each: impl FnMut(&Trends, i64)) {
        if let Some(latest) = self.latest {
            self.publish_to(latest.saturating_add(self.settings.pane_length()), each);
        }
    }

    fn publish_to(&mut self, watermark: i64, mut each: impl FnMut(&Trends, i64)) {
        let pane_length = self.settings.pane_length();
        let Some(first) = self.published.or(self.first) else {
            return;
        };
        let end = watermark.div_euclid(pane_length) * pane_length;
        if end <= first {
            return;
        }
        // After a long gap: on to the next pane with posts.
        let far = (end - first) / pane_length > MAX_EMPTY;
        let first = match far {
            true => self
                .panes
                .range(first..)
                .next()
                .map_or(end, |(start, _)| *start),
            false => first,
        };
        if far {
            self.recent = Recent::of(&self.panes, &self.blocks, first, self.settings.measure);
        }
        // From here on a pane is read, so that it is cut to its size before, and once.
        for (_, pane) in self.panes.range_mut(first..end) {
            self.counts.dropped += pane.prune(self.settings.max_unbounded);
        }
        // Empty panes are given, too: they are how the watch learns what calm is.
        self.published = Some(end);
        let keep = milliseconds(self.settings.keep);
        let mut start = first;
        for _ in 0..((end - first) / pane_length).min(MAX_EMPTY) {
            let (pane, leaving) = (self.panes.get(&start), self.panes.get(&(start - HOUR)));
            self.recent.walk(pane, leaving, self.settings.measure);
            each(self, start);
            start += pane_length;
            // By the pane that was just given, not by `end`: what `each` finds of the past must not
            // depend on how many panes are published at once.
            self.evict_before(start.saturating_sub(keep));
        }
        self.evict_before(end.saturating_sub(keep));
    }

    /// Drops panes that begin before `time`.
    fn evict_before(&mut self, time: i64) {
        if self
            .panes
            .first_key_value()
            .is_none_or(|(&start, _)| start >= time)
        {
            return;
        }
        // Bounded keys have baselines in the watch; only of the others nothing would be left.
        let kept = self.panes.split_off(&time);
        for (start, pane) in std::mem::replace(&mut self.panes, kept) {
            let block = self
                .blocks
                .entry(start.div_euclid(BLOCK) * BLOCK)
                .or_default();
            for (key, cell) in pane.cells.iter().filter(|(key, _)| key.is_unbounded()) {
                let (key, count) = (key.hash(), cell.count(self.settings.measure));
                block.add(key, count);
                self.recent.evict(key, count);
            }
        }
        self.forget_blocks();
    }

    /// Drops the counts of words that are more than a week older than the newest.
    pub(super) fn forget_blocks(&mut self) {
        if let Some((&last, _)) = self.blocks.last_key_value() {
            let oldest = last - BLOCKS * BLOCK;
            let forgets = self
                .blocks
                .first_key_value()
                .is_some_and(|(&first, _)| first < oldest);
            if forgets {
                self.blocks = self.blocks.split_off(&oldest);
                self.recent.sum_blocks(&self.blocks);
            }
        }
    }
}
