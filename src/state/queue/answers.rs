//! Answers: what they take out of the queue, and who was answered last, which merges.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::agent::MAX_AGENT_BYTES;
use super::entry::{Fact, known, time};
use super::keys::{KeyKind, parted};
use super::{MAX_COUNTED_HOURS, Queue};
use crate::heap::{Heap, nodes};
use crate::observation::Identity;
use crate::observation::identity::given;
use crate::post::Post;
use crate::time::HOUR;

/// The last answer to a person, in a thread, or to a post.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Answered {
    pub(super) at: i64,
    /// Who answered, where it is known.
    pub(super) agent: Option<Box<str>>,
}

/// The last answers, bounded: the oldest is forgotten first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answers {
    by_key: BTreeMap<u64, Answered>,
    by_time: BTreeSet<(i64, u64)>,
}

impl Answers {
    /// Notes an answer, if it is the last one; forgets the oldest above `most`, and gives how many.
    pub(super) fn note(&mut self, key: u64, answered: Answered, most: usize) -> u64 {
        // The larger holds whatever came first, so that shards agree when they are merged.
        match self.by_key.get(&key).map(|known| known.cmp(&answered)) {
            Some(Ordering::Greater | Ordering::Equal) => return 0,
            _ => self.by_time.insert((answered.at, key)),
        };
        if let Some(known) = self
            .by_key
            .insert(key, answered.clone())
            .filter(|known| known.at != answered.at)
        {
            self.by_time.remove(&(known.at, key));
        }
        let mut forgotten = 0;
        while self.by_key.len() > most {
            let Some((_, key)) = self.by_time.pop_first() else {
                break;
            };
            self.by_key.remove(&key);
            forgotten += 1;
        }
        forgotten
    }

    /// Forgets the answers under these keys; how many.
    pub(super) fn forget(&mut self, keys: &BTreeSet<u64>) -> usize {
        let before = self.by_key.len();
        self.by_key.retain(|key, _| !keys.contains(key));
        self.by_time.retain(|(_, key)| !keys.contains(key));
        before - self.by_key.len()
    }

    pub(super) fn get(&self, key: u64) -> Option<&Answered> {
        self.by_key.get(&key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Answered)> {
        self.by_key.iter().map(|(key, answered)| (*key, answered))
    }
}

impl Heap for Answers {
    fn heap(&self) -> usize {
        let agents = self.by_key.values().map(|answered| answered.agent.heap());
        nodes::<u64, Answered>(self.by_key.len())
            + nodes::<(i64, u64), ()>(self.by_time.len())
            + agents.sum::<usize>()
    }
}

impl Queue {
    /// Says that a post was answered at `at` (milliseconds), and with it all that its author wrote
    /// until then, on any channel. In the thread others are answered too if the post is by the
    /// person who began it. How many posts no longer wait. A post that is not known is taken as
    /// answered when it comes, on whatever channel.
    ///
    /// Channels number their posts independently: where posts of that identifier wait
    /// on several channels, none of them is answered, as it is not known which is
    /// meant. See [`Queue::answered_on`].
    pub fn answered(&mut self, post: &str, at: i64) -> usize {
        self.answered_somewhere(post, time(at), None)
    }

    /// As [`Queue::answered`], of the post on a channel.
    pub fn answered_on(&mut self, channel: &str, post: &str, at: i64) -> usize {
        self.answer(
            &self.cases.keys.kept_id(Some(channel), post),
            time(at),
            None,
        )
    }

    /// Whether a post was answered before it came.
    pub(super) fn is_answered(&self, id: &str, fact: &Fact) -> bool {
        let names = &self.cases.keys;
        let root = fact.thread.as_deref().unwrap_or(id);
        let persons = [fact.author, fact.customer].into_iter().flatten();
        let matters = persons.map(|person| names.matter(person, root));
        let (own, channel) = parted(id);
        // An answer that named no channel, to a post that was not known then.
        let any = channel.map(|_| names.key(KeyKind::AnyPost, own));
        let own_key = names.key(KeyKind::Post, id);
        // An answer to this very post was written after it, whatever its date says.
        if self.clock.is_ahead(fact.created) && self.answers.get(own_key).is_some() {
            return true;
        }
        let mut keys = fact
            .keys(names, id)
            .chain([own_key])
            .chain(matters)
            .chain(any);
        keys.any(|key| {
            self.answers
                .get(key)
                .is_some_and(|answered| answered.at >= fact.created)
        })
    }

    /// The posts of an identifier that are known, on all channels.
    fn with_id(&self, id: &str) -> impl Iterator<Item = &Arc<str>> {
        let (first, after) = self.cases.keys.on_all_channels(id);
        self.cases.posts.range(first..after).map(|(id, _)| id)
    }

    /// The only known post of an identifier on all channels.
    pub(super) fn only(&self, id: &str) -> Option<Arc<str>> {
        let mut known = self.with_id(id);
        known.next().filter(|_| known.next().is_none()).cloned()
    }

    /// Notes an answer to a post of which the channel is not known.
    fn answered_somewhere(&mut self, id: &str, at: i64, agent: Option<&str>) -> usize {
        if let Some(post) = self.only(id) {
            return self.answer(&post, at, agent);
        }
        let names = &self.cases.keys;
        let id = names.kept_id(None, id);
        let any = [KeyKind::AnyPost, KeyKind::AnyThread].map(|kind| names.key(kind, &id));
        // Posts may wait in a thread whose first post is not known.
        let in_thread = self.cases.linked(any[1]).map(|(_, entry)| &entry.fact);
        let mut threads: Vec<_> = in_thread.map(|fact| fact.thread.as_deref()).collect();
        threads.dedup();
        if threads.len() > 1 || self.with_id(&id).next().is_some() {
            return 0;
        }
        let bare = [KeyKind::Post, KeyKind::Thread].map(|kind| names.key(kind, &id));
        let keys = any.into_iter().chain(bare).collect();
        self.settle(keys, Some(&id), at, agent.map(Into::into))
    }

    fn answer(&mut self, id: &str, at: i64, agent: Option<&str>) -> usize {
        let names = &self.cases.keys;
        let own = [KeyKind::Post, KeyKind::Thread];
        let mut keys: Vec<u64> = own.map(|kind| names.key(kind, id)).into();
        let mut agent: Option<Box<str>> = agent.map(Into::into);
        if let Some(entry) = self.cases.posts.get(id) {
            keys.extend(entry.fact.author.into_iter().chain(entry.fact.customer));
            let thread = entry
                .fact
                .thread
                .as_deref()
                .filter(|_| self.cases.is_of_beginner(id, &entry.fact));
            keys.extend(thread.map(|thread| names.key(KeyKind::Thread, thread)));
            // A case has one agent; its other posts may know the customer record of this author.
            for (_, member) in entry
                .case
                .into_iter()
                .flat_map(|case| self.cases.members(case))
            {
                agent = agent.or_else(|| {
                    member
                        .fact
                        .assigned
                        .as_ref()
                        .map(|assigned| assigned.agent.clone())
                });
                let same = member.fact.author == entry.fact.author;
                keys.extend(
                    member
                        .fact
                        .customer
                        .filter(|_| same && entry.fact.author.is_some()),
                );
            }
        }
        self.settle(keys, Some(id), at, agent)
    }

    /// A post of an agent: what it answers.
    pub(super) fn agent_post(&mut self, post: &Post<'_>, identity: &Identity, at: i64) -> usize {
        let agent = post.author.id.as_deref().or(post.author.name.as_deref());
        // Nobody else can be an agent, and anybody may write a name of any length.
        let agent = agent.filter(|agent| agent.len() <= MAX_AGENT_BYTES);
        let channel = given(post.channel.as_deref());
        // Agents' posts often come from another export, without a channel: then the post that is
        // meant is the only one of its identifier.
        let kept = |id: &str| match channel {
            Some(_) => self.cases.keys.kept_id(channel, id),
            None => {
                let bare = || self.cases.keys.kept_id(None, id);
                self.only(id).unwrap_or_else(bare)
            }
        };
        let reply = given(post.in_reply_to.as_deref()).map(kept);
        let thread = given(post.thread.as_deref()).map(kept);
        let waits = reply
            .as_deref()
            .is_some_and(|reply| self.cases.posts.contains_key(reply));
        // If the post that is replied to waits, its author is known and the others in the thread
        // wait on, unless it is the author who began it. If not, the thread is all that is known.
        let mut answer = |id: &str| match channel {
            Some(_) => self.answer(id, at, agent),
            None => self.answered_somewhere(parted(id).0, at, agent),
        };
        let mut count = reply.as_deref().map_or(0, &mut answer);
        if !waits {
            count += thread.as_deref().map_or(0, &mut answer);
        }
        if let Some(customer) = known(identity.customer) {
            count += self.settle(vec![customer], None, at, agent.map(Into::into));
        }
        count
    }

    /// Takes out what the author of `solved` wrote before about the same matter, and remembers it
    /// for posts that come late. How many posts that needed an answer no longer wait.
    pub(super) fn close(&mut self, solved: &Fact) -> usize {
        let at = solved.created;
        let persons: Vec<u64> = [solved.author, solved.customer]
            .into_iter()
            .flatten()
            .collect();
        let mut ids: Vec<Arc<str>> = Vec::new();
        for person in persons {
            let key = match solved.thread.as_deref() {
                Some(root) => self.cases.keys.matter(person, root),
                None => person,
            };
            let answered = Answered { at, agent: None };
            self.counts.forgotten_answers +=
                self.answers.note(key, answered, self.settings.most_answers);
            let same = |(id, entry): &(&Arc<str>, &super::Entry)| {
                let fact = &entry.fact;
                let root = fact.thread.as_deref().unwrap_or(id);
                fact.created <= at && solved.thread.as_deref().is_none_or(|thread| thread == root)
            };
            let linked = self.cases.linked(person).filter(same);
            ids.extend(linked.map(|(id, _)| id.clone()));
        }
        let taken = ids.iter().filter_map(|id| self.cases.take(id));
        let closed = taken.filter(|entry| entry.fact.needed && !entry.fact.spam);
        let closed = closed.count();
        self.fold_grown();
        self.counts.closed += closed as u64;
        closed
    }

    /// Notes an answer under each key, and takes out what it answers.
    fn settle(
        &mut self,
        mut keys: Vec<u64>,
        post: Option<&str>,
        at: i64,
        agent: Option<Box<str>>,
    ) -> usize {
        keys.sort_unstable();
        keys.dedup();
        let mut ids: Vec<Arc<str>> = Vec::new();
        for key in keys {
            ids.extend(self.cases.linked(key).map(|(id, _)| id.clone()));
            let answered = Answered {
                at,
                agent: agent.clone(),
            };
            self.counts.forgotten_answers +=
                self.answers.note(key, answered, self.settings.most_answers);
        }
        ids.extend(
            post.and_then(|id| self.cases.posts.get_key_value(id))
                .map(|(id, _)| id.clone()),
        );
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| {
            self.cases
                .posts
                .get(id)
                .is_some_and(|entry| self.cases.since(entry.fact.created) <= at)
        });
        let before = self.cases.len();
        let taken = ids.iter().filter_map(|id| self.cases.take(id));
        let answered = taken.filter(|entry| !entry.fact.spam).count();
        self.counts.answered += answered as u64;
        self.fold_grown();
        if answered > 0 {
            // A case of which a later post still waits was answered too.
            let cases = before.saturating_sub(self.cases.len()).max(1) as u64;
            self.counts.cases_answered += cases;
            *self.answered_in.entry(at.div_euclid(HOUR)).or_default() += cases;
            while self.answered_in.len() > MAX_COUNTED_HOURS {
                self.answered_in.pop_first();
            }
        }
        answered
    }
}
