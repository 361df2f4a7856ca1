//! Posts that came before: the one place that says whether a post is new, an edit, or a duplicate.
//!
//! A post that comes again is taken out of what was counted, and counted anew as of its first time,
//! so that no count sees it twice and all of them see its newest text.

use serde::{Deserialize, Serialize};

use super::record::{Gist, NEVER};
use super::table::Worth;

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
