//! What the queue knows of one post: a fact that merges, and what follows from all facts together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::keys::{KeyKind, Keys, parted};
use crate::heap::{Heap, block};
use crate::observation::{Identity, identity};
use crate::post::{Post, Segments};
use crate::text::Language;
use crate::triage::Part;
use crate::triage::{Triage, Verdict};

/// The latest and, negated, the earliest time: some three thousand years from 1970, in
/// milliseconds. Points are sums of products of times: they are summed in an i128.
const MAX_TIME: i64 = 100_000_000_000_000;

/// A time, or the nearest that can be computed with.
pub(super) fn time(time: i64) -> i64 {
    time.clamp(-MAX_TIME, MAX_TIME)
}

/// An agent at work on a case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Assigned {
    pub(super) at: i64,
    pub(super) agent: Box<str>,
}

/// What is known of a post. Of two facts about one post the larger holds, so the number of
/// changes stands first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Fact {
    /// How often it was changed.
    pub(super) changes: u32,
    /// Turned out to be spam: kept, so that it can come back, and not waiting.
    pub(super) spam: bool,
    /// Whether it needs an answer ([`Triage::needs_answer`]).
    pub(super) needed: bool,
    /// Importance without the stream's points for waiting, 0 to 100.
    pub(super) score: u8,
    /// Whether it is a headline: it needs no answer once its author turns out to be a feed.
    pub(super) headline: bool,
    /// The stream's points for waiting, which its answer has on top of `score`: taken off what a
    /// revision says too.
    pub(super) waiting: u8,
    pub(super) assigned: Option<Assigned>,
    pub(super) created: i64,
    pub(super) channel: Option<Box<str>>,
    pub(super) author: Option<u64>,
    pub(super) customer: Option<u64>,
    /// The post that began its thread, where it is another.
    pub(super) thread: Option<Box<str>>,
    /// Index in [`Language::ALL`].
    pub(super) language: u8,
    pub(super) topics: Vec<u16>,
    pub(super) segments: Segments,
}

impl Fact {
    pub(super) fn from_post(
        post: &Post<'_>,
        triage: &Triage,
        identity: &Identity,
        keys: &Keys,
        id: &str,
        created: i64,
    ) -> Fact {
        let topics: BTreeSet<u16> = triage
            .topics
            .as_slice()
            .iter()
            .map(|found| found.topic)
            .collect();
        // What a post answers is of its own channel.
        let thread = identity::given(post.thread.as_deref())
            .or(identity::given(post.in_reply_to.as_deref()))
            .map(|thread| keys.kept_id(post.channel.as_deref(), thread));
        let language = Language::ALL
            .iter()
            .position(|language| *language == triage.language);
        // The queue counts waiting itself, so the stream's points for waiting are taken out: one
        // hour must not count twice.
        let importance = triage.importance;
        let score = importance.with(Part::Waiting, 0).score.min(100);
        Fact {
            changes: 0,
            spam: triage.spam.verdict == Verdict::Spam,
            needed: triage.needs_answer(),
            score,
            headline: false,
            waiting: importance.score.saturating_sub(score),
            assigned: None,
            created,
            channel: identity::given(post.channel.as_deref())
                .map(|channel| identity::cut(channel).into()),
            author: known(identity.author),
            customer: known(identity.customer),
            thread: thread
                .filter(|thread| **thread != *id)
                .map(|thread| (*thread).into()),
            language: language.unwrap_or_default() as u8,
            topics: topics.into_iter().collect(),
            segments: post.segments.clone(),
        }
    }

    pub(super) fn language(&self) -> Language {
        Language::ALL
            .get(usize::from(self.language))
            .copied()
            .unwrap_or_default()
    }

    /// The keys under which it is found: the thread that it began or would begin, its thread, its
    /// author, its customer.
    pub(super) fn keys(&self, keys: &Keys, id: &str) -> impl Iterator<Item = u64> + use<> {
        let thread = self.thread.as_deref();
        let on_channel = thread.filter(|thread| parted(thread).1.is_some());
        [
            Some(keys.key(KeyKind::Thread, id)),
            thread.map(|thread| keys.key(KeyKind::Thread, thread)),
            on_channel.map(|thread| keys.key(KeyKind::AnyThread, parted(thread).0)),
            self.author,
            self.customer,
        ]
        .into_iter()
        .flatten()
    }
}

impl Heap for Fact {
    fn heap(&self) -> usize {
        let agent = self
            .assigned
            .as_ref()
            .map(|assigned| block(assigned.agent.len()));
        let segments = self.segments.iter().map(Heap::heap).sum::<usize>();
        let names = self.channel.heap() + self.thread.heap() + self.topics.heap();
        names + agent.unwrap_or_default() + segments
    }
}

/// A person who is known.
pub(super) fn known(hash: u64) -> Option<u64> {
    (hash != identity::NONE).then_some(hash)
}

/// A fact with what is kept beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) fact: Fact,
    /// Since when the case that this post is the oldest of is deferred.
    pub(super) deferred: Option<i64>,
    /// Posts of the case that are only counted.
    pub(super) folded: u32,
    /// The case that it belongs to; follows from the facts.
    pub(super) case: Option<u64>,
}

impl Entry {
    pub(super) fn new(fact: Fact) -> Entry {
        Entry {
            fact,
            deferred: None,
            folded: 0,
            case: None,
        }
    }

    /// What two queues know of one post together: the larger fact; deferred only if in both, and
    /// since the earlier time.
    pub(super) fn join(&mut self, other: Entry) {
        if other.fact > self.fact {
            self.fact = other.fact;
        }
        // Where one queue has the case back, its team can answer it: being deferred is the weaker.
        self.deferred = self
            .deferred
            .zip(other.deferred)
            .map(|(own, other)| own.min(other));
        self.folded = self.folded.max(other.folded);
    }
}
