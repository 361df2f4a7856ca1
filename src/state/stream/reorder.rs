//! Order of event time: items are held until the watermark has passed them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::Clock;

/// Gives items in order of their event time, ties in order of arrival.
///
/// The watermark is the newest time that several authors agree on, less the allowed lateness. An
/// item is given once the watermark has passed it; one that comes when the watermark is past it
/// already is *late*: it is given next, out of order, and counted. One whose time is far ahead of
/// most others moves no watermark; it is *set aside*, and takes its turn as an item without a time
/// does.
///
/// With a lateness of zero items are given as they come.
#[derive(Debug)]
pub struct Reorder<T> {
    /// Milliseconds; none holds everything until [`Reorder::drain`].
    lateness: Option<i64>,
    most: Option<usize>,
    /// By the time at which each stands, then by arrival.
    held: BTreeMap<(i64, u64), T>,
    clock: Clock,
    arrived: u64,
    late: u64,
    set_aside: u64,
    early: u64,
}

impl<T> Reorder<T> {
    /// An empty buffer with an allowed lateness in milliseconds; with none, everything is held
    /// until the end.
    pub fn new(lateness: Option<i64>) -> Reorder<T> {
        let lateness = lateness.map(|lateness| lateness.max(0));
        Reorder {
            lateness,
            most: None,
            held: BTreeMap::new(),
            clock: Clock::default(),
            arrived: 0,
            late: 0,
            set_aside: 0,
            early: 0,
        }
    }

    /// The buffer with a ceiling: of more than `most` items the earliest is given before the
    /// watermark has passed it, and counted as *early*. None is no ceiling.
    pub fn at_most(self, most: Option<usize>) -> Reorder<T> {
        Reorder { most, ..self }
    }

    /// A buffer that goes on with what another counted.
    pub(crate) fn resumed(lateness: Option<i64>, counted: Counted) -> Reorder<T> {
        let Counted {
            clock,
            late,
            set_aside,
        } = counted;
        Reorder {
            clock,
            late,
            set_aside,
            ..Reorder::new(lateness)
        }
    }

    /// What it counted, without what it holds.
    pub(crate) fn counted(&self) -> Counted {
        Counted {
            clock: self.clock.clone(),
            late: self.late,
            set_aside: self.set_aside,
        }
    }

    /// Takes an item of event time `at` (milliseconds since the Unix epoch). An item without a time
    /// takes the latest time so far: it happened no later than it arrived. `voice` is the hash of
    /// its author, or of the item where the author is not known.
    pub fn push(&mut self, at: Option<i64>, voice: u64, item: T) {
        let watermark = self.watermark();
        if let Some(at) = at {
            self.clock.note(at, voice);
            self.late += u64::from(watermark.is_some_and(|watermark| at < watermark));
        }
        let at = at.or(self.clock.latest()).unwrap_or(i64::MIN);
        self.hold(at, item);
        self.set_back();
    }

    /// Holds an item again, at the time at which it stood.
    pub(crate) fn hold(&mut self, at: i64, item: T) {
        self.held.insert((at, self.arrived), item);
        self.arrived += 1;
    }

    /// What is held, to be changed.
    pub(crate) fn held_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.held.values_mut()
    }

    /// Keeps those of what is held for which `stays` holds; how many go.
    pub(crate) fn retain(&mut self, stays: impl Fn(&T) -> bool) -> usize {
        let before = self.held.len();
        self.held.retain(|_, item| stays(item));
        before - self.held.len()
    }

    /// The clock.
    pub(crate) fn clock_mut(&mut self) -> &mut Clock {
        &mut self.clock
    }

    /// Gives items that the clock does not follow their turn at the latest time that it does.
    fn set_back(&mut self) {
        // All of them are held until the end, when times are better known.
        if self.lateness.is_none() {
            return;
        }
        while let Some((latest, last)) = self.clock.latest().zip(self.held.last_entry())
            && self.clock.is_ahead(last.key().0)
        {
            let ((_, arrival), item) = last.remove_entry();
            self.held.insert((latest, arrival), item);
            self.set_aside += 1;
        }
    }

    /// Takes in what another buffer holds, in its order.
    pub(crate) fn extend(&mut self, other: Reorder<T>) {
        self.late = self.late.saturating_add(other.late);
        self.set_aside = self.set_aside.saturating_add(other.set_aside);
        self.clock.merge(&other.clock);
        for ((at, _), item) in other.held {
            self.hold(at, item);
        }
        self.set_back();
    }

    /// What is held, with the times at which it stands, in the order in which it would be given.
    pub(crate) fn held(&self) -> impl Iterator<Item = (i64, &T)> {
        self.held.iter().map(|((at, _), item)| (*at, item))
    }

    /// The next item that the watermark has passed or for which there is no room, with its time.
    pub fn pop(&mut self) -> Option<(i64, T)> {
        if self.lateness == Some(0) {
            return self.drain();
        }
        let first = self.held.first_key_value();
        let at = first.map(|((at, _), _)| *at)?;
        if self.watermark().is_some_and(|watermark| at <= watermark) {
            return self.drain();
        }
        if self.most.is_some_and(|most| self.held.len() > most) {
            self.early += 1;
            return self.drain();
        }
        None
    }

    /// The next item, passed or not: for the end of a stream.
    pub fn drain(&mut self) -> Option<(i64, T)> {
        self.held.pop_first().map(|((at, _), item)| (at, item))
    }

    /// Up to where everything has arrived, as far as the allowed lateness holds. None before
    /// several authors agree on what time it is, or a thousand items wait.
    pub fn watermark(&self) -> Option<i64> {
        let latest = self.clock.settled(self.held.len())?;
        Some(latest.saturating_sub(self.lateness?))
    }

    /// How many items came when the watermark had passed them.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// How many items had a time so far ahead of most others that they were given earlier. Where
    /// everything is held until the end they are given last, and not counted.
    pub fn set_aside(&self) -> u64 {
        self.set_aside
    }

    /// How many items were given before the watermark had passed them, for want of room.
    pub fn early(&self) -> u64 {
        self.early
    }

    /// How many items wait.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}

/// What a buffer counted, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Counted {
    pub(crate) clock: Clock,
    late: u64,
    set_aside: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(reorder: &mut Reorder<char>) -> String {
        std::iter::from_fn(|| reorder.pop().map(|(_, item)| item)).collect()
    }

    fn drained(reorder: &mut Reorder<char>) -> String {
        std::iter::from_fn(|| reorder.drain().map(|(_, item)| item)).collect()
    }

    #[test]
    fn items_come_in_order_once_the_watermark_passed_them() {
        let mut reorder = Reorder::new(Some(10));
        reorder.push(Some(20), 1, 'b');
        reorder.push(Some(15), 2, 'a');
        assert_eq!(passed(&mut reorder), "");
        reorder.push(Some(30), 3, 'e');
        reorder.push(Some(20), 4, 'c');
        assert_eq!(passed(&mut reorder), "abc");
        reorder.push(Some(19), 5, 'x');
        assert_eq!((passed(&mut reorder).as_str(), reorder.late()), ("x", 1));
        reorder.push(None, 6, 'f');
        reorder.push(Some(29), 7, 'd');
        assert_eq!(drained(&mut reorder), "def");
        assert!(reorder.is_empty());
    }

    #[test]
    fn without_a_lateness_everything_waits_for_the_end() {
        let mut reorder = Reorder::new(None);
        for (at, item) in [(3, 'c'), (1, 'a'), (2, 'b')] {
            reorder.push(Some(at), at as u64, item);
        }
        assert_eq!(passed(&mut reorder), "");
        assert_eq!(drained(&mut reorder), "abc");
        assert_eq!(reorder.late(), 0);
    }

    #[test]
    fn a_wrong_date_holds_nobody_back_and_is_not_held() {
        const FAR: i64 = 1 << 40;
        for place in 0..4 {
            let mut items: Vec<(i64, char)> = (1..=4).map(|at| (at, 'a')).collect();
            items.insert(place, (FAR, 'x'));
            let mut reorder = Reorder::new(Some(2));
            let mut given = String::new();
            for (voice, (at, item)) in items.into_iter().enumerate() {
                reorder.push(Some(at), voice as u64, item);
                given += &passed(&mut reorder);
            }
            assert!(given.starts_with("aa"), "{place} {given}");
            assert_eq!((reorder.watermark(), reorder.late()), (Some(2), 0));
            reorder.push(Some(10), 1, 'b');
            given += &passed(&mut reorder);
            assert!(given.contains('x') && !given.contains('b'), "{given}");
            assert_eq!(reorder.set_aside(), 1);
        }
    }

    #[test]
    fn what_is_over_the_ceiling_is_given_early_the_earliest_first() {
        for lateness in [Some(100), None] {
            let mut reorder = Reorder::new(lateness).at_most(Some(2));
            for (at, item) in [(3, 'c'), (1, 'a')] {
                reorder.push(Some(at), at as u64, item);
            }
            assert_eq!((passed(&mut reorder).as_str(), reorder.early()), ("", 0));
            reorder.push(Some(2), 2, 'b');
            reorder.push(Some(4), 4, 'd');
            assert_eq!((passed(&mut reorder).as_str(), reorder.early()), ("ab", 2));
            assert_eq!((reorder.len(), reorder.late()), (2, 0));
        }
    }
}
