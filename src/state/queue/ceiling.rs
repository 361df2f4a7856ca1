//! What is dropped above the ceilings of posts and of posts a case.
//!
//! A merge drops the same posts in whichever order queues merge. [`Queue::observe`] sheds the case
//! with the fewest points, which depends on the time and on which posts are there. In a merge
//! neither may count: each post has a rank of its own, and the best stay. The best of the best of
//! two queues and of a third are the best of all three.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Queue;
use super::entry::Entry;
use super::keys::{KeyKind, parted};
use super::order::Points;
use crate::time::milliseconds;

impl Queue {
    /// Keeps the best of `posts`, as many as may be kept, and counts the others: posts that an
    /// agent is at work on before all, posts that may be spam last, before these what needs no
    /// answer; then the more important, the older, the one of the larger hash. Gives those that
    /// waited and are dropped, the best first.
    pub(super) fn keep_best(&mut self, posts: &mut BTreeMap<Arc<str>, Entry>) -> Vec<String> {
        let most = self.settings.most_posts;
        if posts.len() <= most {
            return Vec::new();
        }
        let keys = &self.cases.keys;
        let rank = |(id, entry): (&Arc<str>, &Entry)| {
            let fact = &entry.fact;
            let waits = (fact.assigned.is_some(), !fact.spam, fact.needed);
            let hash = keys.key(KeyKind::Post, id);
            (waits, fact.score, Reverse(fact.created), hash, id.clone())
        };
        let mut ranked: Vec<_> = posts.iter().map(rank).collect();
        ranked.sort_unstable_by(|one, other| other.cmp(one));
        let mut dropped = Vec::new();
        for (.., id) in ranked.into_iter().skip(most) {
            let Some(entry) = posts.remove(&id) else {
                continue;
            };
            if entry.fact.spam {
                self.counts.forgotten += 1;
                continue;
            }
            self.counts.shed += 1 + u64::from(entry.folded);
            dropped.push(parted(&id).0.to_owned());
        }
        dropped
    }

    /// Folds the cases that have grown. Whoever puts posts or takes them out does so, for then no
    /// case has too many when a queue is kept, and one that is read again does not fold others.
    pub(super) fn fold_grown(&mut self) {
        while let Some(case) = self.cases.take_grown() {
            self.fold(case);
        }
    }

    /// Counts the least important posts of a case only, but for its oldest and its newest, until
    /// the rest is few enough.
    fn fold(&mut self, case: u64) {
        let most = self.settings.most_posts_of_case;
        while self.cases.ids(case).nth(most).is_some() {
            let mut between = self.cases.members(case).skip(1).collect::<Vec<_>>();
            between.pop();
            // The oldest says since when the case waits, the newest what holds now; so one between
            // is given up: the least important, of these the newest.
            let least = between
                .into_iter()
                .min_by_key(|(_, entry)| (entry.fact.score, -entry.fact.created));
            let Some(id) = least.map(|(id, _)| id.clone()) else {
                return;
            };
            let Some(folded) = self.cases.take(&id) else {
                return;
            };
            let first = self.cases.ids(case).next().cloned();
            first.into_iter().for_each(|id| {
                self.cases
                    .change(&id, |entry| entry.folded += folded.folded + 1)
            });
            self.counts.folded += 1;
        }
    }

    /// Takes out what is too much: spam that is only remembered, then the case with
    /// the fewest points.
    pub(super) fn shed(&mut self) -> Vec<String> {
        let mut shed = Vec::new();
        while self.cases.posts.len() > self.settings.most_posts {
            // Spam is kept only so that it can wait again when the verdict is taken back; a case
            // that waits is worth more.
            if let Some((_, id)) = self.cases.oldest_spam() {
                self.cases.take(&id);
                self.counts.forgotten += 1;
                continue;
            }
            if let Some((_, case)) = self.cases.oldest_idle() {
                let (count, ids) = self.forget(case);
                self.counts.shed += count;
                shed.extend(ids);
                continue;
            }
            // All are assigned: then the one that an agent has had for the longest time.
            let held = || self.cases.assigned.first().map(|(_, case)| *case);
            let Some(case) = self.fewest_points().or_else(held) else {
                break;
            };
            let (count, ids) = self.forget(case);
            self.counts.shed += count;
            shed.extend(ids);
        }
        self.fold_grown();
        shed
    }

    /// The case with the fewest points of those that nobody is at work on; of several the newest.
    fn fewest_points(&self) -> Option<u64> {
        let mut last: Vec<_> = self.cases.order.last().collect();
        last.sort_unstable();
        let mut fewest = None;
        for (points, case) in last {
            // A case has the points of its best line, so never less than those of another.
            let is_beyond = |(least, _): &(Points, _)| *least < points;
            if fewest.as_ref().is_some_and(is_beyond) {
                break;
            }
            let found = self.cases.get(case)?;
            let own = found.points(&self.cases.order)?.0;
            let candidate = (own, Reverse(found.ranked.clone()));
            fewest = Some(match fewest.take() {
                Some(known) => candidate.min(known),
                None => candidate,
            });
        }
        fewest.map(|(_, Reverse(ranked))| ranked.case)
    }

    /// Takes out all posts of a case: how many, with those that are only counted, and which.
    fn forget(&mut self, case: u64) -> (u64, Vec<String>) {
        let ids: Vec<Arc<str>> = self.cases.ids(case).cloned().collect();
        let mut count = 0;
        for id in &ids {
            let folded = self.cases.take(id).map_or(0, |entry| entry.folded);
            count += 1 + u64::from(folded);
        }
        let ids = ids.iter().map(|id| parted(id).0.to_owned());
        (count, ids.collect())
    }

    /// Forgets cases that needed no answer for long, and posts that were long suspected to be spam.
    pub(super) fn age_out(&mut self, now: i64) {
        let before = now.saturating_sub(milliseconds(self.settings.age_out));
        while let Some((_, case)) = self.cases.oldest_idle().filter(|(last, _)| *last < before) {
            self.counts.aged_out += self.forget(case).0;
        }
        while let Some((_, id)) = self.cases.oldest_spam().filter(|(at, _)| *at < before) {
            self.cases.take(&id);
            self.counts.forgotten += 1;
        }
        self.fold_grown();
    }
}
