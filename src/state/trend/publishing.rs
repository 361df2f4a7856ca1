//! How panes are published as the watermark passes them, and evicted when they are old.

use super::panes::{BLOCK, BLOCKS, Trends};
use super::recent::Recent;
use crate::time::{DAY, HOUR, milliseconds};

/// Most panes without a post that are published one by one: a year of panes of five minutes. Over a
/// longer gap the next pane with posts follows at once: a bound on the time that one post with a
/// wrong date can take.
const MAX_EMPTY: i64 = 100_000;
/// Before the first pane is published: fewer posts than these within a month, the first of all, are
/// of another time than the stream. By hand: as many as the clock asks for, in a span in which a
/// small file has more.
const FEW: u64 = 3;
const ALONE: i64 = 31 * DAY;
/// Most panes of posts that are set aside: a day of panes of five minutes. A bound on memory.
const MAX_AHEAD: usize = 288;

impl Trends {
    /// Publishes the panes that the watermark (the latest post that is not [set
    /// aside](Trends::set_aside), less the bound) has passed: calls `each` with the beginning of
    /// each, in order, also of those without a post; but a gap of 100,000 panes and more, a year of
    /// panes of five minutes, is passed over. Panes that are older than is kept are then dropped;
    /// of words and hashtags their counts are remembered.
    ///
    /// Nothing is published before three authors have written within a week, or a thousand panes
    /// have posts. Posts far before the first of them are too late, and in no pane.
    pub fn publish(&mut self, each: impl FnMut(&Trends, i64)) {
        if let Some(latest) = self.clock.settled(self.panes.len()) {
            self.publish_to(
                latest.saturating_sub(milliseconds(self.settings.bound)),
                each,
            );
        }
    }

    /// Publishes all panes up to the latest post that is not set aside: no more posts come. What is
    /// left over is counted by [`Trends::set_aside`]. Otherwise as [`Trends::publish`].
    pub fn finish(&mut self, each: impl FnMut(&Trends, i64)) {
        if let Some(latest) = self.clock.latest() {
            self.publish_to(latest.saturating_add(self.settings.pane_length()), each);
        }
    }

    /// The end of the last pane that was published, if the clock has not been put back behind it: a
    /// stream that was finished before three authors had written may have followed a wrong date.
    pub(super) fn standing(&self) -> Option<i64> {
        let end = self.published?;
        let last = end.saturating_sub(self.settings.pane_length());
        (!self.clock.is_ahead(last)).then_some(end)
    }

    fn publish_to(&mut self, watermark: i64, mut each: impl FnMut(&Trends, i64)) {
        let pane_length = self.settings.pane_length();
        let standing = self.standing();
        if standing.is_none() {
            self.begin();
        }
        let Some(first) = standing.or(self.first) else {
            return;
        };
        let end = watermark.div_euclid(pane_length) * pane_length;
        if end <= first {
            return;
        }
        if standing != self.published {
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
        while start < end {
            let next = self.panes.range(start..end).next();
            let next = next.map_or(end, |(next, _)| *next);
            if (next - start) / pane_length > MAX_EMPTY {
                self.recent = Recent::of(&self.panes, &self.blocks, next, self.settings.measure);
                start = next;
                continue;
            }
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

    /// Before the first pane is published: leaves out what is far before the other posts, such as a
    /// post of 1970.
    fn begin(&mut self) {
        // Without a quorum it is not known which of them are wrong.
        let Some(latest) = self.clock.settled(0) else {
            self.first = self.panes.keys().next().copied();
            return;
        };
        while let Some(first) = self.panes.keys().next().copied()
            && first.saturating_add(ALONE) < latest
        {
            let month = self.panes.range(first..first.saturating_add(ALONE));
            let posts: u64 = month.map(|(_, pane)| pane.posts()).sum();
            if posts >= FEW {
                break;
            }
            let Some((_, pane)) = self.panes.pop_first() else {
                break;
            };
            self.counts.posts = self.counts.posts.saturating_sub(pane.posts());
            self.counts.too_late += pane.posts();
        }
        self.first = self.panes.keys().next().copied();
    }

    /// Drops panes of posts that are set aside, the farthest first, while they are too many.
    pub(super) fn bound_set_aside(&mut self) {
        let Some(limit) = self.clock.limit() else {
            return;
        };
        let mut ahead = self.panes.range(limit..).count();
        while ahead > MAX_AHEAD
            && let Some((_, pane)) = self.panes.pop_last()
        {
            self.counts.posts = self.counts.posts.saturating_sub(pane.posts());
            self.counts.given_up += pane.posts();
            ahead -= 1;
        }
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
