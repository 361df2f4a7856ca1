//! Order of event time: items are held until the watermark has passed them.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Gives items in order of their event time, ties in order of arrival.
///
/// The watermark is the latest time seen less the allowed lateness. An item is given once the
/// watermark has passed it; one that comes when the watermark is past it already is *late*: it is
/// given next, out of order, and counted.
#[derive(Debug)]
pub struct Reorder<T> {
    /// Milliseconds; none holds everything until [`Reorder::drain`].
    lateness: Option<i64>,
    most: Option<usize>,
    heap: BinaryHeap<Held<T>>,
    latest: Option<i64>,
    arrived: u64,
    late: u64,
    early: u64,
}

/// An item that waits, the earliest first in a heap.
#[derive(Debug)]
struct Held<T> {
    at: i64,
    arrival: u64,
    item: T,
}

impl<T> Reorder<T> {
    /// An empty buffer with an allowed lateness in milliseconds; with none, everything is held
    /// until the end.
    pub fn new(lateness: Option<i64>) -> Reorder<T> {
        let lateness = lateness.map(|lateness| lateness.max(0));
        Reorder {
            lateness,
            most: None,
            heap: BinaryHeap::new(),
            latest: None,
            arrived: 0,
            late: 0,
            early: 0,
        }
    }

    /// The buffer with a ceiling: of more than `most` items the earliest is given before the
    /// watermark has passed it, and counted as *early*. None is no ceiling.
    pub fn at_most(self, most: Option<usize>) -> Reorder<T> {
        Reorder { most, ..self }
    }

    /// A buffer that goes on: `latest` is the latest time seen, `late` how many were late.
    pub(crate) fn resumed(lateness: Option<i64>, latest: Option<i64>, late: u64) -> Reorder<T> {
        Reorder {
            latest,
            late,
            ..Reorder::new(lateness)
        }
    }

    /// Takes an item of event time `at` (milliseconds since the Unix epoch). An item without a time
    /// takes the latest time so far: it happened no later than it arrived.
    pub fn push(&mut self, at: Option<i64>, item: T) {
        let at = at.or(self.latest).unwrap_or(i64::MIN);
        if self.watermark().is_some_and(|watermark| at < watermark) {
            self.late += 1;
        }
        self.latest = self.latest.max(Some(at));
        self.heap.push(Held {
            at,
            arrival: self.arrived,
            item,
        });
        self.arrived += 1;
    }

    /// Holds an item again, at the time at which it stood: whether it was late was counted when it
    /// came.
    pub(crate) fn hold(&mut self, at: i64, item: T) {
        let late = self.late;
        self.push(Some(at), item);
        self.late = late;
    }

    /// Takes in what another buffer holds, in its order.
    pub(crate) fn extend(&mut self, mut other: Reorder<T>) {
        self.late = self.late.saturating_add(other.late);
        let latest = other.latest;
        while let Some((at, item)) = other.drain() {
            self.hold(at, item);
        }
        self.latest = self.latest.max(latest);
    }

    /// What is held, with the times at which it stands, in the order in which it would be given.
    pub(crate) fn held(&self) -> impl Iterator<Item = (i64, &T)> {
        let mut held: Vec<&Held<T>> = self.heap.iter().collect();
        held.sort_unstable_by_key(|held| (held.at, held.arrival));
        held.into_iter().map(|held| (held.at, &held.item))
    }

    /// The latest time seen.
    pub(crate) fn latest(&self) -> Option<i64> {
        self.latest
    }

    /// The next item that the watermark has passed or for which there is no room, with its time.
    pub fn pop(&mut self) -> Option<(i64, T)> {
        let passed = |watermark| self.heap.peek().is_some_and(|held| held.at <= watermark);
        if self.watermark().is_some_and(passed) {
            return self.drain();
        }
        if self.most.is_some_and(|most| self.heap.len() > most) {
            self.early += 1;
            return self.drain();
        }
        None
    }

    /// The next item, passed or not: for the end of a stream.
    pub fn drain(&mut self) -> Option<(i64, T)> {
        self.heap.pop().map(|held| (held.at, held.item))
    }

    /// Up to where everything has arrived, as far as the allowed lateness holds.
    pub fn watermark(&self) -> Option<i64> {
        Some(self.latest?.saturating_sub(self.lateness?))
    }

    /// How many items came when the watermark had passed them.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// How many items were given before the watermark had passed them, for want of room.
    pub fn early(&self) -> u64 {
        self.early
    }

    /// How many items wait.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

impl<T> PartialEq for Held<T> {
    fn eq(&self, other: &Held<T>) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Held<T> {}

impl<T> PartialOrd for Held<T> {
    fn partial_cmp(&self, other: &Held<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Held<T> {
    /// The earliest is the greatest, for the heap gives the greatest.
    fn cmp(&self, other: &Held<T>) -> Ordering {
        (other.at, other.arrival).cmp(&(self.at, self.arrival))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(reorder: &mut Reorder<char>) -> String {
        std::iter::from_fn(|| reorder.pop().map(|(_, item)| item)).collect()
    }

    #[test]
    fn items_come_in_order_once_the_watermark_passed_them() {
        let mut reorder = Reorder::new(Some(10));
        reorder.push(Some(20), 'b');
        reorder.push(Some(15), 'a');
        assert_eq!(passed(&mut reorder), "");
        reorder.push(Some(30), 'e');
        reorder.push(Some(20), 'c');
        assert_eq!(passed(&mut reorder), "abc");
        reorder.push(Some(19), 'x');
        assert_eq!((passed(&mut reorder).as_str(), reorder.late()), ("x", 1));
        reorder.push(None, 'f');
        reorder.push(Some(29), 'd');
        assert_eq!(
            std::iter::from_fn(|| reorder.drain().map(|(_, item)| item)).collect::<String>(),
            "def"
        );
        assert!(reorder.is_empty());
    }

    #[test]
    fn without_a_lateness_everything_waits_for_the_end() {
        let mut reorder = Reorder::new(None);
        for (at, item) in [(3, 'c'), (1, 'a'), (2, 'b')] {
            reorder.push(Some(at), item);
        }
        assert_eq!(passed(&mut reorder), "");
        assert_eq!(
            std::iter::from_fn(|| reorder.drain().map(|(_, item)| item)).collect::<String>(),
            "abc"
        );
        assert_eq!(reorder.late(), 0);
    }

    #[test]
    fn what_is_over_the_ceiling_is_given_early_the_earliest_first() {
        for lateness in [Some(100), None] {
            let mut reorder = Reorder::new(lateness).at_most(Some(2));
            for (at, item) in [(3, 'c'), (1, 'a')] {
                reorder.push(Some(at), item);
            }
            assert_eq!((passed(&mut reorder).as_str(), reorder.early()), ("", 0));
            reorder.push(Some(2), 'b');
            reorder.push(Some(4), 'd');
            assert_eq!((passed(&mut reorder).as_str(), reorder.early()), ("ab", 2));
            assert_eq!((reorder.len(), reorder.late()), (2, 0));
        }
    }
}
