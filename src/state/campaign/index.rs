//! The index of posts that a new one may be linked with: the latest ones of each key.

use std::collections::{BTreeSet, HashMap};

use super::entry::{Entry, Order};
use crate::heap::{Heap, rising_nodes};
use crate::triage::Verdict;

/// No slot; the capacity of a window is below it.
const NONE: u32 = u32::MAX;

/// The slots of the latest posts of a key, latest first. Which they are depends on the posts in the
/// window alone, not on the order in which they came: a displaced post is older than those that are
/// left. So shards merge to what one stream gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Latest<const N: usize>([u32; N]);

impl<const N: usize> Latest<N> {
    fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().copied().filter(|slot| *slot != NONE)
    }

    fn insert(&mut self, slot: u32, order: Order, order_of: &impl Fn(u32) -> Option<Order>) {
        let later =
            |other: &u32| *other == NONE || order_of(*other).is_none_or(|other| other < order);
        // A post that comes late stands behind those of later times, as if it had come in order.
        if let Some(at) = self.0.iter().position(later)
            && let Some(rest) = self.0.get_mut(at..)
        {
            rest.rotate_right(1);
            if let Some(first) = rest.first_mut() {
                *first = slot;
            }
        }
    }

    /// Takes `slot` out; whether none is left.
    fn remove(&mut self, slot: u32) -> bool {
        if let Some(at) = self.0.iter().position(|other| *other == slot)
            && let Some(rest) = self.0.get_mut(at..)
        {
            rest.rotate_left(1);
            if let Some(last) = rest.last_mut() {
                *last = NONE;
            }
        }
        self.0.iter().all(|slot| *slot == NONE)
    }
}

/// How many posts are kept of a key: bounds on memory and on the links of a post (chosen by hand;
/// not tuned). Near duplicates lead to one cluster whichever of them is found. Texts that share
/// less, and posts with a hotline, may be in several.
const BAND: usize = 1;
const PAIR: usize = 2;
const CONTACT: usize = 8;

/// A map from keys to the latest posts.
type Keyed<K, const N: usize> = HashMap<K, Latest<N>>;

/// The index of the window.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Near duplicates.
    bands: Keyed<u32, BAND>,
    /// Those that solicit, by less of their text.
    pairs: Keyed<u32, PAIR>,
    /// By what they send the reader to, and how many do.
    contacts: HashMap<u64, (Latest<CONTACT>, u32)>,
    /// Posts that are spam by their text alone.
    pub(super) spam: BTreeSet<(Order, u32)>,
}

impl Index {
    pub(super) fn insert(
        &mut self,
        slot: u32,
        entry: &Entry,
        order_of: impl Fn(u32) -> Option<Order>,
    ) {
        for band in entry.text.bands() {
            self.bands
                .entry(band)
                .or_insert(Latest([NONE; BAND]))
                .insert(slot, entry.order, &order_of);
        }
        for pair in entry.text.pairs() {
            self.pairs
                .entry(pair)
                .or_insert(Latest([NONE; PAIR]))
                .insert(slot, entry.order, &order_of);
        }
        for contact in &entry.text.contacts {
            let (latest, posts) = self
                .contacts
                .entry(contact.key)
                .or_insert((Latest([NONE; CONTACT]), 0));
            latest.insert(slot, entry.order, &order_of);
            *posts += 1;
        }
        if entry.verdict == Verdict::Spam {
            self.spam.insert((entry.order, slot));
        }
    }

    pub(super) fn remove(&mut self, slot: u32, entry: &Entry) {
        entry
            .text
            .bands()
            .for_each(|band| less(&mut self.bands, band, slot));
        entry
            .text
            .pairs()
            .for_each(|pair| less(&mut self.pairs, pair, slot));
        for contact in &entry.text.contacts {
            if let Some((latest, posts)) = self.contacts.get_mut(&contact.key) {
                *posts -= 1;
                if latest.remove(slot) || *posts == 0 {
                    self.contacts.remove(&contact.key);
                }
            }
        }
        self.spam.remove(&(entry.order, slot));
    }

    /// Adds to `out` those whose texts may be alike.
    pub(super) fn alike(&self, entry: &Entry, out: &mut Vec<u32>) {
        for band in entry.text.bands() {
            out.extend(self.bands.get(&band).into_iter().flat_map(Latest::slots));
        }
        for pair in entry.text.pairs() {
            out.extend(self.pairs.get(&pair).into_iter().flat_map(Latest::slots));
        }
    }

    /// Adds to `out` the latest with the same contact; how many there are.
    pub(super) fn with_contact(&self, key: u64, out: &mut Vec<u32>) -> u32 {
        // All posts with the contact are counted, the kept ones and the others: a
        // hotline has thousands.
        let Some((latest, posts)) = self.contacts.get(&key) else {
            return 0;
        };
        out.extend(latest.slots());
        *posts
    }
}

impl<const N: usize> Heap for Latest<N> {
    fn heap(&self) -> usize {
        0
    }
}

impl Heap for Index {
    fn heap(&self) -> usize {
        let Index {
            bands,
            pairs,
            contacts,
            spam,
        } = self;
        bands.heap() + pairs.heap() + contacts.heap() + rising_nodes::<(Order, u32), ()>(spam.len())
    }
}

fn less<K: std::hash::Hash + Eq, const N: usize>(map: &mut Keyed<K, N>, key: K, slot: u32) {
    if map.get_mut(&key).is_some_and(|latest| latest.remove(slot)) {
        map.remove(&key);
    }
}
