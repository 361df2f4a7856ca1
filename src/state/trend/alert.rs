//! What is reported of a rise: how much, since when, how sure, what is new in it, and which
//! posts show it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::key::Key;
use super::pane::Note;
use crate::heap::Heap;
use crate::series::Horizon;

/// Posts and words that an alert gives as evidence. Chosen by hand: what fits on a screen
/// beside other alerts.
pub(super) const MAX_EVIDENCE: usize = 3;
pub(super) const MAX_DRIVERS: usize = 4;

// What severity is made of, besides a point that every alert has. Chosen by hand; not tuned: no
// data says how grave an alert was.

/// Decades of probability beyond the bar that are a point, and most points for them.
const DECADES_A_POINT: f64 = 3.0;
const MAX_IMPROBABLE: f64 = 3.0;
/// 4 authors more than expected give no point, 16 give one, 64 two; and most points for them.
const MORE_AUTHORS: f64 = 4.0;
const MAX_MORE: f64 = 3.0;
/// Points where all posts want an answer.
const ALL_WANT_ANSWER: f64 = 2.0;
/// The mean importance from which on there is a whole point for it.
const IMPORTANT: f64 = 50.0;

/// Where an alert stands in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is reported for the first time.
    #[default]
    Opened,
    /// It was reported before, and by now it is twice as large, graver, or has another name.
    Updated,
    /// It was closed, and the same rises again within half a day.
    Resumed,
    /// The series is calm again.
    Closed,
}

/// A rise that is too improbable to be within the budget of false alerts. Times are in milliseconds
/// since the Unix epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Alert {
    /// The same over its life: the hash of its first key and time.
    pub id: String,
    /// Opened, updated or closed.
    pub state: State,
    /// The end of the pane with which it is reported.
    pub at: i64,
    /// What rises.
    pub key: Key,
    /// What rises with it, by the same authors.
    pub with: Vec<Key>,
    /// When the rise began, estimated.
    pub since: i64,
    /// How long it has lasted, in milliseconds.
    pub longevity: i64,
    /// 1 to 10: how improbable, how many, how many want an answer, how important.
    pub severity: u8,
    /// The span in which it is the least probable.
    pub horizon: Horizon,
    /// What was counted in that span: authors, net of spam and reposts, unless the
    /// settings say otherwise.
    pub count: u64,
    /// What was expected in it.
    pub expected: f64,
    /// How many times the expectation the count is.
    pub rate: f64,
    /// The interval of 95 % of that rate.
    pub interval: [f64; 2],
    /// −log10 of the probability of the count without a cause.
    pub depth: f64,
    /// The share of posts in the span that want an answer.
    pub complaints: f64,
    /// Posts in the span, without spam.
    pub posts: u64,
    /// Spam in the span, which is left out of everything else.
    pub spam: u64,
    /// Whether at least half of its posts are of an own campaign or a give-away; then the severity
    /// is 1.
    pub own: bool,
    /// The words that are new in it, the most distinctive first.
    pub drivers: Vec<String>,
    /// Typical posts of it, by different authors.
    pub evidence: Vec<Arc<Note>>,
}

impl Heap for Alert {
    fn heap(&self) -> usize {
        let keys = self.key.heap() + self.with.heap();
        self.id.heap() + keys + self.drivers.heap() + self.evidence.heap()
    }
}

impl Alert {
    /// Sets the severity, from 1 to 10: a point, up to three for how improbable it is beyond the
    /// `bar`, up to three for how many authors are more than expected, up to two for the share that
    /// wants an answer, and up to one for the mean importance.
    pub(super) fn weigh(&mut self, bar: f64, importance: f64) {
        let improbable = (self.depth - bar) / DECADES_A_POINT;
        // With posts as measure the count may be below what was expected; the logarithm needs
        // more than 0.
        let more = (self.count as f64 - self.expected).max(1.0);
        let steps = (more / MORE_AUTHORS).log2() / MORE_AUTHORS.log2();
        let points = 1.0
            + improbable.clamp(0.0, MAX_IMPROBABLE)
            + steps.clamp(0.0, MAX_MORE)
            + ALL_WANT_ANSWER * self.complaints
            + (importance / IMPORTANT).min(1.0);
        self.severity = points.round().clamp(1.0, 10.0) as u8;
    }
}
