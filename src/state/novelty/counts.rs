//! Counts of posts by topic, by kind of harm and by term, which add up and can be taken off again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::heap::{Heap, nodes};
use crate::importance::HarmKind;
use crate::observation::Element;
use crate::triage::Triage;

/// Under what a post counts: a topic's place in the taxonomy, or one of the two below.
pub(super) type Group = u16;
/// The posts of which no topic was named.
pub(super) const NO_TOPIC: Group = u16::MAX - 1;
/// All posts.
pub(super) const ALL_POSTS: Group = u16::MAX;

/// How many posts there were, by group, by kind of harm in them and by term.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) posts: BTreeMap<Group, u64>,
    pub(super) kinds: BTreeMap<(Group, HarmKind), u64>,
    pub(super) terms: BTreeMap<(Group, HarmKind, u64), u64>,
}

/// More posts than any stream has: 9,000 years of a thousand posts a second. A snapshot that holds
/// more is damaged; sums of counts below it fit.
const MAX_POSTS: u64 = 1 << 48;

impl Heap for Counts {
    fn heap(&self) -> usize {
        nodes::<Group, u64>(self.posts.len())
            + nodes::<(Group, HarmKind), u64>(self.kinds.len())
            + nodes::<(Group, HarmKind, u64), u64>(self.terms.len())
    }
}

impl Counts {
    /// Counts a post.
    pub(super) fn count(&mut self, triage: &Triage, elements: &[Element]) {
        let topics = triage.topics.as_slice();
        let named = topics.iter().map(|found| found.topic);
        let unnamed = topics.is_empty().then_some(NO_TOPIC);
        for group in named.chain(unnamed).chain([ALL_POSTS]) {
            *self.posts.entry(group).or_default() += 1;
            for (index, element) in elements.iter().enumerate() {
                let term = (group, element.kind, element.term);
                *self.terms.entry(term).or_default() += 1;
                // A post counts once for its kind, however many words of the kind it has.
                let mut before = elements.iter().take(index);
                if before.all(|other| other.kind != element.kind) {
                    *self.kinds.entry((group, element.kind)).or_default() += 1;
                }
            }
        }
    }

    /// Whether it has at least as much as another.
    pub(super) fn has(&self, other: &Counts) -> bool {
        fn holds<K: Ord>(own: &BTreeMap<K, u64>, other: &BTreeMap<K, u64>) -> bool {
            let has = |(key, count): (&K, &u64)| own.get(key).is_some_and(|own| own >= count);
            other.iter().all(has)
        }
        holds(&self.posts, &other.posts)
            && holds(&self.kinds, &other.kinds)
            && holds(&self.terms, &other.terms)
    }

    pub(super) fn add(&mut self, other: &Counts) {
        add(&mut self.posts, &other.posts);
        add(&mut self.kinds, &other.kinds);
        add(&mut self.terms, &other.terms);
    }

    pub(super) fn subtract(&mut self, other: &Counts) {
        subtract(&mut self.posts, &other.posts);
        subtract(&mut self.kinds, &other.kinds);
        subtract(&mut self.terms, &other.terms);
    }

    /// Posts in all groups together.
    pub(super) fn all(&self) -> u64 {
        self.posts.get(&ALL_POSTS).copied().unwrap_or(0)
    }

    /// How common words of `kind` are in `group`, each term counted at most `few` times: an
    /// incident with one word for it does not make every other word of its kind common.
    pub(super) fn variety(&self, group: Group, kind: HarmKind, few: u64) -> u64 {
        self.terms
            .range((group, kind, 0)..=(group, kind, u64::MAX))
            .map(|(_, &posts)| posts.min(few))
            .sum()
    }

    /// Checks that no part has more than its whole; a damaged snapshot may.
    pub(super) fn is_sound(&self) -> bool {
        let of_group = |group: &Group| self.posts.get(group).copied().unwrap_or(0);
        let of_kind = |&(group, kind, _): &(Group, HarmKind, u64)| {
            self.kinds.get(&(group, kind)).copied().unwrap_or(0)
        };
        self.posts
            .values()
            .all(|posts| (1..=MAX_POSTS).contains(posts))
            && self.posts.keys().all(|group| of_group(group) <= self.all())
            && self
                .kinds
                .iter()
                .all(|((group, _), &posts)| posts > 0 && posts <= of_group(group))
            && self
                .terms
                .iter()
                .all(|(key, &posts)| posts > 0 && posts <= of_kind(key))
    }
}

fn add<K: Ord + Copy>(to: &mut BTreeMap<K, u64>, counts: &BTreeMap<K, u64>) {
    for (key, count) in counts {
        let sum = to.entry(*key).or_default();
        *sum = sum.saturating_add(*count);
    }
}

fn subtract<K: Ord + Copy>(from: &mut BTreeMap<K, u64>, counts: &BTreeMap<K, u64>) {
    for (key, count) in counts {
        if let Some(rest) = from.get_mut(key) {
            *rest = rest.saturating_sub(*count);
            if *rest == 0 {
                from.remove(key);
            }
        }
    }
}
