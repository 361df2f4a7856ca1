//! Which words drive a rise: those that its posts have far more often than all posts before.

use std::collections::BTreeMap;

use super::key::Key;
use super::pane::Note;
use super::panes::Trends;
use crate::stats::likelihood::likelihood_ratio;

/// Posts of the sample that a driver must be in, at least, and one in this many of them. Chosen by
/// hand; not tuned: a word of one post says nothing about the others.
const MIN_POSTS: u64 = 2;
const MIN_SHARE: u64 = 20;
/// The likelihood ratio from which on a word drives a rise. Chosen by hand, not tuned: χ² with one
/// degree of freedom passes it in one of seventy by chance, and words only explain an alert.
const DRIVER_RATIO: f64 = 6.0;
/// Half a post with a word and one post more before: a word that was never seen is not
/// infinitely new. Convention.
const PRIOR_WITH: f64 = 0.5;
const PRIOR_POSTS: f64 = 1.0;
/// Two words of which one holds the other say the same if the rarer is in at least this share of
/// the posts of the other: six of ten. Chosen by hand; not tuned.
const SAME_SHARE: (u64, u64) = (6, 10);

impl Trends {
    /// The words that posts of `key` have from `from` to `to` far more often than all posts before:
    /// at most `max`, the likelihood ratio of each (Dunning 1993) decides. Of a word and a pair
    /// that holds it the pair is given if nearly all have it.
    pub fn drivers(&self, key: &Key, from: i64, to: i64, max: usize) -> Vec<String> {
        // By identifier: a post that stands in two panes' samples counts once.
        let mut notes: BTreeMap<&str, &Note> = BTreeMap::new();
        for cell in self
            .panes
            .range(from..to.max(from))
            .filter_map(|(_, pane)| pane.cell(key))
        {
            notes.extend(cell.sample.iter().map(|note| (&*note.id, &**note)));
        }
        let mut words: BTreeMap<&str, u64> = BTreeMap::new();
        for word in notes.values().flat_map(|note| note.words.iter()) {
            *words.entry(word).or_default() += 1;
        }
        let posts = notes.len() as u64;
        let before = self.posts_before(&Key::All, from);
        let mut ranked: Vec<(f64, &str, u64)> = words
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
                (ratio > DRIVER_RATIO).then_some((ratio, word, with))
            })
            .collect();
        ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
        without_repeats(&ranked, max)
    }

    /// Posts of a key in the panes that begin before `time`, as far as they are kept.
    fn posts_before(&self, key: &Key, time: i64) -> u64 {
        self.panes
            .range(..time)
            .filter_map(|(_, pane)| pane.cell(key))
            .map(|cell| cell.posts)
            .sum()
    }
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
