//! Under which names and keys the queue finds posts: identifiers as they are kept, and their keyed
//! hashes.

use std::sync::Arc;

use crate::observation::identity::Sealed;
use crate::observation::{Identities, identity};
use crate::post::Post;

/// What stands between an identifier and its channel in an identifier as it is kept: no identifier
/// has it, so those of one channel are never those of another, and sort by the identifier first.
const SEPARATOR: char = '\0';

/// What a key stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum KeyKind {
    Post,
    /// A thread, by the identifier of the post that began it.
    Thread,
    /// A post of whichever channel, where an answer named no channel and the post was not known.
    AnyPost,
    /// The thread of such a post.
    AnyThread,
}

impl KeyKind {
    pub(super) const ALL: [KeyKind; 4] = [
        KeyKind::Post,
        KeyKind::Thread,
        KeyKind::AnyPost,
        KeyKind::AnyThread,
    ];

    /// What keeps the hashes of each kind apart from those of others.
    fn sealed(self) -> Sealed {
        match self {
            KeyKind::Post => Sealed::Queued,
            KeyKind::Thread => Sealed::QueuedThread,
            KeyKind::AnyPost => Sealed::AnyQueued,
            KeyKind::AnyThread => Sealed::AnyQueuedThread,
        }
    }
}

/// Hashes identifiers under the embedder's secret, and writes them as they are kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys(Identities);

impl Keys {
    pub(super) fn new(identities: Identities) -> Keys {
        Keys(identities)
    }

    pub(super) fn identities(&self) -> &Identities {
        &self.0
    }

    /// The hash of a post or thread as [`Identity`](crate::observation::Identity) has it, by the
    /// identifier as it is kept.
    pub(super) fn message(&self, kept: &str) -> u64 {
        let (id, channel) = parted(kept);
        self.0.message(channel, id)
    }

    /// The key of a post or thread. Persons have those of
    /// [`Identity`](crate::observation::Identity).
    pub(super) fn key(&self, kind: KeyKind, id: &str) -> u64 {
        self.of_message(kind, self.message(id))
    }

    /// As [`Keys::key`], by the [hash](Keys::message) of the post or thread: so what is known of a
    /// post is found by whoever has its hash only.
    pub(super) fn of_message(&self, kind: KeyKind, message: u64) -> u64 {
        self.0.seal(kind.sealed(), message)
    }

    /// The keys of a post under its identifier alone.
    pub(super) fn any(&self, kept: &str) -> [u64; 2] {
        let id = parted(kept).0;
        [KeyKind::AnyPost, KeyKind::AnyThread].map(|kind| self.key(kind, id))
    }

    /// The key of what one person wrote in the thread that the post `root` began.
    pub(super) fn matter(&self, person: u64, root: &str) -> u64 {
        self.of_matter(person, self.message(root))
    }

    /// As [`Keys::matter`], by the hash of the post.
    pub(super) fn of_matter(&self, person: u64, root: u64) -> u64 {
        let (person, root) = (format!("{person:016x}"), format!("{root:016x}"));
        self.0.hash("matter", &person, &root)
    }

    /// An identifier as it is kept: with its channel, for each channel numbers its posts by itself.
    pub(super) fn kept_id(&self, channel: Option<&str>, id: &str) -> Arc<str> {
        // It is a function of the two alone, so an answer or a revision finds the post again.
        let id = self.0.kept_id(channel, id);
        match identity::given(channel) {
            Some(channel) => format!("{id}{SEPARATOR}{}", identity::cut(channel)).into(),
            None => id.into(),
        }
    }

    /// Whether [`Keys::kept_id`] can have given this.
    pub(super) fn is_kept_id(&self, kept: &str) -> bool {
        let (id, channel) = parted(kept);
        *self.kept_id(channel, id) == *kept
    }

    /// The kept identifiers of one identifier on all channels lie from the first of these
    /// to the second.
    pub(super) fn on_all_channels(&self, id: &str) -> (Arc<str>, Arc<str>) {
        let first = self.kept_id(None, id);
        let after = format!("{first}{}", char::from(SEPARATOR as u8 + 1)).into();
        (first, after)
    }

    /// The identifier of a post: its own, or one made of its author, time and text.
    pub(super) fn id_of(&self, post: &Post<'_>, created: i64) -> Arc<str> {
        let channel = identity::given(post.channel.as_deref());
        if let Some(id) = identity::given(post.id.as_deref()) {
            return self.kept_id(channel, id);
        }
        let author = post.author.id.as_deref().unwrap_or_default();
        let author = self.0.author(channel, author);
        let hash = self
            .0
            .hash("unnamed", &format!("{author:016x} {created}"), &post.text);
        self.kept_id(channel, &format!("#{hash:016x}"))
    }
}

/// The identifier within a kept one, and its channel.
pub(super) fn parted(kept: &str) -> (&str, Option<&str>) {
    match kept.split_once(SEPARATOR) {
        Some((id, channel)) => (id, Some(channel)),
        None => (kept, None),
    }
}
