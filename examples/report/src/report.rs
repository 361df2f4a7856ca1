//! The report as data: what the page is made of, and nothing else.

use serde::{Deserialize, Serialize};

use crate::page::html;
use crate::sections::about::About;
use crate::sections::campaigns::Campaigns;
use crate::sections::compared::Compared;
use crate::sections::first::First;
use crate::sections::groups::Group;
use crate::sections::promises::Promises;
use crate::sections::rises::Rises;
use crate::sections::tiles::Tiles;
use crate::sections::topics::Topics;
use crate::sections::uncovered::Uncovered;
use crate::sections::volume::Volume;

/// Bytes that a page has at most: what a mail gateway and a telephone take. A convention of the
/// project.
pub const MOST_BYTES: usize = 400_000;

/// What happened in a dump of posts, what to answer first, and why. Shares are from 0 to 1, spans
/// are in milliseconds, moments are RFC 3339.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Of what the report is, and how it was made.
    pub about: About,
    /// The figures at the top.
    pub tiles: Tiles,
    /// Posts over time.
    pub volume: Volume,
    /// What rose.
    pub rises: Rises,
    /// What to answer first.
    pub first: First,
    /// Shares of the topics.
    pub topics: Topics,
    /// Posts by language, the most frequent first.
    pub languages: Vec<Group>,
    /// Posts by channel, the most frequent first.
    pub channels: Vec<Group>,
    /// Promises of an answer that were kept.
    pub promises: Promises,
    /// Campaigns of spam.
    pub campaigns: Campaigns,
    /// What fits no topic.
    pub uncovered: Uncovered,
    /// Values of fields side by side.
    pub compared: Vec<Compared>,
}

impl Report {
    /// The report with lists so short that its page has at most [`MOST_BYTES`]; what is left out is
    /// counted.
    pub(crate) fn fitted(mut self, top: usize) -> Report {
        let mut top = top;
        while top > 1 && html(&self).len() > MOST_BYTES {
            top /= 2;
            self.rises.keep(top);
            self.first.keep(top);
            self.campaigns.keep(top);
            self.uncovered.keep(top);
        }
        self
    }
}

/// Leaves the first `top` of a list, and adds how many are left out to `more`.
pub(crate) fn keep<T>(list: &mut Vec<T>, more: &mut u64, top: usize) {
    *more += list.len().saturating_sub(top) as u64;
    list.truncate(top);
}
