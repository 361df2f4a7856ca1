//! What the queue knows of one post: a fact that merges, and what follows from all facts together.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::hash::Hasher;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use crate::observation::{Identity, identity};
use crate::post::{Post, Segments};
use crate::text::Language;
use crate::triage::Part;
use crate::triage::{Triage, Verdict};

/// Bytes of the longest identifier that is kept as it is; of a longer one a hash is kept. By
/// convention: a UUID has 36, the identifiers of the sample at most 5.
pub(super) const MAX_ID_BYTES: usize = 128;
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
    /// A post of whichever channel, where an answer named no channel and the post was not known.
    AnyPost = 4,
    /// The thread of such a post.
    AnyThread = 5,
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

/// What stands between an identifier and its channel in an identifier as it is kept: no identifier
/// has it, so those of one channel are never those of another, and sort by the identifier first.
const SEPARATOR: char = '\0';

/// An identifier as it is kept: with its channel, for each channel numbers its posts by itself.
pub(super) fn kept_id(channel: Option<&str>, id: &str) -> Arc<str> {
    // It is a function of the two alone, so an answer or a revision finds the post again.
    let id = id.trim();
    let hashed = || format!("#{:016x}", key(KeyKind::Post, id)).into();
    let id: Cow<'_, str> = match id.len() > MAX_ID_BYTES || id.contains(SEPARATOR) {
        true => hashed(),
        false => id.into(),
    };
    match identity::given(channel) {
        Some(channel) => format!("{id}{SEPARATOR}{}", identity::cut(channel)).into(),
        None => id.into(),
    }
}

/// Whether [`kept_id`] can have given this.
pub(super) fn is_kept_id(kept: &str) -> bool {
    let (id, channel) = parted(kept);
    *kept_id(channel, id) == *kept
}

/// The identifier within a kept one, and its channel.
pub(super) fn parted(kept: &str) -> (&str, Option<&str>) {
    match kept.split_once(SEPARATOR) {
        Some((id, channel)) => (id, Some(channel)),
        None => (kept, None),
    }
}

/// The kept identifiers of one identifier on all channels lie from the first of these
/// to the second.
pub(super) fn on_all_channels(id: &str) -> (Arc<str>, Arc<str>) {
    let first = kept_id(None, id);
    let after = format!("{first}{}", char::from(SEPARATOR as u8 + 1)).into();
    (first, after)
}

/// The identifier of a post: its own, or one made of its author, time and text.
pub(super) fn id_of(post: &Post<'_>, created: i64) -> Arc<str> {
    let channel = identity::given(post.channel.as_deref());
    if let Some(id) = identity::given(post.id.as_deref()) {
        return kept_id(channel, id);
    }
    let mut hasher = SipHasher13::new();
    hasher.write(channel.unwrap_or_default().as_bytes());
    hasher.write_u8(0);
    hasher.write(post.author.id.as_deref().unwrap_or_default().as_bytes());
    hasher.write_i64(created);
    hasher.write(post.text.as_bytes());
    kept_id(channel, &format!("#{:016x}", hasher.finish()))
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
            .map(|thread| kept_id(post.channel.as_deref(), thread));
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
    pub(super) fn keys(&self, id: &str) -> impl Iterator<Item = u64> + use<> {
        let thread = self.thread.as_deref();
        let on_channel = thread.filter(|thread| parted(thread).1.is_some());
        [
            Some(key(KeyKind::Thread, id)),
            thread.map(|thread| key(KeyKind::Thread, thread)),
            on_channel.map(|thread| key(KeyKind::AnyThread, parted(thread).0)),
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
