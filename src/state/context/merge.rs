//! How two memories become one: posts that both saw count once, threads and persons are joined, and
//! all goes back below the ceilings.

use super::memory::{Memory, root};
use super::posts::{Known, Shared};
use super::record::{Author, Reply, Thread, renumbered, renumbered_all};
use super::table::Table;
use crate::observation::identity::NONE;
use crate::{Error, Result};

impl Memory {
    /// As [`super::Context::merge`].
    pub(super) fn merge(&mut self, mut other: Memory) -> Result<()> {
        if self.check != other.check {
            return Err(Error::merge(
                "the two contexts have different keys; give all shards of a stream one key",
            ));
        }
        if self.settings != other.settings {
            return Err(Error::merge(
                "the two contexts have different settings; give all shards of a stream the same",
            ));
        }
        let names = std::mem::take(&mut other.channels);
        let numbers: Vec<u8> = names.iter().map(|name| self.channel(Some(name))).collect();
        other.renumber(&numbers);
        // Posts that both saw are taken out of both, and counted once when all else is added.
        let shared = self.take_shared(&mut other);
        self.clock.merge(&other.clock);
        self.evicted.add(other.evicted);
        // Replies first: threads and complaints are filed under the first post that
        // both sides know.
        self.merge_replies(&other.replies);
        for (thread, part) in other.threads.entries() {
            self.threads
                .entry(root(&self.replies, *thread), Thread::new)
                .merge(part);
        }
        for (account, whose) in other.accounts.entries() {
            self.accounts.entry(*account, || *whose).merge(whose);
        }
        for (person, part) in other.authors.entries() {
            self.authors.entry(*person, Author::new).merge(part);
        }
        // One may know a person by an account, the other by a customer record.
        for person in self.authors.keys() {
            let customer = self
                .accounts
                .get(person)
                .map_or(NONE, |account| account.customer);
            if customer != NONE
                && let Some(part) = self.authors.remove(person)
            {
                self.authors.entry(customer, Author::new).merge(&part);
            }
        }
        for (own, post) in other.posts.entries() {
            self.posts.insert(*own, *post);
        }
        for (own, known, gist) in shared {
            self.add(own, &known, gist.unwrap_or_default());
            self.posts.insert(own, known);
        }
        self.bound();
        Ok(())
    }

    /// Takes the posts that another memory saw too out of both; gives what holds of each.
    fn take_shared(&mut self, other: &mut Memory) -> Vec<Shared> {
        let keys = self.posts.keys();
        let both = keys
            .into_iter()
            .filter_map(|own| Some((own, *self.posts.get(own)?, *other.posts.get(own)?)));
        let both: Vec<(u64, Known, Known)> = both.collect();
        let taken = both.into_iter().map(|(own, one, two)| {
            let gists = (self.take_back(own, &one), other.take_back(own, &two));
            // Reversed for equal records, so that it makes no difference which memory is added.
            let (mut known, lost, gist) = match (one, gists.0) >= (two, gists.1) {
                true => (one, two, gists.0),
                false => (two, one, gists.1),
            };
            known.begin(&lost);
            (own, known, gist)
        });
        taken.collect()
    }

    /// Adds replies, then finds the first post of each thread again.
    fn merge_replies(&mut self, other: &Table<Reply>) {
        for key in other.keys() {
            let Some(reply) = other.get(key) else {
                continue;
            };
            let thread = root(&self.replies, reply.thread);
            if thread != key {
                let reply = Reply { thread, ..*reply };
                let known = self.replies.entry(key, || reply);
                // What a side files under a part of the thread is not another reply for that.
                *known = reply.min(Reply { thread, ..*known });
            }
        }
        for key in self.replies.keys() {
            let thread = root(&self.replies, key);
            if let Some(reply) = self.replies.get_mut(key) {
                reply.thread = thread;
            }
            if let Some(part) = self.threads.remove(key) {
                self.threads.entry(thread, Thread::new).merge(&part);
            }
        }
    }

    /// Goes back below the ceilings.
    fn bound(&mut self) {
        // A merge adds all of the other side before it drops anything, so that what is dropped does
        // not depend on the order within the tables.
        let over = |len: usize, ceiling: usize| len > ceiling;
        if over(self.replies.len(), self.settings.replies) {
            self.replies.evict(0, |_| self.evicted.replies += 1);
        }
        if over(self.posts.len(), self.settings.posts) {
            self.posts.evict(0, |_| self.evicted.posts += 1);
        }
        if over(self.threads.len(), self.settings.threads) {
            self.threads.evict(self.settings.half_life_ms(), |thread| {
                self.evicted.thread(thread)
            });
        }
        if over(self.accounts.len(), self.settings.authors) {
            self.accounts.evict(0, |_| self.evicted.accounts += 1);
        }
        if over(self.authors.len(), self.settings.authors) {
            self.evict_authors();
        }
    }

    /// Gives channels other numbers.
    pub(super) fn renumber(&mut self, channels: &[u8]) {
        for author in self.authors.values_mut() {
            author.channels = renumbered_all(channels, author.channels);
            author.open.renumber(channels, |thread| thread);
        }
        for post in self.posts.values_mut() {
            if let Some(adds) = &mut post.adds {
                adds.channel = renumbered(channels, adds.channel);
            }
        }
    }
}
