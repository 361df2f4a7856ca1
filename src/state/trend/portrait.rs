//! What the posts of a rise have in common: the words that drive it, which they have far more often
//! than all posts before, and the posts that show them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::key::Key;
use super::pane::Note;
use super::panes::Trends;
use crate::stats::likelihood::likelihood_ratio;

/// Posts of the sample that a driver must be in, at least, and one in this many of them. Chosen by
/// hand; not tuned: a word of one post says nothing about the others.
const MIN_POSTS: u64 = 2;
const MIN_SHARE: u64 = 20;
/// The likelihood ratio from which on a word drives a rise. Chosen by hand, not tuned: χ² with one
/// degree of freedom passes it in one of a thousand by chance, and a sample has a hundred words.
const DRIVER_RATIO: f64 = 11.0;
/// The likelihood ratio from which on a word makes a post typical of a rise, though it may not
/// drive it: χ² with one degree of freedom passes it in one of twenty by chance. Where customers
/// write in three languages hardly any word drives a rise, and the most important post is often one
/// about something else.
const TYPICAL_RATIO: f64 = 3.84;
/// Half a post with a word and one post more before: a word that was never seen is not
/// infinitely new. Convention.
const PRIOR_WITH: f64 = 0.5;
const PRIOR_POSTS: f64 = 1.0;
/// Two words of which one holds the other say the same if the rarer is in at least this share of
/// the posts of the other: six of ten. Chosen by hand; not tuned.
const SAME_SHARE: (u64, u64) = (6, 10);

/// Two posts whose words are alike to this share are near-copies, of which one is shown (Jaccard's
/// coefficient). Chosen by hand.
const NEAR_COPY: f64 = 0.6;

/// What the posts of a rise have in common.
pub(super) struct Portrait<'t> {
    /// Posts, and of how many of the rise's keys each is.
    notes: Vec<(&'t Arc<Note>, usize)>,
    /// Words that the rise has more often than posts before, the most distinctive first: ratio,
    /// word, posts with it.
    words: Vec<(f64, &'t str, u64)>,
}

impl Trends {
    /// The words that posts of `key` have from `from` to `to` far more often than all posts before,
    /// by the likelihood ratio of each (Dunning 1993), and the posts that show them; `keys` are
    /// those of the same rise.
    pub(super) fn portrait(
        &self,
        key: &Key,
        keys: &BTreeSet<Key>,
        from: i64,
        to: i64,
    ) -> Portrait<'_> {
        // By identifier: a post that stands in two panes' samples counts once.
        let mut notes = self.notes(key, from, to);
        for other in keys.iter().filter(|other| *other != key) {
            for id in self.notes(other, from, to).keys() {
                if let Some((_, of_keys)) = notes.get_mut(id) {
                    *of_keys += 1;
                }
            }
        }
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for word in notes.values().flat_map(|(note, _)| note.words.iter()) {
            *counts.entry(word).or_default() += 1;
        }
        let posts = notes.len() as u64;
        let before = self.posts_before(&Key::All, from);
        let mut words: Vec<(f64, &str, u64)> = counts
            .into_iter()
            .filter(|(_, with)| *with >= MIN_POSTS.max(posts / MIN_SHARE))
            .filter_map(|(word, with)| {
                // Words are series of their own, so that their past is known without the texts
                // of the past.
                let earlier = self.posts_before(&Key::emerging(word), from);
                let ratio = likelihood_ratio(
                    (with as f64, posts.max(with) as f64),
                    (
                        earlier as f64 + PRIOR_WITH,
                        // A damaged snapshot may have a word in more posts than there are.
                        before.max(earlier) as f64 + PRIOR_POSTS,
                    ),
                );
                (ratio > TYPICAL_RATIO).then_some((ratio, word, with))
            })
            .collect();
        words.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
        Portrait {
            notes: notes.into_values().collect(),
            words,
        }
    }

    /// The posts that are kept of a key, by their identifiers.
    fn notes(&self, key: &Key, from: i64, to: i64) -> BTreeMap<&str, (&Arc<Note>, usize)> {
        let panes = self.panes.range(from..to.max(from));
        let cells = panes.filter_map(|(_, pane)| pane.cell(key));
        cells
            .flat_map(|cell| cell.sample.iter().chain(&cell.evidence))
            .map(|note| (&*note.id, (note, 0)))
            .collect()
    }

    /// Posts of a key in the panes that begin before `time`, as far as they are kept.
    pub(super) fn posts_before(&self, key: &Key, time: i64) -> u64 {
        self.panes
            .range(..time)
            .filter_map(|(_, pane)| pane.cell(key))
            .map(|cell| cell.posts)
            .sum()
    }
}

impl Portrait<'_> {
    /// The most distinctive words, at most `max`. Of a word and a pair that holds it the pair is
    /// given if nearly all have it.
    pub(super) fn drivers(&self, max: usize) -> Vec<String> {
        let drives = self
            .words
            .partition_point(|(ratio, ..)| *ratio > DRIVER_RATIO);
        without_repeats(self.words.get(..drives).unwrap_or_default(), max)
    }

    /// The posts that have most of what is new in the rise, and are of most of its keys, at most
    /// `max`: by different authors, no near-copies; of equal ones the more important, then the
    /// earlier.
    pub(super) fn typical(&self, max: usize) -> Vec<Arc<Note>> {
        let ratio = |word: &str| {
            let found = self.words.iter().find(|(_, known, _)| *known == word);
            found.map_or(0.0, |(ratio, ..)| *ratio)
        };
        let mut ranked: Vec<(f64, usize, &Arc<Note>)> = self
            .notes
            .iter()
            .map(|(note, of_keys)| {
                let typical = note.words.iter().map(|word| ratio(word)).sum();
                (typical, *of_keys, *note)
            })
            .collect();
        ranked.sort_by(|(one_typical, one_keys, one), (typical, keys, other)| {
            let by_words = typical.total_cmp(one_typical);
            by_words
                .then(keys.cmp(one_keys))
                .then(other.score.cmp(&one.score))
                .then((one.at, &one.id).cmp(&(other.at, &other.id)))
        });
        let mut typical: Vec<Arc<Note>> = Vec::new();
        for (_, _, note) in ranked {
            if typical.len() == max {
                break;
            }
            let repeats = |shown: &Arc<Note>| {
                shown.author == note.author || alike(&shown.words, &note.words) >= NEAR_COPY
            };
            if !typical.iter().any(repeats) {
                typical.push(note.clone());
            }
        }
        typical
    }
}

/// The share of all words of two posts that both have; of posts without words 0.
fn alike(one: &[Box<str>], other: &[Box<str>]) -> f64 {
    let both = one.iter().filter(|word| other.contains(word)).count();
    both as f64 / (one.len() + other.len() - both).max(1) as f64
}

/// The first words, each with its ratio and posts, less those that say what another says; the
/// longer of the two stays.
fn without_repeats(ranked: &[(f64, &str, u64)], max: usize) -> Vec<String> {
    let (numerator, denominator) = SAME_SHARE;
    let mut drivers: Vec<(&str, u64)> = Vec::new();
    for &(_, word, with) in ranked {
        let says_the_same = |(known, other): &&mut (&str, u64)| {
            (known.contains(word) || word.contains(*known))
                && with.min(*other) * denominator >= with.max(*other) * numerator
        };
        // Weaker words still may lengthen a stronger one, until one is left that would be the next.
        let is_full = drivers.len() >= max;
        match drivers.iter_mut().find(says_the_same) {
            // "sorting line" says more than "sorting", and nearly all who have the one have both.
            Some(known) if word.len() > known.0.len() => *known = (word, with),
            Some(_) => {}
            None if !is_full => drivers.push((word, with)),
            None => break,
        }
    }
    drivers
        .into_iter()
        .map(|(word, _)| word.to_owned())
        .collect()
}
