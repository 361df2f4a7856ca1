//! Posts that came before: the one place that says whether a post is new, an edit, or a duplicate.
//!
//! A post that comes again is taken out of what was counted, and counted anew as of its first time,
//! so that no count sees it twice and all of them see its newest text.

use serde::{Deserialize, Serialize};

use super::memory::{Memory, NO_CHANNEL, root};
use super::record::{Gist, NEVER, Reply, Root, bit};
use super::table::Worth;
use super::waits::Wait;
use crate::observation::identity::NONE;

/// Whether a post came before, by its identifier on its channel; a post without one is always new.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Delivery {
    /// It comes for the first time, as far as is remembered.
    #[default]
    New,
    /// It came before with another text, and this one is newer: by the time of the edit, else by
    /// that of the post, else by arrival.
    Edit,
    /// It came before with the same text.
    Duplicate,
    /// It came before with another text, and this one is older.
    Older,
}

/// What is kept of a post: its version, and what it added to its author and its thread. Of two
/// records of one post the larger holds, so the version stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Known {
    /// When the text was written or edited last; [`NEVER`] where it is not known.
    pub(super) version: i64,
    /// The hash of the text.
    pub(super) text: u64,
    /// When it counts as written: the time of its first version.
    pub(super) at: i64,
    /// Whether that is a time that it gave.
    pub(super) dated: bool,
    pub(super) person: u64,
    pub(super) thread: u64,
    /// What it adds; an agent's adds nothing.
    pub(super) adds: Option<Adds>,
}

/// What a customer's post adds to its author and its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Adds {
    pub(super) spam: bool,
    pub(super) negative: bool,
    pub(super) headline: bool,
    /// Whether its author waits for an answer to it.
    pub(super) waits: bool,
    /// Whether its thread does.
    pub(super) thread_waits: bool,
    /// Whether its author said the same to somebody else just before.
    pub(super) copy: bool,
    /// The number of its channel.
    pub(super) channel: u8,
}

impl Adds {
    /// Posts, spam, negative ones and headlines.
    pub(super) fn counts(&self) -> [u16; 4] {
        // The same headline once more is no further one.
        let headline = self.headline && !self.copy;
        [1, self.spam.into(), self.negative.into(), headline.into()]
    }
}

impl Known {
    /// What a text of this version is to the post that is known.
    pub(super) fn delivery(&self, version: Option<i64>, text: u64) -> Delivery {
        match version {
            _ if text == self.text => Delivery::Duplicate,
            Some(version) if version < self.version => Delivery::Older,
            // Of one time, or without: what arrives later is newer.
            _ => Delivery::Edit,
        }
    }

    /// Takes over the first time of another record of the same post.
    pub(super) fn begin(&mut self, other: &Known) {
        if (!other.dated, other.at) < (!self.dated, self.at) {
            (self.at, self.dated) = (other.at, other.dated);
        }
    }
}

impl Worth for Known {
    fn worth(&self, _: i64) -> i64 {
        self.at.max(self.version)
    }
}

/// The version of a post without a time.
pub(super) const NO_VERSION: i64 = NEVER;

/// A post that two memories know: what holds of it, to be counted once.
pub(super) type Shared = (u64, Known, Option<Gist>);

impl Memory {
    /// Remembers that a post came.
    pub(super) fn remember(&mut self, own: u64, known: Known) {
        if own == NONE {
            return;
        }
        if self.posts.is_full() && self.posts.get(own).is_none() {
            self.posts.evict(0, |_| self.evicted.posts += 1);
        }
        self.posts.insert(own, known);
    }

    /// Takes out what a post added; gives what it was about.
    pub(super) fn take_back(&mut self, own: u64, known: &Known) -> Option<Gist> {
        let adds = known.adds?;
        let thread = root(&self.replies, known.thread);
        let reply = self.replies.get(own).and_then(|reply| reply.gist);
        let mut gist = reply;
        if let Some(entry) = self.threads.get_mut(thread) {
            let root = entry.root.filter(|root| root.post == own);
            gist = gist.or(root.map(|root| root.gist));
            entry.take(own, known.at, adds.thread_waits);
        }
        let person = self.whose(known.person);
        self.prune(person);
        let pane = self.settings.pane(known.at);
        let replies = &self.replies;
        if let Some(author) = self.authors.get_mut(person) {
            author.panes.take(pane, adds.counts());
            if adds.waits && known.at > author.answered {
                author
                    .open
                    .take(known.at, |wait| root(replies, wait.thread) == thread);
            }
        }
        gist
    }

    /// Adds a customer's post to its thread, where it waits until the thread is answered, and
    /// to its author.
    pub(super) fn add(&mut self, own: u64, known: &Known, gist: Gist) {
        let Some(adds) = known.adds else { return };
        let (at, thread) = (known.at, root(&self.replies, known.thread));
        if thread != NONE {
            let entry = self.thread_entry(thread);
            entry.messages = entry.messages.saturating_add(1);
            entry.last = entry.last.max(at);
            entry.begin(Root {
                at,
                post: own,
                gist,
            });
            if adds.thread_waits && at > entry.answered {
                entry.waiting.push(Wait {
                    at,
                    thread: NONE,
                    channel: NO_CHANNEL,
                });
            }
            let gist = Some(gist);
            self.link(own, Reply { thread, at, gist });
        }
        let person = self.whose(known.person);
        if person == NONE {
            return;
        }
        let answered = self
            .threads
            .get(thread)
            .map_or(NEVER, |thread| thread.answered);
        let pane = self.settings.pane(at);
        let author = self.author(person);
        author.panes.add(pane, adds.counts());
        author.last = author.last.max(at);
        author.channels |= bit(adds.channel);
        // A post that comes late may already be answered.
        if adds.waits && at > author.answered.max(answered) {
            author.open.push(Wait {
                at,
                thread,
                channel: adds.channel,
            });
        }
    }
}
