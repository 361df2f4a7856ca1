//! What is kept of an author, a thread and a reply: whole numbers and times, so that parts of a
//! stream add up exactly.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::table::Worth;
use crate::Triage;
use crate::observation::identity::NONE;
use crate::triage::{Polarity, Sentiment, Topics};

/// How many panes an author's counts are kept for: four half-lives, after which a post counts a
/// sixteenth (a bound on memory: 64 bytes an author).
pub(super) const PANES: usize = 8;

/// How many waiting messages are kept one by one; further ones are counted (a bound on memory).
pub(super) const MAX_WAITING: usize = 8;

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

/// A message that waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Wait {
    /// When it was written.
    pub(super) at: i64,
    /// Its thread; [`NONE`] where it has none, and within a thread.
    pub(super) thread: u64,
    /// The number of its channel.
    pub(super) channel: u8,
}

/// Messages that wait: the earliest ones, and how many more. Most authors and threads have one at
/// most, so it lies inline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Waits {
    first: Option<Wait>,
    further: Option<Box<Further>>,
}

/// Messages that wait after the first one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Further {
    /// The earliest, sorted; at most one less than [`MAX_WAITING`].
    kept: Vec<Wait>,
    /// How many more, the time of the latest of these, and their channels.
    more: u32,
    last: i64,
    channels: u64,
}

impl Further {
    fn push(&mut self, wait: Wait) {
        let place = self.kept.partition_point(|kept| *kept <= wait);
        if self.kept.len() < MAX_WAITING - 1 {
            // Most lists stay short, and doubling would double what they take.
            self.kept.reserve_exact(1);
            self.kept.insert(place, wait);
            return;
        }
        // The latest gives way: the longest wait is what a reader is shown.
        let mut out = wait;
        if let Some(latest) = self.kept.last_mut().filter(|latest| wait < **latest) {
            out = std::mem::replace(latest, wait);
            self.kept.sort_unstable();
        }
        self.count(1, out.at, bit(out.channel));
    }

    fn count(&mut self, more: u32, last: i64, channels: u64) {
        self.more = self.more.saturating_add(more);
        self.last = self.last.max(last);
        self.channels |= channels;
    }
}

impl Waits {
    pub(super) fn push(&mut self, mut wait: Wait) {
        let Some(first) = &mut self.first else {
            self.first = Some(wait);
            return;
        };
        // Posts may come late, and the earliest stays first: it says how long somebody has waited.
        if wait < *first {
            std::mem::swap(first, &mut wait);
        }
        self.further().push(wait);
    }

    fn further(&mut self) -> &mut Further {
        self.further.get_or_insert_with(|| {
            Box::new(Further {
                kept: Vec::new(),
                more: 0,
                last: NEVER,
                channels: 0,
            })
        })
    }

    /// Those that are kept one by one, the earliest first.
    fn kept(&self) -> impl Iterator<Item = &Wait> {
        self.first
            .iter()
            .chain(self.further.iter().flat_map(|further| &further.kept))
    }

    pub(super) fn merge(&mut self, other: &Waits) {
        for wait in other.kept() {
            self.push(*wait);
        }
        if let Some(further) = other.further.as_ref().filter(|further| further.more > 0) {
            self.further()
                .count(further.more, further.last, further.channels);
        }
    }

    /// Takes out the messages for which `answered` holds, and those beyond the kept ones when none
    /// of these is left or everything up to `through` is answered.
    pub(super) fn close(&mut self, through: i64, answered: impl Fn(&Wait) -> bool) {
        let open = |wait: &Wait| wait.at > through && !answered(wait);
        self.first = self.first.filter(&open);
        let Some(further) = &mut self.further else {
            return;
        };
        further.kept.retain(open);
        if self.first.is_none() {
            self.first = (!further.kept.is_empty()).then(|| further.kept.remove(0));
        }
        // The ones beyond have no times but that of the latest, so they are answered together or
        // not at all.
        if further.last <= through {
            (further.more, further.last, further.channels) = (0, NEVER, 0);
        }
        if self.first.is_none() || (further.kept.is_empty() && further.more == 0) {
            self.further = None;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Whether one of this time is kept.
    pub(super) fn has(&self, at: i64) -> bool {
        self.kept().any(|wait| wait.at == at)
    }

    /// The same without one message of the time `copied`, and without those after `until`.
    pub(super) fn before(&self, copied: Option<i64>, until: Option<i64>) -> Cow<'_, Waits> {
        let mut waits = Cow::Borrowed(self);
        if let Some(at) = copied {
            waits.to_mut().take(at, |_| true);
        }
        let Some(until) = until else { return waits };
        let kept: Vec<Wait> = self.kept().copied().collect();
        if kept.iter().any(|wait| wait.at > until) {
            // Those beyond the kept ones are later still.
            let mut earlier = Waits::default();
            let copy = kept.iter().position(|wait| copied == Some(wait.at));
            let kept = kept.into_iter().enumerate();
            kept.filter(|(place, wait)| wait.at <= until && copy != Some(*place))
                .for_each(|(_, wait)| earlier.push(wait));
            waits = Cow::Owned(earlier);
        }
        waits
    }

    /// Takes out one message of this time of which `same` holds; beyond those that are kept one
    /// by one, any.
    pub(super) fn take(&mut self, at: i64, same: impl Fn(&Wait) -> bool) {
        let same = |wait: &Wait| wait.at == at && same(wait);
        if self.first.as_ref().is_some_and(same) {
            self.first = None;
            // Brings the next one forward.
            self.close(NEVER, |_| false);
            return;
        }
        let Some(further) = &mut self.further else {
            return;
        };
        if let Some(place) = further.kept.iter().position(same) {
            further.kept.remove(place);
        } else if at <= further.last {
            further.more = further.more.saturating_sub(1);
            if further.more == 0 {
                (further.last, further.channels) = (NEVER, 0);
            }
        }
        if further.kept.is_empty() && further.more == 0 {
            self.further = None;
        }
    }

    pub(super) fn count(&self) -> u32 {
        (self.kept().count() as u32)
            .saturating_add(self.further.as_ref().map_or(0, |further| further.more))
    }

    /// When the first of them was written.
    pub(super) fn since(&self) -> Option<i64> {
        self.first.map(|wait| wait.at)
    }

    /// Their channels, a bit each.
    pub(super) fn channels(&self) -> u64 {
        let more = self.further.as_ref().map_or(0, |further| further.channels);
        self.kept().fold(more, |all, wait| all | bit(wait.channel))
    }

    /// Gives channels and threads other numbers.
    pub(super) fn renumber(&mut self, channels: &[u8], thread: impl Fn(u64) -> u64) {
        let other = std::mem::take(self);
        for wait in other.kept() {
            self.push(Wait {
                at: wait.at,
                thread: thread(wait.thread),
                channel: renumbered(channels, wait.channel),
            });
        }
        if let Some(further) = other.further.filter(|further| further.more > 0) {
            self.further().count(
                further.more,
                further.last,
                renumbered_all(channels, further.channels),
            );
        }
    }

    pub(super) fn heap(&self) -> usize {
        let further =
            |further: &Further| size_of::<Further>() + further.kept.capacity() * size_of::<Wait>();
        self.further.as_deref().map_or(0, further)
    }

    /// Most bytes that one holds on the heap.
    pub(super) const MAX_HEAP: usize = size_of::<Further>() + (MAX_WAITING - 1) * size_of::<Wait>();

    /// Checks the invariants; a damaged snapshot can break them.
    pub(super) fn is_sound(&self) -> bool {
        self.kept().is_sorted()
            && self.further.as_ref().is_none_or(|further| {
                self.first.is_some()
                    && further.kept.len() < MAX_WAITING
                    && (further.more > 0
                        || (!further.kept.is_empty()
                            && further.last == NEVER
                            && further.channels == 0))
            })
    }
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
