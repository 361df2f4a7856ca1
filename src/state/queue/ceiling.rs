//! What a merge drops above the ceiling of posts: the same posts in whichever order queues merge.
//!
//! [`Queue::observe`] sheds the case with the fewest points, which depends on the time and on which
//! posts are there. In a merge neither may count: each post has a rank of its own, and the best
//! stay. The best of the best of two queues and of a third are the best of all three.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Queue;
use super::entry::Entry;
use super::keys::{KeyKind, parted};

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
}
