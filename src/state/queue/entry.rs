//! What the queue knows of one post: a fact that merges, and what follows from all facts together.

use std::collections::BTreeSet;
use std::hash::Hasher;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use crate::observation::{Identity, identity};
use crate::post::Post;
use crate::text::{Language, cut};
use crate::triage::Part;
use crate::triage::{Triage, Verdict};

/// Bytes of the longest identifier that is kept as it is; of a longer one a hash is kept. By
/// convention: a UUID has 36, the identifiers of the sample at most 5.
pub(super) const MAX_ID_BYTES: usize = 128;
/// Bytes of the longest name of a channel. By convention: the names of the bundled service levels
/// have at most 10.
const MAX_CHANNEL_BYTES: usize = 64;
/// The latest and, negated, the earliest time: some three thousand years from 1970, in
/// milliseconds. Points are sums of products of times: see `Growth::constant` for what fits.
const MAX_TIME: i64 = 100_000_000_000_000;

/// A time, or the nearest that can be computed with.
pub(super) fn time(time: i64) -> i64 {
    time.clamp(-MAX_TIME, MAX_TIME)
}

/// What a key stands for.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(super) enum KeyKind {
    Post = 1,
    /// A thread, by the identifier of the post that began it.
    Thread = 2,
    /// What one person wrote in one thread: see [`matter`].
    Matter = 3,
}

/// The key of a post or thread. Persons have those of [`Identity`].
pub(super) fn key(kind: KeyKind, id: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write_u8(kind as u8);
    hasher.write(id.as_bytes());
    hasher.finish()
}

/// The key of what one person wrote in the thread that the post `root` began.
pub(super) fn matter(person: u64, root: &str) -> u64 {
    key(KeyKind::Matter, &format!("{person:016x} {root}"))
}

/// An identifier as it is kept.
pub(super) fn kept_id(id: &str) -> Arc<str> {
    // It is a function of the identifier alone, so an answer or a revision finds the post again.
    match id.len() {
        0..=MAX_ID_BYTES => id.into(),
        _ => format!("#{:016x}", key(KeyKind::Post, id)).into(),
    }
}

/// The identifier of a post: its own, or one made of its author, time and text.
pub(super) fn id_of(post: &Post<'_>, created: i64) -> Arc<str> {
    if let Some(id) = &post.id {
        return kept_id(id);
    }
    let mut hasher = SipHasher13::new();
    hasher.write(post.author.id.as_deref().unwrap_or_default().as_bytes());
    hasher.write_i64(created);
    hasher.write(post.text.as_bytes());
    format!("#{:016x}", hasher.finish()).into()
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
}

impl Fact {
    pub(super) fn from_post(
        post: &Post<'_>,
        triage: &Triage,
        identity: &Identity,
        id: &str,
        created: i64,
    ) -> Fact {
        let topics: BTreeSet<u16> = triage
            .topics
            .as_slice()
            .iter()
            .map(|found| found.topic)
            .collect();
        let thread = post
            .thread
            .as_deref()
            .or(post.in_reply_to.as_deref())
            .map(kept_id);
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
            waiting: importance.score.saturating_sub(score),
            assigned: None,
            created,
            channel: post.channel.as_deref().map(kept_channel),
            author: known(identity.author),
            customer: known(identity.customer),
            thread: thread
                .filter(|thread| **thread != *id)
                .map(|thread| (*thread).into()),
            language: language.unwrap_or_default() as u8,
            topics: topics.into_iter().collect(),
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
    pub(super) fn keys(&self, id: &str) -> impl Iterator<Item = u64> {
        let thread = self
            .thread
            .as_deref()
            .map(|thread| key(KeyKind::Thread, thread));
        [
            Some(key(KeyKind::Thread, id)),
            thread,
            self.author,
            self.customer,
        ]
        .into_iter()
        .flatten()
    }
}

/// A person who is known.
pub(super) fn known(hash: u64) -> Option<u64> {
    (hash != identity::NONE).then_some(hash)
}

fn kept_channel(channel: &str) -> Box<str> {
    cut::at_most(channel, MAX_CHANNEL_BYTES).into()
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
