//! Messages that wait for an answer: the earliest one by one, further ones counted.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::record::{NEVER, bit, renumbered, renumbered_all};

/// How many waiting messages are kept one by one; further ones are counted (a bound on memory).
pub(super) const MAX_WAITING: usize = 8;

/// A message that waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Wait {
    /// When it was written.
    pub(super) at: i64,
    /// Its thread; [`NONE`](crate::observation::identity::NONE) where it has none, and within a
    /// thread.
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
