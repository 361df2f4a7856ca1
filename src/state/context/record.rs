//! What is kept of an author, a thread and a reply: whole numbers and times, so that parts of a
//! stream add up exactly.

use serde::{Deserialize, Serialize};

use super::table::Worth;
use super::waits::Waits;
use crate::Triage;
use crate::observation::identity::NONE;
use crate::triage::{Polarity, Sentiment, Topics};

/// How many panes an author's counts are kept for: four half-lives, after which a post counts a
/// sixteenth (a bound on memory: 64 bytes an author).
pub(super) const PANES: usize = 8;

/// A time before all others.
pub(super) const NEVER: i64 = i64::MIN;

/// How many counts a pane has: posts, spam, negative ones, headlines.
const COUNTS: usize = 4;

/// Counts of posts, of spam, of negative ones and of headlines, for the newest panes of time
/// up to `newest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Panes {
    /// The number of the newest pane that something was counted in.
    pub(super) newest: i64,
    counts: [[u16; COUNTS]; PANES],
}

impl Default for Panes {
    fn default() -> Panes {
        Panes {
            newest: NEVER,
            counts: [[0; COUNTS]; PANES],
        }
    }
}

impl Panes {
    /// Counts in a pane; what is older than all panes is left out, as it would have been
    /// dropped by now.
    pub(super) fn add(&mut self, pane: i64, counts: [u16; COUNTS]) {
        if pane > self.newest {
            let steps = pane.saturating_sub(self.newest).min(PANES as i64);
            for step in 0..steps {
                self.counts[slot(pane - step)] = [0; COUNTS];
            }
            self.newest = pane;
        }
        if self.newest.saturating_sub(pane) < PANES as i64 {
            // A count saturates at 65,535 posts of one author within a pane; shares need no more.
            for (sum, count) in self.counts[slot(pane)].iter_mut().zip(counts) {
                *sum = sum.saturating_add(count);
            }
        }
    }

    /// Takes back what was counted in a pane.
    pub(super) fn take(&mut self, pane: i64, counts: [u16; COUNTS]) {
        let age = self.newest.saturating_sub(pane);
        if (0..PANES as i64).contains(&age) {
            for (sum, count) in self.counts[slot(pane)].iter_mut().zip(counts) {
                *sum = sum.saturating_sub(count);
            }
        }
    }

    /// Posts and headlines of all panes.
    pub(super) fn headlines(&self) -> (u32, u32) {
        self.filled()
            .fold((0, 0), |(posts, headlines), (_, counts)| {
                (
                    posts + u32::from(counts[0]),
                    headlines + u32::from(counts[3]),
                )
            })
    }

    /// The panes that are not empty, the newest first.
    fn filled(&self) -> impl Iterator<Item = (i64, [u16; COUNTS])> + '_ {
        let panes = (0..PANES as i64).map(|back| self.newest.saturating_sub(back));
        panes
            .map(|pane| (pane, self.counts[slot(pane)]))
            .filter(|(_, counts)| counts[0] > 0)
    }

    pub(super) fn merge(&mut self, other: &Panes) {
        // What was taken back leaves an empty pane, which makes older ones go all the same.
        self.add(other.newest, [0; COUNTS]);
        for (pane, counts) in other.filled() {
            self.add(pane, counts);
        }
    }

    /// The decayed counts at pane `now`: a pane counts 2^(−age/2), for a pane is half a half-life
    /// long; nothing from [`PANES`] on, when it would be dropped.
    pub(super) fn decayed(&self, now: i64) -> [f32; COUNTS] {
        let mut sums = [0.0f64; COUNTS];
        for (pane, counts) in self.filled() {
            let age = now.saturating_sub(pane).clamp(0, PANES as i64) as i32;
            // A pane of this age would be gone if the author had written since. Reading must not
            // depend on that.
            if age == PANES as i32 {
                continue;
            }
            // Powers of a half are exact, and an odd age takes one more constant factor. So
            // no power function with a rounding of its own is needed, and every machine gives
            // the same bits.
            let half = if age % 2 == 0 {
                1.0
            } else {
                std::f64::consts::FRAC_1_SQRT_2
            };
            let weight = half * 0.5f64.powi(age / 2);
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += weight * f64::from(count);
            }
        }
        sums.map(|sum| sum as f32)
    }
}

fn slot(pane: i64) -> usize {
    pane.rem_euclid(PANES as i64) as usize
}

/// The bit of a channel's number.
pub(super) fn bit(channel: u8) -> u64 {
    1 << (channel % 64)
}

/// The new number of a channel.
pub(super) fn renumbered(channels: &[u8], channel: u8) -> u8 {
    channels
        .get(usize::from(channel))
        .copied()
        .unwrap_or(channel)
}

/// The new bits of channels.
pub(super) fn renumbered_all(channels: &[u8], bits: u64) -> u64 {
    (0..64u8)
        .filter(|channel| bits & bit(*channel) != 0)
        .fold(0, |all, channel| all | bit(renumbered(channels, channel)))
}

/// What is kept of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Author {
    pub(super) panes: Panes,
    /// When they last wrote; [`NEVER`] for a person who was only answered.
    pub(super) last: i64,
    /// Up to when everything of theirs is answered.
    pub(super) answered: i64,
    /// Channels that they wrote in, a bit each.
    pub(super) channels: u64,
    /// Their complaints without an answer.
    pub(super) open: Waits,
    /// What they said last, and when for the first time.
    pub(super) said: Said,
}

/// What somebody said: the hash of the words without names, and when. [`NONE`] for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) at: i64,
    pub(super) words: u64,
}

impl Said {
    pub(super) const NOTHING: Said = Said {
        at: NEVER,
        words: NONE,
    };
}

impl Author {
    pub(super) fn new() -> Author {
        let (panes, open) = Default::default();
        Author {
            panes,
            last: NEVER,
            answered: NEVER,
            channels: 0,
            open,
            said: Said::NOTHING,
        }
    }

    pub(super) fn merge(&mut self, other: &Author) {
        self.said = self.said.max(other.said);
        self.panes.merge(&other.panes);
        self.last = self.last.max(other.last);
        self.answered = self.answered.max(other.answered);
        self.channels |= other.channels;
        self.open.merge(&other.open);
        self.open.close(self.answered, |_| false);
    }

    /// The last time that anything was heard of them.
    pub(super) fn heard(&self) -> i64 {
        self.last.max(self.answered)
    }
}

impl Worth for Author {
    fn worth(&self, grace: i64) -> i64 {
        self.heard()
            .saturating_add(if self.open.is_empty() { 0 } else { grace })
    }
}

/// The customer whom an account belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Account {
    /// The customer; [`NONE`] once it was seen with several.
    pub(super) customer: u64,
    /// When it was last seen.
    pub(super) last: i64,
}

impl Account {
    pub(super) fn merge(&mut self, other: &Account) {
        // Joining is final only for one customer; two make the account nobody's, in any
        // order of merging.
        if self.customer != other.customer {
            self.customer = NONE;
        }
        self.last = self.last.max(other.last);
    }
}

impl Worth for Account {
    fn worth(&self, _: i64) -> i64 {
        self.last
    }
}

/// What a post was about and how it felt, in a few bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gist {
    /// Its topics, most probable first; [`u16::MAX`] stands for none.
    topics: [u16; 2],
    /// The label of its sentiment.
    pub sentiment: Polarity,
    /// Its polarity in hundredths, −100 (surely negative) to 100.
    pub polarity: i8,
    /// Whether it wants an answer ([`Triage::needs_answer`]).
    pub needs_answer: bool,
}

impl Gist {
    /// The gist of the post that `triage` answers for.
    pub(super) fn from_triage(triage: &Triage, needs_answer: bool) -> Gist {
        let mut topics = [u16::MAX; 2];
        for (kept, found) in topics.iter_mut().zip(triage.topics.as_slice()) {
            *kept = found.topic;
        }
        let polarity = (triage.sentiment.polarity * 100.0).round() as i8;
        Gist {
            topics,
            sentiment: triage.sentiment.label,
            polarity: polarity.clamp(-100, 100),
            needs_answer,
        }
    }

    /// Gives an answer whose post says nothing of its own this one's topics and sentiment.
    pub fn write(&self, triage: &mut Triage) {
        // What the post says for itself stays: only what is missing is taken from its parent.
        if triage.topics.as_slice().is_empty() {
            let topics: Vec<u16> = self.topics().to_vec();
            triage.topics = Topics::certain(&topics);
        }
        if triage.sentiment.label == Polarity::Neutral && self.sentiment != Polarity::Neutral {
            let polarity = f32::from(self.polarity) / 100.0;
            let (negative, positive) = ((-polarity).max(0.0), polarity.max(0.0));
            let neutral = 1.0 - negative - positive;
            triage.sentiment = Sentiment {
                label: self.sentiment,
                polarity,
                negative,
                neutral,
                positive,
            };
        }
    }

    /// The indices of its topics, at most two, most probable first.
    pub fn topics(&self) -> &[u16] {
        let count = self
            .topics
            .iter()
            .take_while(|topic| **topic != u16::MAX)
            .count();
        &self.topics[..count]
    }
}

/// The first message of a thread that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Root {
    pub(super) at: i64,
    pub(super) post: u64,
    pub(super) gist: Gist,
}

/// What is kept of a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Thread {
    /// Messages of customers.
    pub(super) messages: u32,
    pub(super) root: Option<Root>,
    /// The last message, of anybody.
    pub(super) last: i64,
    /// The last answer.
    pub(super) answered: i64,
    /// Messages since then.
    pub(super) waiting: Waits,
}

impl Thread {
    pub(super) fn new() -> Thread {
        Thread {
            messages: 0,
            root: None,
            last: NEVER,
            answered: NEVER,
            waiting: Waits::default(),
        }
    }

    /// Keeps the earlier of two first messages.
    pub(super) fn begin(&mut self, root: Root) {
        self.root = Some(self.root.map_or(root, |known| known.min(root)));
    }

    /// Takes back a message: it is counted no more, and is not the first.
    pub(super) fn take(&mut self, post: u64, at: i64, waits: bool) {
        self.messages = self.messages.saturating_sub(1);
        self.root = self.root.filter(|root| root.post != post);
        if waits && at > self.answered {
            self.waiting.take(at, |_| true);
        }
    }

    /// Whether nothing is left of it: neither a message nor an answer.
    pub(super) fn is_empty(&self) -> bool {
        self.messages == 0 && self.answered == NEVER && self.waiting.is_empty()
    }

    pub(super) fn answer(&mut self, at: i64) {
        self.answered = self.answered.max(at);
        self.last = self.last.max(at);
        self.waiting.close(self.answered, |_| false);
    }

    pub(super) fn merge(&mut self, other: &Thread) {
        self.messages = self.messages.saturating_add(other.messages);
        if let Some(root) = other.root {
            self.begin(root);
        }
        self.last = self.last.max(other.last);
        // The answer comes last: it closes what either side still holds as waiting.
        self.waiting.merge(&other.waiting);
        self.answer(other.answered);
    }
}

impl Worth for Thread {
    fn worth(&self, grace: i64) -> i64 {
        self.last
            .saturating_add(if self.waiting.is_empty() { 0 } else { grace })
    }
}

/// What is kept of a post that belongs to a thread of another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Reply {
    pub(super) thread: u64,
    pub(super) at: i64,
    /// None for an agent's: who agrees below it agrees with the thread.
    pub(super) gist: Option<Gist>,
}

impl Worth for Reply {
    fn worth(&self, _: i64) -> i64 {
        self.at
    }
}
